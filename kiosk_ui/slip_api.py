"""``POST /api/v1/slip``: prints a receipt at the terminal that asks (``?kiosk=K1``), with its code in hand."""

from __future__ import annotations

import msgspec
from flask import Response, request

from appliance.web.context import g
from appliance.web.here import node as here_node
from appliance.web.i18n import languages
from kiosk_ui.api import answer, api
from kiosk_ui.slips import print_receipt


class Wanted(msgspec.Struct, kw_only=True):
    """Whose slip is to be printed, and in which language."""

    id: str
    code: str
    lang: str = ""


_wanted = msgspec.json.Decoder(Wanted)


@api.post("/slip")
def slip() -> Response:
    """Print the receipt of a registered message; 200 once the printer has it."""
    wanted = _wanted.decode(request.get_data())
    if wanted.lang in {tongue.code for tongue in languages()}:
        g.lang = wanted.lang
    print_receipt(here_node(), wanted.id, wanted.code)
    return answer({"printed": True})
