"""A country is data: loads the folder of a country pack, and refuses what it does not know with file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from appliance.domain.catalogue import Catalogue, CatalogueBroken, Category, Centre, County, DayChange, Institution, Kind, Service
from appliance.domain.catalogue_build import build_catalogue
from appliance.domain.catalogue_csv import OWN_COLUMNS, OWN_OPTIONAL, own_service
from appliance.domain.clocks import HOUR, Dues, Span, WorkingTime
from appliance.domain.csv_rows import Row, names_of, number_in, shape, yes_in
from appliance.domain.holidays import Holiday, HolidayTable
from appliance.domain.pack_files import PackRefused, read_table, read_toml
from appliance.domain.pack_types import (
    Charter,
    CountryFile,
    HolidaysFile,
    PackLanguage,
    PackStatute,
    PhoneRules,
    ShortNumber,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Country:
    """A country pack, loaded and checked.

    Attributes:
        languages: those whose screens are ready come in ``ready_languages``.
        catalogues: files of translations that the pack brings itself, by language.
        catalogue: the pack's own; headquarters' published one takes its place at a centre.
        zone: the time zone, for showing times.
    """

    code: str
    names: dict[str, str]
    currency: str
    currency_sign: str
    zone: tzinfo
    languages: tuple[PackLanguage, ...]
    hours: Sequence[Sequence[Span]]
    phone: PhoneRules
    numbers: dict[str, ShortNumber]
    charter: dict[str, Charter]
    escalation: tuple[Step, ...]
    statutes: dict[str, PackStatute]
    holidays: HolidayTable
    catalogue: Catalogue
    catalogues: dict[str, Path] = field(default_factory=dict)
    _made: dict[tuple[object, ...], WorkingTime] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ready_languages(self) -> tuple[PackLanguage, ...]:
        """Return the languages to offer, the country's first language first."""
        return tuple(one for one in self.languages if one.ready)

    @property
    def partial_languages(self) -> tuple[PackLanguage, ...]:
        """Return the languages of which only some words are translated; a centre chooses which of them it offers."""
        return tuple(one for one in self.languages if not one.ready and one.code in self.catalogues)

    def working_time(self, changes: Sequence[DayChange] = ()) -> WorkingTime:
        """Return the clock of the country's offices, made once for the same *changes* (a catalogue's ``day_changes``)."""
        key = tuple((one.date, one.works, *one.names.items()) for one in changes)
        if key not in self._made:
            added = [Holiday(date.fromisoformat(one.date), one.names) for one in changes if not one.works]
            removed = [date.fromisoformat(one.date) for one in changes if one.works]
            self._made[key] = WorkingTime(self.hours, self.holidays.with_changes(added, removed), self.zone)
        return self._made[key]

    def charter_of(self, kind: str, service: Service | None = None) -> tuple[int, int]:
        """Return the promise for a message of *kind* about *service*: working hours to acknowledge, working days to resolve.

        A service's own charter speaks of complaints and concerns; the country's fills what it leaves open.
        """
        general = self.charter[kind]
        own = service if service and kind in ("complaint", "concern") else None
        ack = own.ack_hours if own else 0
        resolve = own.resolve_days if own else 0
        return ack or general.ack_hours.value, resolve or general.resolve_days.value

    def dues_of(self, ts: int, kind: str, service: Service | None = None, changes: Sequence[DayChange] = ()) -> Dues:
        """Return the dates promised for a message of *kind* about *service*, registered at *ts*."""
        return self.working_time(changes).dues(ts, *self.charter_of(kind, service))

    def step_at(self, due: int, now: int, changes: Sequence[DayChange] = ()) -> Step:
        """Return the step of the ladder that answers at *now* for a case due at *due*."""
        if now <= due:
            return self.escalation[0]
        late = self.working_time(changes).working_seconds_between(due, now)
        reached = [step for step in self.escalation if step.after_hours.value * HOUR <= late]
        return reached[-1] if reached else self.escalation[0]


def load_country(folder: Path) -> Country:
    """Return the country pack in *folder*.

    Raises:
        PackRefused: something is missing, unknown or wrong; with the file and the line.
    """
    main = read_toml(folder / "country.toml", CountryFile)
    _check_main(main)
    return Country(
        code=main.code,
        names=main.names,
        currency=main.currency,
        currency_sign=main.currency_sign,
        zone=_zone(main),
        languages=main.languages,
        hours=main.hours.spans(),
        phone=main.phone,
        numbers={one.code: one for one in main.numbers},
        charter={one.kind: one for one in main.charter},
        escalation=main.escalation,
        statutes={one.code: one for one in main.statutes},
        holidays=_holidays(folder, main.code),
        catalogue=_catalogue(folder, main),
        catalogues=_catalogues(folder, main),
    )


def _check_main(main: CountryFile) -> None:
    kinds = [one.kind for one in main.charter]
    hours = [step.after_hours.value for step in main.escalation]
    faults = (
        (sorted(kinds) != sorted(get_args(Kind)), "the charter needs each kind of message once"),
        (hours != sorted(hours), "the escalation ladder's hours must rise"),
        (not main.languages[0].ready, "the first language must be ready"),
        (_twice(one.code for one in main.languages), "a language stands twice"),
        (_twice(one.code for one in main.statutes), "a statute stands twice"),
        (_twice(one.code for one in main.numbers), "a number stands twice"),
        (_twice(step.to for step in main.escalation), "a step of the ladder stands twice"),
    )
    for wrong, reason in faults:
        if wrong:
            raise PackRefused(file="country.toml", line=1, reason=reason)


def _twice(codes: Iterable[str]) -> bool:
    listed = list(codes)
    return len(set(listed)) < len(listed)


def _zone(main: CountryFile) -> tzinfo:
    try:
        return ZoneInfo(main.timezone)
    except (KeyError, ValueError, OSError):  # a bare Debian has no time zone database (ZoneInfoNotFoundError is a KeyError)
        return timezone(timedelta(minutes=main.utc_offset_minutes), main.timezone)


def _holidays(folder: Path, code: str) -> HolidayTable:
    kept = read_toml(folder / "holidays.toml", HolidaysFile)
    first, last = kept.years
    listed = read_table(folder / "holidays.csv", frozenset({"date", "name_en"}), frozenset({"estimated"}), "date", _holiday)
    table = HolidayTable(code, listed, range(first, last + 1))
    return table.with_changes([Holiday(one.date, one.names) for one in kept.added], [one.date for one in kept.removed])


def _holiday(row: Row) -> Holiday:
    yes_in(row, "estimated")
    return Holiday(date.fromisoformat(row.values["date"]), names_of(row))


def _catalogue(folder: Path, main: CountryFile) -> Catalogue:
    first = f"name_{main.languages[0].code}"
    read = {
        "institutions": _table(folder, "institutions.csv", {"code", first, "kind"}, {"referral"}, _institution),
        "services": _table(folder, "services.csv", OWN_COLUMNS | {first}, OWN_OPTIONAL, lambda row: own_service(row, None)),
        "counties": _table(folder, "counties.csv", {"code", first, "column", "row"}, set(), _county),
        "centres": _table(folder, "centres.csv", {"code", first, "county", "town", "confidence", "source"}, set(), _centre),
        "categories": _table(folder, "categories.csv", {"code", first, "kinds", "order", "cls"}, {"picture"}, _category),
    }
    try:
        return build_catalogue(Catalogue(country=main.code, languages=tuple(one.code for one in main.languages if one.ready), **read))
    except CatalogueBroken as error:
        raise PackRefused(file=folder.name, line=1, reason=str(error.details.get("reason"))) from None


def _catalogues(folder: Path, main: CountryFile) -> dict[str, Path]:
    known = {one.code for one in main.languages}
    found = {path.stem: path for path in sorted((folder / "languages").glob("*.po"))}
    for code in found:
        if code not in known:
            raise PackRefused(file=f"languages/{code}.po", line=1, reason="country.toml does not list this language")
    return found


def _table(folder: Path, name: str, needed: Iterable[str], optional: Iterable[str], make: Any) -> Any:
    return tuple(read_table(folder / name, frozenset(needed), frozenset(optional), "code", make))


def _institution(row: Row) -> Institution:
    values = row.values
    referral = values.get("referral", "").split()
    return shape({"code": values["code"], "names": names_of(row), "kind": values["kind"], "referral": referral}, Institution)


def _county(row: Row) -> County:
    place = {"column": number_in(row, "column"), "row": number_in(row, "row")}
    return shape({"code": row.values["code"], "names": names_of(row), **place}, County)


def _centre(row: Row) -> Centre:
    if not row.values["source"]:
        raise ValueError("source: say where this centre is known from")
    fields = {column: row.values[column] for column in ("code", "county", "town", "confidence")}
    return shape({**fields, "names": names_of(row)}, Centre)


def _category(row: Row) -> Category:
    fields = {column: row.values.get(column, "") for column in ("code", "cls", "picture")}
    return shape({**fields, "names": names_of(row), "kinds": row.values["kinds"].split(), "order": number_in(row, "order")}, Category)
