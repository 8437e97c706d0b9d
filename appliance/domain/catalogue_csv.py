"""Reads a CSV file of services for import: all of it, or none of it and every reason why."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, BinaryIO, Literal, NoReturn

import msgspec

from appliance.domain.catalogue import Catalogue, Institution, Service
from appliance.domain.catalogue_build import build_catalogue
from appliance.domain.codes import SERVICE_DIGITS, is_service_code, service_code
from appliance.domain.csv_rows import (
    MAX_BYTES,
    CsvFile,
    Problem,
    Problems,
    Row,
    clean,
    collect,
    has_unseen,
    is_name_column,
    names_of,
    number_in,
    read_csv,
    shape,
    yes_in,
)
from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from pathlib import Path

AGENCIES_FILE = "ecitizen_agencies.csv"
OWN_COLUMNS = frozenset({"code", "institution"})
OWN_OPTIONAL = frozenset({"picture", "words", "charter_ack_hours", "charter_resolve_days", "source", "assumption"})
# The columns we take of the shared eCitizen lists (CC BY 4.0).
ECITIZEN_COLUMNS = frozenset({"service_id", "agency_id", "service_name"})
AGENCY_COLUMNS = frozenset({"agency_id", "agency_name"})
# Those we pass by: no screen shows them, and they would double what every centre holds in memory.
PASSED_BY = frozenset(
    {"service_url", "service_description", "requirements"} | {"agency_description", "agency_url", "logo_url", "ministry_departments_agencies_url"}
)


class ImportRefused(Refusal):
    """Nothing was imported. Lines that are wrong: {count}. The first is line {line}: {reason}."""

    def __init__(self, problems: Problems) -> None:
        """Keep the reasons, the first hundred of them, in ``reasons``."""
        self.reasons: tuple[Problem, ...] = tuple(sorted(problems.kept))
        self.count = problems.count
        super().__init__(count=problems.count, line=self.reasons[0].line, reason=self.reasons[0].reason)


class ImportPlan(msgspec.Struct, frozen=True):
    """What an import would put into a catalogue; nothing is changed until it is applied."""

    source: Literal["services", "ecitizen"]
    institutions: tuple[Institution, ...]
    services: tuple[Service, ...]

    def apply(self, catalogue: Catalogue) -> Catalogue:
        """Return *catalogue* with this plan's institutions and services in it; the same code is replaced.

        Raises:
            CatalogueBroken: the outcome would not hold together.
        """
        institutions = {one.code: one for one in (*catalogue.institutions, *self.institutions)}
        services = {one.code: one for one in (*catalogue.services, *self.services)}
        merged = msgspec.structs.replace(catalogue, institutions=tuple(institutions.values()), services=tuple(services.values()))
        return build_catalogue(merged)

    def count_against(self, catalogue: Catalogue) -> tuple[int, int, int]:
        """Return how many services would be new, changed and the same."""
        held = [(catalogue.service(one.code), one) for one in self.services]
        new = sum(1 for before, _ in held if before is None)
        same = sum(1 for before, after in held if before == after)
        return new, len(held) - new - same, same


def agencies_beside(path: Path) -> Path | None:
    """Return the agencies file lying beside the services file *path*, if there is one."""
    beside = path.with_name(AGENCIES_FILE)
    return beside if beside.is_file() else None


def read_catalogue_csv(stream: BinaryIO, *, agencies: BinaryIO | None = None, catalogue: Catalogue | None = None) -> ImportPlan:
    """Return the plan in *stream*: a file of our own columns, or of the shared eCitizen list.

    Args:
        stream: the services, CSV in UTF-8.
        agencies: the eCitizen agencies; needed with an eCitizen list that has no column ``agency_name``.
        catalogue: what is already there; rows of our own columns name its institutions.

    Raises:
        ImportRefused: with up to a hundred reasons, each with its line.
    """
    file = _read(stream)
    columns = frozenset(file.columns)
    if columns >= ECITIZEN_COLUMNS:
        return _ecitizen_plan(file, agencies)
    if not columns >= OWN_COLUMNS:
        _refuse(file.problems, f"the header needs {_list(OWN_COLUMNS)} and name_en, or {_list(ECITIZEN_COLUMNS)}")
    check_columns(file, OWN_COLUMNS, OWN_OPTIONAL)
    services = collect(file, "code", lambda row: own_service(row, catalogue))
    return _plan("services", [], services, file.problems)


def check_columns(file: CsvFile, needed: frozenset[str], optional: frozenset[str]) -> None:
    """Check that *file* has the *needed* columns and at least one ``name_…``, and none that is not known.

    Raises:
        ImportRefused: it has not.
    """
    missing = needed.difference(file.columns)
    stray = [one for one in file.columns if one not in needed | optional and not is_name_column(one)]
    if missing or not any(map(is_name_column, file.columns)):
        _refuse(file.problems, f"the header lacks {_list(missing) if missing else 'name_en'}")
    if stray:
        _refuse(file.problems, f"there is no column {stray[0]!r}; known are name_en, name_sw …, {_list(needed | optional)}")


def own_service(row: Row, catalogue: Catalogue | None) -> Service:
    """Return the service in *row*, which has our own columns.

    Args:
        row: the record.
        catalogue: whose institutions it may name; None does not judge that.

    Raises:
        ValueError: with the reason.
    """
    fields = {
        "code": _check_code(row.values["code"]),
        "names": names_of(row),
        "institution": row.values["institution"],
        "ack_hours": number_in(row, "charter_ack_hours"),
        "resolve_days": number_in(row, "charter_resolve_days"),
        "assumption": yes_in(row, "assumption"),
        **{column: row.values.get(column, "") for column in ("picture", "words", "source")},
    }
    service = shape(fields, Service)
    if (service.ack_hours or service.resolve_days) and not (service.source or service.assumption):
        raise ValueError("charter times need a source, or assumption = yes")
    if catalogue and catalogue.institution(service.institution) is None:
        raise ValueError(f"institution: there is no {service.institution!r}")
    return service


def _check_code(code: str) -> str:
    if len(code) == SERVICE_DIGITS and code.isascii() and code.isdigit() and not is_service_code(code):
        right = service_code(int(code[:4]))
        raise ValueError(f"code: {code} has a wrong last digit; " + (f"{right} would do" if right else f"no code begins {code[:4]}"))
    return code


def _ecitizen_plan(file: CsvFile, agencies: BinaryIO | None) -> ImportPlan:
    named_here = "agency_name" in file.columns
    if not named_here and agencies is None:
        _refuse(file.problems, f"this list needs its agencies: put {AGENCIES_FILE} beside it, or name the file")
    source = file if named_here else _read(agencies)
    if AGENCY_COLUMNS.difference(source.columns):
        _refuse(source.problems, f"the agencies' header lacks {_list(AGENCY_COLUMNS.difference(source.columns))}")
    known = _agencies(source)
    if source.problems.count:
        raise ImportRefused(source.problems)
    services = collect(file, "service_id", lambda row: _ecitizen_service(row, known))
    used = {service.institution for service in services}
    return _plan("ecitizen", [known[code] for code in sorted(used)], services, file.problems)


def _agencies(file: CsvFile) -> dict[str, Institution]:
    known: dict[str, Institution] = {}
    for row in file.rows:
        try:
            agency = shape({"code": row.values["agency_id"], "names": {"en": _unescape(row.values["agency_name"])}}, Institution)
        except ValueError as error:
            file.problems.add(row.line, str(error))
            continue
        if known.setdefault(agency.code, agency) != agency:
            file.problems.add(row.line, f"agency_id: {agency.code!r} has two names")
    return known


def _ecitizen_service(row: Row, known: dict[str, Institution]) -> Service:
    agency = row.values["agency_id"]
    if agency not in known:
        raise ValueError(f"agency_id: there is no agency {agency[:40]!r}")
    fields = {"code": row.values["service_id"], "names": {"en": _unescape(row.values["service_name"])}, "institution": agency}
    return shape(fields, Service)


def _unescape(name: str) -> str:
    """Undo the HTML that the eCitizen pages left in some names (``&amp;``)."""
    plain = clean(html.unescape(name))
    if has_unseen(plain):
        raise ValueError("name: a control sign or a sign that reorders text")
    return plain


def _read(stream: BinaryIO | None) -> CsvFile:
    file = read_csv(stream.read(MAX_BYTES + 1) if stream else b"", PASSED_BY)
    if file.problems.count and not file.rows:
        raise ImportRefused(file.problems)
    return file


def _plan(source: Literal["services", "ecitizen"], institutions: list[Institution], services: list[Service], problems: Problems) -> ImportPlan:
    if not problems.count and not services:
        problems.add(1, "there is a header, but no row")
    if problems.count:
        raise ImportRefused(problems)
    return ImportPlan(source, tuple(institutions), tuple(services))


def _refuse(problems: Problems, reason: str) -> NoReturn:
    problems.add(1, reason)
    raise ImportRefused(problems)


def _list(columns: frozenset[str]) -> str:
    return ", ".join(sorted(columns))
