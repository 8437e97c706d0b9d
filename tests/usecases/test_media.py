"""Photos and voice notes from the citizen's hand to whoever may see them: kept, carried, shown, erased."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from PIL import Image

from sync.batch import Batch
from sync.files import CHUNK
from sync.link import LinkDown, Reply

from appliance.domain import events as ev
from appliance.domain.errors import (
    ErasureNotAllowed,
    InvalidInput,
    NotAllowed,
    NotFound,
    PhotoTooHeavy,
    PhotoUnreadable,
    ReasonNeeded,
    Refusal,
    TextMissing,
    TooManyFiles,
    VoiceTooHeavy,
    VoiceUnreadable,
)
from appliance.domain.people import Person
from appliance.journal import objects
from appliance.journal.journal import Tx
from appliance.store.db import Db
from appliance.usecases.erase_values import erase
from appliance.usecases.follow_case import write_again
from appliance.usecases.media import Upload
from appliance.usecases.open_case import Receipt, open_case
from appliance.usecases.read_case import Line, find_by_code, open_with_reason, read_file
from tests.factories import ADMINISTRATOR, HQ_OFFICER, MANAGER, OFFICER, Site, World
from tests.usecases.looking import batches, flags, opens, secrets, sizes
from tests.usecases.recordings import IN_PARTS
from tests.usecases.test_erasing import gone

VOICE = Upload(kind="voice", data=IN_PARTS)


def photo(seed: int = 0, side: int = 1600) -> Upload:
    """Return a busy photo that takes several chunks."""
    out = io.BytesIO()
    Image.effect_noise((side, side), 60 + seed).convert("RGB").save(out, "JPEG", quality=60)
    return Upload(kind="photo", data=out.getvalue())


PHOTO = photo()


def filed(world: World, site: Site, *files: Upload, **more: object) -> Receipt:
    """File a case with *files* and no words at *site*."""
    return world.file(site, "", files=files or (PHOTO, VOICE), **more)


def line_of(site: Site, receipt: Receipt, at: int = 0) -> Line:
    """Return a line of the case's story as *site* tells it."""
    return find_by_code(site.node, receipt.code).lines[at]


def states(site: Site, receipt: Receipt, at: int = 0) -> list[tuple[str, str]]:
    """Return kind and state of what was added in a line."""
    return [(one.kind, one.state) for one in line_of(site, receipt, at).attached]


HERE = [("photo", "here"), ("voice", "here")]


def chunks(site: Site) -> list[bytes]:
    """Return the bytes of every chunk at *site*."""
    with site.node.store.read() as db:
        return [
            bytes(row[0]) for row in db.all("SELECT o.bytes FROM object o WHERE EXISTS (SELECT 1 FROM chunk c WHERE c.hash = o.hash) ORDER BY o.hash")
        ]


def marks(site: Site) -> list[bytes]:
    """Return a piece of every chunk at *site* by which its bytes are found again."""
    return [chunk[1000:1040] for chunk in chunks(site)]


def shown(site: Site, receipt: Receipt, person: Person = OFFICER, field: str = "file-0") -> tuple[str, bytes]:
    """Return what *person* is shown of the case's file under *field*."""
    return read_file(site.node, receipt.id, receipt.id, field, person)


# --- kept -----------------------------------------------------------------------------------------------


def test_a_case_of_a_photo_and_a_voice_note_needs_no_words_and_both_can_be_had_again(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    assert states(centre, receipt) == HERE
    assert line_of(centre, receipt).files == ("photo", "voice")
    assert [one.seconds for one in line_of(centre, receipt).attached] == [0, 3]
    picture, note = shown(centre, receipt), shown(centre, receipt, field="file-1")
    assert (picture[0], picture[1][:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert (note[0], note[1][:4]) == ("audio/ogg", b"OggS")
    assert centre.verify() == ""


def test_nothing_of_them_stands_in_the_plain_in_any_file(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    plain = shown(centre, receipt)[1]
    assert len(plain) > CHUNK
    assert [centre.holds_bytes(plain[at : at + 40]) for at in (200, len(plain) // 2, len(plain) - 50)] == [[], [], []]
    leaf = next(leaf for leaf in centre.leaves() if b"file-0" in leaf)
    assert len(leaf) < 2000


@pytest.mark.parametrize(("said", "why"), [({"text": ""}, TextMissing), ({"text": " ", "files": ()}, TextMissing)])
def test_a_message_of_nothing_is_refused(world: World, said: dict[str, object], why: type[Refusal]) -> None:
    centre = world.centre("NBI")
    with pytest.raises(why):
        world.file(centre, **said)  # type: ignore[arg-type]


def test_a_category_or_a_rating_alone_is_a_message(world: World) -> None:
    centre = world.centre("NBI")
    assert world.file(centre, "", category="delay").ref
    assert world.file(centre, "", rating=1).ref


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((VOICE,) * 4, TooManyFiles),
        ((Upload(kind="photo", data=b"\xff\xd8" * 3 * 1024**2),), PhotoTooHeavy),
        ((Upload(kind="voice", data=b"OggS" * 600_000),), VoiceTooHeavy),
        ((VOICE, Upload(kind="photo", data=b"words")), PhotoUnreadable),
        ((Upload(kind="voice", data=PHOTO.data),), VoiceUnreadable),
    ],
)
def test_what_cannot_be_kept_is_refused_whole_and_nothing_is_written(world: World, files: Sequence[Upload], why: type[Refusal]) -> None:
    centre = world.centre("NBI")
    before = sizes(centre)
    with pytest.raises(why):
        world.file(centre, "With words", files=files)
    assert (sizes(centre), chunks(centre)) == (before, [])


def test_sending_the_same_message_twice_keeps_its_photo_once(world: World) -> None:
    centre = world.centre("NBI")
    said = world.submission("", files=(PHOTO,))
    first, held = open_case(centre.node, said), len(chunks(centre))
    assert open_case(centre.node, said).again
    assert (find_by_code(centre.node, said.code).row.ref, len(chunks(centre))) == (first.ref, held)


def test_a_citizen_adds_a_photo_later_and_once(world: World) -> None:
    centre = world.centre("NBI")
    receipt, once = world.file(centre), world.mint.id()
    for _ in range(2):
        write_again(centre.node, receipt.code, once, "", "phone", (VOICE,))
    assert [line.files for line in find_by_code(centre.node, receipt.code).lines] == [(), ("voice",)]
    with pytest.raises(InvalidInput):
        write_again(centre.node, receipt.code, once, "", "phone", (VOICE, VOICE))
    with pytest.raises(TextMissing):
        write_again(centre.node, receipt.code, world.mint.id(), "", "phone")
    world.sync(centre)
    assert states(world.hq, receipt, 1) == [("voice", "here")]


# --- carried --------------------------------------------------------------------------------------------


def sent(world: World, site: Site) -> list[Batch]:
    """Return the batches *site* has sent to headquarters since the last time."""
    bodies = world.loop(site).bodies
    found = batches(bodies)
    bodies.clear()
    return found


def test_chunks_go_up_before_the_leaf_that_names_them_in_batches_without_leaves(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    sent(world, centre)
    receipt = filed(world, centre)
    world.sync(centre)
    went = [(bool(batch.leaves), len(batch.objects)) for batch in sent(world, centre)]
    before = went[: went.index((True, 0))]
    assert len(before) > 1
    assert not any(leaves for leaves, _ in before)
    assert sum(count for _, count in went) == sum(count for _, count in before) == len(chunks(centre))
    assert states(world.hq, receipt) == HERE
    assert chunks(world.hq) == chunks(centre)
    assert [centre.verify(), world.hq.verify() if not world.hq.url else ""] == ["", ""]


def test_headquarters_that_lacks_a_chunk_says_which_and_gets_it(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = filed(world, centre)
    centre.node.store.write(lambda db: db.run("UPDATE object SET sent = 1"))  # as after headquarters came back from an older day
    loop = world.loop(centre)
    loop.asked.clear()
    world.sync(centre)
    answers = [status for _, path, status in loop.asked if path == "/sync/v1/batch"]
    assert answers.count(424) == 1
    assert states(world.hq, receipt) == HERE


def test_what_went_up_before_the_line_died_does_not_go_up_again(world: World) -> None:
    centre = world.centre("NBI")
    filed(world, centre)
    loop, whole = world.loop(centre), world.loop(centre)._send
    turns = iter(range(100))

    def dies(method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        loop.down = path == "/sync/v1/batch" and next(turns) == 1
        return whole(method, path, body, headers)

    loop._send = dies  # type: ignore[method-assign]
    with pytest.raises(LinkDown):
        world.sync(centre)
    loop.down = False
    first = [len(batch.objects) for batch in sent(world, centre)]
    world.sync(centre)
    rest = [len(batch.objects) for batch in sent(world, centre)]
    assert min(sum(first), sum(rest)) > 0
    assert sum(first) + sum(rest) == len(chunks(centre))


def test_a_chunk_that_is_lost_at_the_centre_blocks_nothing_and_is_told(world: World) -> None:
    centre = world.centre("NBI")
    receipt, other = filed(world, centre), world.file(centre, "Words that must arrive")
    centre.node.store.write(lambda db: db.run("DELETE FROM object WHERE hash = (SELECT hash FROM chunk WHERE field = 'file-0' AND pos = 1)"))
    world.sync(centre)
    assert opens(world.hq, other.code)
    assert states(world.hq, receipt) == [("photo", "withheld"), ("voice", "here")]
    assert flags(world.hq) == [("file-0", "withheld")]
    assert "file-0 is gone" in centre.verify()


def test_what_is_about_another_centre_comes_there_with_its_photo(either_world: World) -> None:
    world = either_world
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = filed(world, filed_at, centre="MSA")
    world.sync(filed_at, about)
    assert states(about, receipt) == HERE
    assert shown(about, receipt) == shown(filed_at, receipt)
    assert about.verify() == ""


def test_a_photo_sent_to_headquarters_for_a_centre_comes_down_to_it(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = filed(world, world.hq, centre="NBI", channel="web")
    world.sync(centre)
    assert states(centre, receipt) == HERE
    assert shown(centre, receipt) == shown(world.hq, receipt, ADMINISTRATOR)
    assert centre.verify() == ""


def test_a_photo_whose_bytes_are_still_to_come_is_said_to_be_coming(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, world.hq, centre="NBI", channel="web")
    world.loop(centre).replies["/sync/v1/objects"] = [Reply(503, b"", {})]
    with pytest.raises(Exception, match="503"):
        world.sync(centre)
    assert states(centre, receipt) == [("photo", "coming"), ("voice", "coming")]
    assert centre.verify() == ""
    with pytest.raises(NotFound):
        shown(centre, receipt)
    world.sync(centre)
    assert states(centre, receipt) == HERE


def test_a_leaf_whose_files_are_not_of_their_size_goes_aside_and_blocks_nothing(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    chunk = "ab" * 32

    def lie(tx: Tx) -> None:
        files = (ev.Attachment(media="image/jpeg", size=10, field="file-0", chunks=(chunk, chunk)),)
        tx.append(ev.CitizenWrote(id=world.mint.id(), ts=tx.time.ts, case=receipt.id, n=2, files=files))

    centre.node.perform(lie)
    world.sync(centre)
    assert world.hq.number("SELECT count(*) FROM quarantine") == 1
    assert opens(world.hq, receipt.code)


# --- shown ----------------------------------------------------------------------------------------------


def test_a_photo_is_shown_to_whoever_may_open_its_case_and_to_nobody_else(world: World) -> None:
    centre = world.centre("NBI")
    receipt, other = filed(world, centre), world.file(centre)
    world.sync(centre)
    assert shown(centre, receipt, OFFICER)
    with pytest.raises(NotAllowed):
        shown(centre, receipt, Person("publisher-1", "Zuhura", "publisher"))
    with pytest.raises(ReasonNeeded):
        shown(world.hq, receipt, HQ_OFFICER)
    open_with_reason(world.hq.node, receipt.id, HQ_OFFICER, "The centre asked for help")
    assert shown(world.hq, receipt, HQ_OFFICER) == shown(centre, receipt)
    for case, event, field in (
        (other.id, receipt.id, "file-0"),
        (receipt.id, other.id, "file-0"),
        (receipt.id, receipt.id, "text"),
        ("0" * 32, receipt.id, "file-0"),
    ):
        with pytest.raises(NotFound):
            read_file(centre.node, case, event, field, OFFICER)


# --- erased ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [(), ("text",)], ids=["the whole case", "its words"])
def test_an_order_of_headquarters_takes_the_bytes_from_every_file_of_every_copy(either_world: World, fields: tuple[str, ...]) -> None:
    world = either_world
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = filed(world, filed_at, centre="MSA")
    kept = filed(world, filed_at, photo(9, 400), centre="MSA")
    world.sync(filed_at, about)
    sites = [filed_at, about] if world.hq.url else [filed_at, about, world.hq]
    secret = [one for site in sites for one in secrets(site, receipt.id, "file-0")]
    pieces = [chunk[1000:1040] for chunk in _of(filed_at, receipt)]
    assert len(pieces) > 3
    assert all(site.holds_bytes(one) for site in sites for one in pieces)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, fields, "dpa-s40")
    world.sync(filed_at, about)
    gone([*secret, *pieces], *sites)
    for site in (filed_at, about, world.hq):
        assert len(chunks(site)) == len(_of(site, kept)) == 1
        assert states(site, kept) == [("photo", "here")]
    if fields:
        assert states(filed_at, receipt) == states(about, receipt) == [("photo", "erased"), ("voice", "erased")]
    for site in sites:
        assert site.verify() == ""


def _of(site: Site, receipt: Receipt) -> list[bytes]:
    """Return the chunks of one case."""
    with site.node.store.read() as db:
        rows = db.all(
            "SELECT o.bytes FROM chunk c JOIN object o ON o.hash = c.hash JOIN event e ON e.log = c.log AND e.idx = c.idx WHERE e.id = :case",
            case=receipt.id,
        )
    return [bytes(row[0]) for row in rows]


def test_a_centre_may_erase_no_photo(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    with pytest.raises(ErasureNotAllowed):
        erase(centre.node, receipt.id, MANAGER, ("file-0",), "dpa-s40")


def test_a_chunk_that_another_leaf_names_too_stays_for_it(world: World) -> None:
    centre = world.centre("NBI")
    one, other = filed(world, centre, photo(side=400)), filed(world, centre, photo(side=401))
    world.sync(centre)

    def share(db: Db) -> None:
        db.run(
            "INSERT INTO chunk (log, idx, field, pos, hash, wanted) SELECT o.log, o.idx, 'file-1', 0, c.hash, 0 FROM event o, event e"
            " JOIN chunk c ON c.log = e.log AND c.idx = e.idx WHERE o.id = :other AND e.id = :one",
            other=other.id, one=one.id,
        )  # fmt: skip

    world.hq.node.store.write(share)
    erase(world.hq.node, one.id, ADMINISTRATOR, (), "dpa-s40")
    assert len(chunks(world.hq)) == 2


def test_what_comes_after_its_erasure_is_dropped_with_its_chunks(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    world.sync(centre)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, (), "dpa-s40")
    write_again(centre.node, receipt.code, world.mint.id(), "", "kiosk", (PHOTO,))
    pieces = marks(centre)
    world.sync(centre)
    gone(pieces, centre, world.hq)
    assert (chunks(centre), chunks(world.hq), flags(world.hq)) == ([], [], [])
    with pytest.raises(Refusal):
        write_again(centre.node, receipt.code, world.mint.id(), "", "kiosk", (PHOTO,))


def test_chunks_that_no_leaf_has_claimed_go_and_others_stay(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    assert centre.node.store.write(lambda db: objects.purge(db, 2**40)) == 0
    assert states(centre, receipt) == HERE


# --- looked after ---------------------------------------------------------------------------------------


def test_verify_tells_of_a_chunk_that_was_changed_or_taken_away(world: World) -> None:
    centre = world.centre("NBI")
    filed(world, centre)
    store = centre.node.store
    one = "(SELECT hash FROM chunk WHERE field = 'file-0' AND pos = 0)"
    good = store.write(lambda db: db.one(f"SELECT bytes FROM object WHERE hash = {one}"))
    assert good is not None
    store.write(lambda db: db.run(f"UPDATE object SET bytes = :bad WHERE hash = {one}", bad=b"another picture"))
    assert "not the bytes" in centre.verify()
    store.write(lambda db: db.run(f"UPDATE object SET bytes = :good WHERE hash = {one}", good=good[0]))
    assert centre.verify() == ""
    store.write(lambda db: db.run("DELETE FROM chunk WHERE field = 'file-0' AND pos = 0"))
    assert "file-0 are not those" in centre.verify()


def test_a_rebuild_of_the_read_models_leaves_them(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    centre.node.store.write(centre.node.projections.rebuild)
    assert states(centre, receipt) == HERE
