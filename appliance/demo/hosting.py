"""A web application served by a thread of this process, until it is not wanted any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from appliance.demo.place import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOOK_SECONDS = 0.2  # how soon a stop is noticed


@contextmanager
def hosted(application: WSGIApplication, port: int = 0) -> Iterator[int]:
    """Serve *application* on *port* of this machine, or on any free one; yield the port."""
    sockets: dict[int, object] = {}
    server: Any = create_server(application, host=HOST, port=port, threads=4, ident=None, map=sockets)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            server.asyncore.loop(timeout=_LOOK_SECONDS, map=sockets, count=1)

    thread = threading.Thread(target=run, name="demo-pages", daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        for line in list(sockets.values()):
            line.close()  # type: ignore[attr-defined]
