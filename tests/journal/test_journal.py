"""Acts that append: leaves verbatim, notes that hold, heads that are right whatever fails beside them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from sync.merkle import root_at
from sync.note import Checkpoint, Verifier, open_note

from appliance.domain import events as ev
from appliance.journal.heads import LogNotOpen, node_reader
from appliance.journal.journal import DuplicateEvent, Tx
from tests.journal.conftest import Open
from tests.journal.rig import TIME, Rig, an_id, opened, origin_of
from tests.store.waits import call_together


class _No(Exception):
    """The act refuses."""


def _perform(rig: Rig, act: Callable[[Tx], Any], *ids: str) -> Callable[[], Any]:
    return lambda: rig.journal.perform(act, TIME, ids)


def _append(log: int, word: str) -> Callable[[Tx], Any]:
    return lambda tx: tx.append(opened(word), log=log).index


def _then_refuse(*steps: Callable[[Tx], Any]) -> Callable[[Tx], Any]:
    def act(tx: Tx) -> None:
        for step in steps:
            step(tx)
        raise _No

    return act


class TestLeaves:
    """What is stored is what was said."""

    def test_leaves_are_kept_byte_for_byte(self, rig: Rig, open_rig: Open) -> None:
        log = rig.add_log()
        entries = [rig.file(log, word, {"text": b"It rained"})[0] for word in "abc"]
        rig.close()
        again = open_rig()
        rows = again.all("SELECT idx, leaf FROM entry ORDER BY idx")
        assert [(idx, bytes(leaf)) for idx, leaf in rows] == [(entry.index, ev.encode(entry.event)) for entry in entries]
        assert all(b"It rained" not in bytes(leaf) for _, leaf in rows)

    def test_the_same_id_again_appends_nothing(self, rig: Rig) -> None:
        log = rig.add_log()
        rig.file(log, "a")
        for _ in range(2):
            with pytest.raises(DuplicateEvent):
                rig.file(log, "a")
        assert rig.words(log) == [an_id("a")]
        rig.file(log, "b")
        assert (rig.size(log), rig.wrong()) == (2, "")

    @pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
    def test_the_same_id_twice_in_one_group_is_one_leaf(self, rig: Rig, announced: bool) -> None:  # noqa: FBT001 - a case of the test
        log = rig.add_log()
        acts = [_perform(rig, _append(log, word), *([an_id(word)] if announced else [])) for word in "abab"]
        answers = call_together(rig.store, *acts)
        assert answers[:2] == [0, 1]
        assert [type(answer) for answer in answers[2:]] == [DuplicateEvent] * 2
        assert (rig.words(log), rig.wrong()) == ([an_id("a"), an_id("b")], "")

    def test_an_id_whose_act_was_refused_may_come_again_in_the_same_group(self, rig: Rig) -> None:
        log = rig.add_log()
        answers = call_together(rig.store, _perform(rig, _then_refuse(_append(log, "a")), an_id("a")), _perform(rig, _append(log, "a"), an_id("a")))
        assert (type(answers[0]), answers[1]) == (_No, 0)
        assert (rig.words(log), rig.wrong()) == ([an_id("a")], "")


class TestNotes:
    """Each act's checkpoint."""

    def test_each_act_of_a_group_has_the_note_of_its_own_size(self, rig: Rig) -> None:
        log = rig.add_log()
        shown = call_together(rig.store, *[lambda word=word: rig.file(log, word) for word in "abcdefg"])
        for at, (entry, note) in enumerate(shown):
            assert entry.index == at
            assert f"\n{at + 1}\n" in note
            assert rig.is_signed(log, note)

    def test_the_note_of_any_size_is_the_one_first_signed(self, rig: Rig) -> None:
        log = rig.add_log()
        notes = [rig.file(log, word)[1] for word in range(40)]
        (origin,) = rig.one("SELECT origin FROM log WHERE id = :log", log=log)
        signer = rig.keyring.log_signer(origin)
        with rig.store.read() as db:
            again = [signer.sign(Checkpoint(origin, size, root_at(size, node_reader(db, log))).text()) for size in range(1, 41)]
        assert again == notes

    def test_the_logs_row_and_the_mark_say_what_was_shown_last(self, rig: Rig) -> None:
        log = rig.add_log()
        for word in "abc":
            _, note = rig.file(log, word)
            assert rig.one("SELECT size, note FROM log WHERE id = :log", log=log) == (rig.mark(log), note)

    def test_an_act_may_write_two_logs_and_has_a_note_of_each(self, rig: Rig) -> None:
        one, two = rig.add_log("NBI"), rig.add_log("MSA")
        rig.file(one, "a")

        def act(tx: Tx) -> dict[str, str]:
            for log, word in ((one, "b"), (two, "c"), (one, "d")):
                tx.append(opened(word), log=log)
            return tx.sign()

        notes = rig.journal.perform(act, TIME)
        assert [rig.is_signed(log, note) for log, note in zip((one, two), notes.values(), strict=True)] == [True, True]
        assert [(rig.size(log), rig.mark(log)) for log in (one, two)] == [(3, 3), (1, 1)]
        assert rig.wrong() == ""

    def test_nothing_is_signed_for_an_act_that_appends_nothing(self, rig: Rig) -> None:
        log = rig.add_log()
        _, note = rig.file(log, "a")
        assert rig.journal.perform(lambda tx: tx.sign(), TIME) == {}
        assert rig.one("SELECT note FROM log WHERE id = :log", log=log) == (note,)


class TestNeighbours:
    """Acts of one group, some of which fail: those beside them are as if alone."""

    def test_a_refused_act_leaves_no_trace_in_the_tree(self, rig: Rig) -> None:
        log = rig.add_log()
        rig.file(log, "a")
        answers = call_together(
            rig.store,
            _perform(rig, _append(log, "b")),
            _perform(rig, _then_refuse(_append(log, "x"), lambda tx: tx.sign())),
            _perform(rig, _append(log, "c")),
        )
        assert [answers[0], type(answers[1]), answers[2]] == [1, _No, 2]
        assert rig.words(log) == [an_id(word) for word in "abc"]
        rig.file(log, "d")
        assert (rig.size(log), rig.wrong()) == (4, "")

    def test_nor_does_one_that_had_settled_already(self, rig: Rig) -> None:
        log = rig.add_log()
        refused = _then_refuse(_append(log, "x"), lambda tx: tx.settle(), _append(log, "y"), lambda tx: tx.settle())
        answers = call_together(rig.store, _perform(rig, _append(log, "a")), _perform(rig, refused), _perform(rig, _append(log, "b")))
        assert [answers[0], type(answers[1]), answers[2]] == [0, _No, 1]
        assert rig.words(log) == [an_id("a"), an_id("b")]
        rig.file(log, "c")
        assert (rig.size(log), rig.wrong()) == (3, "")

    def test_one_that_settled_another_log_and_failed_loses_nothing_of_its_neighbours(self, rig: Rig) -> None:
        one, two = rig.add_log("NBI"), rig.add_log("MSA")
        refused = _then_refuse(_append(two, "x"), lambda tx: tx.settle())
        answers = call_together(rig.store, _perform(rig, _append(one, "a")), _perform(rig, refused))
        assert [answers[0], type(answers[1])] == [0, _No]
        assert [(rig.size(log), rig.words(log)) for log in (one, two)] == [(1, [an_id("a")]), (0, [])]
        rig.file(one, "b")
        rig.file(two, "x")
        assert rig.wrong() == ""

    def test_the_head_of_a_log_that_never_came_to_be_is_not_taken_for_another(self, rig: Rig) -> None:
        never, real = (origin_of(name) for name in ("NEV", "REA"))
        for origin in (never, real):
            rig.keyring.make_log_key(origin)

        def begin(origin: str) -> Callable[[Tx], Any]:
            def act(tx: Tx) -> int:
                log = rig.new_log(tx, origin, origin.split("/")[2])
                tx.append(opened(origin), log=log)
                return log

            return act

        refused, log = call_together(rig.store, _perform(rig, _then_refuse(begin(never))), _perform(rig, begin(real)))
        assert type(refused) is _No
        assert rig.wrong() == ""
        (origin, note) = rig.one("SELECT origin, note FROM log WHERE id = :log", log=log)
        assert (origin, rig.is_signed(log, note)) == (real, True)

    @pytest.mark.parametrize("ended", [True, False], ids=["with-an-end", "without"])
    def test_nothing_is_appended_behind_the_end_of_a_log_closed_in_the_same_group(self, rig: Rig, ended: bool) -> None:  # noqa: FBT001
        log = rig.add_log()

        def close(tx: Tx) -> None:
            if ended:
                tx.append(ev.EpochEnded(id=an_id("end"), ts=TIME.ts, next_vkey="v"), log=log)
                tx.settle()
            tx.db.run("UPDATE log SET state = 'closed' WHERE id = :log", log=log)
            tx.settle()

        answers = call_together(rig.store, _perform(rig, _append(log, "a")), _perform(rig, close), _perform(rig, _append(log, "b")))
        assert [answers[0], answers[1], type(answers[2])] == [0, None, LogNotOpen]
        assert rig.words(log) == [an_id("a"), *([an_id("end")] if ended else [])]
        assert rig.wrong() == ""

    def test_a_log_that_is_closed_or_anothers_takes_nothing(self, rig: Rig) -> None:
        log = rig.add_log()
        for state, own in (("closed", 1), ("frozen", 1), ("open", 0)):
            rig.change("UPDATE log SET state = :state, own = :own", state=state, own=own)
            with pytest.raises(LogNotOpen):
                rig.file(log, "a")
        assert rig.words(log) == []


class TestAnotherProcess:
    """Two processes over one database and one key folder."""

    def test_each_goes_on_from_where_the_other_left(self, open_rig: Open) -> None:
        server, command = open_rig(), open_rig()
        log = server.add_log()
        for turn in range(12):
            rig = (server, command)[turn // 2 % 2]
            entry, note = rig.file(log, turn)
            assert (entry.index, rig.is_signed(log, note), rig.mark(log)) == (turn, True, turn + 1)
        assert server.wrong() == ""

    def test_a_refused_act_of_one_does_not_confuse_it_about_the_others(self, open_rig: Open) -> None:
        server, command = open_rig(), open_rig()
        log = server.add_log()
        server.file(log, "a")
        with contextlib.suppress(_No):
            server.journal.perform(_then_refuse(_append(log, "x")), TIME)
        command.file(log, "b")
        with contextlib.suppress(_No):
            server.journal.perform(_then_refuse(_append(log, "x"), lambda tx: tx.settle()), TIME)
        command.file(log, "c")
        server.file(log, "d")
        assert (server.words(log), server.wrong()) == ([an_id(word) for word in "abcd"], "")

    def test_a_log_closed_by_the_other_takes_nothing_more_here(self, open_rig: Open) -> None:
        server, command = open_rig(), open_rig()
        log = server.add_log()
        server.file(log, "a")
        command.change("UPDATE log SET state = 'closed'")
        with pytest.raises(LogNotOpen):
            server.file(log, "b")


def test_a_note_is_of_the_key_that_its_logs_row_names(rig: Rig) -> None:
    log = rig.add_log()
    _, note = rig.file(log, "a")
    (vkey,) = rig.one("SELECT vkey FROM log WHERE id = :log", log=log)
    assert open_note(note, [Verifier.parse(vkey)]).verified
