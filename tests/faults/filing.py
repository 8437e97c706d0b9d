"""Citizens for bad days: what they file, what receipt they were shown, and how they find their case again."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.codes import mint_receipt_code
from appliance.domain.ids import uuid7
from tests.faults.world import Machine

WORDS = [
    "tea",
    "queue",
    "window",
    "officer",
    "passport",
    "waited",
    "stamp",
    "fee",
    "receipt",
    "counter",
    "noon",
    "file",
    "lost",
    "twice",
    "told",
    "again",
]


def submission(text: str = "", **more: object) -> dict[str, Any]:
    """Return what a terminal sends for one case: id and code minted there."""
    said = text or " ".join(random.choices(WORDS, k=random.randint(3, 40)))
    minted = {"id": uuid7(time.time_ns() // 1_000_000, os.urandom(10)), "code": mint_receipt_code(os.urandom)}
    return {**minted, "kind": "complaint", "text": said, "phone": "+254700000000", **more}


@dataclass(frozen=True, slots=True)
class Filed:
    """A submission and the receipt that was shown for it."""

    sent: dict[str, Any]
    receipt: dict[str, Any]

    @property
    def id(self) -> str:
        """Return the case's id."""
        return str(self.sent["id"])

    @property
    def code(self) -> str:
        """Return the receipt code."""
        return str(self.sent["code"])

    @property
    def ref(self) -> str:
        """Return the reference on the receipt."""
        return str(self.receipt["ref"])


def file_case(machine: Machine, text: str = "", **more: object) -> Filed:
    """File one case over HTTP and return it with its receipt."""
    sent = submission(text, **more)
    status, answer = machine.post("/api/v1/feedback", sent)
    assert status == 201, (status, answer)
    return Filed(sent, answer)


def file_cases(machine: Machine, count: int) -> list[Filed]:
    """File *count* cases one after another."""
    return [file_case(machine) for _ in range(count)]


def track(machine: Machine, code: str, **more: object) -> dict[str, Any]:
    """Return the case a code opens at *machine*."""
    status, answer = machine.post("/api/v1/track", {"code": code, **more})
    assert status == 200, (status, answer)
    return answer


@dataclass
class Crowd:
    """Citizens who file without pause, each on a connection of its own, until told to stop."""

    port: int
    size: int = 8
    filed: list[Filed] = field(default_factory=list)
    doubtful: list[dict[str, Any]] = field(default_factory=list)  # sent, and no whole answer came
    refused: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start everybody."""
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._file, daemon=True) for _ in range(self.size)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they are at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self._threads)

    def _file(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self._stop.is_set():
            sent = submission()
            try:
                connection.request("POST", "/api/v1/feedback", json.dumps(sent), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                self.doubtful.append(sent)
                connection.close()
                self._stop.wait(0.01)
                continue
            if answer.status == 201:
                self.filed.append(Filed(sent, json.loads(body)))
            else:
                self.refused.append((answer.status, body.decode("utf-8", "replace")[:300]))
        connection.close()
