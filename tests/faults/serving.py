"""A node's pages served by a thread of this process, for tests that need to reach into it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waitress.server import create_server

from appliance.usecases.node import Node
from appliance.wiring import create_app


@contextmanager
def served(node: Node, port: int, threads: int = 8) -> Iterator[None]:
    """Serve *node* on *port* of the loopback while the block runs."""
    sockets: dict[int, object] = {}
    server = create_server(
        create_app(node), host="127.0.0.1", port=port, threads=threads, backlog=1024, connection_limit=1000, map=sockets,
        inbuf_overflow=4 * 1024 * 1024, outbuf_overflow=4 * 1024 * 1024,
    )  # fmt: skip
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(server, sockets, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        server.task_dispatcher.shutdown()
        server.close()


def _run(server: object, sockets: dict[int, object], stop: threading.Event) -> None:
    while not stop.is_set():
        server.asyncore.loop(timeout=0.2, map=sockets, count=1)  # type: ignore[attr-defined]
