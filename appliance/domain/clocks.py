"""Clocks: charter times counted in working time, and the calendar clocks of the statutes.

Working time is the hours an office is open: weekdays by the country pack, less holidays. All times are unix
seconds, UTC. Spans are closed at both ends, so that nine hours from 08:00 end at 17:00 the same day and not at 08:00 the
next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal, Protocol

from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUR = 3_600
DAY = 24 * HOUR
# Years whose tables may be built. A board without a battery wakes in 1970 (1969, west of Greenwich) and must still take
# feedback.
FIRST_YEAR, LAST_YEAR = 1969, 2200
_WEEK = 7
_MINUTES = range(1_440 + 1)
_SHORT_PERIOD = 6  # days; Interpretation and General Provisions Act (Cap. 2) s.57(d)

Span = tuple[int, int]
"""Opening and closing, in minutes after local midnight (1,440 is the midnight that ends the day)."""


class TimeOutOfRange(Refusal):
    """That time is not one this program can reckon with: set the clock first."""


class DaysOff(Protocol):
    """Whoever knows the holidays of a year."""

    def days(self, year: int) -> frozenset[date]:
        """Return the holidays of *year*."""


@dataclass(frozen=True, slots=True)
class Dues:
    """When a complaint must be acknowledged and resolved."""

    ack: int
    resolve: int


@dataclass(frozen=True, slots=True)
class Statute:
    """A clock set by law, beside the charter's.

    Attributes:
        code: such as ``ati-request``.
        unit: ``days`` of the calendar, reckoned by Cap. 2 s.57; ``hours`` run day and night.
        runs_from: the act that starts it.
    """

    code: str
    length: int
    unit: Literal["hours", "days"]
    runs_from: str


class _Year:
    """The working spans of one year, with running totals, so that every question is one or two binary searches."""

    __slots__ = ("after", "before", "ends", "first", "last", "number", "starts", "total")

    def __init__(self, number: int, first: int, last: int, spans: Sequence[Span]) -> None:
        """Take the year's *first* second, the *last* (exclusive), and its *spans* in unix seconds, in order."""
        self.number, self.first, self.last = number, first, last
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]
        self.before: list[int] = []
        self.after: list[int] = []
        self.total = 0
        for start, end in spans:
            self.before.append(self.total)
            self.total += end - start
            self.after.append(self.total)

    def worked(self, ts: int) -> int:
        """Return the working seconds of this year up to *ts*."""
        at = bisect_right(self.starts, ts) - 1
        if at < 0:
            return 0
        end = self.ends[at]
        return self.before[at] + min(ts, end) - self.starts[at]

    def reach(self, seconds: int) -> int:
        """Return when *seconds* of this year are worked; 0 < seconds <= total."""
        at = bisect_left(self.after, seconds)
        return self.ends[at] - (self.after[at] - seconds)


class WorkingTime:
    """Adds and measures time while offices are open; tables are made a year at a time, on first use."""

    def __init__(self, hours: Sequence[Sequence[Span]], holidays: DaysOff, zone: tzinfo) -> None:
        """Take the opening *hours* of the seven weekdays from Monday, the *holidays*, and the time *zone*.

        Raises:
            ValueError: the week has no working time, or a day's spans overlap or are out of order.
        """
        self._hours = tuple(tuple(spans) for spans in hours)
        _check_week(self._hours)
        self._holidays = holidays
        self._zone = zone
        self._years: dict[int, _Year] = {}
        self._latest: _Year | None = None
        lengths = Counter(sum(end - start for start, end in spans) * 60 for spans in self._hours if spans)
        self.day_seconds: int = lengths.most_common(1)[0][0]
        """Length of the usual working day: what a charter's "day" is."""

    def add(self, ts: int, seconds: int) -> int:
        """Return the moment when *seconds* of working time have passed since *ts*; always within working hours.

        With 0 seconds it is *ts* itself, or the next opening.

        Raises:
            TimeOutOfRange: before 1970 or past 2200.
        """
        year = self._year_of(ts)
        target = year.worked(ts) + seconds
        if seconds <= 0:
            return self._opening(ts)
        while target > year.total:
            target -= year.total
            year = self._year(year.number + 1)
        return year.reach(target)

    def add_hours(self, ts: int, hours: float) -> int:
        """Return the moment when *hours* of working time have passed since *ts*."""
        return self.add(ts, round(hours * HOUR))

    def add_days(self, ts: int, days: float) -> int:
        """Return the moment when *days* usual working days' length of working time has passed since *ts*."""
        return self.add(ts, round(days * self.day_seconds))

    def working_seconds_between(self, start: int, end: int) -> int:
        """Return the working seconds from *start* to *end*; negative when *end* comes first."""
        if end < start:
            return -self.working_seconds_between(end, start)
        first, last = self._year_of(start), self._year_of(end)
        if first is last:
            return last.worked(end) - first.worked(start)
        between = range(first.number + 1, last.number)
        return first.total - first.worked(start) + sum(self._year(year).total for year in between) + last.worked(end)

    def is_open(self, ts: int) -> bool:
        """Tell whether *ts* falls within working hours, either end included."""
        return self._opening(ts) == ts

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices open on *day* at all."""
        return bool(self._hours[day.weekday()]) and day not in self._holidays.days(day.year)

    def dues(self, ts: int, ack_hours: float, resolve_days: float) -> Dues:
        """Return the charter's dates for a complaint registered at *ts*."""
        return Dues(self.add_hours(ts, ack_hours), self.add_days(ts, resolve_days))

    def due_after_pauses(self, start: int, seconds: int, pauses: Iterable[tuple[int, int | None]]) -> int | None:
        """Return when *seconds* of working time since *start* are over, not counting *pauses*.

        Args:
            start: when the clock began.
            seconds: its length in working time.
            pauses: when it stood still, in any order; an end of None means it still stands.

        Returns:
            The due time; None when it stands still now and was not over before.
        """
        left, now = seconds, start
        for begin, end in sorted(pauses, key=lambda pause: pause[0]):
            if begin > now:
                ran = self.working_seconds_between(now, begin)
                if ran >= left:
                    break
                left -= ran
                now = begin
            if end is None:
                return None
            now = max(now, end)
        return self.add(now, left)

    def statutory_due(self, ts: int, statute: Statute) -> int:
        """Return the last second in which *statute*'s clock, started at *ts*, is still kept.

        Days are reckoned by the Interpretation and General Provisions Act (Cap. 2) s.57: the day of the act does not
        count; a period of six days or less skips days off; a longer one ends on the next day that is not off.
        """
        if statute.unit == "hours":
            return ts + statute.length * HOUR
        day = self._local(ts).date()
        if statute.length <= _SHORT_PERIOD:
            for _ in range(statute.length):
                day = self._next_working_day(day + timedelta(days=1))
        else:
            day = self._next_working_day(day + timedelta(days=statute.length))
        return self._midnight(day + timedelta(days=1)) - 1

    def _next_working_day(self, day: date) -> date:
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def _opening(self, ts: int) -> int:
        year = self._year_of(ts)
        at = bisect_left(year.ends, ts)
        while at == len(year.ends):  # past the year's last closing
            at = 0
            year = self._year(year.number + 1)
        return max(ts, year.starts[at])

    def _year_of(self, ts: int) -> _Year:
        latest = self._latest
        if latest is not None and latest.first <= ts < latest.last:
            return latest
        self._latest = found = self._year(self._local(ts).year)
        return found

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            if not FIRST_YEAR <= number <= LAST_YEAR:
                raise TimeOutOfRange
            year = self._years[number] = self._build(number)
        return year

    def _build(self, number: int) -> _Year:
        off = self._holidays.days(number)
        spans: list[Span] = []
        day, end = date(number, 1, 1), date(number + 1, 1, 1)
        while day < end:
            if day not in off:
                spans.extend((self._at(day, opens), self._at(day, closes)) for opens, closes in self._hours[day.weekday()])
            day += timedelta(days=1)
        return _Year(number, self._midnight(date(number, 1, 1)), self._midnight(end), spans)

    def _at(self, day: date, minute: int) -> int:
        days, minute = divmod(minute, 1_440)
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self._zone) + timedelta(days=days)
        return int(local.timestamp())

    def _midnight(self, day: date) -> int:
        return self._at(day, 0)

    def _local(self, ts: int) -> datetime:
        if not 0 <= ts < 1 << 33:
            raise TimeOutOfRange
        return datetime.fromtimestamp(ts, self._zone)


def _check_week(hours: Sequence[Sequence[Span]]) -> None:
    if len(hours) != _WEEK or not any(hours):
        raise ValueError("working hours need seven weekdays, and some working time")
    for spans in hours:
        minutes = [minute for span in spans for minute in span]
        if minutes != sorted(set(minutes)) or any(minute not in _MINUTES for minute in minutes):
            raise ValueError("a day's opening hours overlap or are out of order")
