"""Request bodies stay in memory: Werkzeug would spool a large form to a temporary file, and plain text must never land there."""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from appliance.web.uploads import CUT


class MemoryRequest(Request):
    """A request whose uploads never touch the disk (spec log §5); ``max_content_length`` bounds what that costs."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002  # Werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return BytesIO()

    def _load_form_data(self) -> None:
        """Read the form, unless the server did not keep all of it: half a form must not pass for a whole one (see ``uploads.read``)."""
        if CUT in self.environ:
            raise RequestEntityTooLarge
        super()._load_form_data()
