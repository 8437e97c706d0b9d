"""Each step of a group broken, having done its work or not, then gone on with or opened anew: nothing shown is lost, nothing is double."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from appliance.domain import errors
from appliance.journal.heads import Head
from appliance.journal.highwater import HighWater
from appliance.journal.journal import DuplicateEvent, Journal, Tx
from tests.journal.conftest import Open
from tests.journal.rig import Rig, an_id
from tests.store.waits import NotHeldUp, call_together


class _Broken(Exception):
    """The step broke."""


def _owner(rig: Rig, step: str) -> tuple[Any, str]:
    database = type(rig.store.writer._db)
    return {
        "begin": (database, "begin"),
        "read the heads": (Journal, "head"),
        "append": (Tx, "append"),
        "sign": (Head, "seal"),
        "apply": (rig.journal, "apply"),
        "settle": (Head, "settle"),
        "commit": (database, "commit"),
        "mark": (HighWater, "write"),
    }[step]


STEPS = ("begin", "read the heads", "append", "sign", "apply", "settle", "commit", "mark")


def _break(monkeypatch: pytest.MonkeyPatch, rig: Rig, step: str, *, after: bool) -> None:
    owner, name = _owner(rig, step)
    whole: Callable[..., Any] = getattr(owner, name)

    def broken(*arguments: Any, **more: Any) -> None:
        if after:
            whole(*arguments, **more)
        raise OSError(errno.ENOSPC, "no space") if step == "mark" else _Broken

    monkeypatch.setattr(owner, name, broken)


def _file_together(rig: Rig, log: int) -> list[Any]:
    """Let two cases come in one group; where the break lets no group run that could hold the writer up, one after the other."""
    try:
        return call_together(rig.store, lambda: rig.file(log, "d"), lambda: rig.file(log, "e"))
    except NotHeldUp:
        return [_error_of(lambda word=word: rig.file(log, word)) for word in "de"]  # type: ignore[misc]


def _error_of(call: Callable[[], Any]) -> BaseException | None:
    try:
        call()
    except (_Broken, errors.StorageFull) as error:
        return error
    return None


def _file_or_find(rig: Rig, log: int, word: str) -> None:
    """Send the case *word* as a terminal does that was told of an error: once more, under the same id."""
    try:
        entry, note = rig.file(log, word)
    except DuplicateEvent:
        (index,) = rig.one("SELECT idx FROM event WHERE id = :id", id=an_id(word))
    else:
        index = entry.index
        assert rig.is_signed(log, note)
    assert rig.mark(log) > index  # what is on paper from now on lies at or below the mark


def _check(rig: Rig, log: int, words: str, shown: dict[str, str]) -> None:
    assert sorted(rig.words(log)) == sorted(an_id(word) for word in words)
    assert all(rig.is_signed(log, note) for note in shown.values())
    assert (rig.wrong(), rig.mark(log), rig.size(log)) == ("", len(words), len(words))
    assert rig.one("SELECT count(*) FROM case_state")[0] == len(words)
    assert rig.one("SELECT CAST(sum(cases) AS INTEGER) FROM tally")[0] == len(words)


@pytest.mark.parametrize("then", ["goes on", "is opened anew"])
@pytest.mark.parametrize("after", [False, True], ids=["instead", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_broken_step_loses_nothing_and_doubles_nothing(
    open_rig: Open,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: bool,  # noqa: FBT001 - a case of the test
    then: str,
) -> None:
    rig = open_rig()
    log = rig.add_log()
    shown = {word: rig.file(log, word, {"text": b"said"})[1] for word in "abc"}
    with monkeypatch.context() as patch:
        _break(patch, rig, step, after=after)
        answers = _file_together(rig, log)
        assert all(isinstance(answer, _Broken | errors.StorageFull) for answer in answers)
    if then == "is opened anew":
        rig.close()
        rig = open_rig()
    for word in "de":
        _file_or_find(rig, log, word)
    shown["f"] = rig.file(log, "f")[1]
    _check(rig, log, "abcdef", shown)


@pytest.mark.parametrize("then", ["goes on", "is opened anew"])
def test_while_the_marks_medium_takes_nothing_nothing_is_shown_and_nothing_more_is_kept(
    open_rig: Open, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    rig = open_rig()
    log = rig.add_log()
    rig.file(log, "a")
    with monkeypatch.context() as patch:
        _break(patch, rig, "mark", after=False)
        for word in "bbcb":
            with pytest.raises(errors.StorageFull):
                rig.file(log, word)
        assert rig.size(log) == 2  # the first is in the database, though nobody was told so
    if then == "is opened anew":
        rig.close()
        rig = open_rig()
    for word in "bc":
        _file_or_find(rig, log, word)
    assert (rig.words(log), rig.wrong()) == ([an_id(word) for word in "abc"], "")
