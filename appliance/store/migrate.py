"""Migrations: numbered SQL files, checksummed, forward only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from appliance.store.db import Db
from appliance.store.errors import MigrationChanged, NewerDatabase

FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step: portable statements, then this engine's own."""

    number: int
    name: str
    statements: str
    own: str

    @property
    def checksum(self) -> str:
        """Return the checksum of all of it."""
        return sha256((self.statements + self.own).encode()).hexdigest()


def load(folder: Path, engine: str) -> list[Migration]:
    """Return the migrations in *folder*, in order; ``NNNN_x.<engine>.sql`` beside one holds what only that engine runs."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match:
            own = path.with_name(f"{path.stem}.{engine}.sql")
            found.append(Migration(int(match[1]), path.stem, path.read_text(), own.read_text() if own.exists() else ""))
    return found


def migrate(db: Db, engine: str, folder: Path = FOLDER) -> list[str]:
    """Bring the database of the running transaction up to date; return the names of the steps run.

    Raises:
        NewerDatabase: it is newer than this program. MigrationChanged: a step that ran was edited.
    """
    db.script(_TABLE)
    steps = load(folder, engine)
    done = {number: (name, checksum) for number, name, checksum in db.all("SELECT number, name, checksum FROM migration")}
    if set(done) - {step.number for step in steps}:
        raise NewerDatabase(NewerDatabase.__doc__)
    ran = []
    for step in steps:
        if step.number in done:
            if done[step.number][1] != step.checksum:
                raise MigrationChanged(f"{step.name}: {MigrationChanged.__doc__}")
            continue
        db.script(step.statements)
        if step.own:
            db.script(step.own)
        db.run(
            "INSERT INTO migration (number, name, checksum) VALUES (:number, :name, :checksum)",
            number=step.number,
            name=step.name,
            checksum=step.checksum,
        )
        ran.append(step.name)
    return ran
