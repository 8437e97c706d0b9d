"""Every route of the desk pages, in one place to import."""

from __future__ import annotations

from appliance.desk.base import desk

__all__ = ["desk"]
