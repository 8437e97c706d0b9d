"""Two logs' batches that arrive in any order: written once, mirrored as a node mirrors them, looked at without where leaves lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import strategies as st

from sync.merkle import EMPTY_ROOT, range_at

from appliance.domain import events as ev
from appliance.domain.codes import format_reference
from appliance.journal import boxes
from appliance.journal.boxes import Sealed
from appliance.journal.heads import node_reader
from appliance.journal.mirroring import Leaf, grow, store_mirrored
from appliance.projections import cases, ratings
from appliance.projections.registry import COMPARED, EMPTY, Projections
from appliance.store.db import Db
from tests.journal.rig import NOW, an_id

LOGS = {1: ("example.org/log/NBI/00000001", "NBI"), 2: ("example.org/log/to/NBI/00000001", "to/NBI")}
CASES = ("a", "b", "c")
KINDS = {"a": "complaint", "b": "compliment", "c": "concern"}
MOVES: tuple[tuple[type[ev.CaseEvent], dict[str, Any]], ...] = (
    (ev.CaseAcknowledged, {}),
    (ev.CaseAssigned, {"officer": "officer-1"}),
    (ev.CaseAssigned, {"officer": "officer-2"}),
    (ev.CaseStarted, {}),
    (ev.ReplySent, {"ask": True}),
    (ev.ReplySent, {}),
    (ev.CitizenWrote, {}),
    (ev.CaseReferred, {"institution": "KRA"}),
    (ev.CaseResolved, {"reason": "done"}),
    (ev.FixAnswered, {"yes": True}),
    (ev.FixAnswered, {"yes": False}),
    (ev.CaseClosed, {"reason": "time"}),
    (ev.CaseWithdrawn, {}),
    (ev.CaseEscalated, {"to": "hq"}),
    (ev.ComplimentVerified, {}),
    (ev.ComplimentPassed, {"to": "team"}),
)


@dataclass(frozen=True)
class Written:
    """One leaf of a log, with its values' boxes."""

    event: ev.Event
    sealed: tuple[Sealed, ...] = ()


def _write(log: int, event: ev.Event, **values: bytes) -> Written:
    sealed = boxes.seal(LOGS[log][0], event.id, values)
    return Written(msgspec.structs.replace(event, c={one.field: one.commitment for one in sealed}), tuple(sealed))


def opening(log: int, word: str, place: int) -> Written:
    """Return the opening of the case *word*, filed in *log* with a receipt, a text and a contact."""
    ref = format_reference("NBI", 2026, "A", 1 + place)
    event = ev.CaseOpened(
        id=an_id(word), ts=NOW + 90_000 * place, case=an_id(word), n=1, ref=ref, kind=KINDS[word], centre="NBI", channel="kiosk", lang="en",
        rating=1 + place, ack_due=NOW + 9_000, due=NOW + 900_000,
    )  # fmt: skip
    return _write(log, event, receipt=word.encode() * 32, text=b"It rained on " + word.encode(), phone=b"+254700000001")


def follow_up(log: int, word: str, n: int, move: int, turn: int) -> Written:
    """Return the event *move* with number *n* of the case *word*, with a text of its own."""
    kind, fields = MOVES[move]
    event = kind(id=an_id(f"{word}{n}{move}{log}{turn}"), ts=NOW + 1000 * turn + 60 * n, case=an_id(word), n=n, by="officer-1", **fields)
    return _write(log, event, text=f"words {word} {n}".encode())


def erasure(word: str, what: str, turn: int) -> Written:
    """Return HQ's order to erase: the whole case, its receipt, its text, or a contact."""
    targets = () if what == "*" else ((an_id(word), what),)
    event = ev.Erased(
        id=an_id(f"erase{word}{what}{turn}"), ts=NOW, targets=targets, case=an_id(word) if what == "*" else "", basis="dpa-s40", role="hq"
    )
    return _write(2, event)


Batch = tuple[int, tuple[Written, ...]]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Batch], list[list[Batch]]]:
    """Draw what two logs hold, cut into batches, and some orders in which these may arrive."""
    leaves: dict[int, list[Written]] = {1: [], 2: []}
    for place, word in enumerate(CASES):
        log = draw(st.sampled_from((1, 2)))
        leaves[log].append(opening(log, word, place))
    moves = draw(st.lists(st.tuples(st.sampled_from((1, 2)), st.sampled_from(CASES), st.integers(2, 6), st.integers(0, len(MOVES) - 1)), max_size=14))
    for turn, (log, word, n, move) in enumerate(moves):
        leaves[log].insert(draw(st.integers(0, len(leaves[log]))), follow_up(log, word, n, move, turn))
    for turn, (word, what) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from(CASES), st.sampled_from(("*", "receipt", "text", "phone"))), max_size=4))
    ):
        leaves[2].insert(draw(st.integers(0, len(leaves[2]))), erasure(word, what, turn))
    batches = {log: _cut(draw, log, written) for log, written in leaves.items()}
    first = batches[1] + batches[2]
    orders = [batches[2] + batches[1]] + [_riffle(draw, batches[1], batches[2]) for _ in range(2)]
    return first, orders


def _cut(draw: st.DrawFn, log: int, written: Sequence[Written]) -> list[Batch]:
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(written) - 1)), max_size=4)) | {0, len(written)})
    return [(log, tuple(written[low:high])) for low, high in pairwise(cuts) if low < high]


def _riffle(draw: st.DrawFn, one: Sequence[Batch], two: Sequence[Batch]) -> list[Batch]:
    """Return both in one row, each in its own order, for a log's batches never pass one another."""
    from_one = draw(st.permutations([True] * len(one) + [False] * len(two)))
    ones, twos = iter(one), iter(two)
    return [next(ones) if mine else next(twos) for mine in from_one]


def prepare(db: Db) -> None:
    """Add the rows of both logs, as mirrors."""
    for log, (origin, name) in LOGS.items():
        db.run(
            "INSERT INTO log (id, origin, bound, name, own, state, vkey, letter, size, root, note, acked, ack_note)"
            " VALUES (:id, :o, :o, :name, 0, 'open', '', '', 0, :root, '', 0, '')",
            id=log, o=origin, name=name, root=EMPTY_ROOT,
        )  # fmt: skip


def arrive(db: Db, projections: Projections, order: Iterable[Batch]) -> None:
    """Mirror the batches and bring the read models up to date, batch by batch."""
    for log, written in order:
        row = db.one("SELECT size FROM log WHERE id = :log", log=log)
        assert row is not None
        leaves = [
            Leaf(
                row[0] + at,
                ev.encode(one.event),
                one.event,
                one.event,
                LOGS[log][0],
                boxes=[(s.field, s.box, s.key) for s in one.sealed],
                rid=_rid(one),
            )
            for at, one in enumerate(written)
        ]
        entries = store_mirrored(db, log, grow(range_at(row[0], node_reader(db, log)), leaves), leaves)
        db.run("UPDATE log SET size = size + :more WHERE id = :log", more=len(leaves), log=log)
        projections.apply(db, entries)


def _rid(one: Written) -> bytes | None:
    """Return the receipt id, which a mirror has in hand already from checking its box."""
    word = next((word for word in CASES if an_id(word) == one.event.id), "")
    return word.encode() * 32 if word else None


def seen(db: Db) -> dict[str, list[tuple[object, ...]]]:
    """Return all that people see of the cases: rows, stories, counters, receipts, series, and which values are there."""
    columns = ", ".join(name for name in cases.COLUMNS if name not in ("log", "idx"))
    found = {
        "cases": db.all(f"SELECT {columns} FROM case_state ORDER BY id"),
        "tally": db.all("SELECT centre, day, kind, state, cases FROM tally WHERE cases <> 0 ORDER BY day, kind, state"),
        "promises": db.all("SELECT day, centre, cases, kept FROM promise WHERE cases <> 0 ORDER BY day, centre"),
        "ratings": db.all(f"SELECT {', '.join(ratings.COLUMNS)} FROM rating ORDER BY id, tapped"),
        "faces": db.all("SELECT * FROM rating_tally WHERE given <> 0 ORDER BY service, day, centre, rating"),
        "receipts": [(bytes(tag), case) for tag, case in db.all("SELECT tag, case_id FROM receipt_tag ORDER BY tag, case_id")],
        "contacts": db.all("SELECT id, case_id, since, days FROM contact ORDER BY id"),
        "series": db.all("SELECT name, last FROM series ORDER BY name"),
        "values": db.all("SELECT e.id, b.field FROM box b JOIN event e ON e.log = b.log AND e.idx = b.idx ORDER BY e.id, b.field"),
        "keys": db.all("SELECT e.id, b.field FROM box_key b JOIN event e ON e.log = b.log AND e.idx = b.idx ORDER BY e.id, b.field"),
    }
    for word in CASES:
        story = cases.story_of(db, an_id(word))
        found[f"story of {word}"] = [(placed.entry.event.id, placed.crossed) for placed in story[1]] if story else []
    return found


def tables(db: Db) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every read model that a rebuild must reproduce, in order."""
    return {
        table: [
            tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
            for row in db.all(f"SELECT * FROM {table}{_said(table)} ORDER BY {order}")
        ]
        for table, order in COMPARED.items()
    }


def _said(table: str) -> str:
    return f" WHERE NOT ({EMPTY[table]})" if table in EMPTY else ""
