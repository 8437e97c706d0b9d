"""``cfms enrol``, ``sync`` and ``status``: how a centre and headquarters come together, and what is said when they do not."""

from __future__ import annotations

import pytest

from tests.commands.shell import CENTRE, NOWHERE, Pair, Shell


def test_a_token_a_request_an_operators_yes_and_the_first_exchange(hq: Shell, centre: Shell) -> None:
    hq.ask("init")
    centre.ask("init")
    with hq.served() as url:
        centre.configure(url)
        token = hq.ask("enrol", "--new", CENTRE)["token"]
        assert centre.ask("enrol", "--token", token)["state"] == "pending"
        assert "has not approved" in centre.ask("sync", status=1)["error"]
        assert centre.ask("status")["enrolled"] is False
        (request,) = hq.ask("enrol")["pending"]
        assert request["centre"] == CENTRE
        assert request["origin"] in hq.run("enrol").out
        assert hq.run("enrol", "--approve", request["origin"]).out == f"{request['origin']} is approved.\n"
        assert centre.ask("sync")["sent"] > 0
    assert hq.run("enrol").out == "No request waits.\n"
    state = centre.ask("status")
    assert (state["enrolled"], state["unsent"], state["why"], state["scrub_due"]) == (True, 0, "", False)
    assert state["acked_at"] > 0


@pytest.mark.parametrize("token", ["", "AAAA-BBBB", "not a token at all"])
def test_a_token_that_is_none_is_refused(pair: Pair, token: str) -> None:
    with pair.hq.served() as url:
        pair.centre.configure(url)
        assert pair.centre.ask("enrol", "--token", token, status=1)["error"]


def test_a_token_is_good_once(pair: Pair) -> None:
    token = pair.hq.ask("enrol", "--new", CENTRE)["token"]
    second, third = pair.centre.copy_to(pair.centre.folder.parent / "second"), pair.centre.copy_to(pair.centre.folder.parent / "third")
    for shell in (second, third):
        for name in ("data", "keys", "high-water"):
            for path in (shell.folder / name).iterdir():
                path.unlink()
    with pair.hq.served() as url:
        second.configure(url)
        third.configure(url)
        assert second.ask("enrol", "--token", token)["state"] == "pending"
        assert third.ask("enrol", "--token", token)["state"] == "refused"


def test_a_centre_nobody_knows_gets_no_token(pair: Pair) -> None:
    assert pair.hq.ask("enrol", "--new", "XYZ", status=1)["error"] == "There is nothing under that name."


def test_the_operator_may_refuse(hq: Shell, centre: Shell) -> None:
    hq.ask("init")
    with hq.served() as url:
        centre.configure(url)
        centre.ask("enrol", "--token", hq.ask("enrol", "--new", CENTRE)["token"])
        origin = hq.ask("enrol")["pending"][0]["origin"]
        assert hq.ask("enrol", "--refuse", origin) == {"refused": origin}
        assert hq.ask("enrol")["pending"] == []
        centre.ask("sync", status=1)


def test_a_revoked_log_is_taken_from_no_more(pair: Pair) -> None:
    with pair.centre.node() as node, node.store.read() as db:
        origin = str(db.all("SELECT origin FROM log WHERE own = 1")[0][0])
    assert pair.hq.ask("enrol", "--revoke", origin, "--reason", "stolen") == {"revoked": origin}
    pair.centre.file()
    with pair.hq.served() as url:
        pair.centre.configure(url)
        assert "does not take this appliance's messages" in pair.centre.ask("sync", status=1)["error"]
    assert pair.centre.ask("status")["unsent"] == 1
    with pair.hq.node() as node, node.store.read() as db:
        assert db.all("SELECT ref FROM case_state") == []


def test_a_dead_link_is_a_sentence_and_the_reason_that_status_gives(pair: Pair) -> None:
    pair.centre.file()
    pair.centre.configure(NOWHERE)
    assert pair.centre.ask("sync", status=1)["error"].startswith("The exchange did not finish: ")
    said = pair.centre.run("status").out
    assert "Not yet at headquarters: 1 entries" in said
    assert "Why: Headquarters cannot be reached." in said


def test_an_exchange_says_what_it_carried(pair: Pair) -> None:
    case = pair.centre.file()
    assert pair.sync()["sent"] > 0
    assert pair.sync()["sent"] == 0
    with pair.hq.node() as node, node.store.read() as db:
        assert db.all("SELECT ref FROM case_state") == [(case.ref,)]


def test_a_centre_must_be_given_its_token(centre: Shell) -> None:
    assert "--token" in centre.ask("enrol", status=1)["error"]
