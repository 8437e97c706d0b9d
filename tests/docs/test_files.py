"""No file tells of the machine it was written on, and each is in order."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.docs.tree import ROOT, texts

# Put together here, so that this file does not find itself.
_PLACES = [re.compile(rf"(?<![\w.$}}*])/{name}/") for name in ("work", "tmp", "root")] + [re.compile(r"(?<![\w.$}*])/home/" + r"[a-z]")]
_HOSTS = re.compile(
    "|".join(re.escape(".".join(parts)) for parts in (("pypi", "org"), ("deb", "debian", "org"), ("npmjs", "org"), ("pythonhosted", "org")))
)
_LONGEST = 500  # lines of a module; design: under 300, more with a reason


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", texts(), ids=relative)
def test_it_names_no_place_of_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [found[0] for pattern in [*_PLACES, _HOSTS] for found in [pattern.search(text)] if found] == []


def test_scripts_can_be_run() -> None:
    for name in ("install.sh", ".ci/run"):
        assert (ROOT / name).stat().st_mode & stat.S_IXUSR, name


@pytest.mark.parametrize("path", texts(".py"), ids=relative)
def test_every_module_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= _LONGEST


def test_the_licence_is_the_apache_licence() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").split()[:4] == ["Apache", "License", "Version", "2.0,"]
