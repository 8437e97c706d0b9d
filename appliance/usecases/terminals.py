"""The centre's terminals, as far as they say anything of themselves: when each was last heard, and how many messages wait on it."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.store.db import Db
from appliance.usecases.node import Node

MOST = 64  # terminals remembered: a name costs nothing, so whoever invents them pushes out only those that are silent longest
FORGET = 35 * 86_400  # seconds after which a silent terminal is no longer shown
OFTEN = 30  # seconds within which a terminal that drains is not written down again
COUNT = 100_000  # more than any terminal keeps; what is said beyond it is not believed


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal.

    Attributes:
        waiting: messages it keeps and sends by itself.
        aside: messages it keeps that were refused for good.
    """

    name: str
    heard_at: int
    waiting: int
    aside: int


def hear(node: Node, name: str, waiting: int, aside: int) -> None:
    """Note what terminal *name* says of itself; a busy one is written down a few times a minute only."""
    if node.is_hq or not name:
        return
    now, waiting, aside = node.clock.read().ts, min(max(waiting, 0), COUNT), min(max(aside, 0), COUNT)

    def note(db: Db) -> None:
        db.run(
            "INSERT INTO ops_terminal (name, heard_at, waiting, aside) VALUES (:name, :now, :waiting, :aside) ON CONFLICT (name) DO UPDATE"
            " SET heard_at = excluded.heard_at, waiting = excluded.waiting, aside = excluded.aside",
            name=name, now=now, waiting=waiting, aside=aside,
        )  # fmt: skip
        db.run("DELETE FROM ops_terminal WHERE heard_at < :before", before=now - FORGET)
        db.run("DELETE FROM ops_terminal WHERE name NOT IN (SELECT name FROM ops_terminal ORDER BY heard_at DESC, name LIMIT :most)", most=MOST)

    with node.store.read() as db:
        said = db.one("SELECT heard_at, waiting, aside FROM ops_terminal WHERE name = :name", name=name)
    busy = said is not None and said[1] > 0 and waiting > 0 and said[2] == aside
    if said is None or not (busy and 0 <= now - said[0] < OFTEN):
        node.store.write(note)


def terminals(db: Db) -> list[Terminal]:
    """Return the terminals that were heard lately, by name."""
    return [Terminal(*row) for row in db.all("SELECT name, heard_at, waiting, aside FROM ops_terminal ORDER BY name")]
