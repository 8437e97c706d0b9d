"""The CFMS server, in one of two roles: a centre's appliance, or headquarters."""

from __future__ import annotations

__version__ = "0.1.0"
