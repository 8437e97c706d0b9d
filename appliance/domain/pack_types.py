"""The shapes of a country pack's TOML files: every figure says where it comes from, and unknown keys are refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.domain.catalogue import Kind, Language, Name, Names, Source, Word
from appliance.domain.clocks import Span, Statute

_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that must say where it comes from, or that it is our assumption."""

    source: Source = ""
    assumption: bool = False

    def __post_init__(self) -> None:
        """Check that it says so."""
        if not self.source and not self.assumption:
            raise ValueError("a source is missing, or assumption = true")


class Figure(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number with its source."""

    value: Annotated[int, Meta(ge=0, le=100_000)]


class PackLanguage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language by its own name; ``ready`` when the screens are translated whole."""

    code: Language
    name: Name
    ready: bool = False


class PhoneRules(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How telephone numbers of the country are written."""

    calling_code: Annotated[str, Meta(pattern=r"^[0-9]{1,3}\Z")]
    trunk_prefix: Annotated[str, Meta(pattern=r"^[0-9]{0,2}\Z")]
    national_digits: Annotated[int, Meta(ge=4, le=14)]
    mobile_prefixes: tuple[Annotated[str, Meta(pattern=r"^[0-9]{1,4}\Z")], ...]


class ShortNumber(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number shown to citizens; empty while it is not yet given.

    Attributes:
        about: what is reported there, for the page that says who takes reports: danger, corruption, or an office that is unjust.
    """

    code: Word
    number: Annotated[str, Meta(pattern=r"^[0-9*#+]{0,20}\Z")]
    names: Names
    about: Literal["", "danger", "corruption", "office"] = ""


class Charter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The country's promise for one kind of message."""

    kind: Kind
    ack_hours: Figure
    resolve_days: Figure


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the escalation ladder: who answers, so many working hours past the due time."""

    to: Word
    names: Names
    after_hours: Figure


class PackStatute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clock set by law, with its names and source."""

    code: Word
    names: Names
    length: Figure
    unit: Literal["hours", "days"]
    runs_from: Word

    @property
    def clock(self) -> Statute:
        """Return what ``WorkingTime.statutory_due`` takes."""
        return Statute(self.code, self.length.value, self.unit, self.runs_from)


class WeekHours(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening hours by weekday, each span as ``08:00-17:00``."""

    monday: tuple[str, ...] = ()
    tuesday: tuple[str, ...] = ()
    wednesday: tuple[str, ...] = ()
    thursday: tuple[str, ...] = ()
    friday: tuple[str, ...] = ()
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that every span can be read."""
        super().__post_init__()
        self.spans()

    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """Return the week from Monday, in minutes after midnight."""
        return tuple(tuple(_span(day, text) for text in getattr(self, day)) for day in _WEEK)


class CountryFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``country.toml``."""

    code: Annotated[str, Meta(pattern=r"^[a-z]{2}\Z")]
    names: Names
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    currency_sign: Name
    timezone: Name
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840)]
    languages: Annotated[tuple[PackLanguage, ...], Meta(min_length=1)]
    hours: WeekHours
    phone: PhoneRules
    numbers: tuple[ShortNumber, ...] = ()
    charter: tuple[Charter, ...]
    escalation: Annotated[tuple[Step, ...], Meta(min_length=1)]
    statutes: tuple[PackStatute, ...] = ()


class AddedDay(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holiday that the library does not know."""

    date: date
    names: Names


class RemovedDay(_Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that is no holiday, whatever the library says."""

    date: date


class HolidaysFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``holidays.toml``; ``years`` are the first and last that ``holidays.csv`` covers whole."""

    years: tuple[int, int]
    added: tuple[AddedDay, ...] = ()
    removed: tuple[RemovedDay, ...] = ()


def _span(day: str, text: str) -> Span:
    match = _HOURS.fullmatch(text)
    if not match:
        raise ValueError(f"{day}: {text!r} is not a span such as 08:00-17:00")
    opens, closes = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    return opens, closes
