"""Rewrites what is generated in the documentation: ``python -m docs.refresh`` after changing a setting or a command.

The test suite compares every generated part with what this would write, so that none of it can grow old.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
from contextlib import redirect_stdout, suppress
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from appliance.__main__ import main
from appliance.commands import COMMANDS
from appliance.settings import Settings
from appliance.settings_file import Setting, declared, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
OPERATIONS = ROOT / "docs/operations.md"
WIDTH = 100  # columns of a command's help
COMMENT = 110  # columns of a sample's comments
INTRODUCTION = """\
A node reads one TOML file, named by `cfms --config FILE`. It refuses to start on a key it does not know or a value of the wrong
kind or out of range, and says which. Relative paths are relative to the file. Secrets stand in files of their own, never here.
Complete samples: [centre.toml](../config/centre.toml), [hq.toml](../config/hq.toml)."""
_HELP = re.compile(r"(<!-- help: (?P<name>\S+) -->\n).*?(<!-- end of help -->)", re.DOTALL)

# For a setting without a default that need not be set.
EXAMPLES = {"store.url_file": "/etc/cfms/database-url", "sms.url_file": "/etc/cfms/sms-url"}

# What a sample sets; everything else stands in it as a comment with its default.
SAMPLES: dict[str, dict[str, Any]] = {
    "centre": {
        "role": "centre",
        "domain": "cfms.example.org",
        "country": "ke",
        "data_dir": "/var/lib/cfms/data",
        "centre": "NBI",
        "sync.hq_url": "https://hq.cfms.example.org",
    },
    "hq": {
        "role": "hq",
        "domain": "cfms.example.org",
        "country": "ke",
        "data_dir": "/var/lib/cfms/data",
        "web.port": 8090,
        "web.trusted_proxies": 1,
        "web.https": True,
    },
}


def tables() -> Iterator[tuple[str, str, list[Setting]]]:
    """Yield each table of the settings file: its name ("" for the top), its purpose and its settings."""
    all_of_them = list(declared(Settings))
    yield "", "What the node is and where it keeps things.", [one for one in all_of_them if "." not in one.key]
    kinds = kinds_of(Settings)
    for field in dataclasses.fields(Settings):
        if dataclasses.is_dataclass(kinds[field.name]):
            prefix = field.name + "."
            yield field.name, kinds[field.name].__doc__ or "", [one for one in all_of_them if one.key.startswith(prefix)]


def settings_page() -> str:
    """Return ``docs/settings.md``."""
    parts = [
        "# Settings",
        "<!-- Written by docs/refresh.py from appliance/settings.py. -->",
        INTRODUCTION,
    ]
    for name, purpose, found in tables():
        parts += [f"## `[{name}]`" if name else "## At the top of the file", purpose, "\n".join(_table(found))]
    return "\n\n".join(parts) + "\n"


def _table(found: list[Setting]) -> Iterator[str]:
    yield "| setting | takes | default | for |"
    yield "|---|---|---|---|"
    for one in found:
        only = {"": "", "centre": " Centres only.", "hq": " Headquarters only."}[one.rule.role]
        yield f"| `{one.key.split('.')[-1]}` | {one.limits} | {_default(one)} | {one.rule.help}{only} |"


def _default(one: Setting) -> str:
    if one.default is None:
        return "none" if one.optional else "**must be set**"
    return f"`{_toml(one.default)}`" + (f" from `{one.rule.beside}`" if one.rule.beside else "")


def _toml(value: object) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def sample(role: str) -> str:
    """Return the sample settings of *role*: every setting it has, those not needed as comments."""
    chosen = SAMPLES[role]
    who = {"centre": "a centre's appliance", "hq": "headquarters"}[role]
    lines = [
        f"# Settings of {who}. Every setting is here; one behind a # has the default shown.",
        "# Written by docs/refresh.py; docs/settings.md has the same as tables.",
    ]
    for name, purpose, found in tables():
        mine = [one for one in found if one.rule.role in {"", role}]
        if mine:
            lines += ["", f"# --- {purpose}", *([f"[{name}]"] if name else [])]
            lines += [line for one in mine for line in _sample_lines(one, chosen)]
    return "\n".join(lines) + "\n"


def _sample_lines(one: Setting, chosen: dict[str, Any]) -> Iterator[str]:
    name = one.key.split(".")[-1]
    yield ""
    takes = "" if one.limits in {"a path", "a text"} else f" Takes {one.limits}."
    yield from wrap(one.rule.help + takes, COMMENT, initial_indent="# ", subsequent_indent="# ")
    if one.key in chosen:
        yield f"{name} = {_toml(chosen[one.key])}"
    elif one.rule.beside:
        yield f"# {name} = {_toml(os.path.normpath(Path(chosen[one.rule.beside]) / one.default))}"
    else:
        yield f"# {name} = {_toml(EXAMPLES.get(one.key, one.default))}"


def command_help(name: str) -> str:
    """Return what ``cfms NAME --help`` prints."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(WIDTH)
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), suppress(SystemExit):
            main([name, "--help"])
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return printed.getvalue()


def operations_page(text: str) -> str:
    """Return *text*, the page of operations, with the help of every command it quotes made new."""
    return _HELP.sub(lambda found: f"{found[1]}```text\n{command_help(found['name'])}```\n{found[3]}", text)


def quoted_commands(text: str) -> list[str]:
    """Return the commands whose help *text* quotes."""
    return [found["name"] for found in _HELP.finditer(text)]


def pages() -> dict[Path, str]:
    """Return every file with generated parts and what it should hold."""
    return {
        ROOT / "docs/settings.md": settings_page(),
        ROOT / "config/centre.toml": sample("centre"),
        ROOT / "config/hq.toml": sample("hq"),
        OPERATIONS: operations_page(OPERATIONS.read_text(encoding="utf-8")),
    }


def refresh() -> None:
    """Write what has changed, and say which files."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))
    missing = set(COMMANDS) - set(quoted_commands(OPERATIONS.read_text(encoding="utf-8")))
    if missing:
        print("docs/operations.md does not tell of:", ", ".join(sorted(missing)))


if __name__ == "__main__":
    refresh()
