"""What the library's tests stand on: the published vectors, and trees small enough to define by recursion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """Return the vectors of the log format: public ones of RFC 6962, C2SP and RFC 9180, and our own."""
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "log_vectors.json").read_text("utf-8"))
    return loaded
