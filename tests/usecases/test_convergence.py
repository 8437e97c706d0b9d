"""Whatever two centres and headquarters do, and in whatever order they meet, they end with the same cases, stories and counters."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.errors import Refusal
from appliance.journal import boxes
from appliance.projections import cases
from appliance.usecases import answer_case, follow_case
from appliance.usecases.erase_values import erase
from appliance.usecases.open_case import Receipt
from tests.factories import ADMINISTRATOR, HQ_OFFICER, MANAGER, OFFICER, SERVICE, Site, World, row_of, tallied, world_in
from tests.usecases.looking import opens, texts

SOAK = bool(os.environ.get("CFMS_SOAK"))
CENTRES = ("NBI", "MSA")


class Play:
    """Three nodes and what was filed; each move may be refused, and then has changed nothing."""

    def __init__(self, world: World) -> None:
        """Begin with two centres that know of each other's cases only by headquarters."""
        self.world = world
        self.sites = [world.centre(code) for code in CENTRES] + [world.hq]
        self.filed: list[Receipt] = []

    def file(self, site: int, about: int) -> None:
        """File a case at a node, about one of the centres or at HQ about none."""
        centre = (*CENTRES, "")[about]
        at = self.sites[site]
        mine = centre or ("" if at is self.world.hq else CENTRES[site])
        self.filed.append(self.world.file(at, f"Said at {site} about {mine}", centre=mine, rating=about + 1, phone="+254700000001", service=SERVICE))

    def act(self, site: int, which: int, what: int) -> None:
        """Do something with a case that was filed, where the node knows it and the case allows it."""
        if not self.filed:
            return
        at, receipt, mint = self.sites[site], self.filed[which % len(self.filed)], self.world.mint
        node, staff = at.node, HQ_OFFICER if at is self.world.hq else OFFICER
        moves: list[Callable[[], object]] = [
            lambda: answer_case.acknowledge_case(node, receipt.id, staff),
            lambda: answer_case.start_case(node, receipt.id, staff),
            lambda: answer_case.reply_to_citizen(node, receipt.id, staff, f"Answer of {site}"),
            lambda: answer_case.reply_to_citizen(node, receipt.id, staff, f"Question of {site}", ask=True),
            lambda: answer_case.resolve_case(node, receipt.id, staff, "done", f"Done at {site}"),
            lambda: answer_case.reject_case(node, receipt.id, staff, "duplicate", f"Twice, says {site}"),
            lambda: follow_case.write_again(node, receipt.code, mint.id(), f"More at {site}", "kiosk"),
            lambda: follow_case.answer_fixed(node, receipt.code, mint.id(), yes=True, channel="kiosk"),
            lambda: follow_case.answer_fixed(node, receipt.code, mint.id(), yes=False, channel="kiosk"),
            lambda: follow_case.withdraw_case(node, receipt.code, mint.id(), "kiosk"),
            lambda: erase(node, receipt.id, MANAGER, ("phone",), "dpa-s40"),
            lambda: erase(node, receipt.id, ADMINISTRATOR, ("text",) if at is self.world.hq else ("phone",), "dpa-s40"),
        ]
        with contextlib.suppress(Refusal):
            moves[what % len(moves)]()

    def meet(self, site: int) -> None:
        """Let a centre exchange."""
        self.world.sync(self.sites[site % len(CENTRES)])

    def tick(self, seconds: int) -> None:
        """Let time pass."""
        self.world.watch.pass_time(seconds)

    def rest(self) -> None:
        """Exchange until nobody has anything to tell: twice round brings each word to everybody, the third finds nothing."""
        centres = self.sites[:-1]
        for _ in range(2):
            self.world.sync(*centres)
        assert [(done.received, [status for status in done.answers if status != 200]) for done in self.world.sync(*centres)] == [(0, [])] * 2


def held(site: Site, case: str) -> tuple[object, ...] | None:
    """Return what *site* holds of *case*: its row, its story, and every value; None when it holds nothing."""
    with site.node.store.read() as db:
        if cases.get(db, case) is None:
            return None
        found = cases.story_of(db, case)
        assert found is not None
        values = [sorted(boxes.read(db, p.entry.log, p.entry.index, p.entry.origin, p.entry.event.id).items()) for p in found[1]]
        story = [(told.event, told.crossed) for told in found[0].told]
    return (row_of(site, case), story, values)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("file"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("act"), st.integers(0, 2), st.integers(0, 9), st.integers(0, 11)),
        st.tuples(st.just("act"), st.integers(0, 2), st.integers(0, 9), st.integers(0, 11)),
        st.tuples(st.just("meet"), st.integers(0, 1)),
        st.tuples(st.just("tick"), st.integers(1, 50_000)),
    ),
    min_size=5,
    max_size=60 if SOAK else 25,
)


@settings(max_examples=300 if SOAK else 8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_every_order_of_acts_and_meetings_ends_in_one_story(plan: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, world_in(Path(folder)) as world:
        play = Play(world)
        for name, *numbers in plan:
            getattr(play, name)(*numbers)
        play.rest()
        for receipt in play.filed:
            at_hq = held(world.hq, receipt.id)
            assert at_hq is not None
            for site, code in zip(play.sites, CENTRES, strict=False):
                mine = held(site, receipt.id)
                assert mine in (None, at_hq)
                assert opens(site, receipt.code) == (mine is not None)
                assert (mine is not None) or receipt.centre != code
                if mine is not None:
                    assert texts(site, receipt.code) == texts(world.hq, receipt.code)
        compare_counters(play)
        assert [site.verify() for site in play.sites] == [""] * 3


def compare_counters(play: Play) -> None:
    """Check that every node counts the cases about a centre alike, where it knows all of them: that centre does, and HQ."""
    with play.world.hq.node.store.read() as db:
        nation = tallied(db)
    for site, code in zip(play.sites, CENTRES, strict=False):
        with site.node.store.read() as db:
            assert [row for row in tallied(db) if row[0] == code] == [row for row in nation if row[0] == code]
