"""The centres as headquarters sees them: let in, watched, shut out; and headquarters' own state."""

from __future__ import annotations

import re

import pytest

from appliance.usecases import watch_centres
from appliance.usecases.rate import Rating, rate
from tests.desk.colleague import Colleague
from tests.desk.questions import questions
from tests.factories import Site, World, client_of

DAY = 86_400


class TestLettingIn:
    def test_a_token_is_shown_once_and_lets_a_centre_ask(self, world: World, esther: Colleague) -> None:
        page = esther.send("/hq/centres", "/centres/token", centre="KSM")
        token = re.search(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){7}", page.text)
        assert token
        assert "<svg" in page.answer.text
        assert token[0] not in esther.read("/hq/centres").answer.text
        kisumu = world.centre("KSM", enrolled=False)
        assert world.ask(kisumu, token[0]) == "pending"
        waiting = esther.read("/hq/centres")
        assert kisumu.origin in waiting.text
        assert "Waits for approval" in waiting.text
        done = esther.follow(esther.post(waiting.form("/centres/request"), do="approve"))
        assert "The centre is let in." in done.text
        world.sync(kisumu)
        assert "Up to date" in esther.read("/hq/centres").text

    def test_a_request_is_refused(self, world: World, esther: Colleague) -> None:
        kisumu = world.centre("KSM", enrolled=False)
        world.ask(kisumu, re.search(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){7}", esther.send("/hq/centres", "/centres/token", centre="KSM").text)[0])  # type: ignore[index]
        assert "The request is refused." in esther.follow(esther.send("/hq/centres", "/centres/request", do="refuse")).text
        assert not esther.read("/hq/centres").has_form("/centres/request")

    def test_a_centre_that_is_none_gets_no_token(self, esther: Colleague) -> None:
        for centre in ("", "XXX"):
            assert esther.send("/hq/centres", "/centres/token", centre=centre).status == 422

    def test_only_an_administrator_lets_in_and_shuts_out(self, world: World, centre: Site, daudi: Colleague) -> None:
        page = daudi.read("/hq/centres")
        assert not page.has_form("/centres/token")
        assert "/revoke" not in daudi.read("/hq/centres/NBI").answer.text
        forged = page.form("/staff/logout")
        for path in ("/hq/centres/token", "/hq/centres/request", "/hq/centres/NBI/revoke"):
            forged.action = path
            assert daudi.post(forged, centre="KSM", origin=centre.origin, do="approve", reason="no").status == 403, path
        assert daudi.read(f"/hq/centres/NBI/revoke?origin={centre.origin}").status == 403


class TestShuttingOut:
    def test_it_is_asked_once_with_a_reason_and_holds_at_once(self, world: World, centre: Site, esther: Colleague) -> None:
        link = re.search(r'href="(/hq/centres/NBI/revoke[^"]+)"', esther.read("/hq/centres/NBI").answer.text)
        assert link
        path = link[1].replace("&amp;", "&")
        assert esther.send(path, "/revoke").status == 422
        page = esther.follow(esther.send(path, "/revoke", reason="the appliance was stolen"))
        assert "Nothing more is taken" in page.text
        assert "the appliance was stolen" in page.text
        assert "Closed" in esther.read("/hq/centres").text
        assert esther.read(path).status == 404

    def test_a_log_of_another_centre_cannot_be_revoked_there(self, world: World, centre: Site, esther: Colleague) -> None:
        world.centre("MSA")
        assert esther.read(f"/hq/centres/MSA/revoke?origin={centre.origin}").status == 404


class TestWatching:
    def test_what_a_centre_owes_and_how_its_clock_stands(self, world: World, centre: Site, esther: Colleague) -> None:
        with world.hq.node.store.read() as db:
            before = watch_centres.centre_state(db, "NBI")
        assert before is not None
        assert before.health(int(world.watch.now)) == "good"
        said = (
            "UPDATE ops_heard SET size = 7 + (SELECT size FROM log WHERE log.origin = ops_heard.origin), oldest = at - 3600,"
            " node_time = at + 95, quarantine = 2, version = '9.9'"
        )
        world.hq.node.store.write(lambda db: db.run(said))
        page = esther.read("/hq/centres")
        for words in ("Sending", "7", "+95 s", "9.9", "1 hour ago"):
            assert words in page.text
        one = esther.read("/hq/centres/NBI").text
        assert "7, the oldest from" in one
        assert "2 there, 0 here" in one

    def test_a_centre_not_heard_for_a_day_is_silent_and_stands_on_the_first_page(self, world: World, centre: Site, esther: Colleague) -> None:
        assert "Huduma Centre Nairobi GPO" not in esther.read("/hq").text
        world.watch.pass_time(DAY + 60)
        esther.log_in()
        assert "Silent" in esther.read("/hq/centres").text
        assert "Huduma Centre Nairobi GPO" in esther.read("/hq").text

    def test_a_fork_is_shown_with_its_evidence_and_what_to_do(self, world: World, centre: Site, esther: Colleague) -> None:
        world.hq.node.store.write(lambda db: _fork(db, centre.origin))
        page = esther.read("/hq/centres/NBI")
        for words in ("Two histories were signed with one key", "our note", "their note", "Call the centre"):
            assert words in page.text
        assert "Two histories" in esther.read("/hq/centres").text

    def test_what_was_set_aside_is_listed_with_its_reason(self, world: World, centre: Site, esther: Colleague) -> None:
        world.hq.node.store.write(
            lambda db: db.run("INSERT INTO quarantine (log, idx, reason) SELECT id, 3, 'not an event' FROM log WHERE origin = :o", o=centre.origin)
        )
        assert "not an event" in esther.read("/hq/centres/NBI").text
        assert "not an event" not in esther.read("/hq/centres").text

    def test_every_centre_is_one_question_and_one_line_of_the_file(self, world: World, centre: Site, esther: Colleague) -> None:
        with questions() as asked:
            esther.read("/hq/centres")
        few = len(asked)
        for code in ("MSA", "KSM", "ELD"):
            world.centre(code)
        with questions() as asked:
            esther.read("/hq/centres")
        assert len(asked) == few <= 6
        lines = esther.read("/hq/centres.csv").answer.text.splitlines()
        assert [line.split(",")[0] for line in lines[1:]] == ["ELD", "KSM", "MSA", "NBI"]

    def test_a_centre_nobody_knows_is_not_found(self, esther: Colleague) -> None:
        assert esther.read("/hq/centres/XXX").status == 404

    def test_more_centres_than_a_page_holds_go_on_the_next(self, world: World, centre: Site, esther: Colleague) -> None:
        def many(db: object) -> None:
            for number in range(30):
                db.run(  # type: ignore[attr-defined]
                    "INSERT INTO ops_enrolment (origin, centre, vkey, cosigner, data_key, prev_origin, letter, asked_at, state)"
                    " VALUES (:o, :c, '', '', '', '-', 'A', 1, 'pending')", o=f"x/log/A{number:02}/1", c=f"A{number:02}",
                )  # fmt: skip

        world.hq.node.store.write(many)
        first = esther.read("/hq/centres")
        match = re.search(r'class="pager__link" href="([^"]+)" rel="next"', first.answer.text)
        assert match
        assert "Huduma Centre Nairobi GPO" in esther.read(match[1]).text


def test_headquarters_own_state_names_logs_and_key(world: World, centre: Site, esther: Colleague) -> None:
    text = esther.read("/hq/status").text
    assert world.hq.node.keyring.hq_data_key().kid in text
    for words in ("Logs of headquarters", "to/NBI", "SQLite", "0 behind"):
        assert words in text


@pytest.mark.parametrize("path", ["/hq", "/hq/cases", "/hq/centres", "/hq/centres/NBI", "/hq/status", "/hq/accounts", "/hq/cases.csv"])
def test_nothing_is_open_without_a_log_in(world: World, centre: Site, path: str) -> None:
    answer = client_of(world.hq).get(path)
    assert answer.status_code == 302
    assert "/staff/login" in answer.headers["Location"]


def test_only_an_administrator_sees_the_accounts(daudi: Colleague, esther: Colleague) -> None:
    assert daudi.read("/hq/accounts").status == 403
    said = {"login": "kamau", "role": "institution_officer", "password": "four plain words", "screens": "en"}
    page = esther.send("/hq/accounts", "/hq/accounts", name="Kamau", institution="KRA", **said)
    assert "Kamau" in esther.follow(page).text
    missing = esther.send("/hq/accounts", "/hq/accounts", name="Kariuki", **{**said, "login": "kariuki"})
    assert missing.status == 422
    assert 'href="#institution"' in missing.answer.text


def _fork(db: object, origin: str) -> None:
    db.run(  # type: ignore[attr-defined]
        "INSERT INTO fork (id, log, seen_at, ours, theirs) SELECT 1, id, 1795503600, 'our note', 'their note' FROM log WHERE origin = :o", o=origin
    )
    db.run("UPDATE log SET state = 'frozen' WHERE origin = :o", o=origin)  # type: ignore[attr-defined]


def test_the_first_page_shows_what_the_country_said_and_how_far_it_can_be_believed(world: World, centre: Site, esther: Colleague) -> None:
    for at, site in enumerate((centre, centre, world.hq)):
        rate(site.node, Rating(id=world.mint.id(), rating=1 + at, centre="NBI", ticket="B-1" if at else ""))
    world.sync(centre)
    world.watch.pass_time(DAY)
    esther.log_in()
    page = esther.read("/hq")
    assert "Ratings: 3. Without a ticket: 1. Quickly after another on the same terminal: 0." in page.text
    assert page.answer.text.count("facebar__part--") == 3
