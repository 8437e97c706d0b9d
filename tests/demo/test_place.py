"""The demo's folder: its own and nobody else's, one demo at a time, kept from start to start."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from appliance.demo.place import InUse, NotOurs, Place, Ports, PortTaken, check_ports, claimed

PORTS = Ports(8080, 8090, 8070)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "demo", PORTS)


def finished(place: Place) -> Path:
    """Make something in *place* and mark it as ready; return what was made."""
    with claimed(place, fresh=False):
        path = place.settings("centre", hq_port=1234).data_dir / "cfms.db"
        path.parent.mkdir()
        path.write_text("cases")
        place.finish()
    return path


def test_what_is_ready_is_kept(place: Place) -> None:
    kept = finished(place)
    with claimed(place, fresh=False) as said:
        assert (said, place.ready, kept.exists()) == ([], True, True)


def test_fresh_deletes_what_the_demo_made_and_says_so(place: Place) -> None:
    gone = finished(place)
    beside = place.folder.parent / "beside.txt"
    beside.write_text("mine")
    with claimed(place, fresh=True) as said:
        assert not gone.exists()
        assert not place.ready
    assert said == [f"Deleted the demo that was in {place.folder} (as asked), and nothing else."]
    assert beside.read_text() == "mine"


def test_a_link_in_the_folder_is_removed_and_not_followed(place: Place, tmp_path: Path) -> None:
    finished(place)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    (place.folder / "link").symlink_to(tmp_path / "mine")
    with claimed(place, fresh=True):
        pass
    assert (tmp_path / "mine" / "letter").read_text() == "dear"


@pytest.mark.parametrize("words", ["", "nonsense", '{"format": 0}'])
def test_what_was_left_half_made_is_begun_anew(place: Place, words: str) -> None:
    half = finished(place)
    (place.folder / "ready.json").write_text(words)
    with claimed(place, fresh=False) as said:
        assert not half.exists()
    assert "was not ready" in said[0]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_somebody_elses_is_never_touched(place: Place, *, fresh: bool) -> None:
    place.folder.mkdir()
    (place.folder / "thesis.txt").write_text("ten years")
    with pytest.raises(NotOurs, match="name another folder"), claimed(place, fresh=fresh):
        pass
    assert [path.name for path in place.folder.iterdir()] == ["thesis.txt"]


def test_a_file_in_its_place_is_refused(place: Place) -> None:
    place.folder.write_text("a file")
    with pytest.raises(NotOurs), claimed(place, fresh=True):
        pass


def test_one_demo_at_a_time_has_the_folder(place: Place) -> None:
    kept = finished(place)
    with claimed(place, fresh=False), pytest.raises(InUse), claimed(place, fresh=True):
        pass
    assert kept.exists()


def test_the_settings_it_writes_are_accepted_and_lead_through_the_cable(place: Place) -> None:
    centre, hq = place.settings("centre", hq_port=4711), place.settings("hq", hq_port=4711)
    assert (centre.web.port, hq.web.port, centre.sync.hq_url) == (8080, 8090, "http://127.0.0.1:4711")
    assert {centre.web.host, hq.web.host} == {"127.0.0.1"}
    folders = {folder for one in (centre, hq) for folder in (one.data_dir, one.keys_dir, one.high_water)}
    assert len(folders) == 6
    assert all(folder.is_relative_to(place.folder) for folder in folders)


def test_a_port_that_is_taken_is_named_with_the_option_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        with pytest.raises(PortTaken, match=rf"Port {port} is taken .* --hq-port\."):
            check_ports(Ports(0, port, 0))


def test_two_of_its_own_may_not_have_the_same_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = int(probe.getsockname()[1])
    with pytest.raises(PortTaken, match="--switch-port"):
        check_ports(Ports(0, free, free))
