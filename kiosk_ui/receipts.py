"""The receipt's page: the only one that ever shows the code, and the check that it was kept."""

from __future__ import annotations

import hmac

from flask import Response, make_response, render_template, request

from appliance.domain.catalogue import name_in
from appliance.domain.codes import rid_of
from appliance.domain.errors import CodeConflict
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, receipt_again
from appliance.web.errors import UNPROCESSABLE
from appliance.web.forms import Form
from appliance.web.headers import forget
from appliance.web.i18n import lang
from appliance.web.terminal import address, kiosk
from appliance.web.texts import _
from kiosk_ui import offers
from kiosk_ui.following import limits
from kiosk_ui.proof import portal, proof_url


def show(node: Node, receipt: Receipt, form: Form | None = None, status: int = 200) -> Response:
    """Return the page of *receipt*; *form* holds the digits that were typed to check it."""
    page = render_template(
        "kiosk/receipt.html", receipt=receipt, form=form, flow="receipt", held=_holding(receipt), proof=proof_url(node, receipt.proof),
        compact=receipt.proof, centre=offers.centre_name(node, receipt.centre), numbers=_numbers(node), portal=portal(node),
    )  # fmt: skip
    return make_response(page, status)


def show_again(node: Node, form: Form) -> Response:
    """Show the receipt again in another language or look, or check that its last four digits were kept."""
    limits().check_guess(address(), kiosk())
    try:
        receipt = receipt_again(node, form.value("id"), form.value("code"), rid_of(form.value("code")))
    except CodeConflict:
        limits().count_wrong_code(address(), kiosk())
        raise
    typed = Form(request.form.copy())
    if request.form.get("go") != "check":
        return show(node, receipt, typed)
    if hmac.compare_digest(typed.text("last_four").encode(), receipt.code[-4:].encode()):
        carried_on = [*_holding(receipt), ("go", "check"), ("last_four", receipt.code[-4:])]
        return make_response(render_template("kiosk/kept.html", receipt=receipt, carried=carried_on))
    typed.refuse("last_four", _("Those are not the last four digits. Look at the last group of your code and type it again."))
    return show(node, receipt, typed, UNPROCESSABLE)


def counted() -> Response:
    """Thank somebody who gave a face and nothing more; the browser drops what it kept of them."""
    return forget(make_response(render_template("kiosk/bye.html", carried=[("go", "finish"), ("kiosk", kiosk())])))


def _holding(receipt: Receipt) -> list[tuple[str, str]]:
    """Return the fields by which the receipt's page can be shown again."""
    return [("at", "receipt"), ("id", receipt.id), ("code", receipt.code), *([("kiosk", kiosk())] if kiosk() else [])]


def _numbers(node: Node) -> list[tuple[str, str]]:
    """Return the numbers by which a case can be followed without a screen: name and number."""
    ussd = node.country.numbers.get("cfms-ussd")
    return [(name_in(ussd.names, lang()), ussd.number)] if ussd and ussd.number else []
