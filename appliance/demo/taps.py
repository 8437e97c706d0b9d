"""Taps on the four faces over the past weeks, so that the figures of the demo show something. All invented, the same in every demo."""

from __future__ import annotations

import random
from collections.abc import Iterator

from appliance.demo.place import CENTRE
from appliance.demo.stage import CHANNEL, Stage
from appliance.usecases.rate import Rating, rate

DAYS = 20  # working days, yesterday the last
AT = "16:55"  # the day's taps follow one another at closing time
SERVICES = ("40217", "40228", "40316", "40613", "40723", "41020", "41724")
ELSEWHERE = ("MSA", "KSM")  # centres whose visitors rated on headquarters' pages
_FACES = {CENTRE: (3, 3, 7, 8), "MSA": (1, 2, 6, 7), "KSM": (4, 3, 4, 3)}  # how likely each is
_APART = 7  # seconds


def tap_a_day(stage: Stage, day: int) -> None:
    """Let the visitors of one day rate: at the centre's terminal, and of two other centres on headquarters' pages."""
    for centre, tap in _of(day):
        stage.calendar.now += _APART
        at_hq = centre != CENTRE
        said = Rating(
            id=stage.id(), rating=tap["face"], channel="web" if at_hq else CHANNEL, centre=centre, service=SERVICES[tap["service"]],
            ticket=f"B-{tap['number']}" if tap["ticketed"] else "", quick=bool(tap["quick"]),
        )  # fmt: skip
        rate(stage.hq if at_hq else stage.centre, said)


def _of(day: int) -> Iterator[tuple[str, dict[str, int]]]:
    draw = random.Random(day)  # noqa: S311  # a sample, not a secret
    for centre, many in ((CENTRE, draw.randrange(10, 19)), *((one, draw.randrange(2, 6)) for one in ELSEWHERE)):
        for number in range(many):
            face = draw.choices((1, 2, 3, 4), _FACES[centre])[0]
            ticketed, quick = int(draw.random() < 0.6), int(draw.random() < 0.04)
            yield centre, {"face": face, "service": draw.randrange(len(SERVICES)), "number": 100 + number, "ticketed": ticketed, "quick": quick}
