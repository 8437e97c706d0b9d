"""``cfms serve``: the node's server, until it is told to stop."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import sys
from contextlib import suppress

from waitress.server import create_server

from appliance.commands.base import CannotOpen, Command, no_arguments, settings_of, warn
from appliance.jobs import Jobs
from appliance.settings import Settings
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.wiring import close_node, create_app, open_node

MAX_BODY = 8 * 1024 * 1024  # bytes of one request, whatever it is for
IN_MEMORY = 2 * MAX_BODY  # waitress spools larger bodies to a temporary file: plain text must never land there (spec log §5)


def _run(asked: argparse.Namespace) -> int:
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
    server = create_server(
        create_app(node, jobs), host=settings.web.host, port=settings.web.port, threads=settings.web.threads, ident=None,
        max_request_body_size=MAX_BODY, inbuf_overflow=IN_MEMORY, outbuf_overflow=IN_MEMORY, connection_limit=1000,
        channel_timeout=60, clear_untrusted_proxy_headers=True, backlog=1024,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, _stop)
    jobs.start()
    settle_memory()
    print(f"CFMS {settings.role} on http://{settings.web.host}:{settings.web.port}", flush=True)
    try:
        with suppress(KeyboardInterrupt, SystemExit):  # told to stop
            server.run()
    finally:
        jobs.stop()
        server.close()


def settle_memory() -> None:
    """Let the garbage collector pass over what lives as long as the process: catalogue, templates, modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


SERVE = Command("run the node's server", no_arguments, _run)
