"""Pages of long lists: keyset cursors, so that page one thousand is as fast as page one, and downloads as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Response, request

from appliance.web.i18n import here

T = TypeVar("T")
_CURSOR = re.compile(r"[0-9A-Za-z_.-]{1,80}")
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); a quote before it keeps it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        after: cursor of the next page, or '' at the end.
        total: how many there are in all; None where counting would be slow.
    """

    rows: Sequence[T]
    after: str = ""
    total: int | None = None

    @property
    def next_url(self) -> str:
        """Return the address of the next page, or ''."""
        return here(after=self.after) if self.after else ""

    @property
    def first_url(self) -> str:
        """Return the address of the first page, or '' when this is it."""
        return here(after="") if cursor() else ""


def cursor() -> str:
    """Return the cursor that was asked for; '' for the first page and for anything that is none."""
    asked = request.args.get("after", "")
    return asked if _CURSOR.fullmatch(asked) else ""


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return *rows* as a CSV download, written as they are read, with a mark by which Excel knows UTF-8.

    Args:
        name: of the file, without its ending; letters, digits and dashes.
        head: names of the columns.
        rows: their values.
    """
    answer = Response(_lines(head, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(head)
    for number, row in enumerate(rows):
        writer.writerow([_cell(value) for value in row])
        if number % 200 == 199:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
