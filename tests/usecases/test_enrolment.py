"""How a centre is let in, refused, renewed and shut out; and how every request shows whose it is (spec keys, Trust and K7)."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from sync.exchange import Stopped
from sync.link import REQUEST_HEADER, LinkDown, Reply, request_text
from sync.note import Signer

from appliance.domain import events as ev
from appliance.domain.errors import NotAllowed, NotFound
from appliance.domain.people import Person
from appliance.usecases import admit_centre, enrol_centre, trust
from appliance.usecases.enrol_centre import MAX_PENDING, TOKEN_DAYS, RequestInvalid, TokenInvalid, enrolment_request, receive_request
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.run_exchange import exchange_state, renew_epoch
from appliance.usecases.set_up import make_roots, set_up_hq
from tests.factories import ADMINISTRATOR, DOMAIN, HQ_OFFICER, Loop, Site, World, client_of
from tests.usecases.looking import sizes, texts


def token(world: World, code: str = "NBI") -> str:
    """Return a fresh token."""
    return enrol_centre.make_token(world.hq.node, code)


def stored(world: World) -> int:
    """Return how many requests HQ has noted."""
    return world.hq.number("SELECT count(*) FROM ops_enrolment")


def test_a_token_lets_a_centre_ask_once_and_asking_again_tells_how_it_stands(world: World) -> None:
    site, once = world.centre("NBI", enrolled=False), token(world)
    assert [world.ask(site, once), world.ask(site, once)] == ["pending", "pending"]
    other = world.centre("NBI", "second", enrolled=False)
    assert world.ask(other, once) == "refused"
    world.approve()
    assert world.ask(site, once) == "approved"
    assert stored(world) == 1


def test_headquarters_keeps_no_token_only_its_hash(world: World) -> None:
    once = token(world)
    secret = base64.b32decode(once.replace("-", ""))[:10]
    assert world.hq.holds_bytes(secret) == world.hq.holds_bytes(secret.hex().encode()) == world.hq.holds_bytes(once.encode()) == []


def test_a_token_runs_out(world: World) -> None:
    site, once = world.centre("NBI", enrolled=False), token(world)
    world.watch.pass_time(TOKEN_DAYS * 86400 + 1)
    assert world.ask(site, once) == "refused"


def test_a_token_is_for_its_centre_alone(world: World) -> None:
    assert world.ask(world.centre("MSA", enrolled=False), token(world, "NBI")) == "refused"
    assert stored(world) == 0
    with pytest.raises(NotFound):
        token(world, "NOWHERE")


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[:-2], lambda _: "", lambda _: "1" * 32, lambda t: t + "AA"]
)
def test_a_mistyped_token_is_refused_before_anything_is_trusted(world: World, spoil: Callable[[str], str]) -> None:
    site = world.centre("NBI", enrolled=False)
    with pytest.raises(TokenInvalid):
        world.ask(site, spoil(token(world)))
    assert not site.node.keyring.has(trust.ROOTS_FILE)


def test_a_token_mistyped_in_its_secret_is_refused_and_the_right_one_taken_afterwards(world: World) -> None:
    site, once = world.centre("NBI", enrolled=False), token(world)
    wrong = ("A" if once[0] != "A" else "B") + once[1:]
    assert [world.ask(site, wrong), world.ask(site, once.lower().replace("-", " "))] == ["refused", "pending"]


def test_an_impostor_of_headquarters_is_not_believed(world: World) -> None:
    site, once = world.centre("NBI", enrolled=False), token(world)
    impostor = Site(world.folder / "impostor", "hq", watch=world.watch)
    world.sites.append(impostor)
    make_roots(world.folder / "false-safe", DOMAIN)
    set_up_hq(impostor.node, world.folder / "false-safe")
    world.loops[str(site.folder)] = Loop(site, impostor)
    with pytest.raises(TokenInvalid):
        world.ask(site, once)
    assert not site.node.keyring.has(trust.NOTE_FILE)


def test_a_key_note_that_no_trusted_root_signed_changes_nothing(world: World) -> None:
    centre = world.centre("NBI")
    before = centre.node.keyring.load(trust.NOTE_FILE)
    known = trust.key_note(centre.node)
    forged = dataclasses.replace(known, serial=known.serial + 1).sign(Signer.from_seed(f"{DOMAIN}/hq/root", b"\7" * 32))
    with pytest.raises(trust.UntrustedKeys):
        trust.adopt_keys(centre.node, forged)
    assert centre.node.keyring.load(trust.NOTE_FILE) == before


def test_an_older_key_note_is_not_taken_back(world: World) -> None:
    centre = world.centre("NBI")
    root = Signer.from_seed(f"{DOMAIN}/hq/root", (world.roots / "hq-root.seed").read_bytes())
    known = trust.key_note(centre.node)
    assert trust.adopt_keys(centre.node, dataclasses.replace(known, serial=known.serial + 1).sign(root))
    assert not trust.adopt_keys(centre.node, dataclasses.replace(known, serial=known.serial).sign(root))
    with pytest.raises(trust.UntrustedKeys):
        trust.adopt_keys(centre.node, dataclasses.replace(known, domain="elsewhere.example", serial=99).sign(root))


def test_a_refused_request_stays_refused(world: World) -> None:
    site, once = world.centre("NBI", enrolled=False), token(world)
    world.ask(site, once)
    admit_centre.refuse(world.hq.node, ADMINISTRATOR, site.origin)
    assert world.ask(site, once) == "refused"
    with pytest.raises(NotFound):
        enrol_centre.approve(world.hq.node, site.origin)
    with pytest.raises(Stopped, match="approved"):
        world.sync(site)


def test_only_so_many_requests_of_a_centre_wait(world: World) -> None:
    site = world.centre("NBI")
    for _ in range(MAX_PENDING):
        begin_epoch(site.node, "NBI", "key-lost")
        assert receive_request(world.hq.node, enrolment_request(site.node, "-")) == "pending"
    begin_epoch(site.node, "NBI", "key-lost")
    with pytest.raises(TokenInvalid):
        receive_request(world.hq.node, enrolment_request(site.node, "-"))
    assert stored(world) == MAX_PENDING + 1


def test_a_further_epoch_needs_no_token_but_only_after_one_that_was_approved(world: World) -> None:
    site = world.centre("NBI", enrolled=False)
    with pytest.raises(TokenInvalid):
        receive_request(world.hq.node, enrolment_request(site.node, "-"))


@pytest.mark.parametrize("name", ["centre", "origin", "cosigner", "data_key", "letter"])
def test_a_request_that_was_changed_on_the_way_is_refused(world: World, name: str) -> None:
    site = world.centre("NBI", enrolled=False)
    secret, _ = enrol_centre.read_token(token(world))
    lines = enrolment_request(site.node, secret).split("\n")
    at = {"centre": 2, "origin": 3, "cosigner": 5, "data_key": 6, "letter": 8}[name]
    lines[at] = {"centre": "MSA", "data_key": base64.b64encode(b"\1" * 32).decode()}.get(name, lines[at] + "x")
    with pytest.raises(RequestInvalid):
        receive_request(world.hq.node, "\n".join(lines))


@pytest.mark.parametrize(
    "origin", [f"{DOMAIN}/log/NBI/0123456", f"{DOMAIN}/log/NBI/../01234567", "other.example/log/NBI/01234567", f"{DOMAIN}/log/to/NBI/01234567"]
)
def test_a_request_under_a_name_that_is_no_epoch_of_the_centre_is_refused(world: World, origin: str) -> None:
    secret, _ = enrol_centre.read_token(token(world))
    signer, acker = Signer.from_seed(origin, b"\1" * 32), world.hq.node.keyring.mirror(DOMAIN)
    plain = enrol_centre.Request(
        secret, "NBI", origin, acker.vkey.replace(f"{DOMAIN}/hq/mirror", f"{origin}/ack"), base64.b64encode(b"\1" * 32).decode(), "-", "A"
    )
    with pytest.raises(RequestInvalid):
        receive_request(world.hq.node, signer.sign(dataclasses.replace(plain, vkey=signer.vkey).text()))


def test_only_an_administrator_lets_in_and_shuts_out(world: World) -> None:
    site = world.centre("NBI", enrolled=False)
    world.ask(site, token(world))
    before = sizes(world.hq)
    for act in (
        lambda p: admit_centre.invite(world.hq.node, p, "MSA"), lambda p: admit_centre.approve(world.hq.node, p, site.origin),
        lambda p: admit_centre.refuse(world.hq.node, p, site.origin), lambda p: admit_centre.revoke(world.hq.node, p, site.origin, "why"),
    ):  # fmt: skip
        for person in (HQ_OFFICER, Person("a", "A", "analyst")):
            with pytest.raises(NotAllowed):
                act(person)
    assert sizes(world.hq) == before


def test_a_stolen_box_is_heard_no_more_and_everybody_is_told_why(either_world: World) -> None:
    world, stolen, other = either_world, either_world.centre("NBI"), either_world.centre("MSA")
    receipt = world.file(stolen, "Filed in time")
    world.sync(stolen)
    admit_centre.revoke(world.hq.node, ADMINISTRATOR, stolen.origin, "stolen on Tuesday")
    late = world.file(stolen, "Filed by a thief")
    before = sizes(world.hq)
    with pytest.raises(Stopped):
        world.sync(stolen)
    loop = world.loop(stolen)
    for method, path in (
        ("POST", "/hello"),
        ("GET", "/log/to?from=0"),
        ("POST", "/batch"),
        ("POST", "/ack"),
        ("POST", "/objects"),
    ):
        assert loop.request(method, f"/sync/v1{path}").status == 404
    assert loop.request("GET", f"/sync/v1/recover?origin={stolen.origin.replace('/', '%2F')}&from=0").status == 404
    assert exchange_state(stolen.node).closed == "stolen on Tuesday"  # from the log of all, which it may still read
    assert sizes(world.hq) == before
    assert texts(world.hq, receipt.code) == ["Filed in time"]
    assert world.hq.number("SELECT count(*) FROM case_state WHERE id = :id", id=late.id) == 0
    world.sync(other)
    assert other.number("SELECT count(*) FROM epoch WHERE origin = :o AND closed_at > 0 AND closed_why = 'stolen on Tuesday'", o=stolen.origin) == 1


def test_a_planned_rotation_ends_the_old_log_and_names_the_next_key(world: World) -> None:
    centre = world.centre("NBI")
    old, receipt = centre.origin, world.file(centre, "Filed before")
    assert renew_epoch(centre.node, world.loop(centre)) == "pending"
    fresh = world.file(centre, "Filed after")
    assert centre.origin != old
    assert fresh.ref[4:7] != receipt.ref[4:7]  # another letter of the series
    ended, started = centre.events(old)[-1], centre.events()[0]
    assert isinstance(ended, ev.EpochEnded)
    assert isinstance(started, ev.EpochStarted)
    assert ended.next_vkey == centre.node.keyring.log_signer(centre.origin).vkey
    assert (started.prev_origin, started.reason, started.prev_size) == (old, "rotation", len(centre.events(old)))
    with pytest.raises(Stopped, match="approved"):
        world.sync(centre)
    assert exchange_state(centre.node).why == "Headquarters has not approved this appliance yet."
    world.approve()
    world.sync(centre)
    for one in (receipt, fresh):
        assert len(texts(world.hq, one.code)) == 1
    assert world.hq.number("SELECT count(*) FROM log WHERE name = 'NBI' AND state = 'open'") == 1
    assert [world.hq.verify(), centre.verify()] == ["", ""]


@pytest.mark.parametrize("lost", ["log", "ack", "data"])
def test_a_lost_key_of_the_log_begins_a_new_epoch(world: World, lost: str) -> None:
    centre = world.centre("NBI")
    old, receipt = centre.origin, world.file(centre, "Filed before")
    world.sync(centre)
    centre.close()
    (key,) = centre.keys.glob(f"{lost}-*")
    key.unlink()
    assert centre.origin != old
    assert "key-lost" in centre.warned[0]
    world.file(world.hq, "While it was away", centre="NBI")
    with pytest.raises(Stopped):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    assert centre.number("SELECT count(*) FROM case_state") == 2
    assert texts(centre, receipt.code) == ["Filed before"]
    assert [world.hq.verify(), centre.verify()] == ["", ""]


def test_a_lost_data_key_of_headquarters_is_made_and_announced_anew(world: World) -> None:
    centre = world.centre("NBI")
    world.hq.close()
    for key in world.hq.keys.glob("hq-data-*.key"):
        key.unlink()
    receipt = world.file(centre, "Sealed to the new one")
    world.sync(centre)
    assert texts(world.hq, receipt.code) == ["Sealed to the new one"]


# --- signed requests ------------------------------------------------------------------------------------------


def ask(world: World, centre: Site, **changed: Any) -> Reply:
    """Send a greeting whose parts are changed after (or before) it was signed."""
    said = {
        "nonce": "",
        "method": "POST",
        "path": "/sync/v1/hello",
        "body": b"{}",
        "signer": centre.node.keyring.log_signer(centre.origin),
        **changed,
    }
    client = client_of(world.hq)
    nonce = said["nonce"] or client.get("/sync/v1/keys").headers["CFMS-Nonce"]
    note = said["signer"].sign(request_text(nonce, said["method"], said["path"], said["body"]))
    header = said.get("header", base64.b64encode(note.encode()).decode())
    answer = client.open(
        said.get("sent_path", said["path"]), method="POST", data=said.get("sent_body", said["body"]), headers={REQUEST_HEADER: header}
    )
    return Reply(answer.status_code, answer.data, dict(answer.headers))


def test_a_request_is_taken_for_what_was_signed_and_nothing_else(world: World) -> None:
    centre, other = world.centre("NBI"), world.centre("MSA")
    assert ask(world, centre).status == 200
    assert ask(world, centre, sent_body=b'{"a":1}').status == 403
    assert ask(world, centre, method="GET").status == 403
    assert ask(world, centre, sent_path="/sync/v1/ack").status == 403
    assert ask(world, centre, sent_path="/sync/v1/hello?x=1").status == 403
    forged = Signer.from_seed(centre.origin, b"\3" * 32)
    assert ask(world, centre, signer=forged).status == 403
    assert ask(world, centre, signer=Signer.from_seed(f"{DOMAIN}/log/NBI/99999999", b"\3" * 32)).status == 404
    assert ask(world, centre, signer=other.node.keyring.log_signer(other.origin)).status == 200


def test_a_nonce_is_headquarters_own_and_grows_stale(world: World) -> None:
    centre = world.centre("NBI")
    nonce = client_of(world.hq).get("/sync/v1/keys").headers["CFMS-Nonce"]
    assert [ask(world, centre, nonce=nonce).status for _ in range(2)] == [200, 200]  # a repeat changes nothing
    world.watch.pass_time(601)
    stale = ask(world, centre, nonce=nonce)
    assert stale.status == 401
    assert ask(world, centre, nonce=stale.headers["CFMS-Nonce"]).status == 200
    for wrong in ("-", "x", "AAAA", "\u00e9", base64.urlsafe_b64encode(b"\0" * 24).decode()):
        assert ask(world, centre, nonce=wrong).status == 401


@pytest.mark.parametrize("header", ["", "!", base64.b64encode(b"no note").decode(), base64.b64encode(b"\xff\xfe").decode(), "A" * 5000])
def test_a_header_that_cannot_be_read_is_asked_for_again(world: World, header: str) -> None:
    assert ask(world, world.centre("NBI"), header=header).status == 401


@pytest.mark.parametrize(("path", "size"), [("/sync/v1/hello", 64 * 1024 + 1), ("/sync/v1/enrol", 64 * 1024 + 1), ("/sync/v1/batch", 1_052_673)])
def test_a_body_over_its_limit_is_refused_unread(world: World, path: str, size: int) -> None:
    assert client_of(world.hq).post(path, data=b"x" * size).status_code == 413


def test_a_batch_sent_again_by_whoever_heard_it_changes_nothing(world: World) -> None:
    centre = world.centre("NBI")
    world.file(centre)
    world.sync(centre)
    loop, before = world.loop(centre), sizes(world.hq)
    for (_, path, _), body in zip(list(loop.asked), list(loop.bodies), strict=True):
        if path == "/sync/v1/batch":
            assert loop.request("POST", path, body).status in (200, 409)
    assert sizes(world.hq) == before
    assert world.hq.verify() == ""


def test_one_centre_hands_in_nothing_for_another(world: World) -> None:
    centre, other = world.centre("NBI"), world.centre("MSA")
    world.file(centre)
    world.sync(centre)
    body = [body for (_, path, _), body in zip(world.loop(centre).asked, world.loop(centre).bodies, strict=True) if path == "/sync/v1/batch"][-1]
    assert world.loop(other).request("POST", "/sync/v1/batch", body).status == 404


def test_a_line_that_is_down_is_what_staff_are_told(world: World) -> None:
    centre = world.centre("NBI")
    world.loop(centre).down = True
    world.file(centre)
    with pytest.raises(LinkDown):
        world.sync(centre)
    state = exchange_state(centre.node)
    assert (state.why, state.unsent) == ("Headquarters cannot be reached.", 1)
    world.loop(centre).down = False
    world.sync(centre)
    assert (exchange_state(centre.node).why, exchange_state(centre.node).unsent) == ("", 0)


def test_a_centre_that_was_never_enrolled_says_so(world: World) -> None:
    site = world.centre("NBI", enrolled=False)
    with pytest.raises(trust.NotEnrolled):
        world.sync(site)
    assert exchange_state(site.node).why == "This appliance is not enrolled with headquarters yet."
