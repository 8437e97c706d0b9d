"""Every route of the desk pages, in one place to import."""

from __future__ import annotations

from appliance.desk import posters_page, queue, sync_page
from appliance.desk.base import desk
from appliance.web.casework.erasing import add_erasing_pages
from appliance.web.casework.pages import add_case_pages
from appliance.web.colleagues import add_account_pages

__all__ = ["desk", "posters_page", "queue", "sync_page"]

add_case_pages(desk)
add_erasing_pages(desk)
add_account_pages(desk)
