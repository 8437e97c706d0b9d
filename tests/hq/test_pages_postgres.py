"""Headquarters' pages over PostgreSQL: every list, count and state is one text for both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.usecases import answer_case
from tests.desk.colleague import Colleague
from tests.factories import OFFICER, world_in
from tests.hq.test_pages_cases import references


@pytest.mark.xdist_group("postgres")
def test_every_page_answers_over_postgresql_as_over_sqlite(tmp_path: Path, postgres_url: str) -> None:
    with world_in(tmp_path, postgres_url) as world:
        centre = world.centre("NBI")
        first, second = world.file(centre), world.file(centre, kind="suggestion", category="")
        answer_case.reply_to_citizen(centre.node, first.id, OFFICER, "Which counter?", ask=True)
        world.sync(centre)
        esther = Colleague(world.hq, "esther", "administrator")
        for view, wanted in (
            ("all", {first, second}),
            ("open", {first, second}),
            ("waiting", {first}),
            ("overdue", set()),
            ("hq", set()),
            ("mine", set()),
        ):
            assert set(references(esther.read(f"/hq/cases?view={view}"))) == {one.ref for one in wanted}, view
        assert references(esther.read("/hq/cases?view=open")) == [second.ref, first.ref]  # a clock that stands still comes last
        for path in ("/hq", "/hq/centres", "/hq/centres/NBI", "/hq/accounts", "/hq/cases.csv", "/hq/centres.csv"):
            assert esther.read(path).status == 200, path
        assert "PostgreSQL" in esther.read("/hq/status").text
        path = f"/hq/cases/{first.id}"
        esther.follow(esther.send(path, "/reason", reason="a call"))
        esther.follow(esther.send(f"{path}/erase", "/erase", what="case", ground="court-order"))
        world.sync(centre)
        assert centre.number("SELECT count(*) FROM box WHERE field = 'receipt'") == 1  # the other case's
