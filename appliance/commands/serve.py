"""``cfms serve``: the node's server, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from contextlib import suppress

from waitress.server import create_server

from appliance.commands import memory
from appliance.commands.base import CannotOpen, Command, no_arguments, settings_of, warn
from appliance.jobs import Jobs
from appliance.settings import Settings
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.wiring import close_node, create_app, open_node


def _run(asked: argparse.Namespace) -> int:
    memory.share_arena()
    settings = settings_of(asked)
    try:
        node = open_node(settings, warn)
    except StoreError as error:
        raise CannotOpen(why=str(error)) from None
    try:
        serve(node, settings)
    finally:
        close_node(node)
    return 0


def serve(node: Node, settings: Settings) -> None:
    """Serve *node* until SIGTERM or SIGINT; what is being written is finished first."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for every queued request costs more than serving it
    jobs = Jobs(node)
    most = settings.limits.body_bytes
    in_memory = 2 * most  # waitress spools larger bodies to a temporary file: plain text must never land there (spec log §5)
    server = create_server(
        create_app(node, jobs), host=settings.web.host, port=settings.web.port, threads=settings.web.threads, ident=None,
        max_request_body_size=most, inbuf_overflow=in_memory, outbuf_overflow=in_memory, connection_limit=1000,
        channel_timeout=60, clear_untrusted_proxy_headers=True, backlog=1024,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, _stop)
    jobs.start()
    memory.settle()
    print(f"CFMS {settings.role} on http://{settings.web.host}:{settings.web.port}", flush=True)
    try:
        with suppress(KeyboardInterrupt, SystemExit):  # told to stop
            server.run()
    finally:
        jobs.stop()
        server.close()


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


SERVE = Command("run the node's server", no_arguments, _run)
