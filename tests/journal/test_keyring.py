"""The key folder: keys for their owner alone, made once, gone when destroyed, never guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.journal.keyring import KeyMissing, Keyring

ORIGIN, NEXT = "example.org/log/NBI/00000001", "example.org/log/NBI/00000002"


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    """Return a key folder with the keys of one epoch."""
    ring = Keyring(tmp_path / "keys")
    ring.make_log_key(ORIGIN)
    return ring


def test_keys_and_their_folder_are_for_their_owner_alone(ring: Keyring) -> None:
    ring.secret("pepper")
    assert ring.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in ring.folder.iterdir()} == {0o600}


def test_each_epoch_has_keys_of_its_own(ring: Keyring) -> None:
    before = {path.name: path.read_bytes() for path in ring.folder.iterdir()}
    ring.make_log_key(NEXT)
    assert {name: (ring.folder / name).read_bytes() for name in before} == before
    keys = [path.read_bytes() for path in ring.folder.iterdir()]
    assert len(set(keys)) == len(keys) == 6
    assert ring.log_signer(ORIGIN).vkey != ring.log_signer(NEXT).vkey


def test_a_key_is_the_same_when_read_again(ring: Keyring) -> None:
    again = Keyring(ring.folder)
    assert again.log_signer(ORIGIN).sign("text\n") == ring.log_signer(ORIGIN).sign("text\n")
    assert again.secret("pepper") == ring.secret("pepper")
    assert again.node_data_key(ORIGIN).kid == ring.node_data_key(ORIGIN).kid


@pytest.mark.parametrize("name", ["log-00000001.seed", "ack-00000001.seed", "data-00000001.key"])
def test_a_lost_key_is_missed_and_never_made_anew(ring: Keyring, name: str) -> None:
    (ring.folder / name).unlink()
    fresh = Keyring(ring.folder)
    ask = {"log": fresh.log_signer, "ack": fresh.acknowledger, "data": fresh.node_data_key}[name.partition("-")[0]]
    with pytest.raises(KeyMissing):
        ask(ORIGIN)
    assert not (ring.folder / name).exists()


def test_a_key_is_whole_or_not_there(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ring.load("log-00000001.seed")

    def cut(handle: int) -> None:
        raise OSError("the power went")

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(OSError, match="power"):
        ring.save("log-00000001.seed", bytes(32))
    assert Keyring(ring.folder).load("log-00000001.seed") == before


def test_a_destroyed_key_opens_nothing_more_and_its_bytes_are_gone(ring: Keyring) -> None:
    key = ring.load("data-00000001.key")
    kept = os.open(ring.folder / "data-00000001.key", os.O_RDONLY)
    ring.destroy("data-00000001.key")
    assert os.pread(kept, 100, 0) == bytes(len(key))
    os.close(kept)
    with pytest.raises(KeyMissing):
        ring.node_data_key(ORIGIN)
