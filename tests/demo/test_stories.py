"""The sample cases: of every kind, in both languages, in the states they claim to show, the same on both sides."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from appliance.demo.people import CENTRE_STAFF, HQ_STAFF, PASSWORD
from appliance.demo.place import CENTRE, Place
from appliance.demo.prepare import opened
from appliance.demo.stories import STORIES
from appliance.demo.taps import ELSEWHERE
from appliance.domain.cases import KINDS
from appliance.domain.codes import check_receipt_code
from appliance.domain.errors import UnknownCode
from appliance.projections.cases import CaseRow
from appliance.usecases.accounts import log_in
from appliance.usecases.figures import by_centre
from appliance.usecases.node import Node
from appliance.usecases.read_case import CaseStory, find_by_code
from appliance.usecases.run_exchange import exchange_state
from appliance.usecases.verify_node import verify_node

CODES = {story.name: story.code for story in STORIES}


@pytest.fixture(scope="module")
def nodes(prepared: Place) -> Iterator[dict[str, Node]]:
    """Lend both nodes."""
    with opened(prepared.settings("hq", hq_port=9)) as hq, opened(prepared.settings("centre", hq_port=9)) as centre:
        yield {"hq": hq, "centre": centre}


def found(nodes: dict[str, Node], name: str, role: str = "centre") -> CaseStory:
    return find_by_code(nodes[role], CODES[name])


def row(nodes: dict[str, Node], name: str) -> CaseRow:
    return found(nodes, name).row


def test_there_is_every_kind_in_both_languages() -> None:
    assert {story.said["kind"] for story in STORIES} == set(KINDS)
    assert {story.said["lang"] for story in STORIES} == {"en", "sw"}


def test_their_receipt_codes_are_good_and_different() -> None:
    assert len({check_receipt_code(story.code) for story in STORIES}) == len(STORIES)


@pytest.mark.parametrize("name", sorted(CODES.keys() - {"nation"}))
def test_a_code_opens_the_same_story_on_both_sides(nodes: dict[str, Node], name: str) -> None:
    here, there = found(nodes, name), found(nodes, name, "hq")
    assert here.lines == there.lines
    assert here.lines[0].text
    assert not any(line.crossed for line in here.lines)


def test_the_states_are_those_they_claim_to_show(nodes: dict[str, Node]) -> None:
    states = {name: row(nodes, name).state for name in CODES if name != "nation"}
    assert states == {
        "queue": "acknowledged", "licence": "closed", "records": "in_progress", "counter": "waiting", "ramp": "in_progress",
        "hours": "received", "thanks": "passed", "quick": "received", "pin": "referred", "clearance": "resolved",
        "stima": "in_progress", "birth": "received", "online": "in_progress",
    }  # fmt: skip


def test_one_is_overdue_and_one_was_not_fixed(nodes: dict[str, Node]) -> None:
    assert row(nodes, "queue").due < time.time()
    assert (row(nodes, "stima").reopened, row(nodes, "licence").fixed) == (1, 1)


def test_some_are_answered_by_the_centre_and_some_by_headquarters(nodes: dict[str, Node]) -> None:
    roles = {line.role for name in CODES.keys() - {"nation"} for line in found(nodes, name).lines if line.kind == "reply"}
    assert roles == {"officer", "hq"}


def test_some_were_filed_at_headquarters_for_the_centre_and_for_the_whole_country(nodes: dict[str, Node]) -> None:
    assert row(nodes, "online").ref.startswith("NBI-")
    assert found(nodes, "nation", "hq").row.ref.startswith("HQ-")
    with pytest.raises(UnknownCode):
        found(nodes, "nation")


def test_a_case_is_about_a_service_that_came_with_the_imported_list(nodes: dict[str, Node]) -> None:
    service = nodes["centre"].catalogue.service(row(nodes, "records").service)
    assert service is not None
    assert service.names["en"] == "Copy Of Records Of A Birth Certificate"
    assert nodes["centre"].country.catalogue.service(service.code) is None


def test_everybody_may_log_in_where_they_work(nodes: dict[str, Node]) -> None:
    for role, staff in (("centre", CENTRE_STAFF), ("hq", HQ_STAFF)):
        for one in staff:
            assert log_in(nodes[role], one.login, PASSWORD)


def test_nothing_waits_and_everything_verifies(nodes: dict[str, Node]) -> None:
    state = exchange_state(nodes["centre"])
    assert (state.enrolled, state.unsent, state.quarantine, state.clock_offset) == (True, 0, 0, 0)
    for node in nodes.values():
        assert verify_node(node, lambda *_: None).wrong == ""


def test_the_log_tells_of_no_clock_that_stepped(nodes: dict[str, Node]) -> None:
    with nodes["centre"].store.read() as db:
        leaves = [bytes(leaf) for (leaf,) in db.all("SELECT leaf FROM entry")]
    assert not any(b'"t":"clock"' in leaf for leaf in leaves)


def test_the_figures_show_weeks_of_taps_the_same_on_both_sides(nodes: dict[str, Node]) -> None:
    seen = {}
    for name, node in nodes.items():
        with node.store.read() as db:
            seen[name] = by_centre(node, db)
    here = seen["centre"][CENTRE]
    assert here == seen["hq"][CENTRE]
    assert sum(here.faces) > 200
    assert min(here.faces) > 20
    assert 0 < here.quick < here.unticketed < here.given
    assert set(seen["hq"]) >= {CENTRE, *ELSEWHERE}
