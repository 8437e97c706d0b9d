"""``cfms demo``: a centre and headquarters on this machine, sample cases, and a cable to cut."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from appliance.commands.base import Command, say, warn
from appliance.demo.cable import Cable
from appliance.demo.hosting import hosted
from appliance.demo.outage import Outage
from appliance.demo.page import create_page
from appliance.demo.people import CENTRE_STAFF, HQ_STAFF, PASSWORD, Sample
from appliance.demo.place import HOST, TERMINAL, Place, Ports, check_ports, claimed
from appliance.demo.prepare import opened, prepare
from appliance.demo.servers import Server, running
from appliance.demo.stories import STORIES
from appliance.demo.watching import Watcher
from appliance.domain.codes import group_receipt_code

_LOOK_SECONDS = 0.3  # how soon a server that ended is noticed
_READ_SECONDS = 1.5


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outage", action="store_true", help="show an outage: the cable is cut, cases are filed, the cable is joined")
    parser.add_argument("--exit", action="store_true", help="end when everything is up, with --outage when all of it was seen (status 0)")
    parser.add_argument("--fresh", action="store_true", help="delete what an earlier demo left in the folder, and begin anew")
    parser.add_argument("--folder", type=Path, default=Path("demo"), metavar="DIR", help="where both nodes live (default: demo)")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="port of the centre (default: 8080)")
    parser.add_argument("--hq-port", type=int, default=8090, metavar="N", help="port of headquarters (default: 8090)")
    parser.add_argument("--switch-port", type=int, default=8070, metavar="N", help="port of the page with the switch (default: 8070)")


def _run(asked: argparse.Namespace) -> int:
    place = Place(asked.folder.absolute(), Ports(asked.port, asked.hq_port, asked.switch_port))
    check_ports(place.ports)
    with _stopped_by_signals(), claimed(place, fresh=asked.fresh) as news:
        for line in news:
            warn(line)
        try:
            return _show(asked, place)
        except KeyboardInterrupt:
            warn("\nBoth servers are stopped. Start again with the same command; what was filed is kept.")
            return 0


def _show(asked: argparse.Namespace, place: Place) -> int:
    if not place.ready:
        began = time.monotonic()
        prepare(place, warn, int(time.time()))
        warn(f"Prepared in {time.monotonic() - began:.1f} s.")
    with ExitStack() as stack:
        cable = Cable(place.ports.hq)
        stack.callback(cable.close)
        settings = {role: place.settings(role, hq_port=cable.port) for role in ("centre", "hq")}
        servers = stack.enter_context(running(place))
        hq, centre = (stack.enter_context(opened(settings[role], tell=warn)) for role in ("hq", "centre"))
        watcher = Watcher(centre, hq, cable)
        stack.enter_context(hosted(create_page(watcher, place.ports, centre.country), place.ports.switch))
        _welcome(place)
        if _has_screen() and not asked.exit:
            webbrowser.open(_kiosk(place))
        if asked.outage:
            figures = Outage(watcher, *servers, tell=_slowly if sys.stderr.isatty() else warn).run()
            say(asked, "All of it was seen.", **asdict(figures))
        if not asked.exit:
            _wait(servers)
    return 0


def _kiosk(place: Place) -> str:
    """Return where the centre's terminal stands."""
    return f"http://{HOST}:{place.ports.centre}/?kiosk={TERMINAL}"


def _has_screen() -> bool:
    """Tell whether somebody sits here who would see a browser open."""
    return sys.stderr.isatty() and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _welcome(place: Place) -> None:
    ports = place.ports
    warn(
        f"""
  The kiosk of the centre    {_kiosk(place)}
  A phone at the centre      http://{HOST}:{ports.centre}/
  The desk of the centre     http://{HOST}:{ports.centre}/desk
  Headquarters               http://{HOST}:{ports.hq}/hq
  The cable, and a switch    http://{HOST}:{ports.switch}/
  Every part of the pages    http://{HOST}:{ports.switch}/styleguide/

  Log in with the password   {PASSWORD}
    at the centre            {_people(CENTRE_STAFF)}
    at headquarters          {_people(HQ_STAFF)}

  Some receipt codes to track at the kiosk:"""
    )
    for story in STORIES:
        if story.shows:
            warn(f"    {group_receipt_code(story.code)}   {story.said['kind']}: {story.shows}")
    warn(f"\n  Two servers, two databases in {place.folder}. Ctrl-C stops both; --fresh begins anew; --outage shows an outage.\n")


def _slowly(line: str) -> None:
    """Tell *line* and leave a person the time to read it, and to look at the pages."""
    warn(line)
    time.sleep(_READ_SECONDS)


def _people(staff: tuple[Sample, ...]) -> str:
    return ", ".join(f"{one.login} ({one.role.replace('_', ' ')})" for one in staff)


def _wait(servers: tuple[Server, Server]) -> None:
    """Wait for Ctrl-C; raise ServerEnded when a server ends before that."""
    pause = threading.Event()
    while not pause.wait(_LOOK_SECONDS):
        for server in servers:
            server.check()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal stop the demo as Ctrl-C does, and a second one not disturb the stopping."""
    wanted = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for one in wanted:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, stop) for one in wanted}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


DEMO = Command("run a centre and headquarters side by side, to look at", _arguments, _run)
