"""``cfms serve``: the node's server, until it is told to stop."""

from __future__ import annotations

import argparse
import logging

from appliance import logs
from appliance.commands import memory
from appliance.commands.base import CannotOpen, Command, no_arguments, settings_of, warn
from appliance.commands.listening import Listener
from appliance.domain.errors import Refusal
from appliance.jobs import Jobs
from appliance.settings import Settings
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.wiring import close_node, create_app, open_node


class CannotListen(Refusal):
    """The server cannot listen on {host}:{port} ({why}). Stop what listens there, or set another port: web.port."""


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
    logs.set_up()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for every queued request costs more than serving it
    jobs = Jobs(node)
    try:
        app = create_app(node, jobs)
        listener = Listener(app, settings)
    except OSError as error:
        raise CannotListen(host=settings.web.host, port=settings.web.port, why=error.strerror) from None
    try:
        jobs.start()
        memory.settle()
        print(f"CFMS {settings.role} on http://{settings.web.host}:{settings.web.port}", flush=True)
        listener.run()
    finally:
        listener.close()
        app.extensions["cfms-shelf"].wipe()
        jobs.stop()


SERVE = Command("run the node's server", no_arguments, _run)
