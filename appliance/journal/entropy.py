"""Randomness drawn in blocks, one buffer a thread.

``os.urandom`` releases the interpreter lock even for 32 bytes, and in a busy handler each release costs a
thread switch (spec speed, lesson 2); a block of 8 KiB pays that once in a hundred submissions.
"""

from __future__ import annotations

import os
import threading

_BLOCK = 8192
_local = threading.local()


def random_bytes(count: int) -> bytes:
    """Return *count* bytes from the system's generator, each handed out once.

    Args:
        count: at most 8,192.
    """
    buffer: bytes = getattr(_local, "buffer", b"")
    at: int = getattr(_local, "at", 0)
    if at + count > len(buffer):
        buffer, at = os.urandom(_BLOCK), 0
        _local.buffer = buffer
    _local.at = at + count
    return buffer[at : at + count]


def _forget() -> None:
    """Drop what a parent process drew: two processes must never share randomness."""
    _local.buffer, _local.at = b"", 0


os.register_at_fork(after_in_child=_forget)
