"""The proof page: what a slip's QR says, checked against the log that is held here and against headquarters' signature."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.merkle import leaf_hash
from sync.note import Checkpoint, TlogProof, Verifier, compact_note, expand_note

from appliance.usecases import logs
from appliance.usecases.proofs import prove
from appliance.usecases.trust import hq_mirror
from tests.factories import Site, World, client_of, world_in
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]


def _signed(site: Site, *, size: int | None = None, root: bytes | None = None) -> str:
    """Return the compact note of *site*'s log as it stands, or as somebody with its key could make it say."""
    node, origin = site.node, site.origin
    with node.store.read() as db:
        row = logs.by_origin(db, origin)
    assert row is not None
    text = Checkpoint(origin, row.size if size is None else size, row.root if root is None else root).text()
    return compact_note(node.keyring.log_signer(origin).sign(text))


def test_a_fresh_slip_is_right_and_not_yet_cosigned(citizen: Before, world: World, centre: Site) -> None:
    proof = world.file(centre).proof
    page = citizen().open("/proof", p=proof)
    assert "This proof is right" in page.text
    assert "No other office has signed for it yet" in page.text


def test_after_an_exchange_headquarters_has_signed_here_and_there(citizen: Before, portal: Citizen, world: World, centre: Site) -> None:
    proof = world.file(centre).proof
    assert "not yet here" in portal.open("/proof", p=proof).text
    world.sync(centre)
    for someone in (citizen(), portal):
        page = someone.open("/proof", p=proof)
        assert someone.status == 200
        assert "Headquarters holds it too and has signed for it." in page.text


def test_a_slip_of_headquarters_own_is_right_too(portal: Citizen, world: World, centre: Site) -> None:
    portal.open("/feedback")
    portal.send("answers", ("county", "47"))
    portal.pick("NBI")
    portal.file()
    proof = next(where for where in portal.page.addresses if where.startswith("/proof"))
    page = portal.open("/proof", p=proof.partition("p=")[2].partition("&")[0])
    assert "This proof is right" in page.text
    world.sync(centre)
    page = portal.open("/proof", p=proof.partition("p=")[2].partition("&")[0])
    assert "The centre holds it too and has signed for it." in page.text


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_what_is_no_proof_or_of_nobody_we_know_is_said_so(citizen: Before, centre: Site, lang: str) -> None:
    someone = citizen(lang)
    someone.open("/proof", p="CFMS1:nonsense")
    assert someone.status == 400
    assert ("not a proof of ours" in someone.page.text) == (lang == "en")
    other = _signed(centre).replace("~NBI", "~MSA")
    someone.open("/proof", p=other)
    assert someone.status == 404
    assert ("no record by that name" in someone.page.text) == (lang == "en")


def test_a_forged_slip_is_not_trusted(citizen: Before, centre: Site) -> None:
    good = _signed(centre)
    origin, _, packed = good.rpartition(":")
    changed = "B" if packed[60] != "B" else "C"
    someone = citizen()
    someone.open("/proof", p=f"{origin}:{packed[:60]}{changed}{packed[61:]}")
    assert someone.status == 422
    assert "Do not trust this slip" in someone.page.text
    someone.open("/proof/tlog", p=f"{origin}:{packed[:60]}{changed}{packed[61:]}")
    assert someone.status == 422


def test_a_slip_that_the_log_contradicts_is_evidence(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.open("/proof", p=_signed(centre, root=b"\7" * 32))
    assert someone.status == 409
    assert "show it to the Ombudsman" in someone.page.text


def test_a_slip_of_more_than_is_held_says_that_it_comes(citizen: Before, centre: Site) -> None:
    someone = citizen()
    page = someone.open("/proof", p=_signed(centre, size=1_000_000))
    assert someone.status == 200
    assert "not yet here" in page.text
    someone.open("/proof/tlog", p=_signed(centre, size=1_000_000))
    assert someone.status == 404


def test_no_proof_at_all_asks_for_one(citizen: Before) -> None:
    someone = citizen()
    someone.open("/proof")
    assert someone.status == 200
    assert someone.page.forms


def test_the_whole_proof_can_be_saved_and_checked_without_us(citizen: Before, world: World, centre: Site) -> None:
    receipt = world.file(centre)
    world.sync(centre)
    someone = citizen()
    someone.open("/proof/tlog", p=receipt.proof)
    answer = someone.answers[-1]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "text/plain"
    with centre.node.store.read() as db:
        row = logs.by_origin(db, centre.origin)
    assert row is not None
    leaf = leaf_hash(prove(centre.node, centre.origin, receipt.index).leaf.encode())
    said = TlogProof.parse(answer.text).verify(leaf, Verifier.parse(row.vkey), [hq_mirror(centre.node)], quorum=1)
    assert said.size >= Checkpoint.parse(expand_note(receipt.proof).partition("\n\n")[0] + "\n").size


def test_the_proof_outlives_an_epoch(tmp_path_factory: pytest.TempPathFactory) -> None:
    with world_in(tmp_path_factory.mktemp("epoch")) as world:
        site = world.centre("MSA")
        proof = world.file(site).proof
        site.reopen()
        assert "This proof is right" in Citizen(client_of(site)).open("/proof", p=proof).text
