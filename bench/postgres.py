"""A throw-away PostgreSQL cluster that keeps its promises: fsync is on, as it would be at headquarters."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest where there are several."""
    here = shutil.which("initdb")
    folders = [Path(here).parent] if here else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """Run a cluster until the block ends; lend the URL of its one database, reached by a Unix socket only."""
    # initdb refuses root: an unprivileged user who owns nothing else runs it.
    who: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="cfms-pg-") as name:
        folder, data = Path(name), str(Path(name) / "data")
        if who:
            shutil.chown(folder, "nobody", "nogroup")

        def call(program: str, *arguments: str) -> None:
            subprocess.run([str(binaries / program), *arguments], stdout=subprocess.DEVNULL, cwd=folder, check=True, **who)

        call("initdb", "-D", data, "-A", "trust", "-U", "cfms", "--locale=C.UTF-8", "-E", "UTF8")
        call("pg_ctl", "-D", data, "-l", f"{folder}/log", "-w", "-o", f"-c listen_addresses= -c unix_socket_directories={folder}", "start")
        try:
            yield f"postgresql://cfms@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
