"""``cfms verify``, ``rebuild``, ``backup``, ``restore`` and ``erase``: the data, and how it is cared for."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.projections.registry import COMPARED
from tests.commands.shell import Pair, Shell

PHONE = "+254 700 123 456"


@pytest.fixture
def filed(centre: Shell) -> Shell:
    """Return a centre with three cases, and its paper key beside it."""
    (centre.folder / "paper.key").write_text(centre.ask("init")["backup_key"])
    for text in ("first", "second", "third"):
        centre.file(text, phone=PHONE)
    return centre


def change(shell: Shell, *statements: str) -> None:
    """Change the database as somebody would who has the file: the triggers that guard the log go first."""
    with closing(sqlite3.connect(shell.database)) as db:
        triggers = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for one in (*(f"DROP TRIGGER {name}" for name in triggers), *statements):
            db.execute(one)
        db.commit()


# --- verify and rebuild ---------------------------------------------------------------------------------


def test_verify_counts_what_it_found_in_order(filed: Shell) -> None:
    answer = filed.ask("verify")
    assert (answer["ok"], answer["leaves"]) == (True, 4)
    assert answer["boxes"] == 9  # a receipt, a text and a telephone number each
    assert filed.run("verify").out.startswith("4 leaves and 9 values are as they were signed")


@pytest.mark.parametrize("index", [0, 2, 3])
def test_verify_names_the_leaf_in_which_one_byte_was_changed(filed: Shell, index: int, tmp_path: Path) -> None:
    copy = filed.copy_to(tmp_path / "copy")
    with closing(sqlite3.connect(copy.database)) as db:
        leaf = bytearray(db.execute("SELECT leaf FROM entry WHERE idx = ?", (index,)).fetchone()[0])
    leaf[len(leaf) // 2] ^= 1
    change(copy, f"UPDATE entry SET leaf = x'{leaf.hex()}' WHERE idx = {index}")
    for words in (["verify"], ["verify", "--log-only"]):
        answer = copy.run(*words)
        assert answer.status == 1
        assert f", entry {index}: " in answer.out
    assert filed.run("verify").status == 0


def test_verify_names_the_first_of_two_wrong_things(filed: Shell) -> None:
    change(filed, "UPDATE entry SET hash = zeroblob(32) WHERE idx = 1", "UPDATE entry SET hash = zeroblob(32) WHERE idx = 3")
    assert ", entry 1: " in filed.ask("verify", status=1)["wrong"]


def test_verify_finds_a_value_that_is_not_what_was_signed(filed: Shell) -> None:
    change(filed, "UPDATE box SET box = zeroblob(length(box)) WHERE idx = 2 AND field = 'text'")
    assert ", entry 2: " in filed.ask("verify", status=1)["wrong"]
    assert filed.ask("verify", "--log-only")["ok"] is True


def test_verify_finds_a_read_model_that_was_meddled_with_and_rebuild_mends_it(filed: Shell) -> None:
    change(filed, "UPDATE case_state SET state = 'closed'")
    assert "read model case_state" in filed.ask("verify", status=1)["wrong"]
    assert filed.ask("rebuild")["entries"] == 4
    assert filed.ask("verify")["ok"] is True


def test_rebuilt_read_models_equal_the_live_ones(pair: Pair) -> None:
    for text in ("one", "two"):
        pair.centre.file(text)
    pair.sync()
    for shell in (pair.hq, pair.centre):
        live = models(shell)
        assert live["case_state"]
        assert "made anew" in shell.run("rebuild").out
        assert models(shell) == live


def models(shell: Shell) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the read models."""
    with closing(sqlite3.connect(shell.database)) as db:
        return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall()) for table in COMPARED}


# --- backup and restore ---------------------------------------------------------------------------------


def test_an_archive_opens_with_the_paper_key_and_holds_everything(filed: Shell) -> None:
    made = Path(filed.ask("backup")["path"])
    assert made.parent == filed.folder / "backups"
    filed.file("after the backup")
    filed.database.rename(filed.folder / "lost.db")
    for rest in filed.database.parent.glob("cfms.db-*"):
        rest.unlink()
    answer = filed.ask("restore", str(made), "--key-file", str(filed.folder / "paper.key"))
    assert answer == {"path": str(filed.database)}
    assert filed.ask("verify")["ok"] is True
    with filed.node() as node, node.store.read() as db:
        assert db.all("SELECT count(*) FROM case_state") == [(3,)]
        assert db.all("SELECT count(*) FROM log WHERE own = 1") == [(2,)]  # the restored log, and the epoch begun since


def test_an_archive_tells_nothing_without_the_key(filed: Shell) -> None:
    made = Path(filed.ask("backup")["path"])
    assert b"SQLite format" not in made.read_bytes()
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_another_key_opens_nothing_and_changes_nothing(filed: Shell, tmp_path: Path) -> None:
    made = filed.ask("backup")["path"]
    other = Shell(tmp_path / "other", "centre", filed.screen)
    other.configure()
    (tmp_path / "other.key").write_text(other.ask("init")["backup_key"])
    filed.database.rename(filed.folder / "kept.db")
    for wrong in (tmp_path / "other.key", filed.config):
        answer = filed.ask("restore", made, "--key-file", str(wrong), status=1)
        assert answer["error"].startswith("That key does not open this backup.")
    assert not filed.database.exists()


def test_a_damaged_archive_is_refused(filed: Shell) -> None:
    made = Path(filed.ask("backup")["path"])
    raw = bytearray(made.read_bytes())
    raw[-100] ^= 1
    made.write_bytes(bytes(raw))
    filed.database.rename(filed.folder / "kept.db")
    assert "damaged" in filed.ask("restore", str(made), "--key-file", str(filed.folder / "paper.key"), status=1)["error"]
    assert not filed.database.exists()


def test_a_restore_never_writes_over_a_database(filed: Shell) -> None:
    made, before = filed.ask("backup")["path"], filed.database.read_bytes()
    answer = filed.ask("restore", made, "--key-file", str(filed.folder / "paper.key"), status=1)
    assert "There is a database here already" in answer["error"]
    assert filed.database.read_bytes() == before


def test_an_archive_that_is_not_there_is_named(filed: Shell) -> None:
    filed.database.rename(filed.folder / "kept.db")
    answer = filed.run("restore", str(filed.folder / "no.age"), "--key-file", str(filed.folder / "paper.key"))
    assert answer.status == 1
    assert "no.age" in answer.err


def test_headquarters_on_a_server_without_a_backup_key_is_told_so(hq: Shell) -> None:
    hq.ask("init")
    assert "There is no backup key yet" in hq.ask("backup", status=1)["error"]


# --- erase ----------------------------------------------------------------------------------------------


def test_an_erased_telephone_number_is_in_no_file_and_the_log_still_verifies(centre: Shell) -> None:
    centre.ask("init")
    kept, gone = centre.file("keep me", phone=PHONE), centre.file("forget me", phone=PHONE)
    with closing(sqlite3.connect(centre.database)) as db:
        box = bytes(db.execute("SELECT box FROM box WHERE idx = ? AND field = 'phone'", (gone.index,)).fetchone()[0])
        key = bytes(db.execute("SELECT key FROM box_key WHERE idx = ? AND field = 'phone'", (gone.index,)).fetchone()[0])
    assert centre.holds(box)
    answer = centre.run("erase", gone.ref, "--field", "phone", "--basis", "consent-withdrawn", "--yes")
    assert (answer.status, answer.out) == (0, "Erased. No file holds the bytes any more.\n")
    assert centre.holds(box) == centre.holds(key) == []
    assert centre.ask("verify")["ok"] is True
    with closing(sqlite3.connect(centre.database)) as db:
        assert db.execute("SELECT idx FROM box WHERE field = 'phone'").fetchall() == [(kept.index,)]


def test_a_centre_may_not_erase_what_was_said(filed: Shell) -> None:
    case = filed.file("what was said", phone=PHONE)
    for fields in (["--field", "text"], []):
        answer = filed.ask("erase", case.ref, *fields, "--basis", "dpa-s40", "--yes", status=1)
        assert "A centre may erase contact details only" in answer["error"]
    assert filed.ask("verify")["ok"] is True


def test_headquarters_erases_a_whole_case_on_both_sides(pair: Pair) -> None:
    case = pair.centre.file("all of this goes", phone=PHONE)
    pair.sync()
    answer = pair.hq.ask("erase", case.id, "--basis", "court-order", "--yes")
    assert answer["erased"] is True
    pair.sync()
    for shell in (pair.hq, pair.centre):
        with closing(sqlite3.connect(shell.database)) as db:
            assert db.execute("SELECT count(*) FROM box").fetchone() == (0,)
        assert shell.ask("verify")["ok"] is True


@pytest.mark.parametrize("typed", ["no\n", "\n", ""], ids=["no", "nothing", "nobody there"])
def test_nothing_is_erased_unless_a_person_says_yes(centre: Shell, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    centre.ask("init")
    case = centre.file("stay", phone=PHONE)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    answer = centre.run("erase", case.ref, "--field", "phone", "--basis", "dpa-s40")
    assert answer.status == 1
    assert answer.out.endswith("Nothing was erased.\n")
    with centre.node() as node, node.store.read() as db:
        assert db.all("SELECT count(*) FROM box WHERE field = 'phone'") == [(1,)]


def test_a_case_nobody_knows_is_not_erased(filed: Shell) -> None:
    for name in ("NBI-26A-999999-A", "nonsense", "0" * 32):
        assert filed.ask("erase", name, "--field", "phone", "--basis", "dpa-s40", "--yes", status=1)["error"] == "There is nothing under that name."
