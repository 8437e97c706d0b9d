"""The receipt as a short message: what it says, in one part of 160 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from appliance.usecases.text_receipt import text_receipt
from appliance.web.dates import long_day
from appliance.web.texts import _

if TYPE_CHECKING:
    from appliance.usecases.node import Node
    from appliance.usecases.open_case import Receipt


def words_of(receipt: Receipt) -> str:
    """Return the message: the code, the reference, and by when there is an answer; nothing of what it is about."""
    code = " ".join(receipt.code[at : at + 4] for at in range(0, 20, 4))
    if not receipt.due:
        return _("Your secret code: %(code)s. Reference: %(ref)s. Show the code to nobody.", code=code, ref=receipt.ref)
    return _(
        "Your secret code: %(code)s. Reference: %(ref)s. Answer by %(day)s. Show the code to nobody.",
        code=code, ref=receipt.ref, day=long_day(receipt.due),
    )  # fmt: skip


def send_to_phone(node: Node) -> None:
    """Send the receipt whose id and code this request carries to the number left with it.

    Raises:
        CodeConflict, NoTexter, NoNumber, TooMany, QueueFull: nothing was sent.
    """
    text_receipt(node, request.form.get("id", ""), request.form.get("code", ""), words_of)
