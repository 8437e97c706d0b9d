"""The life of a node's own log: begun, taken up, ended in order, and never signed again by a copy that is not the newest."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.note import Verifier

from appliance.domain import events as ev
from appliance.journal.highwater import HighWater
from appliance.usecases import logs
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.logs import LogRow
from appliance.usecases.open_case import open_case
from tests.factories import Mint, Site, World


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Lend a centre that nobody has enrolled, on its first day."""
    site = Site(tmp_path / "nbi", "centre", "NBI")
    try:
        yield site
    finally:
        site.close()


MINT = Mint(21)


def _file(site: Site, count: int = 1) -> list[str]:
    submissions = [World(site.folder).submission(id=MINT.id(), code=MINT.code()) for _ in range(count)]
    return [open_case(site.node, one).id for one in submissions]


def _epochs(site: Site) -> list[LogRow]:
    with site.node.store.read() as db:
        return logs.of_name(db, "NBI")


def _copy(site: Site, *parts: str) -> None:
    site.close()
    for part in parts:
        shutil.rmtree(site.folder / f"{part}.kept", ignore_errors=True)
        shutil.copytree(site.folder / part, site.folder / f"{part}.kept")


def _put_back(site: Site, *parts: str) -> None:
    site.close()
    for part in parts:
        shutil.rmtree(site.folder / part)
        shutil.copytree(site.folder / f"{part}.kept", site.folder / part)


def test_the_first_leaf_is_the_start_of_an_epoch_and_the_key_lies_outside_the_database(site: Site) -> None:
    _file(site, 2)
    first = site.events()[0]
    assert isinstance(first, ev.EpochStarted)
    assert (first.reason, first.prev_origin, first.prev_size) == ("first", "", 0)
    _, log, name, epoch = site.origin.split("/")
    assert (log, name, len(epoch), int(epoch, 16) >= 0) == ("log", "NBI", 8, True)
    key = site.keys / f"log-{epoch}.seed"
    assert key.stat().st_mode & 0o777 == 0o600
    site.close()
    assert site.holds_bytes(key.read_bytes()) == [str(key.relative_to(site.folder))]


def test_a_restart_takes_the_same_epoch_up(site: Site) -> None:
    before = _file(site, 2)
    origin = site.origin
    site.reopen()
    after = _file(site, 2)
    assert (site.origin, len(_epochs(site)), site.warned) == (origin, 1, [])
    assert [event.id for event in site.events()[1:]] == before + after
    assert site.verify() == ""


def test_an_orderly_end_names_the_next_key_and_the_next_epoch_names_what_was_before(site: Site) -> None:
    _file(site, 2)
    begin_epoch(site.node, "NBI", "rotation")
    _file(site)
    old, new = _epochs(site)
    assert (old.state, new.state, site.origin) == ("closed", "open", new.origin)
    end, start = site.events(old.origin)[-1], site.events(new.origin)[0]
    assert isinstance(end, ev.EpochEnded)
    assert isinstance(start, ev.EpochStarted)
    assert end.next_vkey == new.vkey != old.vkey
    assert (start.prev_origin, start.prev_size, base64.b64decode(start.prev_root)) == (old.origin, old.size, old.root)
    assert site.verify() == ""


def _lost_mark(site: Site) -> None:
    site.close()
    for path in site.marks.iterdir():
        path.unlink()


def _lost_key(site: Site) -> None:
    site.close()
    for path in site.keys.glob("log-*.seed"):
        path.unlink()


def _rolled_back(site: Site) -> None:
    _put_back(site, "data")


def _torn_beyond_repair(site: Site) -> None:
    site.close()
    for path in site.marks.iterdir():
        path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("happens", [_lost_mark, _lost_key, _rolled_back, _torn_beyond_repair])
def test_a_copy_that_may_not_be_the_newest_signs_nothing_more_in_the_old_epoch(site: Site, happens: object) -> None:
    _file(site, 2)
    _copy(site, "data")
    _file(site, 3)
    with site.node.store.read() as db:
        signed = logs.current(db, "NBI")
    happens(site)  # type: ignore[operator]
    _file(site, 2)
    old, new = _epochs(site)
    assert signed is not None
    assert (old.origin, old.state, new.state) == (signed.origin, "closed", "open")
    assert old.size <= signed.size
    assert not isinstance(site.events(old.origin)[-1], ev.EpochEnded), "nothing may be signed by the old key, not even an end"
    assert len(site.warned) == 1
    assert site.verify() == ""


def test_a_copy_as_new_as_its_mark_goes_on(site: Site) -> None:
    _file(site, 3)
    _copy(site, "data", "marks")
    _put_back(site, "data", "marks")
    _file(site)
    assert (len(_epochs(site)), site.warned) == (1, [])


def test_a_mark_left_behind_by_a_power_cut_catches_up_before_anything_is_shown(site: Site) -> None:
    _file(site, 2)
    _copy(site, "marks")
    (last,) = _file(site)
    _put_back(site, "marks")
    site.node.store.write(lambda db: db.one("SELECT 1"))
    (row,) = _epochs(site)
    mark = HighWater(site.marks, row.origin).read(Verifier.parse(row.vkey))
    assert mark is not None
    assert (mark.size, site.events()[-1].id) == (row.size, last)
