"""The receipt's page: the only one that ever shows the code; from it the slip is printed or sent, and the code checked to be kept."""

from __future__ import annotations

import hmac

from flask import Response, make_response, render_template, request

from appliance.domain.catalogue import name_in
from appliance.domain.codes import rid_of
from appliance.domain.errors import CodeConflict, Refusal
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, receipt_again
from appliance.usecases.text_receipt import number_of
from appliance.web.errors import UNPROCESSABLE, status_of
from appliance.web.forms import Form
from appliance.web.headers import forget
from appliance.web.i18n import lang
from appliance.web.terminal import address, kiosk
from appliance.web.texts import _
from appliance.web.words import say
from kiosk_ui import offers
from kiosk_ui.following import limits
from kiosk_ui.proof import portal, proof_url
from kiosk_ui.slips import has_printer, preview, print_receipt
from kiosk_ui.texted import send_to_phone


def show(node: Node, receipt: Receipt, form: Form | None = None, status: int = 200, *, done: str = "", problem: str = "") -> Response:
    """Return the page of *receipt*.

    Args:
        form: the digits that were typed to check it.
        done: what was just done with it.
        problem: why that could not be done.
    """
    prints = has_printer(node)
    page = render_template(
        "kiosk/receipt.html", receipt=receipt, form=form, flow="receipt", held=_holding(receipt), done=done, problem=problem,
        proof=proof_url(node, receipt.proof), compact=receipt.proof, centre=offers.centre_name(node, receipt.centre), numbers=_numbers(node),
        portal=portal(node), prints=prints, slip_shown=None if prints else preview(node, receipt),
        texts=node.texter is not None and bool(number_of(node, receipt.id)),
    )  # fmt: skip
    return make_response(page, status)


def show_again(node: Node, form: Form) -> Response:
    """Show the receipt again, or do with it what was asked: check its last four digits, print it, send it to the telephone."""
    receipt, typed, go = _receipt(node, form), Form(request.form.copy()), request.form.get("go", "")
    if go == "check":
        return _check(node, receipt, typed)
    if go not in {"print", "text"}:  # another language or look, or the script that has just registered it
        return show(node, receipt, typed)
    try:
        if go == "print":
            print_receipt(node, receipt.id, receipt.code)
            return show(node, receipt, typed, done=_("The slip is being printed. Take it with you."))
        send_to_phone(node)
    except Refusal as error:
        return show(node, receipt, typed, status_of(error), problem=say(error))
    return show(node, receipt, typed, done=_("The code is on its way to your telephone."))


def counted() -> Response:
    """Thank somebody who gave a face and nothing more; the browser drops what it kept of them."""
    return forget(make_response(render_template("kiosk/bye.html", carried=[("go", "finish"), ("kiosk", kiosk())])))


def _receipt(node: Node, form: Form) -> Receipt:
    """Return the receipt whose id and code were sent.

    Raises:
        TooMany: too many wrong codes came from this terminal.
        CodeConflict: the code is not that message's.
    """
    limits().check_guess(address(), kiosk())
    try:
        return receipt_again(node, form.value("id"), form.value("code"), rid_of(form.value("code")))
    except CodeConflict:
        limits().count_wrong_code(address(), kiosk())
        raise


def _check(node: Node, receipt: Receipt, typed: Form) -> Response:
    """Check that the code's last four digits were kept."""
    if hmac.compare_digest(typed.text("last_four").encode(), receipt.code[-4:].encode()):
        carried = [*_holding(receipt), ("go", "check"), ("last_four", receipt.code[-4:])]
        return forget(make_response(render_template("kiosk/kept.html", receipt=receipt, carried=carried)))
    typed.refuse("last_four", _("Those are not the last four digits. Look at the last group of your code and type it again."))
    return show(node, receipt, typed, UNPROCESSABLE)


def _holding(receipt: Receipt) -> list[tuple[str, str]]:
    """Return the fields by which the receipt's page can be shown again."""
    return [("at", "receipt"), ("id", receipt.id), ("code", receipt.code), *([("kiosk", kiosk())] if kiosk() else [])]


def _numbers(node: Node) -> list[tuple[str, str]]:
    """Return the numbers by which a case can be followed without a screen: name and number."""
    ussd = node.country.numbers.get("cfms-ussd")
    return [(name_in(ussd.names, lang()), ussd.number)] if ussd and ussd.number else []
