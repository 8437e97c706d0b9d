"""Every route of the headquarters pages, in one place to import."""

from __future__ import annotations

from appliance.hq.base import hq

__all__ = ["hq"]
