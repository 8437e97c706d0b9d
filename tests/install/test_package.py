"""The package that is built from the tree: whole, and of use on a machine that has nothing but it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.docs.tree import ROOT, files
from tests.install.machine import PATIENCE, Demo, copy_tree, free_ports, wait_until

CARRIED = {"templates", "static", "translations", "migrations"}
PACKAGES = {"appliance", "kiosk_ui", "sync"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a wheel and a source archive; the wheel is built from the archive."""
    tree = copy_tree(tmp_path_factory.mktemp("tree") / "source tree")
    subprocess.run([sys.executable, "-m", "build", str(tree)], check=True, capture_output=True, timeout=5 * PATIENCE)
    return tree / "dist"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fresh virtual environment outside the tree with the wheel in it."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=PATIENCE)
    (wheel,) = built.glob("*.whl")
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, timeout=5 * PATIENCE)
    return venv


def wanted() -> set[str]:
    """Return the files of the tree that a node needs beside its modules, and its modules."""
    inside = {path.relative_to(ROOT) for path in files()}
    ours = {path for path in inside if path.parts[0] in PACKAGES and "sass" not in path.parts}
    return {path.as_posix() for path in ours if path.suffix == ".py" or CARRIED & set(path.parts)}


def pack() -> set[str]:
    """Return the settings' samples and the country packs."""
    return {path.relative_to(ROOT).as_posix() for path in files() if path.relative_to(ROOT).parts[0] == "config"}


def test_the_wheel_holds_pages_words_migrations_and_country_packs(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert wanted() - held == set()
    data = {name.split("/data/share/cfms/")[1] for name in held if "/data/share/cfms/" in name}
    assert pack() - data == set()
    assert not any(PurePosixPath(name).parts[0] in {"tests", "bench", "docs"} for name in held)


def test_the_source_archive_holds_the_same_and_what_tells_of_it(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        held = {name.partition("/")[2] for name in tar.getnames()}
    assert (wanted() | pack() | {"README.md", "LICENSE", "setup.cfg", "pyproject.toml"}) - held == set()


def test_the_wheel_carries_a_node_where_there_is_no_tree(installed: Path, tmp_path: Path) -> None:
    cfms, config, (port,) = installed / "bin/cfms", tmp_path / "cfms.toml", free_ports(1)
    config.write_text(f'role = "centre"\ndomain = "feedback.example.org"\ncountry = "ke"\ncentre = "NBI"\ndata_dir = "data"\n[web]\nport = {port}\n')
    said = subprocess.run([cfms, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    assert "catalogue" in said
    subprocess.run([cfms, "init", "--config", config], cwd=tmp_path, capture_output=True, check=True, timeout=PATIENCE)
    server = subprocess.Popen([cfms, "serve", "--config", config], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), "the server answers")
        home = _get(port, "/?lang=sw")
        assert 'lang="sw"' in home
        assert len(_get(port, "/static/web/base.css")) > 10_000
    finally:
        server.terminate()
        assert server.wait(PATIENCE) == 0


def test_the_wheel_carries_the_demo_too(installed: Path, tmp_path: Path) -> None:
    demo = Demo(tmp_path / "demo", command=[str(installed / "bin/cfms")], cwd=tmp_path)
    done = demo.run("--exit")
    assert done.returncode == 0, done.stderr
    assert "60 services of eCitizen imported" in done.stderr
    assert demo.servers() == {}


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def _answers(port: int) -> bool:
    try:
        _get(port, "/")
    except OSError:
        return False
    return True
