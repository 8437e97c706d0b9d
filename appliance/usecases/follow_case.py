"""What a citizen does with a case, holding nothing but its receipt code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from appliance.domain import events as ev
from appliance.domain.cases import move
from appliance.domain.codes import check_receipt_code, rid_of
from appliance.domain.errors import IllegalMove, InvalidInput, UnknownCode
from appliance.domain.ids import is_id
from appliance.journal.files import File
from appliance.journal.journal import DuplicateEvent, Tx
from appliance.journal.objects import files_of
from appliance.projections import cases, receipts
from appliance.usecases.answer_case import same_act
from appliance.usecases.checks import check_text
from appliance.usecases.media import Upload, clean
from appliance.usecases.node import Node
from appliance.usecases.read_case import CaseStory, find_by_code
from appliance.usecases.relay_case import relay

Make = Callable[[dict[str, object]], ev.CaseEvent]


def write_again(node: Node, code: str, id: str, text: str, channel: str, files: Sequence[Upload] = ()) -> CaseStory:
    """Add the citizen's own words, photos and voice notes to their case and return it.

    Args:
        id: minted by the terminal, so that sending twice is sending once.
    """
    check_text(text, node.settings.limits.text_chars, needed=not files)
    attached = clean(files, node.settings.limits)
    return _follow(node, code, id, lambda c: ev.CitizenWrote(channel=channel, **c), text, attached)  # type: ignore[arg-type]


def answer_fixed(node: Node, code: str, id: str, *, yes: bool, channel: str) -> CaseStory:
    """Record the citizen's answer to "was it fixed?": yes closes the case, no reopens it to another officer."""
    return _follow(node, code, id, lambda c: ev.FixAnswered(yes=yes, channel=channel, **c))  # type: ignore[arg-type]


def withdraw_case(node: Node, code: str, id: str, channel: str) -> CaseStory:
    """Take the case back."""
    return _follow(node, code, id, lambda c: ev.CaseWithdrawn(channel=channel, **c))  # type: ignore[arg-type]


def _follow(node: Node, code: str, id: str, make: Make, text: str = "", attached: Sequence[File] = ()) -> CaseStory:
    """Append one citizen event; the same id again changes nothing.

    Raises:
        CodeMistyped, UnknownCode, IllegalMove, InvalidInput: nothing was written.
    """
    rid = rid_of(check_receipt_code(code))
    if not is_id(id):
        raise InvalidInput(field="id", reason="32 hexadecimal digits of a UUIDv7 are needed")

    def act(tx: Tx) -> None:
        case = receipts.case_of(tx.db, node.tagger, rid)
        found = cases.story_of(tx.db, case) if case else None
        if case is None or found is None:
            raise UnknownCode
        now = found[0].case
        event = make({"id": id, "ts": tx.time.ts, "q": tx.time.quality, "case": case, "n": now.n + 1})
        again = next((place.entry for place in found[1] if place.entry.event.id == id), None)
        if again is not None and same_act(tx.db, again, event, text or None) and _same_files(again.event, attached):
            return  # the same words, sent twice by a doubtful link: already on disk, so this is success
        if move(now, event) is None:
            raise IllegalMove(state=now.state, move=event.__struct_config__.tag)
        words = {"text": text.strip().encode()} if text.strip() else None
        relay(node, tx, [tx.append(event, words, node.log_for(tx.db, found[1][0].entry.log), attached)])

    try:
        node.perform(act)
    except DuplicateEvent:
        raise InvalidInput(field="id", reason="it was used for something else; make another one") from None
    node.on_filed()
    return find_by_code(node, code)


def _same_files(written: ev.Event, attached: Sequence[File]) -> bool:
    """Tell whether *written* brought files of the same kinds; their bytes may differ by the release that made them anew."""
    return [file.media for file in files_of(written)] == [file.media for file in attached]
