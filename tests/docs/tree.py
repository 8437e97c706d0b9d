"""The files of this tree, as they would be committed."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MADE = {".git", ".venv", "__pycache__", "node_modules", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that git holds or would take; without git, all but what is made."""
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode == 0:
        names = sorted(name for name in found.stdout.decode().split("\0") if name)
        return tuple(path for path in (ROOT / name for name in names) if path.is_file())
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_made(path)))


def _is_made(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in _MADE or part.endswith(("_cache", ".egg-info")) for part in parts)


def texts(*endings: str) -> list[Path]:
    """Return the files with one of *endings*, or all that are text."""
    return [path for path in files() if (path.suffix in endings if endings else is_text(path))]


def is_text(path: Path) -> bool:
    """Tell whether *path* holds text."""
    with path.open("rb") as file:
        return b"\0" not in file.read(8192)
