"""Where the sample stories are played: both nodes in this process, at the time of each story, with a real exchange between them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from appliance.demo.people import CENTRE_STAFF, HQ_STAFF, Sample, person
from appliance.domain.codes import mint_receipt_code
from appliance.domain.ids import uuid7
from appliance.domain.people import Person
from appliance.journal.entropy import random_bytes
from appliance.usecases import answer_case, follow_case
from appliance.usecases.clock import DeviceClock
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case

CHANNEL = "kiosk"


@dataclass
class Calendar:
    """The time of the stories: both nodes read it, and it moves on from act to act."""

    now: int

    def clock(self) -> DeviceClock:
        """Return a device's clock that shows this time; it never steps, since nothing else passes."""
        return DeviceClock(wall=lambda: self.now, steady=lambda: self.now)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens in a story, and when: so many working days ago at a time of day, or with 0 days so many minutes ago."""

    days: int
    at: str
    act: Act


@dataclass(frozen=True, slots=True)
class Story:
    """A sample case and what becomes of it.

    Attributes:
        name: seeds the receipt code, which therefore is the same in every demo and can be printed.
        said: fields of the submission.
        at_hq: it is filed on headquarters' pages.
        shows: what there is to see in it, in a few words in the reader's language; '' when it is not among those that are printed.
    """

    name: str
    days: int
    at: str
    said: dict[str, object]
    steps: tuple[Step, ...] = ()
    shows: object = ""
    at_hq: bool = False

    @property
    def code(self) -> str:
        """Return the receipt code."""
        turn = iter(range(1_000))
        return mint_receipt_code(lambda count: hashlib.sha256(f"cfms-demo/{self.name}/{next(turn)}".encode()).digest()[:count])


@dataclass
class Stage:
    """Both nodes, their people, and the cases so far by the name of their story."""

    centre: Node
    hq: Node
    calendar: Calendar
    cases: dict[str, str] = field(default_factory=dict)

    @cached_property
    def people(self) -> dict[str, Person]:
        """Return everybody by login."""
        found = {one.login: person(self.centre, one) for one in CENTRE_STAFF}
        return found | {one.login: person(self.hq, one) for one in HQ_STAFF}

    def node_of(self, who: Sample) -> Node:
        """Return the node where *who* works."""
        return self.centre if who in CENTRE_STAFF else self.hq

    def id(self) -> str:
        """Return a fresh id of the stories' time."""
        return uuid7(self.calendar.now * 1000, random_bytes(10))

    def file(self, story: Story) -> None:
        """Let a citizen file the case of *story*."""
        channel = "web" if story.at_hq else CHANNEL
        said = Submission(id=self.id(), code=story.code, channel=channel, **story.said)  # type: ignore[arg-type]
        self.cases[story.name] = open_case(self.hq if story.at_hq else self.centre, said).id


Act = Callable[[Stage, Story], object]


# --- what people do, as acts of a story ---------------------------------------------------------------------


def acknowledges(who: Sample) -> Act:
    """Say that *who* acknowledges the case."""
    return lambda stage, story: answer_case.acknowledge_case(stage.node_of(who), stage.cases[story.name], stage.people[who.login])


def gives_to(who: Sample, officer: Sample) -> Act:
    """Say that *who* makes *officer* answer for the case."""
    return lambda stage, story: answer_case.assign_case(
        stage.node_of(who), stage.cases[story.name], stage.people[who.login], stage.people[officer.login].id
    )


def replies(who: Sample, text: str, *, ask: bool = False) -> Act:
    """Say that *who* writes *text* to the citizen; with *ask* as a question."""
    return lambda stage, story: answer_case.reply_to_citizen(stage.node_of(who), stage.cases[story.name], stage.people[who.login], text, ask=ask)


def refers(who: Sample, institution: str, text: str) -> Act:
    """Say that *who* refers the case to *institution*."""
    return lambda stage, story: answer_case.refer_case(stage.node_of(who), stage.cases[story.name], stage.people[who.login], institution, text)


def resolves(who: Sample, reason: str, text: str) -> Act:
    """Say that *who* resolves the case."""
    return lambda stage, story: answer_case.resolve_case(stage.node_of(who), stage.cases[story.name], stage.people[who.login], reason, text)


def verifies(who: Sample) -> Act:
    """Say that *who* finds a compliment genuine."""
    return lambda stage, story: answer_case.verify_compliment(stage.node_of(who), stage.cases[story.name], stage.people[who.login])


def passes_on(who: Sample, to: Sample) -> Act:
    """Say that *who* passes a compliment on to *to*."""
    return lambda stage, story: answer_case.pass_compliment(
        stage.node_of(who), stage.cases[story.name], stage.people[who.login], stage.people[to.login].id
    )


def citizen_writes(text: str) -> Act:
    """Say that the citizen adds *text*."""
    return lambda stage, story: follow_case.write_again(stage.centre, story.code, stage.id(), text, CHANNEL)


def citizen_says_fixed(*, yes: bool) -> Act:
    """Say that the citizen answers whether it was fixed."""
    return lambda stage, story: follow_case.answer_fixed(stage.centre, story.code, stage.id(), yes=yes, channel=CHANNEL)
