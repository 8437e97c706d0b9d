"""Every dependency has its reason on record, and every package that is imported is declared."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.docs.tree import ROOT, texts

FLASKS_OWN = {"jinja2", "markupsafe"}  # they come with it for good
OURS = {"appliance", "sync", "kiosk_ui", "tests", "docs", "bench"}


@cache
def declared() -> dict[str, set[str]]:
    """Return the names of distributions that setup.cfg asks for: to run, and by extra."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    wanted = {"run": config["options"]["install_requires"], **config["options.extras_require"]}
    return {part: {re.split(r"[\[<>=~!]", line)[0].lower() for line in text.split()} for part, text in wanted.items()}


def imported(folder: str) -> set[str]:
    """Return the distributions that the code in *folder* imports from."""
    modules: set[str] = set()
    for path in texts(".py"):
        if path.relative_to(ROOT).parts[0] == folder:
            for node in _run_time(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module.split(".")[0])
                elif isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module":
                    modules |= {arg.value.split(".")[0] for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    found = packages_distributions()
    return {found.get(name, [name])[0].lower() for name in modules - sys.stdlib_module_names - OURS}


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that a run reaches; what is imported for type checkers alone is not needed there."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _run_time(child)


@pytest.mark.parametrize("folder", ["appliance", "sync", "kiosk_ui"])
def test_what_the_server_imports_is_declared(folder: str) -> None:
    assert imported(folder) - FLASKS_OWN <= declared()["run"] | declared()["hq"] | declared()["printer"]


@pytest.mark.parametrize("folder", ["tests", "docs", "bench"])
def test_what_the_tests_import_is_declared(folder: str) -> None:
    assert imported(folder) - FLASKS_OWN <= set().union(*declared().values())


def test_what_is_declared_to_run_is_imported() -> None:
    assert declared()["run"] - {"werkzeug"} <= imported("appliance") | imported("sync") | imported("kiosk_ui")


def test_every_dependency_has_its_reason_on_record() -> None:
    record = (ROOT / "docs/decisions/0002-dependencies.md").read_text(encoding="utf-8").lower()
    for part, names in declared().items():
        for name in names:
            assert re.search(rf"\b{re.escape(name)}\b", record), f"{name} ({part})"
