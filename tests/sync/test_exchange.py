"""The exchange's order, its going on from anywhere, and what it does about each answer, on a line and a store that are made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.exchange import MAX_REFUSALS, Backoff, Diverged, EpochOver, Exchange, Stopped, Uplink
from sync.link import LinkDown, Reply

ORIGIN, OLDER = "x/log/NBI/00000002", "x/log/NBI/00000001"
BATCH = 3  # leaves in one


def numbered(origin: str, start: int, end: int) -> bytes:
    """Return a batch as these tests make them: its origin and its two numbers."""
    return f"{origin} {start} {end}".encode()


@dataclass
class Store:
    """What a node owes and holds, in numbers; ``Local`` of the exchange."""

    logs: dict[str, list[int]] = field(default_factory=lambda: {ORIGIN: [0, 0]})  # size, acked
    down: dict[str, int] = field(default_factory=lambda: {"all": 0, "to": 0})
    lacking: list[str] = field(default_factory=list)
    serial: int = 1
    beacons: int = 0
    since_beacon: bool = True
    proofs: set[str] = field(default_factory=set)  # notes that prove that this copy is stale
    left: set[str] = field(default_factory=set)  # origins whose leaves go on in another log
    diverges: bool = False
    mirrored: dict[str, int] = field(default_factory=dict)
    given: list[int | None] = field(default_factory=list)
    objects_here: set[str] = field(default_factory=set)
    named: dict[int, str] = field(default_factory=dict)  # leaf -> the object it names
    at_hq: set[str] = field(default_factory=set)
    greetings: list[dict[str, Any]] = field(default_factory=list)

    def hello(self) -> dict[str, Any]:
        return {"logs": list(self.logs)}

    def greeted(self, answer: dict[str, Any]) -> None:
        self.greetings.append(answer)

    def uplinks(self) -> Sequence[Uplink]:
        return [Uplink(origin, size, acked) for origin, (size, acked) in self.logs.items()]

    def older(self) -> Sequence[Uplink]:
        return [one for one in self.uplinks() if one.origin != ORIGIN]

    def cut(self, origin: str, start: int) -> tuple[bytes, int] | None:
        size, end = self.logs[origin][0], min(self.logs[origin][0], start + BATCH)
        return (numbered(origin, start, end), end) if start < size else None

    def acknowledged(self, origin: str, note: str) -> int:
        self.logs[origin][1] = int(note)
        return int(note)

    def contradicted(self, origin: str, notes: str, *, frozen: bool) -> bool:
        return notes in self.proofs

    def closed(self, origin: str) -> bool:
        return origin in self.left

    def unsent(self, origin: str, start: int, end: int) -> Sequence[str]:
        return list(dict.fromkeys(one for leaf, one in self.named.items() if start <= leaf < end and one not in self.at_hq))

    def objects(self, hashes: Sequence[str]) -> Iterator[tuple[bytes, Sequence[str]]]:
        yield from ((b"object " + one.encode(), [one]) for one in hashes if one in self.objects_here)

    def objects_sent(self, hashes: Sequence[str]) -> None:
        self.at_hq.update(hashes)

    def held(self, name: str) -> int:
        return self.down[name]

    def accept(self, name: str, raw: bytes) -> int:
        if self.diverges:
            raise Diverged("HQ's log does not continue the one held here")
        self.down[name] = max(self.down[name], int(raw))
        return self.down[name]

    def recover(self, origin: str, raw: bytes) -> int | None:
        now = self.given.pop(0)
        if now is not None:
            self.logs[origin] = [max(now, self.logs[origin][0]), now]  # HQ's note came with it
        return now

    def give_back(self, origin: str, start: int) -> tuple[bytes, int] | None:
        size = self.mirrored.get(origin, 0)
        return (numbered(origin, start, min(size, start + BATCH)), min(size, start + BATCH)) if start < size else None

    def missing(self) -> Sequence[str]:
        return self.lacking

    def accept_objects(self, raw: bytes) -> int:
        came = raw.decode().split()
        self.lacking = [one for one in self.lacking if one not in came]
        return len(came)

    def adopt_keys(self, answer: dict[str, Any]) -> None:
        self.serial = answer["serial"]

    def keys_serial(self) -> int:
        return self.serial

    def acknowledgements(self) -> str:
        return json.dumps(self.down)

    def beacon(self) -> bool:
        if not self.since_beacon:
            return False
        self.since_beacon = False
        self.beacons += 1
        self.logs[ORIGIN][0] += 1
        return True


@dataclass
class Line:
    """HQ in numbers: ``Link`` of the exchange."""

    holds: dict[str, int] = field(default_factory=lambda: {ORIGIN: 0})
    down: dict[str, int] = field(default_factory=lambda: {"all": 0, "to": 0})
    keys: int = 1
    kid: str = "k1"
    wanted: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    refuse: list[Reply] = field(default_factory=list)  # answers to the next batches, instead of HQ's own
    answers: dict[str, Reply] = field(default_factory=dict)  # by path, instead of HQ's own
    cut_after: int = 10**9
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        if len(self.asked) >= self.cut_after:
            raise LinkDown("cut")
        self.asked.append(f"{method} {path}")
        what = path.partition("?")[0]
        if what in self.answers:
            return self.answers[what]
        return getattr(self, "_" + what.rsplit("/", 1)[1])(path, body)  # type: ignore[no-any-return]

    def _hello(self, _path: str, _body: bytes) -> Reply:
        said = {"time": 1, "kid": self.kid, "keys": self.keys, "holds": self.holds, "down": self.down, "return": self.wanted, **self.more}
        return reply(200, json.dumps(said))

    def _keys(self, _path: str, _body: bytes) -> Reply:
        return reply(200, json.dumps({"serial": self.keys}))

    def _all(self, path: str, _body: bytes) -> Reply:
        start = int(path.partition("from=")[2])
        size = self.down["all" if "/all?" in path else "to"]
        return reply(200, str(min(start + BATCH, size))) if start < size else reply(204)

    _to = _all

    def _ack(self, _path: str, _body: bytes) -> Reply:
        return reply(200, '{"good": 2}')

    def _objects(self, _path: str, body: bytes) -> Reply:
        return reply(200, " ".join(body.decode().split()[:3]))

    def _recover(self, _path: str, _body: bytes) -> Reply:
        return reply(200)

    def _return(self, _path: str, body: bytes) -> Reply:
        self.sent.append(body.decode())
        return reply(200, body.decode().split()[2])

    def _batch(self, _path: str, body: bytes) -> Reply:
        self.sent.append(body.decode())
        if self.refuse and not body.startswith(b"object"):
            return self.refuse.pop(0)
        if body.startswith(b"object"):
            return reply(200)
        origin, start, end = body.decode().split()
        if int(start) > self.holds.get(origin, 0):
            return reply(409, f"{self.holds[origin]}\nnote")
        self.holds[origin] = max(self.holds.get(origin, 0), int(end))
        return reply(200, end)


def reply(status: int, body: str = "") -> Reply:
    """Return an answer."""
    return Reply(status, body.encode(), {})


def owing(size: int, acked: int = 0, **more: Any) -> Store:
    """Return a store that owes *size* - *acked* leaves."""
    return Store(logs={ORIGIN: [size, acked]}, since_beacon=False, **more)


def test_everything_goes_up_and_comes_down_in_the_order_of_the_page() -> None:
    store, line = owing(7, lacking=["o1"]), Line(down={"all": 4, "to": 2})
    store.since_beacon = True
    done = Exchange(store, line).run()
    assert line.asked == [
        "POST /sync/v1/hello", "GET /sync/v1/log/all?from=0", "GET /sync/v1/log/all?from=3", "GET /sync/v1/log/to?from=0",
        "POST /sync/v1/ack", "POST /sync/v1/objects", *["POST /sync/v1/batch"] * 4,
    ]  # fmt: skip
    assert store.logs[ORIGIN] == [8, 8]
    assert (done.sent, done.received, done.requests) == (8, 6, len(line.asked))


def test_it_comes_to_rest_and_then_asks_once() -> None:
    store, line = owing(2), Line()
    store.since_beacon = True
    Exchange(store, line).run()
    line.asked.clear()
    for _ in range(3):
        Exchange(store, line).run()
    assert line.asked == ["POST /sync/v1/hello"] * 3
    assert store.beacons == 1


@given(st.integers(0, 8))
def test_cut_anywhere_it_goes_on_from_there_and_sends_nothing_twice(cut: int) -> None:
    store, line = owing(8), Line(down={"all": 5, "to": 4}, cut_after=cut)
    with pytest.raises(LinkDown):
        Exchange(store, line).run()
    line.cut_after = 10**9
    Exchange(store, line).run()
    assert (store.logs[ORIGIN], store.down) == ([8, 8], {"all": 5, "to": 4})
    assert line.sent == [numbered(ORIGIN, start, min(start + BATCH, 8)).decode() for start in (0, 3, 6)]


def test_an_answer_that_was_lost_costs_one_leaf_again_for_a_fresh_one() -> None:
    store, line = owing(8), Line(holds={ORIGIN: 8})
    Exchange(store, line).run()
    assert line.sent == [numbered(ORIGIN, 7, 8).decode()]
    assert store.logs[ORIGIN] == [8, 8]


def test_what_headquarters_lost_is_sent_again_at_once() -> None:
    store, line = owing(8, 8), Line(holds={ORIGIN: 2})
    Exchange(store, line).run()
    assert line.sent == [numbered(ORIGIN, 2, 5).decode(), numbered(ORIGIN, 5, 8).decode()]


def test_an_older_log_goes_first() -> None:
    store = owing(2)
    store.logs = {OLDER: [4, 3], ORIGIN: [2, 0]}
    line = Line(holds={OLDER: 3, ORIGIN: 0})
    Exchange(store, line).run()
    assert line.sent == [numbered(OLDER, 3, 4).decode(), numbered(ORIGIN, 0, 2).decode()]


def test_new_keys_are_taken_before_anything_else_and_the_greeting_said_again() -> None:
    store, line = owing(0), Line(keys=2)
    Exchange(store, line).run()
    assert line.asked == ["POST /sync/v1/hello", "GET /sync/v1/keys", "POST /sync/v1/hello"]
    assert store.serial == 2


def test_a_gap_is_filled_from_where_headquarters_stands() -> None:
    store, line = owing(8), Line(refuse=[reply(409, "3\nnote")], holds={ORIGIN: 6})
    Exchange(store, line).run()
    assert line.sent == [numbered(ORIGIN, *two).decode() for two in ((6, 8), (3, 6), (6, 8))]


@pytest.mark.parametrize("status", [409, 423])
def test_our_own_signature_over_what_we_have_not_begins_a_new_epoch(status: int) -> None:
    store = owing(2, proofs={"proof"})
    with pytest.raises(EpochOver):
        Exchange(store, Line(refuse=[reply(status, "9\nproof")])).run()


@pytest.mark.parametrize("status", [410, 423])
def test_a_bare_refusal_of_the_log_stops_and_begins_nothing(status: int) -> None:
    with pytest.raises(Stopped):
        Exchange(owing(2), Line(refuse=[reply(status, "closed")])).run()


@pytest.mark.parametrize("status", [410, 423])
def test_a_refused_log_whose_leaves_go_on_elsewhere_is_left(status: int) -> None:
    with pytest.raises(EpochOver):
        Exchange(owing(2, left={ORIGIN}), Line(refuse=[reply(status, "closed")])).run()


def test_leaves_that_do_not_fit_are_sent_again_from_the_start_once() -> None:
    store, line = owing(8, 6), Line(holds={ORIGIN: 6}, refuse=[reply(422)])
    Exchange(store, line).run()
    assert line.sent == [numbered(ORIGIN, *two).decode() for two in ((6, 8), (0, 3), (3, 6), (6, 8))]
    with pytest.raises(Stopped):
        Exchange(owing(8, 6), Line(holds={ORIGIN: 6}, refuse=[reply(422), reply(422)])).run()


def test_objects_that_lack_are_sent_and_then_the_batch_again() -> None:
    store, line = owing(2, objects_here={"aa", "bb"}), Line(refuse=[reply(424, "aa\nbb\n")])
    Exchange(store, line).run()
    assert line.sent == [numbered(ORIGIN, 0, 2).decode(), "object aa", "object bb", numbered(ORIGIN, 0, 2).decode()]


def test_objects_go_before_the_leaves_that_name_them_and_once() -> None:
    store, line = owing(5, objects_here={"aa", "bb", "cc"}, named={0: "aa", 1: "aa", 2: "bb", 4: "cc"}, at_hq={"bb"}), Line()
    Exchange(store, line).run()
    assert line.sent == ["object aa", numbered(ORIGIN, 0, 3).decode(), "object cc", numbered(ORIGIN, 3, 5).decode()]


def test_objects_that_went_up_before_the_line_died_do_not_go_again() -> None:
    store, line = owing(3, objects_here={"aa", "bb", "cc"}, named={0: "aa", 1: "bb", 2: "cc"}), Line()
    plain = line._batch

    def dies(_path: str, body: bytes) -> Reply:
        if body == b"object bb":
            raise LinkDown("cut")
        return plain(_path, body)

    line._batch = dies  # type: ignore[method-assign]
    with pytest.raises(LinkDown):
        Exchange(store, line).run()
    line._batch = plain  # type: ignore[method-assign]
    Exchange(store, line).run()
    assert line.sent == ["object aa", "object bb", "object cc", numbered(ORIGIN, 0, 3).decode()]


def test_an_object_that_is_refused_lets_the_answer_to_the_leaves_say_why() -> None:
    store, line = owing(3, objects_here={"aa", "bb"}, named={0: "aa", 1: "bb"}, left={ORIGIN}), Line()

    def refuse(_path: str, body: bytes) -> Reply:
        line.sent.append(body.decode())
        return reply(410)

    line._batch = refuse  # type: ignore[method-assign]
    with pytest.raises(EpochOver):
        Exchange(store, line).run()
    assert line.sent == ["object aa", numbered(ORIGIN, 0, 3).decode()]


def test_an_object_that_is_nowhere_stops() -> None:
    with pytest.raises(Stopped, match="attachment"):
        Exchange(owing(2), Line(refuse=[reply(424, "aa\n")])).run()


def test_objects_for_many_batches_one_after_another_are_progress_and_no_refusal() -> None:
    many = 3 * MAX_REFUSALS * BATCH
    store, line = owing(many, objects_here={"aa"}), Line()
    plain = line._batch
    turns: set[bytes] = set()

    def batch(path: str, body: bytes) -> Reply:
        if body.startswith(b"object") or body in turns:
            return plain(path, body)
        turns.add(body)
        return reply(424, "aa\n")

    line._batch = batch  # type: ignore[method-assign, assignment]
    Exchange(store, line).run()
    assert store.logs[ORIGIN] == [many, many]


def test_a_new_data_key_is_read_from_the_log_before_the_batch_is_sealed_anew() -> None:
    store, line = owing(2), Line(down={"all": 1, "to": 0}, refuse=[reply(428, "k2\n")])
    plain = line._batch

    def batch(path: str, body: bytes) -> Reply:
        line.down["all"] = 2
        return plain(path, body)

    line._batch = batch  # type: ignore[method-assign, assignment]
    Exchange(store, line).run()
    assert line.asked[-4:] == ["POST /sync/v1/batch", "POST /sync/v1/hello", "GET /sync/v1/log/all?from=1", "POST /sync/v1/batch"]


def test_a_data_key_that_is_named_but_not_announced_stops() -> None:
    with pytest.raises(Stopped, match="announced"):
        Exchange(owing(2), Line(refuse=[reply(428, "k9\n")])).run()


def test_a_batch_is_refused_at_most_so_many_times_in_a_row() -> None:
    line = Line(refuse=[reply(428, "k1\n")] * 99)
    with pytest.raises(Stopped):
        Exchange(owing(2), line).run()
    assert len(line.sent) == MAX_REFUSALS


@pytest.mark.parametrize("status", [400, 403, 404, 413, 418])
def test_an_answer_that_leaves_nothing_to_do_stops_or_waits(status: int) -> None:
    with pytest.raises((Stopped, LinkDown)):
        Exchange(owing(2), Line(refuse=[reply(status, "no")])).run()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_not_now_is_a_line_that_is_down(status: int) -> None:
    for path in ("/sync/v1/hello", "/sync/v1/batch", "/sync/v1/ack"):
        with pytest.raises(LinkDown):
            Exchange(owing(2), Line(answers={path: reply(status)}, down={"all": 1, "to": 0})).run()


@pytest.mark.parametrize("body", ["", "[]", "nonsense", "7"])
def test_a_greeting_that_cannot_be_read_is_a_line_that_is_down(body: str) -> None:
    with pytest.raises(LinkDown):
        Exchange(owing(2), Line(answers={"/sync/v1/hello": reply(200, body)})).run()


def test_a_download_that_brings_nothing_new_stops_instead_of_asking_for_ever() -> None:
    with pytest.raises(Stopped, match="nothing new"):
        Exchange(owing(0), Line(down={"all": 4, "to": 0}, answers={"/sync/v1/log/all": reply(200, "0")})).run()


def test_a_log_of_headquarters_that_is_shorter_than_ours_is_answered_with_the_proof() -> None:
    store, line = owing(0, down={"all": 5, "to": 2}), Line(down={"all": 5, "to": 1})
    Exchange(store, line).run()
    assert line.asked == ["POST /sync/v1/hello", "POST /sync/v1/ack", "POST /sync/v1/hello"]


def test_a_log_of_headquarters_that_does_not_continue_ours_is_answered_with_the_proof() -> None:
    line = Line(down={"all": 0, "to": 4})
    with pytest.raises(Diverged):
        Exchange(owing(0, diverges=True), line).run()
    assert line.asked[-1] == "POST /sync/v1/ack"


def test_it_acknowledges_again_where_the_greeting_asks_for_it() -> None:
    line = Line(more={"unacknowledged": True})
    Exchange(owing(0), line).run()
    assert line.asked == ["POST /sync/v1/hello", "POST /sync/v1/ack"]


def test_what_headquarters_lost_of_its_own_logs_is_given_back() -> None:
    line = Line(wanted=[{"origin": "x/log/all/1", "from": 2}])
    Exchange(owing(0, mirrored={"x/log/all/1": 6}), line).run()
    assert line.sent == ["x/log/all/1 2 5", "x/log/all/1 5 6"]


@pytest.mark.parametrize("status", [403, 404, 422])
def test_a_dead_log_that_is_not_taken_back_stops_nothing_else(status: int) -> None:
    line = Line(wanted=[{"origin": "x/log/all/1", "from": 0}], answers={"/sync/v1/return": reply(status)})
    store = owing(2, mirrored={"x/log/all/1": 6})
    if status == 403:
        with pytest.raises(LinkDown):
            Exchange(store, line).run()
        return
    Exchange(store, line).run()
    assert store.logs[ORIGIN] == [2, 2]


def test_what_headquarters_has_more_of_an_older_log_is_fetched_before_our_own_goes_up() -> None:
    store = owing(1)
    store.logs = {OLDER: [2, 2], ORIGIN: [1, 0]}
    store.given = [4, 6]
    line = Line(holds={OLDER: 6, ORIGIN: 0})
    Exchange(store, line).run()
    assert [one for one in line.asked if "recover" in one or "batch" in one] == [
        "GET /sync/v1/recover?origin=x%2Flog%2FNBI%2F00000001&from=2", "GET /sync/v1/recover?origin=x%2Flog%2FNBI%2F00000001&from=4",
        "POST /sync/v1/batch",
    ]  # fmt: skip


def test_leaves_that_differ_are_wanted_from_the_start_and_only_once() -> None:
    store = owing(0)
    store.logs, store.given = {OLDER: [2, 2], ORIGIN: [0, 0]}, [None, 3, 6]
    line = Line(holds={OLDER: 6})
    Exchange(store, line).run()
    assert [one.rpartition("=")[2] for one in line.asked if "recover" in one] == ["2", "0", "3"]
    store.logs[OLDER], store.given = [2, 2], [None, None]
    with pytest.raises(Stopped):
        Exchange(store, line).run()


def test_objects_that_nobody_has_end_the_asking() -> None:
    line = Line(answers={"/sync/v1/objects": reply(200, "")})
    Exchange(owing(0, lacking=["a", "b"]), line).run()
    assert line.asked.count("POST /sync/v1/objects") == 1


def test_objects_that_hq_does_not_have_do_not_keep_those_behind_them_back() -> None:
    lacking = [f"{at:03}" for at in range(150)]
    store, line = owing(0, lacking=lacking), Line()

    def give(_path: str, body: bytes) -> Reply:
        return reply(200, " ".join(one for one in body.decode().split() if one >= "100"))

    line._objects = give  # type: ignore[method-assign]
    Exchange(store, line).run()
    assert store.lacking == lacking[:100]


def test_waiting_doubles_to_its_end_lies_between_half_and_all_and_begins_again() -> None:
    low, high = Backoff(2.0, 60.0, lambda: 0.0), Backoff(2.0, 60.0, lambda: 1.0)
    assert [low.failed() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert [high.failed() for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    high.succeeded()
    assert high.failed() == 2
    assert len({Backoff(2.0, 60.0).failed() for _ in range(20)}) > 10


def test_waiting_for_years_overflows_nothing() -> None:
    backoff = Backoff(1.0, 3600.0, lambda: 1.0)
    assert [backoff.failed() for _ in range(5000)][-1] == 3600
