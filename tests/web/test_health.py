"""What machines are told of a node: whether it is well, and figures in which nobody can be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance.store.errors import StoreUnavailable
from tests.factories import Site, World, client_of, world_in

_SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?\d+')


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Lend headquarters and one centre with two cases, one of them exchanged."""
    with world_in(tmp_path) as made:
        centre = made.centre("NBI")
        made.file(centre, "Wanjiru asked for money", phone="+254712345678", name="Akinyi")
        made.sync(centre)
        made.file(centre, "Fast and friendly", kind="compliment")
        yield made


def figures(client: FlaskClient) -> dict[str, int]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not _SAMPLE.fullmatch(line)] == []
    return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize("which", [0, 1], ids=["headquarters", "centre"])
def test_a_well_node_says_so_and_writes_nothing(world: World, which: int) -> None:
    site = world.sites[which]
    before = site.node.store.writer.statistics.acts
    answer = client_of(site).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.node.store.writer.statistics.acts == before


def test_a_node_that_may_not_sign_says_so(world: World) -> None:
    site = world.sites[1]
    site.node.journal.stopped = "the mark is ahead of the journal"
    assert said(site) == (503, "signing\n")


def test_a_node_whose_database_does_not_answer_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    site = world.sites[1]
    monkeypatch.setattr(type(site.node.store), "read", fail)
    assert said(site) == (503, "store\n")


def test_a_node_whose_writer_has_ended_says_so(world: World) -> None:
    site = world.sites[1]
    client = client_of(site)
    site.node.store.writer.close()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "stopped\n")


def said(site: Site) -> tuple[int, str]:
    answer = client_of(site).get("/healthz")
    return answer.status_code, answer.text


def test_the_figures_are_the_nodes_own(world: World) -> None:
    centre, hq = figures(client_of(world.sites[1])), figures(client_of(world.hq))
    assert centre['cfms_cases{kind="complaint",state="received"}'] == 1
    assert centre['cfms_cases{kind="compliment",state="received"}'] == 1
    assert centre["cfms_healthy"] == 1
    assert centre["cfms_unsent_entries"] > 0
    assert centre["cfms_oldest_unsent_seconds"] > 0
    assert centre["cfms_acknowledged_seconds"] == int(world.watch.now)
    assert centre["cfms_writer_acts_total"] >= centre["cfms_writer_commits_total"] > 0
    assert centre["cfms_database_bytes"] > 0
    origin = world.sites[1].origin
    assert hq[f'cfms_log_entries{{log="{origin}"}}'] == centre[f'cfms_log_acknowledged{{log="{origin}"}}']
    assert hq['cfms_build_info{version="%s",role="hq"}' % version()] == 1  # noqa: UP031  # braces belong to the format


def version() -> str:
    import appliance  # noqa: PLC0415 - beside its only use

    return appliance.__version__


def test_the_figures_name_nobody_and_quote_nothing(world: World) -> None:
    text = client_of(world.sites[1]).get("/metrics").text
    assert not re.search(r"Wanjiru|Akinyi|712345678|money|NBI-\d|amina", text)


@pytest.mark.parametrize("address", ["192.168.4.17", "2001:db8::7"])
def test_the_figures_are_for_the_machine_itself(world: World, address: str) -> None:
    client = client_of(world.sites[1])
    assert client.get("/metrics", base_url="https://x", environ_base={"REMOTE_ADDR": address}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": address}).status_code in {403, 404}
    assert client.get("/healthz", base_url="https://x", environ_base={"REMOTE_ADDR": address}).status_code == 200
