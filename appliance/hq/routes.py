"""Every route of the headquarters pages, in one place to import."""

from __future__ import annotations

from appliance.hq import cases, centres, overview
from appliance.hq.base import hq
from appliance.web.casework.erasing import add_erasing_pages
from appliance.web.casework.pages import add_case_pages
from appliance.web.colleagues import add_account_pages

__all__ = ["cases", "centres", "hq", "overview"]

add_case_pages(hq)
add_erasing_pages(hq)
add_account_pages(hq)
