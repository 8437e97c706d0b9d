"""What every folder of tests may ask for: a throw-away PostgreSQL, one fresh database a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 120  # seconds a step of the cluster may take


class Cluster:
    """A PostgreSQL cluster of its own folder, reached by a Unix socket only and gone with the tests."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Make and start a cluster in *folder* with the server's *programs*."""
        self._programs, self.folder = programs, folder
        # initdb refuses root: an unprivileged user who owns nothing else runs it.
        self._as: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, "nobody", "nogroup")
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "cfms", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        # What these tests look at is SQL, not power cuts: without fsync the cluster costs next to nothing.
        quick = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", quick, "start")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=PATIENCE, check=False, **self._as)
        assert done.returncode == 0, command

    def url(self, database: str) -> str:
        """Return the URL of *database*."""
        return f"postgresql://cfms@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Stop it at once; nothing in it is wanted."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest where there are several."""
    here = shutil.which("initdb")
    folders = [Path(here).parent] if here else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Lend a running cluster; a machine without PostgreSQL's server skips what needs it."""
    pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here")
    with tempfile.TemporaryDirectory(prefix="cfms-pg-") as name:
        cluster = Cluster(programs, Path(name))
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """Lend the URL of a fresh database, dropped afterwards."""
    import psycopg  # noqa: PLC0415 - an optional driver

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        yield postgres_cluster.url(name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
