"""Throw-away nodes for benchmarks: settings, keys, processes, bodies to send."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.domain.codes import mint_receipt_code
from appliance.domain.ids import uuid7
from appliance.settings import load
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.wiring import store_url

ROOT = Path(__file__).parent.parent
TEXT = "I waited four hours at counter 7 for a duplicate identity card and was told to come back with tea for the officer. " * 3


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_settings(folder: Path, role: str, *, centre: str = "", port: int = 0, hq: str = "", store: str = "", threads: int = 16) -> Path:
    """Write the settings of a node that lives wholly under *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{role}.toml"
    lines = [
        f'role = "{role}"', 'domain = "feedback.example.go.ke"', f'centre = "{centre}"', f'country = "{ROOT / "config/countries/ke"}"',
        f'data_dir = "{folder / "data"}"', f'keys_dir = "{folder / "keys"}"', f'high_water = "{folder / "marks"}"',
        "[web]", f"port = {port or free_port()}", f"threads = {threads}",
        "[limits]", "submissions_per_hour = 0", "wrong_codes_per_hour = 0",
    ]  # fmt: skip
    if hq:
        lines += ["[sync]", f'hq_url = "{hq}"', "interval_seconds = 3600"]
    if store:
        secret = folder / "store.url"
        secret.touch(mode=0o600)
        secret.write_text(store)
        lines += ["[store]", f'url_file = "{secret}"']
    path.write_text("\n".join(lines) + "\n")
    return path


def cfms(settings: Path, *arguments: str) -> dict[str, object]:
    """Run one command and return its answer."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *arguments, "--config", str(settings), "--json"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"cfms {' '.join(arguments)}: {done.stderr}")
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


@contextmanager
def process(*arguments: str, health: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python module as a process until the block ends; wait until *health* answers."""
    running = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(health)
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def run(*arguments: str) -> str:
    """Run a Python module to its end and return the last line it printed."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[-1]


@contextmanager
def reading(settings: Path) -> Iterator[Db]:
    """Lend a reading connection to the database of the settings."""
    asked = load(settings)
    store = Store(store_url(asked), asked.data_dir)
    try:
        with store.read() as db:
            yield db
    finally:
        store.close()


def wait_for(url: str, patience: float = 30.0) -> float:
    """Wait until *url* answers anything; return the seconds it took."""
    began = time.perf_counter()
    while time.perf_counter() - began < patience:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.01)
            continue
        break
    else:
        raise SystemExit(f"{url} did not answer")
    return time.perf_counter() - began


def bodies(count: int) -> list[str]:
    """Return *count* different submissions as JSON, about 500 bytes each."""
    now = int(time.time() * 1000)
    return [
        json.dumps(
            {
                "id": uuid7(now + n // 4, os.urandom(10)), "code": mint_receipt_code(secrets.token_bytes), "kind": "complaint",
                "channel": "kiosk", "lang": "sw" if n % 3 else "en", "rating": 1 + n % 4, "text": TEXT,
            }
        )
        for n in range(count)
    ]  # fmt: skip
