"""The floor: Flask views that read the body and answer as many bytes, on waitress as we use it."""

from __future__ import annotations

import logging
import sys

from flask import Flask, Response, request
from waitress.server import create_server

app = Flask("noop")
PAGE = "<p>" + "x" * 8000
ANSWER = b'{"id":"' + b"0" * 520 + b'"}'


@app.post("/api/v1/feedback")
def feedback() -> Response:
    """Do nothing."""
    request.get_data()
    return Response(ANSWER, 201, content_type="application/json")


@app.get("/nothing")
def nothing() -> str:
    """Answer a page of a citizens' page's size."""
    return PAGE


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # as ours
    create_server(app, host="127.0.0.1", port=int(sys.argv[1]), threads=16, ident=None, connection_limit=1000, backlog=1024).run()
