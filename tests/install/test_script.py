"""``install.sh``: from any folder, with any Python it takes, and what it says when something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.tree import ROOT
from tests.install.machine import PATIENCE, Demo, copy_tree

TOOLS = ("bash", "dirname", "cat", "sha256sum", "env", "nproc", "rm", "mktemp")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder of programs that holds bash and little else: no python3, no apt-get."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return programs


@pytest.fixture
def script(bare: Path, tmp_path: Path) -> Run:
    """Return a way to run install.sh with those programs alone, from another folder."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": str(bare), "CFMS_VENV": str(tmp_path / "venv"), **more}
        return subprocess.run(
            [str(ROOT / "install.sh"), *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    return run


def stub(folder: Path, version: tuple[int, int, int], lacks: str = "") -> Path:
    """Make a Python that says it is *version*, and cannot import the module *lacks*."""
    path = folder / "python3"
    hide = f"sys.modules['{lacks}'] = None; " if lacks else ""
    path.write_text(
        f"""#!/usr/bin/env bash
[[ $1 == -V ]] && echo "Python {".".join(map(str, version))}" && exit
exec {sys.executable} -c "import sys; sys.version_info = {version}; {hide}$2"
"""
    )
    path.chmod(0o755)
    return path


def test_a_machine_without_python_is_told_which_it_needs(script: Run) -> None:
    done = script("demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no python3 here. CFMS needs Python 3.11, 3.12 or 3.13.\n"


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0)])
def test_a_python_that_will_not_do_is_refused(script: Run, bare: Path, version: tuple[int, int, int], tmp_path: Path) -> None:
    stub(bare, version)
    for what in ("demo", "test"):
        done = script(what)
        assert done.returncode == 2
        assert f"is Python {'.'.join(map(str, version))}; CFMS needs Python 3.11, 3.12 or 3.13. Name one in CFMS_PYTHON." in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 9), (3, 13, 0)])
@pytest.mark.parametrize("lacks", ["ensurepip", "venv"])
def test_a_machine_without_python3_venv_is_told_the_package(script: Run, bare: Path, version: tuple[int, int, int], lacks: str) -> None:
    stub(bare, version, lacks)
    done = script("demo")
    assert done.returncode == 2
    assert done.stderr == "Missing: python3-venv. Install that first (on Debian, as root: apt-get install python3-venv) and run this again.\n"


def test_the_python_it_is_told_is_the_one_it_asks(script: Run, bare: Path, tmp_path: Path) -> None:
    (tmp_path / "else where").mkdir()
    other = stub(tmp_path / "else where", (3, 9, 2))
    stub(bare, (3, 11, 2))
    done = script("demo", CFMS_PYTHON=str(other))
    assert done.returncode == 2
    assert f"{other} is Python 3.9.2" in done.stderr


@pytest.mark.parametrize("words", [[], ["dance"]])
def test_it_explains_itself_when_it_is_called_wrongly(script: Run, words: list[str]) -> None:
    done = script(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "./install.sh demo" in done.stderr


def test_a_phase_that_is_none_is_named_with_those_there_are(script: Run) -> None:
    done = script("test", "rust")
    assert done.returncode == 2
    assert done.stderr.startswith("There is no phase rust. There are: ruff mypy ")


def test_help_is_an_answer(script: Run) -> None:
    done = script("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "CFMS_PYTHON" in done.stdout


def test_from_a_folder_with_spaces_to_a_demo_and_quickly_again(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "a tree with spaces")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CFMS_", "VIRTUAL_ENV"))}
    env["CFMS_PYTHON"] = getattr(sys, "_base_executable", sys.executable)
    demo = Demo(tmp_path / "a demo", command=[str(tree / "install.sh")], cwd=tmp_path)
    first = demo.run("--outage", "--exit", env=env)
    assert first.returncode == 0, first.stderr
    assert "Preparing Python packages in" in first.stderr
    assert "All of it was seen." in first.stdout
    assert not any((tree / ".venv/lib").rglob("pytest/__init__.py"))  # a look needs nothing of the tests
    second = demo.run("--exit", env=env)
    assert second.returncode == 0, second.stderr
    assert "Preparing" not in second.stderr
    assert demo.servers() == {}
