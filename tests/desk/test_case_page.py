"""One case at a centre's desk: what is offered, what is done, and that nothing typed is lost."""

from __future__ import annotations

from typing import ClassVar

import pytest

from appliance.domain import events as ev
from appliance.usecases import answer_case
from appliance.usecases.follow_case import answer_fixed
from appliance.usecases.read_case import find_by_code
from tests.desk.colleague import Colleague
from tests.factories import HQ_OFFICER, Site, World

TEXT = "Three Mondays, and still no card"


def acts(site: Site) -> list[str]:
    """Return the kinds of the case events of *site*'s own log."""
    return [type(event).__name__ for event in site.events() if isinstance(event, ev.CaseEvent)]


def lines(site: Site, code: str) -> list[tuple[str, str | None]]:
    """Return what the citizen of *code* reads: kinds and texts."""
    return [(line.kind, line.text) for line in find_by_code(site.node, code).lines]


class TestWorkingOnACase:
    def test_the_story_and_the_facts_are_shown(self, world: World, centre: Site, amina: Colleague) -> None:
        page = amina.read(f"/desk/cases/{world.file(centre, TEXT, category='delay').id}")
        assert page.status == 200
        for words in (TEXT, "National identity card", "National Registration Bureau", "Delay or long queue", "Received", "Kiosk"):
            assert words in page.text

    def test_a_case_goes_from_taking_to_resolving(self, world: World, centre: Site, amina: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        path = f"/desk/cases/{receipt.id}"
        assert "in hand" in amina.follow(amina.send(path, "/acknowledge")).text
        assert "Amina Wanjiru" in amina.follow(amina.send(path, "/take")).text
        amina.follow(amina.send(path, "/start"))
        amina.follow(amina.send(path, "/act/reply", reply__text="Which counter was it?", ask="yes"))
        assert ("question", "Which counter was it?") in lines(centre, receipt.code)
        amina.follow(amina.send(path, "/act/reply", reply__text="Come on Monday at nine."))
        page = amina.follow(amina.send(path, "/resolve", resolve__reason="corrected", resolve__text="Your card is at counter 3."))
        assert "whether it is fixed" in page.text
        assert lines(centre, receipt.code)[-1] == ("resolved", "Your card is at counter 3.")
        assert acts(centre)[1:] == ["CaseAcknowledged", "CaseAssigned", "CaseStarted", "ReplySent", "ReplySent", "CaseResolved"]

    def test_it_is_referred_to_an_institution_of_the_catalogue(self, world: World, centre: Site, amina: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        page = amina.follow(amina.send(f"/desk/cases/{receipt.id}", "/refer", refer__institution="KRA", refer__text="They hold your file."))
        assert "Kenya Revenue Authority" in page.text
        assert find_by_code(centre.node, receipt.code).row.state == "referred"

    def test_it_is_rejected_with_a_reason_the_citizen_reads(self, world: World, centre: Site, amina: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        amina.follow(amina.send(f"/desk/cases/{receipt.id}", "/reject", reject__reason="duplicate", reject__text="We have this as NBI-26A-000001-R."))
        assert lines(centre, receipt.code)[-1] == ("rejected", "We have this as NBI-26A-000001-R.")

    def test_a_compliment_is_verified_and_passed_to_a_colleague_by_account_not_by_name(
        self, world: World, centre: Site, amina: Colleague, manager: Colleague
    ) -> None:
        receipt = world.file(centre, "Chebet was kind", kind="compliment")
        path = f"/desk/cases/{receipt.id}"
        first = amina.read(path)
        assert not first.has_form("/resolve")
        assert not first.has_form("/pass")
        amina.follow(amina.send(path, "/verify"))
        page = amina.follow(amina.send(path, "/pass", **{"pass-to": manager.account.id}))
        assert "Passed on: Chebet Rono" in page.text
        assert not any(b"Chebet" in leaf for leaf in centre.leaves())

    def test_a_manager_gives_a_case_to_a_colleague_and_an_officer_only_to_herself(
        self, world: World, centre: Site, amina: Colleague, manager: Colleague
    ) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT).id}"
        page = amina.read(path)
        assert not page.has_form("/assign")
        forged = page.form("/act/take")
        forged.action = forged.action.replace("/take", "/assign")
        assert amina.post(forged, assign__officer=manager.account.id).status == 403
        assert "Amina Wanjiru" in manager.follow(manager.send(path, "/assign", assign__officer=amina.account.id)).text

    def test_a_reopened_case_goes_to_a_different_officer(self, world: World, centre: Site, amina: Colleague, manager: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        path = f"/desk/cases/{receipt.id}"
        amina.follow(amina.send(path, "/take"))
        amina.follow(amina.send(path, "/resolve", resolve__reason="done", resolve__text="Done."))
        answer_fixed(centre.node, receipt.code, world.mint.id(), yes=False, channel="kiosk")
        page = amina.read(path)
        assert "Reopened 1 time" in page.text
        assert not page.has_form("/take")
        assert manager.read(path).has_form("/take")

    def test_what_headquarters_wrote_is_told_apart(self, world: World, centre: Site, amina: Colleague) -> None:
        receipt = world.file(centre, TEXT)
        world.sync(centre)
        answer_case.reply_to_citizen(world.hq.node, receipt.id, HQ_OFFICER, "We asked the bureau.")
        world.sync(centre)
        assert "headquarters" in amina.read(f"/desk/cases/{receipt.id}").text
        assert lines(centre, receipt.code)[-1] == ("reply", "We asked the bureau.")


class TestNothingIsLostAndNothingDoubled:
    def test_a_double_click_is_one_event(self, world: World, centre: Site, amina: Colleague) -> None:
        form = amina.read(f"/desk/cases/{world.file(centre, TEXT).id}").form("/act/reply")
        for _ in range(2):
            amina.follow(amina.post(form, reply__text="Come on Monday."))
        assert acts(centre).count("ReplySent") == 1

    def test_other_words_from_the_same_page_are_not_taken_for_a_double_click(self, world: World, centre: Site, amina: Colleague) -> None:
        form = amina.read(f"/desk/cases/{world.file(centre, TEXT).id}").form("/act/reply")
        amina.follow(amina.post(form, reply__text="Come on Monday."))
        page = amina.post(form, reply__text="No: come on Tuesday.")
        assert page.status == 409
        assert page.form("/act/reply").fields["reply-text"] == "No: come on Tuesday."
        amina.follow(amina.post(page.form("/act/reply")))
        assert acts(centre).count("ReplySent") == 2

    def test_a_case_that_changed_meanwhile_shows_what_is_new_and_keeps_what_was_typed(
        self, world: World, centre: Site, amina: Colleague, manager: Colleague
    ) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT).id}"
        stale = amina.read(path).form("/act/reply")
        manager.follow(manager.send(path, "/act/reply", reply__text="It is at counter 3."))
        page = amina.post(stale, reply__text="Come on Monday.")
        assert page.status == 409
        assert "What is new" in page.text
        assert page.text.count("It is at counter 3.") == 2  # in the notice, and in the story
        assert page.form("/act/reply").fields["reply-text"] == "Come on Monday."
        amina.follow(amina.post(page.form("/act/reply")))
        assert acts(centre).count("ReplySent") == 2

    def test_an_illegal_move_is_not_offered_and_is_refused_with_a_sentence_that_keeps_the_words(
        self, world: World, centre: Site, amina: Colleague
    ) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT).id}"
        forged = amina.read(path).form("/resolve")
        amina.follow(amina.send(path, "/resolve", resolve__reason="done", resolve__text="Done."))
        page = amina.read(path)
        assert not page.has_form("/resolve")
        forged.fields["seen"] = page.form("/act/reply").fields["seen"]
        refused = amina.post(forged, resolve__reason="done", resolve__text="Done twice over.")
        assert refused.status == 409
        assert "A case that is resolved cannot be resolved." in refused.text
        assert "Done twice over." in refused.text

    @pytest.mark.parametrize(
        ("form", "field", "sentence"),
        [
            ("/act/reply", "reply-text", "Write to the citizen what they should know."),
            ("/resolve", "resolve-reason", "Choose what was done."),
            ("/refer", "refer-institution", "Choose an institution."),
            ("/reject", "reject-reason", "Choose a reason."),
        ],
    )
    def test_what_is_missing_is_said_at_its_field(self, world: World, centre: Site, amina: Colleague, form: str, field: str, sentence: str) -> None:
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT).id}", form)
        assert page.status == 422
        assert sentence in page.text
        assert f'href="#{field}"' in page.answer.text
        assert f'id="{field}"' in page.answer.text
        assert len(acts(centre)) == 1

    def test_a_choice_that_is_none_is_refused_and_the_words_stay(self, world: World, centre: Site, amina: Colleague) -> None:
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT).id}", "/refer", refer__institution="NOBODY", refer__text="They hold your file.")
        assert page.status == 422
        assert page.form("/refer").fields["refer-text"] == "They hold your file."

    def test_a_text_that_is_too_long_says_by_how_much(self, world: World, centre: Site, amina: Colleague) -> None:
        limit = centre.node.settings.limits.text_chars
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT).id}", "/act/reply", reply__text="x" * (limit + 1))
        assert page.status == 422
        assert f"{limit + 1} characters" in page.text

    def test_a_form_without_our_token_does_nothing(self, world: World, centre: Site, amina: Colleague) -> None:
        form = amina.read(f"/desk/cases/{world.file(centre, TEXT).id}").form("/act/reply")
        form.fields.pop("csrf_token")
        page = amina.post(form, reply__text="Come on Monday at nine o'clock.")
        assert page.status == 400
        assert "Come on Monday at nine o'clock." in page.text
        assert len(acts(centre)) == 1

    @pytest.mark.parametrize("forged", ["0" * 31, "not-an-id", "Z" * 32])
    def test_an_id_that_is_none_is_refused(self, world: World, centre: Site, amina: Colleague, forged: str) -> None:
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT).id}", "/act/reply", reply__text="Come.", id=forged)
        assert page.status == 422
        assert len(acts(centre)) == 1

    def test_an_id_of_another_case_is_refused_in_words(self, world: World, centre: Site, amina: Colleague) -> None:
        other = world.file(centre, "Something else")
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT).id}", "/act/reply", reply__text="Come.", id=other.id)
        assert page.status == 422
        assert len(acts(centre)) == 2


class TestContactDetails:
    CONTACT: ClassVar = {"name": "Jane Akinyi", "phone": "0712345678", "email": "jane@example.org", "consent": "contact-about-case"}

    def test_they_are_hidden_until_a_reason_is_given_which_is_recorded(
        self, world: World, centre: Site, amina: Colleague, manager: Colleague
    ) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT, **self.CONTACT).id}"
        assert "Jane Akinyi" not in amina.read(path).answer.text
        page = amina.send(path, "/contact", contact__reason="to agree a day for the card")
        assert all(said in page.text for said in ("Jane Akinyi", "0712345678", "jane@example.org"))
        reads = [event for event in centre.events() if isinstance(event, ev.CaseRead)]
        assert [(one.by, one.reason, one.fields) for one in reads] == [
            (amina.account.id, "to agree a day for the card", ("email", "name", "phone", "ticket"))
        ]  # fmt: skip
        assert "Jane Akinyi" not in amina.read(path).answer.text
        assert "to agree a day for the card" in manager.read(path).text
        assert "to agree a day for the card" not in amina.read(path).text

    def test_asking_twice_with_one_form_is_recorded_once(self, world: World, centre: Site, amina: Colleague) -> None:
        form = amina.read(f"/desk/cases/{world.file(centre, TEXT, **self.CONTACT).id}").form("/contact")
        for _ in range(2):
            assert "Jane Akinyi" in amina.post(form, contact__reason="to call").text
        assert sum(isinstance(event, ev.CaseRead) for event in centre.events()) == 1

    def test_without_a_reason_nothing_is_shown(self, world: World, centre: Site, amina: Colleague) -> None:
        page = amina.send(f"/desk/cases/{world.file(centre, TEXT, **self.CONTACT).id}", "/contact", contact__reason="  ")
        assert page.status == 422
        assert "Jane Akinyi" not in page.answer.text

    def test_a_manager_erases_them_once_asked_and_they_are_gone_on_both_sides(
        self, world: World, centre: Site, amina: Colleague, manager: Colleague
    ) -> None:
        receipt = world.file(centre, TEXT, **self.CONTACT)
        world.sync(centre)
        path = f"/desk/cases/{receipt.id}"
        assert "/erase" not in amina.read(path).answer.text
        assert amina.read(f"{path}/erase").status == 403
        asked = manager.read(f"{path}/erase").form("/erase")
        assert asked.offered["what"] == ["contact"]
        assert manager.post(asked, what="contact").status == 422
        done = manager.follow(manager.post(asked, what="contact", ground="consent-withdrawn"))
        assert "No file of this machine holds it any more." in done.text
        assert "No contact details were left" in done.text
        assert TEXT in done.text
        world.sync(centre)
        assert world.hq.number("SELECT count(*) FROM box WHERE field IN ('name', 'phone', 'email')") == 0
        assert centre.verify() == ""

    def test_a_page_says_when_the_last_file_is_still_being_emptied(self, world: World, centre: Site, manager: Colleague) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT, **self.CONTACT).id}"
        asked = manager.read(f"{path}/erase").form("/erase")
        with centre.node.store.read() as db:  # a reader in the middle of a page
            db.one("SELECT 1 FROM case_state")
            done = manager.follow(manager.post(asked, what="contact", ground="dpa-s40"))
            assert "is being emptied from the last file" in done.text
            assert "being emptied" in manager.read("/desk/sync").text

    def test_a_centre_cannot_erase_a_text_even_by_a_forged_form(self, world: World, centre: Site, manager: Colleague) -> None:
        asked = manager.read(f"/desk/cases/{world.file(centre, TEXT, **self.CONTACT).id}/erase").form("/erase")
        assert manager.post(asked, what="words", ground="dpa-s40").status == 422
        assert not any(isinstance(event, ev.Erased) for event in centre.events())


class TestRoles:
    def test_an_auditor_reads_and_changes_nothing(self, world: World, centre: Site, amina: Colleague) -> None:
        auditor = Colleague(centre, "otieno", "auditor")
        path = f"/desk/cases/{world.file(centre, TEXT).id}"
        page = auditor.read(path)
        assert TEXT in page.text
        assert not any(page.has_form(f"/act/{name}") for name in ("reply", "take", "acknowledge", "start", "resolve", "refer", "reject"))
        forged = amina.read(path).form("/act/reply")
        forged.fields["csrf_token"] = page.form("/staff/logout").fields["csrf_token"]
        assert auditor.post(forged, reply__text="I should not").status == 403
        assert len(acts(centre)) == 1

    def test_a_trainee_sees_the_lists_and_opens_no_real_case(self, world: World, centre: Site) -> None:
        trainee = Colleague(centre, "wafula", "trainee")
        receipt = world.file(centre, TEXT)
        queue = trainee.read("/desk?view=all")
        assert receipt.ref in queue.text
        assert receipt.id not in queue.answer.text
        assert trainee.read(f"/desk/cases/{receipt.id}").status == 403

    def test_nobody_opens_anything_without_a_log_in(self, world: World, centre: Site, amina: Colleague) -> None:
        path = f"/desk/cases/{world.file(centre, TEXT).id}"
        amina.client.post("/staff/logout", data=amina.read(path).form("/staff/logout").fields)
        assert amina.client.get(path).status_code == 302

    @pytest.mark.parametrize("path", ["/desk/cases/nothing", "/desk/cases/" + "0" * 32, "/desk/cases/" + "0" * 32 + "/erase"])
    def test_a_case_that_is_not_there_is_a_page_that_says_so(self, centre: Site, manager: Colleague, path: str) -> None:
        assert manager.read(path).status == 404

    def test_an_act_that_is_none_is_not_found(self, world: World, centre: Site, amina: Colleague) -> None:
        form = amina.read(f"/desk/cases/{world.file(centre, TEXT).id}").form("/act/reply")
        form.action = form.action.replace("/reply", "/vanish")
        assert amina.post(form).status == 404
