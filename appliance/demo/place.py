"""The demo's folder: two nodes' settings, and the marks by which it is known that the folder is the demo's own and ready."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance import settings
from appliance.domain.errors import Refusal
from appliance.settings import Settings

HOST = "127.0.0.1"
TERMINAL = "K1"  # the name of the terminal that the demo opens
DOMAIN, CENTRE = "demo.cfms.example", "NBI"
FORMAT = 2  # of what stands in the folder; another one is begun anew
_MARK, _READY, _LOCK = "A-CFMS-DEMO", "ready.json", "lock"
_WORDS = "Everything in this folder belongs to the CFMS demo: sample data and throw-away keys. It may be deleted.\n"


class NotOurs(Refusal):
    """{folder} is not empty and not a demo's. Nothing in it was touched; name another folder: --folder."""


class InUse(Refusal):
    """A demo runs in {folder} already. Stop that one, or name another folder: --folder."""


class PortTaken(Refusal):
    """Port {port} is taken by another program. Stop that one, or choose another port: {option}."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the two nodes and the page with the switch answer, on this machine alone."""

    centre: int
    hq: int
    switch: int

    @property
    def taken(self) -> dict[str, int]:
        """Return each port by the option that sets it."""
        return {"--port": self.centre, "--hq-port": self.hq, "--switch-port": self.switch}


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one demo."""

    folder: Path
    ports: Ports

    @property
    def ready(self) -> bool:
        """Tell whether both nodes are set up whole, by a program that keeps its folder as this one does."""
        try:
            found = json.loads((self.folder / _READY).read_text())
        except (OSError, ValueError):
            return False
        return bool(found == {"format": FORMAT})

    @property
    def safe(self) -> Path:
        """Return the folder of the two root keys, which would lie in two safes."""
        return self.folder / "safes"

    def settings_file(self, role: str) -> Path:
        """Return where the settings of the node of *role* stand."""
        return self.folder / role / "cfms.toml"

    def log_file(self, role: str) -> Path:
        """Return where the server of *role* writes what it has to say."""
        return self.folder / role / "server.log"

    def settings(self, role: str, *, hq_port: int) -> Settings:
        """Write the settings of *role* anew and return them.

        Args:
            role: ``centre`` or ``hq``.
            hq_port: the port where the centre finds headquarters: the near end of the cable.
        """
        path = self.settings_file(role)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["# Written by cfms demo at every start.", f'role = "{role}"', f'domain = "{DOMAIN}"', 'country = "ke"']
        lines += [f'centre = "{CENTRE}"'] if role == "centre" else []
        lines += ['data_dir = "data"', 'keys_dir = "keys"', 'high_water = "high-water"']
        lines += ["[web]", f"port = {self.ports.centre if role == 'centre' else self.ports.hq}"]
        if role == "centre":
            # Short pauses: whoever watches should not have to wait.
            lines += ["[sync]", f'hq_url = "http://{HOST}:{hq_port}"', "gather_seconds = 1", "interval_seconds = 5"]
            lines += ["backoff_min_seconds = 1", "backoff_max_seconds = 3", "timeout_seconds = 5", "[backup]", 'dir = "backups"']
        path.write_text("\n".join(lines) + "\n")
        return settings.load(path)

    def finish(self) -> None:
        """Mark the folder as ready, once everything in it is."""
        fresh = self.folder / f"{_READY}.new"
        fresh.write_text(json.dumps({"format": FORMAT}))
        fresh.rename(self.folder / _READY)


@contextmanager
def claimed(place: Place, *, fresh: bool) -> Iterator[list[str]]:
    """Hold *place* for this process, emptied when *fresh* or when it was left half made; yield what there is to say of that.

    Raises:
        NotOurs, InUse: nothing was touched.
    """
    folder = place.folder
    mark = folder / _MARK
    if folder.exists() and not mark.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotOurs(folder=folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(_WORDS)
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, folder)
        yield _empty(place, fresh=fresh)
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUse(folder=folder) from None


def _empty(place: Place, *, fresh: bool) -> list[str]:
    """Delete what the demo made in its folder, the marks excepted, where it is unwanted or half made."""
    made = [one for one in place.folder.iterdir() if one.name not in (_MARK, _LOCK)]
    if not made or (place.ready and not fresh):
        return []
    (place.folder / _READY).unlink(missing_ok=True)
    for one in made:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)
    why = "as asked" if fresh else "it was not ready, or of another version"
    return [f"Deleted the demo that was in {place.folder} ({why}), and nothing else."]


def check_ports(ports: Ports) -> None:
    """Check that every port can be had, so that nothing is begun in vain.

    Raises:
        PortTaken: naming the option that chooses another.
    """
    seen: set[int] = set()
    for option, port in ports.taken.items():
        if port in seen or not _is_free(port):
            raise PortTaken(port=port, option=option)
        seen.add(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: lines that only linger are no hindrance
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
