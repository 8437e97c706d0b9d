"""The country's cases at headquarters: listed, opened for a reason, answered so that the citizen reads it everywhere."""

from __future__ import annotations

import csv
import io
import re

import pytest

from appliance.domain import events as ev
from appliance.usecases import answer_case
from appliance.usecases.node import new_id
from appliance.usecases.read_case import find_by_code
from tests.desk.colleague import Colleague, Page
from tests.desk.questions import questions
from tests.factories import OFFICER, Site, World

TEXT = "Three Mondays, and still no card"
DAY = 86_400


def references(page: Page) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[A-Z]{3}-26[AH]-\d{6}-[A-Z]", page.text)))


def escalate(site: Site, case: str, n: int) -> None:
    """Hand *case* up to headquarters, as the centre's clock does."""
    node = site.node
    node.perform(lambda tx: tx.append(ev.CaseEscalated(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, case=case, n=n, by="clock", to="hq")))


class TestTheList:
    def test_it_shows_every_centres_cases_newest_first_and_filters_them(self, world: World, centre: Site, daudi: Colleague) -> None:
        mombasa = world.centre("MSA")
        first, second = world.file(centre), world.file(mombasa, kind="suggestion", category="")
        world.watch.pass_time(60)
        third = world.file(centre, kind="compliment", category="")
        answer_case.start_case(centre.node, first.id, OFFICER)
        world.sync(centre, mombasa)
        assert references(daudi.read("/hq/cases"))[0] == third.ref
        for query, wanted in (
            ("centre=MSA", [second]), ("kind=compliment", [third]), ("state=in_progress", [first]), ("view=open&centre=NBI", [first, third]),
            ("centre=XXX&kind=nonsense&state=odd&view=odd&order=odd", [first, second, third]),
        ):  # fmt: skip
            assert set(references(daudi.read(f"/hq/cases?{query}"))) == {one.ref for one in wanted}, query

    def test_overdue_ones_are_those_whose_running_clock_is_over(self, world: World, centre: Site, daudi: Colleague) -> None:
        late, answered = world.file(centre), world.file(centre)
        answer_case.acknowledge_case(centre.node, answered.id, OFFICER)
        world.sync(centre)
        world.watch.pass_time(4 * DAY)
        daudi.log_in()
        assert references(daudi.read("/hq/cases?view=overdue")) == [late.ref]

    def test_what_asks_for_headquarters_stands_on_its_first_page(self, world: World, centre: Site, daudi: Colleague) -> None:
        plain, handed_up = world.file(centre), world.file(centre)
        escalate(centre, handed_up.id, 2)
        world.sync(centre)
        page = daudi.read("/hq")
        assert handed_up.ref in page.text
        assert plain.ref not in page.text

    def test_pages_and_the_file_hold_every_case_once(self, world: World, centre: Site, daudi: Colleague) -> None:
        filed = sorted(world.file(centre, f"case {number}").ref for number in range(30))
        world.sync(centre)
        page, seen = daudi.read("/hq/cases"), list[str]()
        seen += references(page)
        match = re.search(r'class="pager__link" href="([^"]+)" rel="next"', page.answer.text)
        assert match
        seen += references(daudi.read(match[1].replace("&amp;", "&")))
        assert sorted(seen) == filed
        link = re.search(r'href="(/hq/cases\.csv[^"]*)"', page.answer.text)
        assert link
        rows = list(csv.reader(io.StringIO(daudi.read(link[1].replace("&amp;", "&")).answer.text.removeprefix("\ufeff"))))
        assert sorted(row[0] for row in rows[1:]) == filed

    def test_it_asks_the_database_no_more_for_many_rows_than_for_one(self, world: World, centre: Site, daudi: Colleague) -> None:
        def ask(path: str) -> int:
            with questions() as asked:
                assert daudi.read(path).status == 200
            return len(asked)

        world.file(centre)
        world.sync(centre)
        few = ask("/hq/cases"), ask("/hq")
        for _ in range(25):
            world.file(centre)
        world.sync(centre)
        assert (ask("/hq/cases"), ask("/hq")) == few
        assert max(few) <= 8

    def test_an_analyst_sees_the_list_and_opens_nothing(self, world: World, centre: Site) -> None:
        receipt = world.file(centre)
        world.sync(centre)
        analyst = Colleague(world.hq, "faith", "analyst")
        page = analyst.read("/hq/cases")
        assert receipt.ref in page.text
        assert receipt.id not in page.answer.text
        assert analyst.read(f"/hq/cases/{receipt.id}").status == 403


class TestOpening:
    def test_a_centres_case_asks_for_a_reason_which_is_recorded_here_and_asked_once(self, world: World, centre: Site, daudi: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        path = f"/hq/cases/{receipt.id}"
        asked = daudi.read(path)
        assert "Why do you need to read this case?" in asked.text
        assert TEXT not in asked.answer.text
        assert daudi.post(asked.form("/reason")).status == 422
        assert TEXT in daudi.follow(daudi.post(asked.form("/reason"), reason="the citizen telephoned us")).text
        assert TEXT in daudi.read(path).text
        reads = [event for event in world.hq.events() if isinstance(event, ev.CaseRead)]
        assert [(one.by, one.reason) for one in reads] == [(daudi.account.id, "the citizen telephoned us")]

    def test_another_persons_reason_does_not_open_it(self, world: World, centre: Site, daudi: Colleague, esther: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        daudi.send(f"/hq/cases/{receipt.id}", "/reason", reason="the citizen telephoned us")
        assert TEXT not in esther.read(f"/hq/cases/{receipt.id}").text

    def test_no_form_acts_on_a_case_that_was_not_opened(self, world: World, centre: Site, daudi: Colleague) -> None:
        opened, closed = world.file(centre), world.file(centre)
        world.sync(centre)
        daudi.send(f"/hq/cases/{opened.id}", "/reason", reason="a call")
        form = daudi.read(f"/hq/cases/{opened.id}").form("/act/reply")
        form.action = form.action.replace(opened.id, closed.id)
        assert "Why do you need to read this case?" in daudi.post(form, reply__text="Unread.").text
        assert len(find_by_code(world.hq.node, closed.code).lines) == 1

    def test_an_escalated_case_opens_at_once(self, world: World, centre: Site, daudi: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        escalate(centre, receipt.id, 2)
        world.sync(centre)
        page = daudi.read(f"/hq/cases/{receipt.id}")
        assert TEXT in page.text
        assert "Escalated: Headquarters" in page.text


class TestAnswering:
    def test_both_sides_answers_reach_the_citizen_on_both_nodes(self, world: World, centre: Site, daudi: Colleague) -> None:
        amina = Colleague(centre, "amina", "officer", "Amina Wanjiru")
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        daudi.send(f"/hq/cases/{receipt.id}", "/reason", reason="the citizen telephoned us")
        daudi.follow(daudi.send(f"/hq/cases/{receipt.id}", "/act/reply", reply__text="The bureau has printed it."))
        world.sync(centre)
        amina.follow(amina.send(f"/desk/cases/{receipt.id}", "/act/resolve", resolve__reason="done", resolve__text="Counter 3, any day."))
        world.sync(centre)
        for site in (centre, world.hq):
            told = find_by_code(site.node, receipt.code)
            assert [line.text for line in told.lines] == [TEXT, "The bureau has printed it.", "Counter 3, any day."]
            assert told.row.state == "resolved"
        page = daudi.read(f"/hq/cases/{receipt.id}")
        assert "a colleague at the centre" in page.text
        assert "Daudi Otieno" in page.text
        assert "Daudi" not in amina.read(f"/desk/cases/{receipt.id}").text

    def test_an_auditor_reads_for_a_reason_and_answers_nobody(self, world: World, centre: Site) -> None:
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        auditor = Colleague(world.hq, "otieno", "auditor")
        page = auditor.follow(auditor.send(f"/hq/cases/{receipt.id}", "/reason", reason="yearly audit"))
        assert TEXT in page.text
        assert not page.has_form("/act/reply")
        assert not page.has_form("/act/resolve")

    @pytest.mark.parametrize("what", ["words", "case"])
    def test_an_administrator_erases_texts_or_the_whole_case_on_both_sides(self, world: World, centre: Site, esther: Colleague, what: str) -> None:
        receipt = world.file(centre, TEXT, name="Jane Akinyi", phone="0712345678", consent="contact-about-case")
        world.sync(centre)
        path = f"/hq/cases/{receipt.id}"
        esther.send(path, "/reason", reason="an erasure request")
        asked = esther.read(f"{path}/erase").form("/erase")
        assert asked.offered["what"] == ["contact", "words", "case"]
        page = esther.follow(esther.post(asked, what=what, ground="court-order"))
        assert TEXT not in page.answer.text
        world.sync(centre)
        assert centre.number("SELECT count(*) FROM box WHERE field = 'text'") == 0
        assert centre.number("SELECT count(*) FROM box WHERE field = 'receipt'") == (0 if what == "case" else 1)
        assert centre.verify() == world.hq.verify() == ""

    def test_a_case_officer_erases_nothing(self, world: World, centre: Site, daudi: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        daudi.send(f"/hq/cases/{receipt.id}", "/reason", reason="a call")
        assert "/erase" not in daudi.read(f"/hq/cases/{receipt.id}").answer.text
        assert daudi.read(f"/hq/cases/{receipt.id}/erase").status == 403
