"""Where keys lie and where they never do; archives: whole, shut, dated, opened by the paper key alone (spec keys §2 and K5, path 7)."""

from __future__ import annotations

import base64
import os
import shutil
import stat
from pathlib import Path

import pyrage
import pytest

from appliance.domain import events as ev
from appliance.journal.intake_keys import IntakeKeys
from appliance.journal.keyring import Keyring
from appliance.store.store import Store
from appliance.usecases import backup
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.backup import AlreadyThere, BackupBroken, NoBackupKey, WrongBackupKey, back_up, backups, forget_old, make_backup_key, restore
from appliance.usecases.erase_values import erase
from appliance.usecases.renew_intake_key import KEEP_OLD, renew_intake_key
from tests.factories import ADMINISTRATOR, HQ_OFFICER, MANAGER, NOW, Site, World
from tests.usecases.looking import contact, opens, secrets, texts

DAY = 86_400
PUBLIC = {"backup.recipient", "roots", "hq-keys.note", "hq-data-current", "intake.list", ".making"}  # the last is empty: a lock


def open_checked(path: Path) -> Store:
    """Open a restored file, as the command does."""
    store = Store(str(path), path.parent)
    store.migrate()
    return store


class Safe:
    """A centre's backups and its paper key."""

    def __init__(self, site: Site) -> None:
        """Make the backup key of *site*."""
        paper = make_backup_key(site.node.keyring)
        assert paper is not None
        self.site, self.paper = site, paper

    def keep(self, *, days: int = 35) -> backup.Backup:
        """Write an archive now."""
        node = self.site.node
        return back_up(node.store, node.keyring, node.settings.backup.dir, int(self.site.watch.now), days)

    def put_back(self, kept: backup.Backup) -> None:
        """Restore *kept* over the centre's database, as after a broken disk; keys and marks are today's."""
        self.site.close()
        for file in self.site.data.glob("cfms.db*"):
            file.unlink()
        restore(kept.path, self.paper, self.site.database, open_checked, Keyring(self.site.keys))


@pytest.fixture
def safe(world: World) -> Safe:
    """Lend the safe of an enrolled centre."""
    return Safe(world.centre("NBI"))


# --- keys -----------------------------------------------------------------------------------------------------


def test_keys_are_for_their_owner_alone_and_lie_outside_the_data(world: World) -> None:
    centre = world.centre("NBI")
    for site in (centre, world.hq):
        assert stat.S_IMODE(site.keys.stat().st_mode) == 0o700
        assert {stat.S_IMODE(key.stat().st_mode) for key in site.keys.iterdir()} == {0o600}
        assert not site.keys.is_relative_to(site.data)
        assert stat.S_IMODE(site.data.stat().st_mode) == 0o700


def test_no_key_stands_in_a_database_or_in_a_file_that_another_can_read(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    world.sync(centre)
    reply_to_citizen(world.hq.node, receipt.id, HQ_OFFICER, "An answer")
    world.sync(centre)
    for site in (centre, world.hq):
        for key in site.keys.iterdir():
            if key.name not in PUBLIC:
                for holder in (centre, world.hq):
                    assert [name for name in holder.holds_bytes(key.read_bytes()) if not name.startswith("keys/")] == [], key.name


def test_no_key_is_in_an_archive_but_those_that_open_terminals_outboxes(safe: Safe) -> None:
    kept = safe.keep()
    plain = pyrage.decrypt(kept.path.read_bytes(), [pyrage.x25519.Identity.from_str(safe.paper)])
    assert plain.startswith(b"SQLite format 3\0")
    for key in safe.site.keys.iterdir():
        if key.name not in PUBLIC:
            said = base64.b64encode(key.read_bytes())
            assert key.read_bytes() not in plain, key.name
            assert (said in plain) == key.name.startswith("intake-"), key.name
    assert safe.site.holds_bytes(safe.paper.encode()) == []


def test_a_lost_pepper_is_made_anew_and_every_code_opens_its_case_again(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Still there")
    centre.close()
    (centre.keys / "pepper").unlink()
    assert texts(centre, receipt.code) == ["Still there"]
    assert centre.verify() == ""


# --- archives -------------------------------------------------------------------------------------------------


def test_an_archive_is_in_the_age_format_and_opens_with_the_paper_key_alone(safe: Safe) -> None:
    kept = safe.keep()
    assert kept.path.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    with pytest.raises(WrongBackupKey):
        restore(kept.path, str(pyrage.x25519.Identity.generate()), safe.site.folder / "new" / "cfms.db", open_checked, Keyring(safe.site.keys))
    for wrong in ("", "AGE-SECRET-KEY-1", safe.paper[:-1]):
        with pytest.raises(WrongBackupKey):
            restore(kept.path, wrong, safe.site.folder / "new" / "cfms.db", open_checked, Keyring(safe.site.keys))
    assert list((safe.site.folder / "new").glob("**/*.db")) == []


def test_without_a_backup_key_nothing_is_written(world: World) -> None:
    node = world.centre("NBI", enrolled=False).node
    with pytest.raises(NoBackupKey):
        back_up(node.store, node.keyring, node.settings.backup.dir, NOW, 35)
    assert not node.settings.backup.dir.exists()


def test_archives_live_35_days_by_their_names_whatever_the_files_times_say(safe: Safe) -> None:
    names = []
    for _ in range(4):
        names.append(safe.keep(days=99).path)
        safe.site.watch.pass_time(12 * DAY)
    for path in names:
        os.utime(path, (0, 0))
    last = safe.keep().path
    assert [one.path for one in backups(last.parent)] == [last, names[3], names[2]]
    for path in names[2:]:
        os.utime(path, (NOW * 2, NOW * 2))
    safe.site.watch.pass_time(20 * DAY)
    assert [one.path for one in backups(safe.keep().path.parent)][1:] == [last, names[3]]
    assert not names[2].exists()


def test_an_archive_from_a_time_to_come_does_not_outlive_the_wrong_clock(safe: Safe) -> None:
    safe.site.watch.jump(400 * DAY)
    wrong = safe.keep().path
    safe.site.watch.jump(-400 * DAY)
    right = safe.keep().path
    assert right.exists()
    assert not wrong.exists()


def test_somebodys_own_file_beside_the_archives_is_left_alone(safe: Safe) -> None:
    folder = safe.keep().path.parent
    for name in ("notes.txt", "old.cfms.age"):
        (folder / name).write_text("mine")
    forget_old(folder, NOW + 400 * DAY, 35)
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "old.cfms.age"]


@pytest.mark.parametrize("step", ["encrypt_file", "rename", "backup_to"])
def test_a_backup_that_is_cut_off_leaves_nothing_half(safe: Safe, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def cut(*_: object, **__: object) -> None:
        raise OSError("the power went")

    first = safe.keep().path
    safe.site.watch.pass_time(60)
    with monkeypatch.context() as patch:
        target = {"encrypt_file": pyrage, "rename": Path, "backup_to": Store}[step]
        patch.setattr(target, step, cut)
        with pytest.raises(OSError, match="power"):
            safe.keep()
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    (first.parent / ".making-left-by-a-kill.db").write_bytes(b"plain words")
    safe.keep()
    assert not (first.parent / ".making-left-by-a-kill.db").exists()


def test_a_damaged_archive_is_refused_and_nothing_is_put_in_place(safe: Safe) -> None:
    kept = safe.keep()
    whole = kept.path.read_bytes()
    target = safe.site.folder / "new" / "cfms.db"
    for damage in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:300] + bytes([whole[300] ^ 1]) + whole[301:],
        whole[:-100] + b"\0" * 100,
        b"",
        b"no archive",
    ):
        kept.path.write_bytes(damage)
        with pytest.raises((BackupBroken, WrongBackupKey)):
            restore(kept.path, safe.paper, target, open_checked, Keyring(safe.site.keys))
    assert [path for path in target.parent.glob("*") if not path.name.startswith("writer")] == []


def test_an_archive_whose_log_does_not_verify_is_refused(safe: Safe) -> None:
    import sqlite3  # noqa: PLC0415 - beside its only use
    from contextlib import closing  # noqa: PLC0415 - beside its only use

    plain = safe.site.folder / "plain.db"
    plain.write_bytes(pyrage.decrypt(safe.keep().path.read_bytes(), [pyrage.x25519.Identity.from_str(safe.paper)]))
    with closing(sqlite3.connect(plain)) as db:
        db.executescript(
            "DROP TRIGGER entry_no_update; UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'first', 'worst') AS BLOB) WHERE idx = 0;"
        )
    forged = safe.site.folder / "forged.cfms.age"
    recipient = pyrage.x25519.Recipient.from_str((safe.site.keys / backup.RECIPIENT).read_text())
    forged.write_bytes(pyrage.encrypt(plain.read_bytes(), [recipient]))
    target = safe.site.folder / "new" / "cfms.db"
    with pytest.raises(BackupBroken, match="leaf"):
        restore(forged, safe.paper, target, open_checked, Keyring(safe.site.keys))
    assert not target.exists()


def test_a_database_or_its_log_that_is_there_is_never_written_over(safe: Safe) -> None:
    kept = safe.keep()
    before = safe.site.database.read_bytes()
    with pytest.raises(AlreadyThere):
        restore(kept.path, safe.paper, safe.site.database, open_checked, Keyring(safe.site.keys))
    assert safe.site.database.read_bytes() == before
    target = safe.site.folder / "new" / "cfms.db"
    target.parent.mkdir()
    (target.parent / "cfms.db-wal").write_bytes(b"frames of another database")
    with pytest.raises(AlreadyThere, match=r"cfms\.db-wal"):
        restore(kept.path, safe.paper, target, open_checked, Keyring(safe.site.keys))
    assert not target.exists()


def test_what_a_restore_left_when_it_was_cut_off_is_cleared_away(safe: Safe) -> None:
    kept = safe.keep()
    target = safe.site.folder / "new" / "cfms.db"
    half = target.parent / ".restoring-half"
    half.mkdir(parents=True)
    (half / "cfms.db").write_bytes(b"plain words")
    restore(kept.path, safe.paper, target, open_checked, Keyring(safe.site.keys))
    assert target.exists()
    assert not half.exists()


def test_a_restored_centre_begins_a_new_epoch_and_gets_back_what_it_lost(world: World, safe: Safe) -> None:
    centre, old = safe.site, safe.site.origin
    kept = safe.keep()
    receipt = world.file(centre, "Filed after the archive")
    world.sync(centre)
    safe.put_back(kept)
    assert centre.origin != old
    (started,) = centre.events()[:1]
    assert isinstance(started, ev.EpochStarted)
    assert started.reason == "restored"
    assert not opens(centre, receipt.code)
    with pytest.raises(Exception, match="approved"):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    assert texts(centre, receipt.code) == ["Filed after the archive"]
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_a_box_that_is_replaced_opens_what_terminals_kept_for_the_old_one_and_lets_them_seal_to_a_new_key(safe: Safe) -> None:
    keys = IntakeKeys(safe.site.node.keyring)
    old = keys.current()
    keys.renew(int(safe.site.watch.now))
    kept, current = safe.keep(), keys.current()
    safe.site.close()
    for folder in (safe.site.data, safe.site.keys, safe.site.marks):
        shutil.rmtree(folder)
    restore(kept.path, safe.paper, safe.site.database, open_checked, Keyring(safe.site.keys))
    back = IntakeKeys(safe.site.node.keyring)
    fresh = back.current()
    assert fresh.kid not in {old.kid, current.kid}  # the thief of the old box may have those
    for key in (old, current):
        found = back.find(key.kid)
        assert found is not None
        assert found.public == key.public
    assert safe.site.verify() == ""
    safe.site.reopen()
    assert back.current().kid == fresh.kid
    safe.site.watch.pass_time(KEEP_OLD + 1)
    renew_intake_key(safe.site.node)
    assert [one.kid for one in back.listed()] == [fresh.kid]


def test_a_clock_that_is_behind_keeps_no_new_intake_key_from_a_replaced_box(safe: Safe) -> None:
    keys = IntakeKeys(safe.site.node.keyring)
    keys.renew(int(safe.site.watch.now) + DAY)
    stolen = keys.current()
    safe.put_back(safe.keep())
    back = IntakeKeys(safe.site.node.keyring)
    assert back.current().kid != stolen.kid
    assert back.find(stolen.kid) is not None


def test_an_archive_from_before_there_were_intake_keys_is_restored_too(safe: Safe) -> None:
    kept = safe.keep()
    plain = pyrage.decrypt(kept.path.read_bytes(), [pyrage.x25519.Identity.from_str(safe.paper)])
    recipient = pyrage.x25519.Recipient.from_str((safe.site.keys / backup.RECIPIENT).read_text())
    start = plain.rindex(b"[[")
    kept.path.write_bytes(pyrage.encrypt(plain[:start], [recipient]))
    safe.put_back(kept)
    assert safe.site.verify() == ""


@pytest.mark.parametrize("by", ["centre", "hq"])
def test_a_restored_centre_forgets_again_what_was_erased_and_shows_no_older_words_before(world: World, safe: Safe, by: str) -> None:
    centre = safe.site
    receipt = world.file(centre, "Words in the archive", phone="+254700000001")
    world.sync(centre)
    kept = safe.keep()
    secret = secrets(centre, receipt.id, "phone" if by == "centre" else "")
    if by == "centre":
        erase(centre.node, receipt.id, MANAGER, ("phone",), "dpa-s40")
    else:
        erase(world.hq.node, receipt.id, ADMINISTRATOR, (), "dpa-s40")
    world.sync(centre)
    safe.put_back(kept)
    assert secrets(centre, receipt.id, "phone") != []
    assert (contact(centre, receipt.id), texts(centre, receipt.code)) == ({}, [None])
    fresh = world.file(centre, "Intake goes on")
    assert texts(centre, fresh.code) == ["Intake goes on"]
    with pytest.raises(Exception, match="approved"):
        world.sync(centre)
    assert contact(centre, receipt.id) == {}
    world.approve()
    world.sync(centre)
    assert contact(centre, receipt.id) == {}
    assert opens(centre, receipt.code) == (by == "centre")
    if by == "centre":
        assert texts(centre, receipt.code) == ["Words in the archive"]
    centre.node.store.truncate_wal()
    assert [name for one in secret for name in centre.holds_bytes(one)] == []
