"""How long the server takes for each of citizens' pages, beside a page that does nothing, and how many bytes they are on the wire.

python -m bench.pages [--cases 100000] [--rounds 200]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from bench.figures import machine
from bench.fill import fill
from bench.visitor import Answer, Seen, Visitor
from bench.worlds import bodies, cfms, free_port, process, write_settings

WARM = 20  # rounds that are not counted
AIM_MS, AIM_FIRST, AIM_FLOW = 15, 60 * 1024, 250 * 1024
KIOSK = "?kiosk=K1&lang=en"
SAID = "I waited four hours at counter 7 and was told to come back next week."

Times = dict[str, list[float]]


def walk(visitor: Visitor) -> Iterator[tuple[str, Answer]]:
    """Go from the first page to the receipt as a citizen without script would; yield each page with its name."""
    yield "home", visitor.get(f"/{KIOSK}")
    page = visitor.get(f"/feedback{KIOSK}")
    yield "rating", page
    for name, said in (
        ("kind", {"pick": "2"}), ("service", {"pick": "complaint"}), ("message", {"pick": "40217"}), ("contact", {"category": "delay", "text": SAID}),
        ("review", {}), ("receipt", {}),
    ):  # fmt: skip
        page = visitor.post("/feedback", {**Seen(page.text).forms["answers"], **said})
        yield name, page


def others(visitor: Visitor, code: str) -> Iterator[tuple[str, Answer]]:
    """Open the other pages; yield each with its name."""
    yield "track", visitor.get(f"/track{KIOSK}")
    yield "case", visitor.post("/track", {"lang": "en", "kiosk": "K1", "code": code})
    yield "figures", visitor.get(f"/figures{KIOSK}")
    yield "report", visitor.get(f"/report{KIOSK}")


def check(name: str, answer: Answer) -> None:
    """Check that *answer* is the page it should be.

    Raises:
        SystemExit: it is not, and its time would tell nothing.
    """
    signs = {"kind": 'value="complaint"', "message": "<textarea", "review": "<dl", "receipt": 'class="receipt"', "case": 'class="story"'}
    if answer.status != 200 or signs.get(name, "<h1") not in answer.text.partition("<template")[0]:
        raise SystemExit(f"{name} was answered {answer.status}, or is another page")


def percentile(times: list[float], part: float) -> float:
    """Return in ms what *part* of *times* do not exceed."""
    return sorted(times)[min(len(times) - 1, int(part * len(times)))] * 1000


def measure(visitor: Visitor, floor: Visitor, code: str, rounds: int) -> Times:
    """Return how long each page took, in rounds that alternate with the page that does nothing."""
    times: Times = defaultdict(list)
    for turn in range(WARM + rounds):
        for name, answer in chain(walk(visitor), others(visitor, code)):
            check(name, answer)
            nothing = floor.get("/nothing")
            if turn >= WARM:
                times[name].append(answer.seconds)
                times["no-op"].append(nothing.seconds)
    return times


def say_times(times: Times, cases: int) -> None:
    """Print each page's time and its ratio to the page that does nothing."""
    floor = percentile(times["no-op"], 0.95)
    print(f"pages at {cases:,} cases: no-op p95 {floor:.2f} ms, p50 {percentile(times['no-op'], 0.5):.2f} ms")
    for name, found in times.items():
        if name != "no-op":
            p95 = percentile(found, 0.95)
            late = "" if p95 <= AIM_MS else f"  over {AIM_MS} ms"
            print(f"  {name:<8} p95 {p95:6.2f} ms, p50 {percentile(found, 0.5):6.2f} ms, {p95 / floor:5.1f} of the no-op{late}")


def first_page(visitor: Visitor) -> tuple[int, int]:
    """Return the bytes on the wire of a terminal's first page and of all it loads."""
    page = visitor.get(f"/{KIOSK}")
    return page.wire, page.wire + visitor.load(page)


def scripted_flow(visitor: Visitor, first: int) -> int:
    """Return the bytes of the whole way with script: the *first* page's, what scripts send and get, and the receipt."""
    body = bodies(1)[0]
    sent = visitor.post_json("/api/v1/feedback", body)
    said = {name: str(value) for name, value in json.loads(body).items() if name in ("id", "code")}
    receipt = visitor.post("/feedback", {"at": "receipt", "lang": "en", "kiosk": "K1", **said})
    check("receipt", receipt)
    return first + sent.wire + len(body) + receipt.wire + visitor.load(receipt)


def plain_flow(visitor: Visitor) -> int:
    """Return the bytes of the whole way without script, from the first page to the receipt, with all they load."""
    wire = 0
    for name, answer in walk(visitor):
        check(name, answer)
        wire += answer.wire + visitor.load(answer)
    return wire


def say_bytes(port: int) -> None:
    """Print what goes over the wire, each to a browser that has nothing yet."""
    with closing(Visitor(port)) as one:
        html, first = first_page(one)
        flow = scripted_flow(one, first)
    with closing(Visitor(port)) as other:
        plain = plain_flow(other)
    print(f"first page of a terminal: {first:,} bytes in all, {html:,} of them the page itself (aim {AIM_FIRST:,})")
    print(f"whole flow without sounds: {flow:,} bytes with script, {plain:,} without (aim {AIM_FLOW:,})")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as name:
        port, nothing = free_port(), free_port()
        settings = write_settings(Path(name) / "centre", "centre", centre="NBI", port=port)
        cfms(settings, "init")
        code = fill(settings, asked.cases)
        with (
            process("-m", "appliance", "serve", "--config", str(settings), health=f"http://127.0.0.1:{port}/healthz"),
            process("-m", "bench.noop", str(nothing), health=f"http://127.0.0.1:{nothing}/nothing"),
            closing(Visitor(port)) as visitor,
            closing(Visitor(nothing)) as floor,
        ):
            say_times(measure(visitor, floor, code, asked.rounds), asked.cases)
            say_bytes(port)


if __name__ == "__main__":
    main()
