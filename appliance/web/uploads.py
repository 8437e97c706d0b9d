"""What a form with files says: its fields and its files, even of one that was too large, so that no refusal loses what was typed."""

from __future__ import annotations

import logging
from typing import IO, Final, NamedTuple

from flask import request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Event, Field, File, MultipartDecoder, NeedData

from appliance.domain.errors import Refusal

log = logging.getLogger("cfms.pages")
CUT: Final = "cfms.cut"  # in the environ of a request of whose body not all was kept: why
LARGE, BUSY = "large", "busy"
_BLOCK: Final = 64 * 1024
_PARTS: Final = 200  # fields and files of one form
_MIB: Final = 1024**2


class UploadTooLarge(Refusal):
    """This photo or recording is too large: {megabytes} MB fit. Choose a smaller one, or send your words without it."""


class UploadNoRoom(Refusal):
    """Too many photos and recordings are on their way just now. Send it again in a minute."""


class Posted(NamedTuple):
    """What came.

    Attributes:
        fields: those that came before whatever was too large.
        files: bytes of each file that came whole, by the name of its field.
        too_large: why not everything is here; None when it is.
        cut_in: name of the field in which it ended; '' when it is whole.
    """

    fields: MultiDict[str, str]
    files: dict[str, bytes]
    too_large: Refusal | None
    cut_in: str = ""


def read() -> Posted:
    """Return what the form of this request says; from now on ``request.form`` says the same.

    Fields that stand behind a file in the page are lost when that file is too large, so files come last in our forms.
    """
    if request.mimetype != "multipart/form-data":
        return Posted(MultiDict(request.form), {}, None)
    most, length = request.max_content_length or 0, request.content_length or 0
    cut = request.environ.get(CUT, "") or (LARGE if length > most else "")
    reader = _Reader()
    try:
        reader.read(request.mimetype_params.get("boundary", ""), request.environ["wsgi.input"], min(most, length))
    except RequestEntityTooLarge:  # hundreds of parts
        cut = LARGE
    except ValueError:
        log.info("a form that is none")  # what came of it counts, as with Werkzeug's own reader
    cut_in = reader.end()
    request.__dict__["form"] = ImmutableMultiDict(reader.fields)
    return Posted(reader.fields, reader.files, _why(cut, most), cut_in)


def _why(cut: str, most: int) -> Refusal | None:
    if not cut:
        return None
    return UploadNoRoom() if cut == BUSY else UploadTooLarge(megabytes=most // _MIB)


class _Reader:
    """Reads a form part by part, and so has those that came whole whatever becomes of the rest."""

    def __init__(self) -> None:
        self.fields: MultiDict[str, str] = MultiDict()
        self.files: dict[str, bytes] = {}
        self._part: Field | File | None = None
        self._blocks: list[bytes] = []

    def read(self, boundary: str, stream: IO[bytes], length: int) -> None:
        """Read *length* bytes of *stream*.

        Raises:
            ValueError: it is no form.
            RequestEntityTooLarge: it has too many parts.
        """
        if not boundary:
            raise ValueError("no boundary")
        decoder = MultipartDecoder(boundary.encode("ascii"), max_parts=_PARTS)
        while length > 0 and (block := stream.read(min(_BLOCK, length))):
            length -= len(block)
            decoder.receive_data(block)
            while not isinstance(event := decoder.next_event(), NeedData):
                self._take(event)

    def end(self) -> str:
        """Keep what came of a field that the body was cut in, and return its name; a piece of a file is of no use."""
        part = self._part
        if isinstance(part, Field):
            self._keep()
        return (part.name or "") if part else ""

    def _take(self, event: Event) -> None:
        if isinstance(event, Field | File):
            self._part = event
        elif isinstance(event, Data):
            self._blocks.append(event.data)
            if not event.more_data:
                self._keep()

    def _keep(self) -> None:
        part, data = self._part, b"".join(self._blocks)
        self._part, self._blocks = None, []
        if part is None or not part.name:
            return
        if isinstance(part, Field):
            self.fields.add(part.name, data.decode(errors="replace"))
        elif data:  # a file that was not chosen has no bytes
            self.files.setdefault(part.name, data)
