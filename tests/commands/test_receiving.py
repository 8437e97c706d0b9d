"""The server as a process of its own, and photos of thirty megabytes: a plain sentence, every word still there, and memory within bounds."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.faults.world import Machine
from tests.web.test_uploads import MIB, TYPE, form, part

TYPED = "Nimesubiri tangu asubuhi. <Hakuna> aliyeniita & foleni haikusonga."
REFUSED = (413, 422)  # too large, or as any answer that must be put right
PHOTO = part("photo", bytes(30 * MIB), "picha.jpg")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder: Path = tmp_path_factory.mktemp("receiving")
    machine = Machine(folder / "nbi", "centre", "NBI", "http://127.0.0.1:9", extra={"limits": f"body_bytes = {2 * MIB}\n", "web": "threads = 2\n"})
    machine.configure()
    machine.cfms("init")
    machine.start()
    yield machine
    machine.kill()


def post(centre: Machine, path: str, body: bytes, kind: str = TYPE) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", centre.port, timeout=60)
    try:
        line.request("POST", path, body, {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def answers(**more: str) -> bytes:
    said = {"at": "message", "lang": "en", "kiosk": "K1", "kind": "complaint", "service": "40217", "text": TYPED, **more}
    return b"".join(part(name, value.encode()) for name, value in said.items())


@pytest.mark.parametrize(("lang", "says"), [("en", "too large: 2 MB fit"), ("sw", "ni kubwa mno: inayoruhusiwa ni MB 2")])
def test_a_photo_of_thirty_megabytes_leaves_the_page_with_every_word_on_it(centre: Machine, lang: str, says: str) -> None:
    status, page = post(centre, "/feedback", form(answers(lang=lang), PHOTO))
    assert status in REFUSED
    assert says in unescape(page)
    assert TYPED in unescape(page)
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert (kept["kind"], kept["service"], kept["kiosk"]) == ("complaint", "40217", "K1")


def test_what_is_no_form_is_refused_at_once(centre: Machine) -> None:
    with pytest.raises(ConnectionError):  # it hangs up while we still send; whoever waits for the answer reads 413
        post(centre, "/api/v1/feedback", bytes(60 * MIB), "application/json")


def test_many_of_them_at_once_take_no_more_memory_than_is_stated(centre: Machine) -> None:
    post(centre, "/feedback", form(answers(), PHOTO))
    before = peak(centre)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(post(centre, "/feedback", form(answers(), PHOTO))[0])) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert len([status for status in seen if status in REFUSED]) == 12
    assert peak(centre) - before < 3 * 2 * 2 * MIB + 12 * 64 * 1024  # each body as it came, its parts, and the page made of them
    assert centre.cases() == 0


def peak(centre: Machine) -> int:
    """Return the most bytes the server ever held at once."""
    assert centre.process is not None
    status = Path(f"/proc/{centre.process.pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024
