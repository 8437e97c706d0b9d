"""Photos and voice notes wait in memory for their message: for a time, within bounds, and never on disk."""

from __future__ import annotations

import time

import pytest

from appliance.web.shelf import LIFE, MOST_BYTES, MOST_THINGS, Shelf, ShelfFull, shelf
from tests.factories import Watch
from tests.web.world import sample_app


@pytest.fixture
def watch() -> Watch:
    return Watch()


def shelf_by(watch: Watch, **bounds: int) -> Shelf:
    return Shelf(steady=lambda: watch.steady, **bounds)


def test_what_is_put_is_found_under_its_token_alone(watch: Watch) -> None:
    kept = shelf_by(watch)
    photo, voice = kept.put("photo", b"\xff\xd8light"), kept.put("voice", b"OggS")
    assert kept.look(photo) == ("photo", b"\xff\xd8light")
    assert kept.look(voice) == ("voice", b"OggS")
    assert kept.look(photo) == ("photo", b"\xff\xd8light")  # looking does not take it away
    assert kept.look("") is None
    assert kept.look("0" * 32) is None


def test_tokens_cannot_be_guessed(watch: Watch) -> None:
    kept = shelf_by(watch)
    tokens = {kept.put("photo", b"the same") for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(bytes.fromhex(token)) == 16 for token in tokens)


def test_it_is_kept_ten_minutes_and_not_longer(watch: Watch) -> None:
    kept = shelf_by(watch)
    token, other = kept.put("photo", b"a"), kept.put("photo", b"b")
    watch.pass_time(LIFE - 0.1)
    assert kept.look(token)
    watch.pass_time(0.1)
    assert kept.look(other) is None
    assert len(kept) == 1


def test_being_asked_for_keeps_it_ten_minutes_longer(watch: Watch) -> None:
    kept = shelf_by(watch)
    token = kept.put("voice", b"a")
    for _ in range(5):
        watch.pass_time(LIFE - 1)
        assert kept.look(token)
    watch.pass_time(LIFE)
    assert kept.look(token) is None


def test_dropped_it_is_gone_and_its_room_is_free(watch: Watch) -> None:
    kept = shelf_by(watch, most_bytes=10)
    token = kept.put("photo", b"x" * 10)
    kept.drop(token)
    kept.drop(token)  # twice is once
    kept.drop("no such token")
    assert kept.look(token) is None
    assert kept.look(kept.put("photo", b"x" * 10))


def test_as_many_bytes_as_fit_are_taken_and_not_one_more(watch: Watch) -> None:
    kept = shelf_by(watch, most_bytes=10)
    first = kept.put("photo", b"x" * 6)
    kept.put("photo", b"x" * 4)
    with pytest.raises(ShelfFull):
        kept.put("photo", b"x")
    assert kept.look(first) == ("photo", b"x" * 6)


def test_as_many_things_as_fit_are_taken_and_not_one_more(watch: Watch) -> None:
    kept = shelf_by(watch)
    tokens = [kept.put("voice", b"") for _ in range(MOST_THINGS)]
    with pytest.raises(ShelfFull):
        kept.put("voice", b"")
    assert all(kept.look(token) for token in tokens)


def test_what_is_too_old_makes_room(watch: Watch) -> None:
    kept = shelf_by(watch, most_bytes=10)
    kept.put("photo", b"x" * 10)
    watch.pass_time(LIFE)
    assert kept.look(kept.put("photo", b"y" * 10)) == ("photo", b"y" * 10)
    assert len(kept) == 1


def test_the_bounds_that_are_stated_are_those_that_hold() -> None:
    kept = Shelf()
    kept.put("photo", bytes(MOST_BYTES))
    with pytest.raises(ShelfFull):
        kept.put("photo", b"x")
    kept.wipe()


def test_it_goes_although_nobody_comes_any_more() -> None:
    kept = Shelf(life=0.02)
    kept.put("photo", b"a")
    kept.put("photo", b"b")
    deadline = time.monotonic() + 20
    while len(kept) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not len(kept)


def test_wiped_nothing_is_left_and_it_works_on(watch: Watch) -> None:
    kept = shelf_by(watch, most_bytes=10)
    token = kept.put("photo", b"x" * 10)
    kept.wipe()
    assert kept.look(token) is None
    assert kept.look(kept.put("photo", b"y" * 10))


def test_each_application_has_its_own() -> None:
    one, other = sample_app(), sample_app()
    with one.app_context():
        token = shelf().put("photo", b"a")
        assert shelf().look(token)
    with other.app_context():
        assert shelf().look(token) is None
    one.extensions["cfms-shelf"].wipe()
