"""A server that stays small: what the C library and the garbage collector are told at the start."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_ARENA_MAX = -8  # mallopt(3): M_ARENA_MAX of glibc


def share_arena() -> None:
    """Let all threads take memory from one arena; to be called before any thread is made.

    glibc would give each its own, and 16 threads that each unpacked a batch once would hold 60 MiB for nothing. Other C
    libraries have no such thing, and no need.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """Let the garbage collector pass over what lives as long as the process: catalogue, templates, modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
