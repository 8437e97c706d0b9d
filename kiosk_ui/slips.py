"""The slip: what it says in the citizen's language, on paper where the terminal has a printer and on the screen where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from appliance.domain.catalogue import name_in
from appliance.domain.errors import CodeConflict
from appliance.domain.slips import Line, Slip, can_print, lay_out
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt
from appliance.usecases.print_slip import print_slip
from appliance.web.context import g
from appliance.web.dates import long_day
from appliance.web.i18n import force_locale, lang, languages
from appliance.web.terminal import address, kiosk
from appliance.web.texts import _
from kiosk_ui.following import limits
from kiosk_ui.proof import portal, proof_url


def print_receipt(node: Node, id: str, code: str) -> None:
    """Print the receipt of message *id* at the terminal that asks.

    Raises:
        CodeConflict, NoPrinter, PrinterSilent, PrinterOpen, SlipsEnough, TooMany: say why and show the code on.
    """
    limits().check_guess(address(), kiosk())
    try:
        print_slip(node, id, code, kiosk(), lambda receipt: slip_of(node, receipt))
    except CodeConflict:
        limits().count_wrong_code(address(), kiosk())
        raise


def has_printer(node: Node) -> bool:
    """Tell whether the terminal that asks has a printer."""
    return node.printers is not None and node.printers.has(kiosk())


def preview(node: Node, receipt: Receipt) -> list[Line]:
    """Return the slip line by line, exactly as a printer would print it."""
    return lay_out(slip_of(node, receipt), node.settings.printer.columns)


def slip_of(node: Node, receipt: Receipt) -> Slip:
    """Return the slip of *receipt*, in this language if a printer has its letters, else in the country's first."""
    slip = _slip(node, receipt)
    if can_print(slip.words):
        return slip
    with _speaking(languages()[0].code):
        return _slip(node, receipt)


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    before, g.lang = lang(), language
    try:
        with force_locale(language):
            yield
    finally:
        g.lang = before


def _slip(node: Node, receipt: Receipt) -> Slip:
    return Slip(
        title=_("Keep this paper"),
        code_label=_("Your receipt code"),
        code=receipt.code,
        warning=_("Show the code to nobody."),
        facts=((_("Reference"), receipt.ref), *(((_("Answer by"), long_day(receipt.due)),) if receipt.due else ())),
        ways_label=_("To read the answer"),
        ways=tuple(_ways(node)),
        proof=proof_url(node, receipt.proof),
        proof_words=_("This square is a proof for you. It does not hold your code."),
    )


def _ways(node: Node) -> Iterator[str]:
    if not node.is_hq:
        yield _("At the centre: type the code at a terminal")
    if where := portal(node):
        yield _("Internet: %(where)s", where=f"{where}/track")
    for code in ("cfms-ussd", "cfms-sms"):
        number = node.country.numbers.get(code)
        if number and number.number:
            yield f"{name_in(number.names, lang())}: {number.number}"
