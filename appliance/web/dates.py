"""Days and times as people of this country read them, and how a due date stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from flask import Flask

from appliance.web.context import web
from appliance.web.i18n import lang
from appliance.web.texts import _, _n

DAY = 86_400  # seconds
_SHORT, _TIME = "MMMEd", "Hm"


@dataclass(frozen=True, slots=True)
class Due:
    """How a date that was promised stands.

    Attributes:
        tone: ``late``, ``soon``, ``ok``, ``paused``, ``done`` or ``none``.
        text: a few words; never colour alone.
    """

    tone: str
    text: str


def local(ts: int) -> datetime:
    """Return the moment *ts* (unix seconds) on the country's clocks."""
    return datetime.fromtimestamp(ts, web().options.zone)


def _written(skeleton: str, ts: int) -> str:
    return str(format_skeleton(skeleton, local(ts), locale=locale_here()))


def locale_here() -> Locale:
    """Return how the reader's language is written in this country."""
    return _locale(lang(), web().options.territory)


@cache
def _locale(language: str, territory: str) -> Locale:
    """Return how *language* is written in this country: an English day comes before its month in Kenya."""
    try:
        return Locale(language, territory.upper() or None)
    except UnknownLocaleError:  # spoken there, and in no table
        return Locale(language)


def long_day(ts: int) -> str:
    """Return the day in full, such as "Tuesday, 1 December 2026"."""
    return format_date(local(ts), "full", locale=locale_here())


def short_day(ts: int) -> str:
    """Return the day in short, such as "Tue, 1 Dec", with the year where it is not this one."""
    this_year = local(web().options.now()).year
    return _written(_SHORT if local(ts).year == this_year else "yMMMEd", ts)


def clock_time(ts: int) -> str:
    """Return the time of day, such as "14:05"."""
    return _written(_TIME, ts)


def moment(ts: int) -> str:
    """Return day and time in short."""
    return _("%(day)s, %(time)s", day=short_day(ts), time=clock_time(ts))


def machine(ts: int) -> str:
    """Return the moment for a ``datetime`` attribute."""
    return local(ts).isoformat(timespec="minutes")


def ago(ts: int) -> str:
    """Return roughly how long ago *ts* was."""
    seconds = max(0, web().options.now() - ts)
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _n("%(num)d minute ago", "%(num)d minutes ago", seconds // 60)
    if seconds < DAY:
        return _n("%(num)d hour ago", "%(num)d hours ago", seconds // 3600)
    return _n("%(num)d day ago", "%(num)d days ago", seconds // DAY)


def due_of(due: int, *, ended_at: int = 0, waiting: bool = False) -> Due:
    """Return how the due time *due* stands; 0 where nothing is promised.

    Args:
        due: unix seconds.
        ended_at: when the case was resolved, 0 while it is open.
        waiting: the clock stands still until the citizen answers.
    """
    if not due:
        return Due("none", _("no date"))
    if ended_at:
        return Due("done", _("in time") if ended_at <= due else _("%(time)s late", time=_span(ended_at - due)))
    if waiting:
        return Due("paused", _("paused"))
    left = due - web().options.now()
    if left < 0:
        return Due("late", _("%(time)s late", time=_span(-left)))
    return Due("soon" if left < DAY else "ok", _near(due))


def _span(seconds: int) -> str:
    if seconds >= DAY:
        return _n("%(num)d day", "%(num)d days", seconds // DAY)
    return _n("%(num)d hour", "%(num)d hours", max(1, seconds // 3600))


def _near(ts: int) -> str:
    days = (local(ts).date() - local(web().options.now()).date()).days
    if days == 0:
        return _("today %(time)s", time=clock_time(ts))
    return _("tomorrow %(time)s", time=clock_time(ts)) if days == 1 else short_day(ts)


def init_dates(app: Flask) -> None:
    """Give templates the filters ``long_day``, ``short_day``, ``clock_time``, ``moment``, ``machine``, ``ago`` and ``due_of``."""
    for shown in (long_day, short_day, clock_time, moment, machine, ago):
        app.jinja_env.filters[shown.__name__] = shown
    app.jinja_env.globals["due_of"] = due_of
