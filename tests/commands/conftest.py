"""A terminal before nodes that were set up a moment ago."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.shell import Pair, Shell


@pytest.fixture
def centre(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a centre's folder with settings, nothing else done."""
    shell = Shell(tmp_path / "centre", "centre", capsys)
    shell.configure()
    return shell


@pytest.fixture
def hq(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return headquarters' folder with settings, nothing else done."""
    shell = Shell(tmp_path / "hq", "hq", capsys)
    shell.configure()
    return shell


@pytest.fixture
def pair(hq: Shell, centre: Shell) -> Pair:
    """Return headquarters and a centre that it has taken in."""
    hq.ask("init")
    centre.ask("init")
    both = Pair(hq, centre)
    both.enrol()
    return both
