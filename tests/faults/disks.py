"""Small disks to fill up: a tmpfs of a few MiB where the machine lets us mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = 4096  # bytes; a tmpfs gives room by the page


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Put *folder*, with what is in it, on a disk of *size* bytes while the block runs; skip the test where that is not allowed."""
    kept = folder.with_name(folder.name + ".kept")
    folder.rename(kept)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs root and a kernel that lets it mount one")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill *folder*'s disk but for *leave* bytes; return the file to delete when there is to be room again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for _ in range(max(0, shutil.disk_usage(folder).free - leave) // PAGE):
            file.write(b"\0" * PAGE)
    return filler
