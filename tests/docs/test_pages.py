"""The documentation's links lead somewhere, and its commands exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from appliance.commands import COMMANDS
from tests.docs.tree import ROOT, texts

PAGES = texts(".md")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"(?:^|[`\s(])cfms (?:--?\S+ (?:FILE )?)*([a-z]+)\b", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of *page*'s headings, as forges make them."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def broken(page: Path, link: str) -> bool:
    """Tell whether *link* of *page* leads nowhere in this tree; what is outside is not looked at."""
    if re.match(r"[a-z]+:", link):
        return False
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return not target.exists() or (anchor != "" and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    assert [link for link in _LINK.findall(text) if broken(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_it_names_exists(page: Path) -> None:
    quoted = " \n".join(_CODE.findall(page.read_text(encoding="utf-8")))
    assert [name for name in _COMMAND.findall(quoted) if name not in COMMANDS] == []


def test_the_readme_names_commands_that_install_sh_has() -> None:
    usage = subprocess.run(["./install.sh", "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = re.findall(r"\./install\.sh ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    for name in named:
        assert f"./install.sh {name} " in usage


def test_every_decision_is_listed_and_dated() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert records
    for record in records:
        lines = record.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(f"# {record.name[:4]}: "), record.name
        assert re.match(r"20\d\d-\d\d-\d\d, ", lines[2]), record.name
        assert f"({record.name})" in index, record.name


def test_every_top_folder_of_code_is_in_the_page_of_architecture() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = {path.parent for path in texts(".py") if path.name == "__init__.py" and len(path.relative_to(ROOT).parts) in {2, 3}}
    for folder in sorted(folders):
        name = f"{folder.relative_to(ROOT)}/"
        if name.split("/", maxsplit=1)[0] in {"appliance", "sync", "kiosk_ui"} and name != "appliance/":
            assert f"`{name}`" in page, name
