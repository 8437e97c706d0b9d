"""A case by its receipt code, for pages and programs alike: looked at and continued, guesses slowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import current_app

from appliance.domain.errors import UnknownCode
from appliance.usecases.follow_case import answer_fixed, withdraw_case, write_again
from appliance.usecases.media import Upload
from appliance.usecases.node import Node
from appliance.usecases.read_case import CaseStory, find_by_code
from appliance.web.limits import Limits
from appliance.web.terminal import address, kiosk

ACTS: Final = ("look", "reply", "fixed", "not-fixed", "withdraw")


def limits() -> Limits:
    """Return the limits of this application."""
    found: Limits = current_app.extensions["cfms-limits"]
    return found


def follow(node: Node, code: str, act: str, id: str, text: str, channel: str, files: Sequence[Upload] = ()) -> CaseStory:
    """Do *act*, one of ``ACTS``, on the case that *code* opens, and return it.

    Args:
        id: minted before sending, so that sending twice is sending once; unused to look.
        files: photos and voice notes of a reply.

    Raises:
        TooMany: too many wrong codes came from this terminal, and nothing was looked up; or too many messages, of which a reply is one.
        CodeMistyped, UnknownCode, IllegalMove, TextMissing, TextTooLong, InvalidInput: nothing was written.
    """
    limits().check_guess(address(), kiosk())
    if act == "reply":
        limits().check_submission(address(), kiosk())
    try:
        return _do(node, code, act, id, text, channel, files)
    except UnknownCode:
        limits().count_wrong_code(address(), kiosk())
        raise


def _do(node: Node, code: str, act: str, id: str, text: str, channel: str, files: Sequence[Upload]) -> CaseStory:
    match act:
        case "reply":
            return write_again(node, code, id, text, channel, files)
        case "fixed" | "not-fixed":
            return answer_fixed(node, code, id, yes=act == "fixed", channel=channel)
        case "withdraw":
            return withdraw_case(node, code, id, channel)
        case _:
            return find_by_code(node, code)
