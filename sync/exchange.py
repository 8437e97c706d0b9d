"""The node's side of the exchange: what is owed goes up, what HQ says comes down, until both are at rest.

Downlink before uplink (spec keys K3), every accepted batch acknowledged by itself, never a pause after progress,
back-off only on failure. Everything is resumed from what HQ says it holds, so a cut at any byte loses nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from sync.link import LinkDown, Reply

WHATEVER_THERE_IS = 2**53  # leaves
MAX_REFUSALS = 8  # of one batch in a row, before a person should look


# What HQ may not take, or not have, without a word about this appliance: the answer is about one log.
GIVEN = ("/sync/v1/batch", "/sync/v1/return", "/sync/v1/recover")


class Stopped(Exception):
    """HQ's answer leaves nothing to do but wait or call somebody; the sentence says which."""


class Diverged(Stopped):
    """HQ's log is not the one held here: HQ was restored from an older day, and does not know it yet."""


class ShutOut(Stopped):
    """HQ answered that it takes nothing from this log; whether that is so stands in its log ``all``, if anywhere."""


class EpochOver(Exception):
    """HQ holds signed proof that this copy of the log is not the newest: a new epoch has begun."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One own log as the exchange sees it."""

    origin: str
    size: int
    acked: int


class Link(Protocol):
    """A line to HQ."""

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Send one signed request; raise LinkDown when no whole answer came."""


class Local(Protocol):
    """What the exchange needs of the node's storage. Each method is durable once it returns."""

    def hello(self) -> dict[str, Any]:
        """Return what the node says of itself."""

    def greeted(self, answer: dict[str, Any]) -> None:
        """Note HQ's time and key id from its answer."""

    def uplinks(self) -> Sequence[Uplink]:
        """Return the own logs that HQ takes, oldest epoch first."""

    def older(self) -> Sequence[Uplink]:
        """Return the own logs of epochs before the current one, but for histories that were set aside."""

    def cut(self, origin: str, start: int) -> tuple[bytes, int] | None:
        """Return the next batch of *origin* from *start* and the size after it; None when nothing is owed."""

    def acknowledged(self, origin: str, note: str) -> int:
        """Check and record HQ's cosigned *note*; return its size."""

    def contradicted(self, origin: str, notes: str, *, frozen: bool) -> bool:
        """Tell whether one of *notes*, which our own key signed, proves our copy stale; then begin a new epoch.

        Args:
            frozen: HQ takes nothing more of that log, so what it lacks must be entered again.
        """

    def closed(self, origin: str) -> bool:
        """HQ takes nothing more of own log *origin*: tell whether its leaves go on in another log, by HQ's signed word."""

    def unsent(self, origin: str, start: int, end: int) -> Sequence[str]:
        """Return the hex hashes of the objects that leaves *start* to *end* of *origin* name and HQ is not known to hold."""

    def objects(self, hashes: Sequence[str]) -> Iterator[tuple[bytes, Sequence[str]]]:
        """Yield batches without leaves that carry the objects of those hex hashes, each with the hashes it carries."""

    def objects_sent(self, hashes: Sequence[str]) -> None:
        """Note that HQ holds those objects: they need not go again after the line died."""

    def held(self, name: str) -> int:
        """Return how many leaves of downlink log ``all`` or ``to`` are held."""

    def accept(self, name: str, raw: bytes) -> int:
        """Check and store a downlink batch; return the size now held."""

    def recover(self, origin: str, raw: bytes) -> int | None:
        """Store leaves of an older own log that HQ gave back; return where they end, None when ours are other leaves.

        In the latter case ours are set aside, and HQ's are wanted from the start.
        """

    def give_back(self, origin: str, start: int) -> tuple[bytes, int] | None:
        """Return a batch of HQ's dead log *origin* from *start*, as we mirror it, and the size after it."""

    def missing(self) -> Sequence[str]:
        """Return the hex hashes of published objects that are not here yet."""

    def accept_objects(self, raw: bytes) -> int:
        """Store side objects; return how many came."""

    def adopt_keys(self, answer: dict[str, Any]) -> None:
        """Take HQ's key note from its answer when a trusted root signed it and it is newer."""

    def keys_serial(self) -> int:
        """Return the serial of the key note held."""

    def acknowledgements(self) -> str:
        """Return our cosigned notes of the downlink logs, as JSON."""

    def beacon(self) -> bool:
        """Append a beacon when other leaves followed the last one; True when one was appended."""


@dataclass(slots=True)
class Progress:
    """What one exchange did."""

    sent: int = 0
    received: int = 0
    requests: int = 0
    answers: list[int] = field(default_factory=list)


class Exchange:
    """One node's exchange with HQ over one link."""

    def __init__(self, local: Local, link: Link) -> None:
        """Exchange what *local* owes over *link*."""
        self.local, self.link = local, link
        self._progress = Progress()

    def run(self) -> Progress:
        """Exchange until nothing is owed either way; return what was done.

        Raises:
            LinkDown: the line is down; what was accepted stays accepted.
            Stopped: HQ will not take it now.
            EpochOver: a new epoch has begun; run again.
        """
        self._progress = Progress()
        answer = self._greet()
        if int(answer.get("keys", 0)) > self.local.keys_serial():
            answer = self._renew_keys()
        if self._behind(answer):
            self._acknowledge()  # HQ's own signature over more than it has: it was restored, and begins anew
            answer = self._hello()
        self._down(answer)
        self._give_back(answer)
        self._recover_own(answer)
        self._fetch_objects()
        self._up(answer)
        if self.local.beacon():
            self._up({})
        return self._progress

    def _ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        reply = self.link.request(method, path, body)
        self._progress.requests += 1
        self._progress.answers.append(reply.status)
        if reply.status in (404, 410, 423) and not path.startswith(GIVEN):
            raise ShutOut(f"Headquarters does not take this appliance's messages now (answer {reply.status}).")
        if reply.status >= 500 or reply.status in (401, 403, 429):
            raise LinkDown(f"answer {reply.status}", answered=True)
        return reply

    def _greet(self) -> dict[str, Any]:
        """Greet HQ; where it does not take us, read at least what it says to all: a revocation stands there, signed."""
        try:
            return self._hello()
        except ShutOut:
            self._pull("all", WHATEVER_THERE_IS)
            raise

    def _hello(self) -> dict[str, Any]:
        reply = self._ask("POST", "/sync/v1/hello", json.dumps(self.local.hello()).encode())
        if reply.status != 200:
            raise LinkDown(f"answer {reply.status}", answered=True)
        answer = _read(reply)
        if not _is_greeting(answer):
            raise LinkDown("an answer that cannot be read", answered=True)
        self.local.greeted(answer)
        return answer

    # --- down -------------------------------------------------------------------------------------------

    def _down(self, answer: dict[str, Any]) -> None:
        """Fetch what is new; acknowledge it, and whatever HQ does not know to be here."""
        sizes = answer.get("down", {})
        moved = [self._pull(name, int(sizes.get(name, 0))) for name in ("all", "to")]
        if any(moved) or answer.get("unacknowledged"):
            self._acknowledge()

    def _behind(self, answer: dict[str, Any]) -> bool:
        """Tell whether HQ has less of what it said than is held here."""
        return any(self.local.held(name) > int(answer.get("down", {}).get(name, 0)) for name in ("all", "to"))

    def _acknowledge(self) -> None:
        self._ask("POST", "/sync/v1/ack", self.local.acknowledgements().encode())

    def _pull(self, name: str, size: int) -> bool:
        """Fetch log *name* until *size* leaves are held; True when any came."""
        moved = False
        while (have := self.local.held(name)) < size:
            reply = self._ask("GET", f"/sync/v1/log/{name}?from={have}")
            if reply.status == 204:
                break
            if reply.status != 200:
                raise LinkDown(f"answer {reply.status}", answered=True)
            try:
                now = self.local.accept(name, reply.body)
            except Diverged:
                self._acknowledge()  # HQ's own signature over what is held here: it begins anew, and the next exchange goes on
                raise
            if now <= have:
                raise Stopped("Headquarters sent a batch that brings nothing new.")
            self._progress.received += now - have
            moved = True
        return moved

    def _renew_keys(self) -> dict[str, Any]:
        """HQ has new keys (it was restored, or changed them): take its key note, then greet it anew."""
        reply = self._ask("GET", "/sync/v1/keys")
        self.local.adopt_keys(_read(reply))
        return self._hello()

    def _fetch_objects(self) -> None:
        """Fetch what leaves here name and is not here; what HQ does not give now is asked for in the next exchange."""
        tried: set[str] = set()
        while wanted := [one for one in self.local.missing() if one not in tried][:100]:
            reply = self._ask("POST", "/sync/v1/objects", "\n".join(wanted).encode())
            if reply.status != 200:
                break
            if not self.local.accept_objects(reply.body):
                tried.update(wanted)

    def _give_back(self, answer: dict[str, Any]) -> None:
        """HQ lost leaves of a log of its own that we mirror: give them back under its old signature (keys, path 8)."""
        for one in answer.get("return", []):
            origin, start = str(one.get("origin")), int(one.get("from", 0))
            while (batch := self.local.give_back(origin, start)) is not None:
                reply = self._ask("POST", "/sync/v1/return", batch[0])
                if reply.status == 424:
                    self._send_objects(reply.text.split())
                    reply = self._ask("POST", "/sync/v1/return", batch[0])
                if reply.status != 200:
                    break
                start = batch[1]

    def _recover_own(self, answer: dict[str, Any]) -> None:
        """HQ holds more of an older log of ours than we do: fetch it (keys, path 7), before our own tail of it goes up.

        From the last size HQ acknowledged, not from our own: what lies between is compared, and may be another history.
        """
        for log in self.local.older():
            held = int(answer.get("holds", {}).get(log.origin, 0))
            start, again = log.acked if log.size < held else held, False
            while start < held:
                reply = self._ask("GET", f"/sync/v1/recover?origin={quote(log.origin, safe='')}&from={start}")
                if reply.status != 200:
                    break
                now = self.local.recover(log.origin, reply.body)
                if again if now is None else now <= start:
                    raise Stopped("Headquarters gave nothing new back.")
                self._progress.received += 0 if now is None else now - start
                start, again = (0, True) if now is None else (now, again)

    # --- up ---------------------------------------------------------------------------------------------

    def _up(self, answer: dict[str, Any]) -> None:
        holds = answer.get("holds", {})
        for uplink in self.local.uplinks():
            start = int(holds.get(uplink.origin, uplink.acked))
            if start == uplink.size > uplink.acked:
                start -= 1  # HQ has it all, but its word for that was lost on the way: the last leaf again brings a fresh one
            if min(start, uplink.acked) < uplink.size:  # also when HQ lost what it had acknowledged
                self._push(uplink, start)

    def _push(self, uplink: Uplink, start: int) -> None:
        """Send *uplink* from *start*; the next batch is cut while HQ works on the one before."""
        if start > uplink.size:
            start = uplink.acked  # HQ claims more than we have: let its answer to a batch prove it
        refusals = 0
        from_zero = False
        with ThreadPoolExecutor(1, thread_name_prefix="cfms-cut") as pool:
            batch = self.local.cut(uplink.origin, start)
            while batch is not None:
                raw, end = batch
                ahead: Future[tuple[bytes, int] | None] = pool.submit(self.local.cut, uplink.origin, end)
                self._send_ahead(uplink.origin, start, end)
                reply = self._ask("POST", "/sync/v1/batch", raw)
                if reply.status == 200:
                    self.local.acknowledged(uplink.origin, reply.text)
                    self._progress.sent += end - start
                    start, batch, refusals = end, ahead.result(), 0
                    continue
                ahead.result()
                refusals += 1
                if refusals == MAX_REFUSALS:
                    raise Stopped(f"Headquarters keeps refusing the same batch (answer {reply.status}).")
                start, from_zero = self._recover(uplink, reply, start, from_zero=from_zero)
                batch = self.local.cut(uplink.origin, start)

    def _recover(self, uplink: Uplink, reply: Reply, start: int, *, from_zero: bool) -> tuple[int, bool]:
        """Return where to go on after a refusal, and whether everything is being sent again from the start."""
        size_line, _, notes = reply.text.partition("\n")
        frozen = reply.status == 423
        if (frozen or reply.status == 409) and self.local.contradicted(uplink.origin, notes, frozen=frozen):
            raise EpochOver(uplink.origin)
        if (frozen or reply.status == 410) and self.local.closed(uplink.origin):
            raise EpochOver(uplink.origin)
        if reply.status == 409 and size_line.isdecimal() and int(size_line) <= uplink.size:
            held = min(int(size_line), uplink.size - 1)  # where it holds all: the last leaf again, for its word
            if held != start:
                return held, from_zero
        if reply.status == 422 and not from_zero:
            return 0, True
        if reply.status == 424:
            self._send_objects(reply.text.split())
            return start, from_zero
        if reply.status == 428:
            self._refresh_key(reply.text.strip())
            return start, from_zero
        raise Stopped(f"Headquarters refused a batch (answer {reply.status}): {size_line[:200]}")

    def _send_ahead(self, origin: str, start: int, end: int) -> None:
        """Send the objects that the next leaves name before those leaves; whatever HQ has against it, its answer to the leaves tells."""
        for raw, hashes in self.local.objects(self.local.unsent(origin, start, end)):
            if self._ask("POST", "/sync/v1/batch", raw).status != 200:
                break
            self.local.objects_sent(hashes)

    def _send_objects(self, hashes: Sequence[str]) -> None:
        """Send the objects that HQ says it lacks."""
        sent = 0
        for raw, carried in self.local.objects(hashes):
            reply = self._ask("POST", "/sync/v1/batch", raw)
            if reply.status != 200:
                raise Stopped(f"Headquarters refused an attachment (answer {reply.status}).")
            self.local.objects_sent(carried)
            sent += 1
        if not sent:
            raise Stopped("Headquarters asks for an attachment that is not here.")

    def _refresh_key(self, kid: str) -> None:
        """HQ's data key changed: read log ``all``, where the new one is announced, and seal anew."""
        answer = self._hello()
        if not self._pull("all", int(answer.get("down", {}).get("all", 0))) and answer.get("kid") != kid:
            raise Stopped("Headquarters names a data key that it has not announced.")


def _read(reply: Reply) -> dict[str, Any]:
    """Return the JSON object that HQ answered.

    Raises:
        LinkDown: it is none.
    """
    try:
        answer = json.loads(reply.body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise LinkDown("an answer that cannot be read", answered=True)
    return answer


def _is_greeting(answer: dict[str, Any]) -> bool:
    """Tell whether what the exchange goes by is of the right kind; whether it is true shows in what verifies."""
    sizes = [answer.get(name, {}) for name in ("down", "holds")]
    wanted = answer.get("return", [])
    return (
        _is_size(answer.get("keys", 0))
        and all(isinstance(one, dict) and all(map(_is_size, one.values())) for one in sizes)
        and isinstance(wanted, list)
        and all(isinstance(one, dict) and isinstance(one.get("origin"), str) and _is_size(one.get("from", 0)) for one in wanted)
    )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**53


@dataclass(slots=True)
class Backoff:
    """How long to wait after failures: doubling, with jitter so that many centres do not return at once.

    Attributes:
        least, most: seconds.
    """

    least: float
    most: float
    draw: Callable[[], float] = random.random
    failures: int = 0

    def failed(self) -> float:
        """Note a failure; return the seconds to wait, between half and all of the doubled span."""
        span = min(self.most, self.least * float(2**self.failures))
        self.failures = min(self.failures + 1, 30)
        return span * (0.5 + self.draw() / 2)

    def succeeded(self) -> None:
        """Note a success: the next failure waits the least again."""
        self.failures = 0
