"""Reads a CSV file whole, row by row with its line numbers, and says what is wrong with it instead of guessing."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 50_000
MAX_PROBLEMS = 100
MAX_FIELD = 4_000
# Control signs, and the signs that reorder text on a screen (a name could show other than it is). Tabs and line
# ends within quotation marks are white space and become one space.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_NAME = re.compile(r"name_([a-z]{2,3})")
_NUMBER = re.compile(r"[0-9]{1,9}")
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_AT = re.compile(r" - at `\$\.?([A-Za-z_]*).*`$")


class Problem(NamedTuple):
    """One reason why a file is refused, and the line it stands on."""

    line: int
    reason: str


class Row(NamedTuple):
    """One record: the line it begins on, and its values by column name."""

    line: int
    values: dict[str, str]


@dataclass(slots=True)
class Problems:
    """Reasons gathered while reading; past ``MAX_PROBLEMS`` only their number is kept."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, reason: str) -> None:
        """Note that *line* is wrong, and why."""
        self.count += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(line, reason))


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file that was read: its columns, its good rows, and what is wrong with the others."""

    columns: tuple[str, ...]
    rows: list[Row]
    problems: Problems


def read_csv(raw: bytes, passed_by: frozenset[str] = frozenset()) -> CsvFile:
    """Return the rows of *raw*, a CSV file in UTF-8 with a header line, separated by commas.

    Nothing is raised: every fault of the file is in ``problems``. Rows keep their order.

    Args:
        raw: the bytes of the file.
        passed_by: columns that nobody uses; their values are neither judged (but for their length) nor kept.
    """
    problems = Problems()
    text = _decode(raw, problems)
    records = _records(text, problems)
    first = next(records, None)
    if first is None:
        if not problems.count:
            problems.add(1, "the file is empty")
        return CsvFile((), [], problems)
    columns = _columns(first[0], first[1], problems)
    rows = [] if problems.count else _rows(columns, records, problems, passed_by)
    return CsvFile(columns, rows, problems)


def collect(file: CsvFile, unique: str, make: Callable[[Row], T]) -> list[T]:
    """Return what *make* makes of each row; a row it refuses, or whose *unique* value stood before, becomes a problem.

    Args:
        file: its ``problems`` gain what is wrong.
        unique: column whose values may not repeat.
        make: raises ValueError with the reason when it refuses a row.
    """
    first_at: dict[str, int] = {}
    made: list[T] = []
    for row in file.rows:
        value = row.values[unique]
        if first_at.setdefault(value, row.line) != row.line:
            file.problems.add(row.line, f"{unique}: {value!r} stands on line {first_at[value]} already")
            continue
        try:
            made.append(make(row))
        except ValueError as error:
            file.problems.add(row.line, str(error))
    return made


def is_name_column(column: str) -> bool:
    """Tell whether *column* holds names in one language, as ``name_sw`` does."""
    return _NAME.fullmatch(column) is not None


def names_of(row: Row) -> dict[str, str]:
    """Return the names of *row* by language, out of its columns ``name_en``, ``name_sw`` and so on."""
    found = ((_NAME.fullmatch(column), value) for column, value in row.values.items())
    return {match[1]: value for match, value in found if match and value}


def number_in(row: Row, column: str) -> int:
    """Return the whole number in *column*, 0 where it is empty or absent.

    Raises:
        ValueError: it is something else.
    """
    text = row.values.get(column, "")
    if text and not _NUMBER.fullmatch(text):
        raise ValueError(f"{column}: {text[:20]!r} is not a number")
    return int(text or 0)


def yes_in(row: Row, column: str) -> bool:
    """Tell whether *column* says yes; empty or absent is no.

    Raises:
        ValueError: it says neither.
    """
    text = row.values.get(column, "").lower()
    if text not in _YES:
        raise ValueError(f"{column}: say yes or no, not {text[:20]!r}")
    return _YES[text]


def shape(fields: Mapping[str, Any], kind: type[T]) -> T:
    """Return a *kind* of *fields*, each checked against its type's limits.

    Raises:
        ValueError: naming the field and the limit.
    """
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(str(error))) from None


def _plain(message: str) -> str:
    match = _AT.search(message)
    if not match:
        return message
    reason = "signs stand there that it may not have" if "matching regex" in message else message[: match.start()]
    return f"{match[1]}: {reason}".replace("`", "").lower() if match[1] else reason


def clean(value: str) -> str:
    """Return *value* in Unicode's composed form, trimmed, with every run of white space as one space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", value)).strip()


def has_unseen(value: str) -> bool:
    """Tell whether *value* holds control signs or signs that reorder text."""
    return _UNSEEN.search(value) is not None


def _decode(raw: bytes, problems: Problems) -> str:
    if len(raw) > MAX_BYTES:
        problems.add(1, f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
        return ""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add(1, "the file is in UTF-16; save it as CSV UTF-8")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(line, "the file is not in UTF-8; save it as CSV UTF-8")
        return ""


def _records(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            if any(record):  # spreadsheets pad the end with rows of nothing but commas
                yield line, record
            line = reader.line_num + 1
    except csv.Error:
        # The reader cannot find its feet again after a stray quotation mark: what follows is not judged.
        problems.add(line, "a quotation mark is out of place, or is never closed")


def _columns(line: int, record: list[str], problems: Problems) -> tuple[str, ...]:
    columns = tuple(clean(name).lower() for name in record)
    if len(columns) == 1 and ";" in columns[0]:
        problems.add(line, "the columns are separated by semicolons; save the file with commas")
    elif "" in columns:
        problems.add(line, f"column {columns.index('') + 1} has no name")
    elif len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        problems.add(line, f"there are two columns {twice!r}")
    return columns


def _rows(columns: tuple[str, ...], records: Iterator[tuple[int, list[str]]], problems: Problems, passed_by: frozenset[str]) -> list[Row]:
    rows: list[Row] = []
    for line, record in records:
        if len(rows) == MAX_ROWS:
            problems.add(line, f"there are more than {MAX_ROWS} rows")
            break
        if len(record) != len(columns):
            problems.add(line, f"{len(record)} fields, where the header has {len(columns)}")
            continue
        pairs = list(zip(columns, record, strict=True))
        reason = next(filter(None, (_fault(column, value, judge=column not in passed_by) for column, value in pairs)), "")
        if reason:
            problems.add(line, reason)
            continue
        rows.append(Row(line, {column: clean(value) for column, value in pairs if column not in passed_by}))
    return rows


def _fault(column: str, value: str, *, judge: bool) -> str:
    if len(value) > MAX_FIELD:
        return f"{column}: {len(value)} characters, and {MAX_FIELD} fit"
    if judge and has_unseen(value):
        return f"{column}: a control sign or a sign that reorders text"
    return ""
