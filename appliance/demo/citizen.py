"""A citizen's terminal: files and follows cases over HTTP, as every terminal does."""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from appliance.demo.place import HOST
from appliance.domain.codes import mint_receipt_code
from appliance.domain.errors import Refusal
from appliance.domain.ids import uuid7

_SECONDS = 20.0


class NotTaken(Refusal):
    """The server answered {status} where {wanted} was expected: {words}"""


@dataclass(frozen=True, slots=True)
class Filed:
    """A case that was filed, and how long the receipt took.

    Attributes:
        ref: its reference, from the receipt.
        code: its receipt code, minted here before it was sent.
        due: when an answer is promised, unix seconds.
    """

    id: str
    ref: str
    code: str
    due: int
    milliseconds: float


def file_case(port: int, kind: str, lang: str, service: str, text: str) -> Filed:
    """File one case at the node on *port* and return it with its receipt.

    Raises:
        NotTaken: it was not registered.
    """
    case, code = uuid7(time.time_ns() // 1_000_000, os.urandom(10)), mint_receipt_code(os.urandom)
    said = {"id": case, "code": code, "kind": kind, "lang": lang, "service": service, "text": text}
    began = time.perf_counter()
    status, receipt = _post(port, "/api/v1/feedback", said)
    took = (time.perf_counter() - began) * 1000
    _expect(201, status, receipt)
    return Filed(case, str(receipt["ref"]), code, int(receipt["due"]), took)


def follow(port: int, code: str) -> dict[str, Any] | None:
    """Return what a citizen sees at the node on *port* by their receipt code, None where no case has it.

    Raises:
        NotTaken: another refusal.
    """
    status, answer = _post(port, "/api/v1/track", {"code": code})
    if status == 404:
        return None
    _expect(200, status, answer)
    return answer


def texts(seen: dict[str, Any] | None) -> list[str]:
    """Return the texts of a story that *follow* returned."""
    return [str(line["text"]) for line in seen["story"] if line["text"]] if seen else []


def _post(port: int, path: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("POST", path, json.dumps(said), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def _expect(wanted: int, status: int, answer: dict[str, Any]) -> None:
    if status != wanted:
        raise NotTaken(status=status, wanted=wanted, words=answer.get("message", ""))
