"""Reads the files of a country pack into types, and refuses what it does not know with the file and the line."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from appliance.domain.csv_rows import CsvFile, Row, collect, is_name_column, read_csv
from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")
_AT = re.compile(r" - at `(?:key in )?`?\$([^`]*)`")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_OUR_OWN = re.compile(r"([a-z_]+): ")
_TOML_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"\s*\[{1,2}\s*([A-Za-z0-9_.-]+)\s*\]{1,2}\s*(?:#.*)?")
MAX_PACK_FILE = 4 * 1024 * 1024


class PackRefused(Refusal):
    """{file}, line {line}: {reason}."""


def read_toml(path: Path, kind: type[T]) -> T:
    """Return the TOML file *path* as a *kind*.

    Raises:
        PackRefused: not readable, not TOML, or a key that is unknown, missing or of the wrong kind.
    """
    try:
        text = _read(path).decode("utf-8")
    except UnicodeDecodeError:
        raise PackRefused(file=path.name, line=1, reason="is not in UTF-8") from None
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        raise PackRefused(file=path.name, line=int(found[1]) if found else 1, reason=str(error)) from None
    except msgspec.ValidationError as error:
        message = str(error)
        reason = message.split(" - at ", maxsplit=1)[0].replace("`", "")
        raise PackRefused(file=path.name, line=_line_of(text, message), reason=reason) from None


def read_table(path: Path, needed: frozenset[str], optional: frozenset[str], unique: str, make: Callable[[Row], T]) -> list[T]:
    """Return what *make* makes of each row of the CSV file *path*.

    Args:
        path: the file.
        needed: columns it must have.
        optional: columns it may have, beside any ``name_…``.
        unique: column whose values may not repeat.
        make: raises ValueError with the reason when it refuses a row.

    Raises:
        PackRefused: with the first thing that is wrong.
    """
    file = read_csv(_read(path))
    if not file.columns:
        _check(path, file)
    for column in sorted(needed.difference(file.columns)):
        raise PackRefused(file=path.name, line=1, reason=f"the column {column!r} is missing")
    for column in file.columns:
        if column not in needed | optional and not is_name_column(column):
            raise PackRefused(file=path.name, line=1, reason=f"there is no column {column!r}")
    _check(path, file)
    made = collect(file, unique, make)
    _check(path, file)
    return made


def _check(path: Path, file: CsvFile) -> None:
    if file.problems.count:
        first = min(file.problems.kept)
        raise PackRefused(file=path.name, line=first.line, reason=first.reason)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_PACK_FILE + 1)
    except OSError as error:
        raise PackRefused(file=path.name, line=1, reason=f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_PACK_FILE:
        raise PackRefused(file=path.name, line=1, reason=f"is larger than {MAX_PACK_FILE // 1024 // 1024} MB")
    return raw


def _line_of(text: str, message: str) -> int:
    """Return the line of *text* that msgspec's *message* means by its path, such as ``$.escalation[2].after_hours``."""
    at = _AT.search(message)
    steps = [name or int(index) for name, index in _STEP.findall(at[1] if at else "")]
    unknown = _UNKNOWN.search(message) or _OUR_OWN.match(message)
    names = [step for step in (*steps, *([unknown[1]] if unknown else [])) if isinstance(step, str)]
    numbers = [step for step in steps if isinstance(step, int)]
    lines = text.splitlines()
    table = names[0] if names else ""
    headers = [number for number, line in enumerate(lines) if (match := _HEADER.fullmatch(line)) and match[1] == table]
    if not headers:
        return _key_line(lines, 0, names[:1])
    start = headers[min(numbers[0] if numbers else 0, len(headers) - 1)]
    return _key_line(lines, start, names[1:2])


def _key_line(lines: list[str], start: int, names: list[str]) -> int:
    for number in range(start, len(lines)):
        if number > start and _HEADER.fullmatch(lines[number]):
            break
        if names and re.match(rf"\s*{re.escape(names[0])}\s*=", lines[number]):
            return number + 1
    return start + 1
