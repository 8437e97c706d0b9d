"""Waitress, ended in good order: told to stop, it takes no new connection and answers what it has begun."""

from __future__ import annotations

import signal
import time
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from appliance.commands.receiving import CEILING, Room, receive_in_memory
from appliance.settings import Settings

PATIENCE = 10.0  # seconds for answers under way; then whoever has not fetched theirs is left
_LOOK = 0.1  # seconds between looks whether all are answered
_CONNECTIONS, _BACKLOG, _IDLE_SECONDS = 1000, 1024, 60


class Listener:
    """The server's sockets and threads."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Listen where *settings* say; nothing is answered before ``run``.

        Raises:
            OSError: something else listens there, or it is no address of this machine.
        """
        most = settings.limits.body_bytes
        spool = 2 * most  # waitress puts longer answers into a temporary file: plain text must never land there (spec log §5)
        self._stopping = 0.0  # when the patience of those who stop us ends; 0 while we run
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app, map=self._sockets, host=settings.web.host, port=settings.web.port, threads=settings.web.threads, ident=None,
            max_request_body_size=CEILING, outbuf_overflow=spool, connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_SECONDS, backlog=_BACKLOG, clear_untrusted_proxy_headers=False,  # web.transport judges them
        )  # fmt: skip
        room = Room(most * settings.web.threads)
        for one in self._sockets.values():
            if isinstance(one, BaseWSGIServer):
                receive_in_memory(one, most, room)
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._stop)

    def run(self) -> None:
        """Answer until SIGTERM or SIGINT; return when every request that was read has its answer, or patience is at its end."""
        while not self._stopping:
            self._turn(self._server.adj.asyncore_loop_timeout)
        self._close_doors()
        while self._busy() and time.monotonic() < self._stopping:
            self._turn(_LOOK)

    def close(self) -> None:
        """End the threads and close what is open."""
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=self._sockets, use_poll=self._server.adj.asyncore_use_poll, count=1)

    def _stop(self, _signal: int, _frame: object) -> None:
        """Note that we are to stop, and wake the loop; a second time, at once."""
        self._stopping = time.monotonic() + (0 if self._stopping else PATIENCE)
        for one in list(self._sockets.values()):
            if isinstance(one, BaseWSGIServer):
                one.pull_trigger()

    def _close_doors(self) -> None:
        """Take no more connections; whoever is on their way in is refused by the kernel and comes again."""
        for one in list(self._sockets.values()):
            if isinstance(one, BaseWSGIServer):
                wasyncore.dispatcher.close(one)  # its trigger stays: threads wake the loop with it

    def _busy(self) -> bool:
        """Tell whether an answer is under way; connections without one are let go."""
        busy = False
        for one in list(self._sockets.values()):
            if isinstance(one, HTTPChannel):
                if one.requests or one.request is not None or one.total_outbufs_len:
                    busy = True
                else:
                    one.will_close = True
        return busy
