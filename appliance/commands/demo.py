"""demo"""

from __future__ import annotations

from appliance.commands.base import Command, no_arguments

DEMO = Command("run a centre and headquarters side by side, to look at", no_arguments, lambda _: 0)
