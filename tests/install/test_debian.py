"""A whole fresh Debian 12 with nothing but python3 and bash reaches a working demo by one command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.install.machine import copy_tree

HOUR = 3600
# How this machine reaches packages, whatever way that is: the fresh one has no other.
LENT = ("/etc/resolv.conf", "/etc/hosts")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # lent under another name: Debian writes its own there
LENT_WORDS = re.compile(r"PIP_(INDEX_URL|DEFAULT_TIMEOUT)|(https?|no)_proxy", re.IGNORECASE)

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.environ.get("CFMS_SOAK") != "1", reason="long: a whole Debian from the mirror; ./install.sh test --soak install"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a Debian"),
]


def mirror() -> str:
    """Return the mirror this machine installs from."""
    listed = [path.read_text() for path in Path("/etc/apt").glob("sources.list*/*.sources")] + [
        path.read_text() for path in (Path("/etc/apt/sources.list"), *Path("/etc/apt").glob("sources.list.d/*.list")) if path.is_file()
    ]
    for text in listed:
        found = re.search(r"^(?:URIs:|deb) *(?:\[.*?\] *)?(https?://\S*/debian)/?(?:\s|$)", text, re.MULTILINE)
        if found:
            return found[1]
    pytest.skip("this machine names no Debian mirror")


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[Path]:
    """Lend the root of a Debian 12 that was made a moment ago."""
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed here")
    root = tmp_path / "debian"
    made = ["debootstrap", "--variant=minbase", "--include=python3", "bookworm", str(root), mirror()]
    subprocess.run(made, check=True, capture_output=True, timeout=HOUR)
    for name in LENT:
        if Path(name).exists():
            (root / name[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, root / name[1:])
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", str(root / "proc")], check=True)
    shutil.rmtree(root)  # a quarter of a gigabyte


def test_a_fresh_debian_shows_an_outage(debian: Path) -> None:
    copy_tree(debian / "srv/cfms")
    lent = {name: value for name, value in os.environ.items() if LENT_WORDS.fullmatch(name)}
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, debian / "srv/certificates.crt")
        lent["PIP_CERT"] = "/srv/certificates.crt"
    done = subprocess.run(
        ["chroot", str(debian), "/srv/cfms/install.sh", "demo", "--outage", "--exit"],
        env={**lent, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C"},
        capture_output=True, text=True, timeout=HOUR, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Installing Debian's python3-venv" in done.stderr
    assert "All of it was seen." in done.stdout
