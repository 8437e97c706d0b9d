"""The queue: the clock that runs out first on top, views with their counts, pages and files."""

from __future__ import annotations

import csv
import io
import re

import pytest

from appliance.projections import cases
from appliance.usecases import answer_case
from appliance.usecases.list_cases import UNFINISHED
from appliance.usecases.rate import Rating, rate
from tests.desk.colleague import Colleague, Page
from tests.desk.questions import questions
from tests.factories import OFFICER, Site, World

DAY = 86_400
REFERENCE = re.compile(r"NBI-26A-\d{6}-[A-Z]")


def listed(page: Page) -> list[str]:
    """Return the references a list shows, in order."""
    return list(dict.fromkeys(REFERENCE.findall(page.text)))


def rows_of(page: Page) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_every_view_shows_its_cases_and_counts_them(world: World, centre: Site, amina: Colleague) -> None:
    node, who = centre.node, amina.person
    mine, free, asked, done, late = (world.file(centre, f"case {number}") for number in range(5))
    for one in (mine, asked, done):
        answer_case.assign_case(node, one.id, who, who.id)
    answer_case.reply_to_citizen(node, asked.id, who, "Which counter?", ask=True)
    answer_case.resolve_case(node, done.id, who, "done", "Done.")
    world.watch.pass_time(20 * DAY)
    fresh = world.file(centre, "newer")
    amina.log_in()
    expected = {
        "mine": {mine, asked}, "unassigned": {free, late, fresh}, "open": {mine, free, asked, late, fresh}, "overdue": {mine, free, late},
        "waiting": {asked}, "resolved": {done}, "all": {mine, free, asked, done, late, fresh},
    }  # fmt: skip
    for view, wanted in expected.items():
        page = amina.read(f"/desk?view={view}")
        assert set(listed(page)) == {one.ref for one in wanted}, view
    text = amina.read("/desk?view=open").text
    for words in ("Mine 2", "Nobody's 3", "Open 5", "Overdue 3", "Waiting for the citizen 1"):
        assert words in text


def test_the_clock_that_runs_out_first_is_on_top_and_one_that_stands_still_below(world: World, centre: Site, amina: Colleague) -> None:
    node = centre.node
    first, waiting, acknowledged, last = (world.file(centre, f"case {number}") for number in range(4))
    answer_case.reply_to_citizen(node, waiting.id, OFFICER, "Which counter?", ask=True)
    answer_case.acknowledge_case(node, acknowledged.id, OFFICER)  # its next clock is the one for resolving, weeks away
    assert listed(amina.read("/desk?view=open")) == [first.ref, last.ref, acknowledged.ref, waiting.ref]


def test_an_officer_begins_with_her_own_cases_and_a_manager_with_all(world: World, centre: Site, amina: Colleague, manager: Colleague) -> None:
    receipt = world.file(centre)
    assert receipt.ref not in amina.read("/desk").text
    assert receipt.ref in manager.read("/desk").text
    assert receipt.ref in manager.read("/desk?view=nonsense").text


def test_pages_follow_one_another_without_gaps_or_doubles(world: World, centre: Site, amina: Colleague) -> None:
    filed = [world.file(centre, f"case {number}").ref for number in range(60)]
    for view in ("open", "all"):
        page, seen = amina.read(f"/desk?view={view}"), list[str]()
        for _ in range(3):
            seen += listed(page)
            match = re.search(r'class="pager__link" href="([^"]+)" rel="next"', page.answer.text)
            if match:
                page = amina.read(match[1].replace("&amp;", "&"))
        assert len(seen) == 60
        assert sorted(seen) == sorted(filed)
        assert seen == (filed if view == "open" else filed[::-1])


@pytest.mark.parametrize("cursor", ["x", "1-", "99999999999999-" + "0" * 32, "1-" + "Z" * 32, "' OR 1=1"])
def test_a_cursor_that_is_none_shows_the_first_page(world: World, centre: Site, amina: Colleague, cursor: str) -> None:
    receipt = world.file(centre)
    assert receipt.ref in amina.client.get("/desk", query_string={"view": "open", "after": cursor}).text


def test_a_reference_typed_as_people_type_it_leads_to_its_case(world: World, centre: Site, amina: Colleague) -> None:
    receipt = world.file(centre)
    answer = amina.client.get("/desk", query_string={"q": receipt.ref.lower().replace("-", " ")})
    assert answer.headers["Location"].endswith(f"/desk/cases/{receipt.id}")


def test_a_reference_nobody_has_is_said_and_stays_in_its_field(world: World, centre: Site, amina: Colleague) -> None:
    receipt = world.file(centre)
    for typed, sentence in ((receipt.ref[:-1] + "Z", "not a reference we know"), ("MSA-26A-000001-R", "no case of that reference here")):
        page = amina.read(f"/desk?q={typed}")
        assert page.status == 404
        if sentence == "not a reference we know" or "not a reference" not in page.text:
            assert sentence in page.text
        assert page.form("/desk").fields["q"] == typed


def test_a_list_is_a_file_of_codes_and_times_without_anybodys_data(world: World, centre: Site, amina: Colleague) -> None:
    filed = [world.file(centre, f"secret {number}", name="Jane Akinyi", phone="0712345678", consent="contact-about-case") for number in range(230)]
    answer_case.assign_case(centre.node, filed[0].id, amina.person, amina.account.id)
    page = amina.read("/desk/cases.csv?view=all")
    assert page.answer.headers["Content-Disposition"] == 'attachment; filename="NBI-all.csv"'
    rows = rows_of(page)
    assert rows[0][:3] == ["Reference", "Kind", "State"]
    assert len(rows) == 231
    assert rows[1][0] == filed[-1].ref
    assert not any(said in page.answer.text for said in ("secret", "Jane", "0712345678", "Amina"))


def test_a_file_speaks_the_readers_language(world: World, centre: Site, amina: Colleague) -> None:
    world.file(centre)
    rows = rows_of(amina.read("/desk/cases.csv?view=all&lang=sw"))
    assert "Lalamiko" in rows[1]


def test_a_spreadsheet_finds_no_formula(world: World, centre: Site, amina: Colleague) -> None:
    world.file(centre)
    with centre.node.store.read() as db:
        row = cases.get(db, str(db.one("SELECT id FROM case_state")[0]))  # type: ignore[index]
    assert row is not None
    centre.node.store.write(lambda db: db.run("UPDATE case_state SET channel = :bad WHERE id = :id", bad="=HYPERLINK(1)", id=row.id))
    assert "'=HYPERLINK(1)" in rows_of(amina.read("/desk/cases.csv?view=all"))[1]


@pytest.mark.parametrize("path", ["/desk?view=open", "/desk?view=all"])
def test_a_list_asks_the_database_no_more_for_many_rows_than_for_one(world: World, centre: Site, amina: Colleague, path: str) -> None:
    def ask() -> int:
        with questions() as asked:
            assert amina.read(path).status == 200
        return len(asked)

    answer_case.assign_case(centre.node, world.file(centre).id, amina.person, amina.account.id)
    few = ask()
    for _ in range(24):
        answer_case.assign_case(centre.node, world.file(centre).id, amina.person, amina.account.id)
    assert ask() == few <= 6


def test_the_unfinished_states_are_those_in_which_somebody_still_has_to_act() -> None:
    assert set(UNFINISHED) == {"received", "acknowledged", "in_progress", "waiting", "referred", "verified"}


def test_below_the_list_stands_what_people_said_and_how_far_it_can_be_believed(world: World, centre: Site, manager: Colleague) -> None:
    for at in range(4):
        rate(centre.node, Rating(id=world.mint.id(), rating=1 + at, ticket="B-1" if at else "", quick=at == 3))
    assert "Nobody has answered yet." in manager.read("/desk").text, "the running day would show what the last person chose"
    world.watch.pass_time(86_400)
    manager.log_in()
    page = manager.read("/desk")
    assert "Ratings: 4. Without a ticket: 1. Quickly after another on the same terminal: 1." in page.text
    assert page.answer.text.count("facebar__part--") == 4
