"""What is generated in the documentation is what would be generated today."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance import settings
from appliance.commands import COMMANDS
from appliance.settings import Settings
from appliance.settings_file import declared
from docs import refresh

AGAIN = "run: python -m docs.refresh"


@pytest.mark.parametrize("path", refresh.pages(), ids=lambda path: path.name)
def test_every_generated_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == refresh.pages()[path], AGAIN


def test_every_setting_is_documented() -> None:
    page = (refresh.ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for one in declared(Settings):
        assert f"| `{one.key.split('.')[-1]}` | {one.limits} |" in page
        assert one.rule.help in page


@pytest.mark.parametrize("role", ["centre", "hq"])
def test_a_sample_is_complete_and_can_be_used_as_it_is(role: str) -> None:
    path = refresh.ROOT / f"config/{role}.toml"
    assert settings.load(path).role == role
    lines = path.read_text(encoding="utf-8").splitlines()
    for one in declared(Settings):
        name = one.key.split(".")[-1]
        if one.rule.role in {"", role}:
            assert any(line.startswith((f"{name} = ", f"# {name} = ")) for line in lines), one.key


@pytest.mark.parametrize("role", ["centre", "hq"])
def test_a_samples_comments_show_settings_that_are_accepted(role: str, tmp_path: Path) -> None:
    text = (refresh.ROOT / f"config/{role}.toml").read_text(encoding="utf-8")
    secret = tmp_path / "database-url"
    secret.write_text("postgresql://cfms@db/cfms")
    secret.chmod(0o600)
    names = {one.key.split(".")[-1] for one in declared(Settings)}
    lines = [line[2:] if line.startswith("# ") and line[2:].split(" = ")[0] in names else line for line in text.splitlines()]
    file = tmp_path / "all.toml"
    file.write_text("\n".join(lines).replace(refresh.EXAMPLES["store.url_file"], str(secret)))
    assert settings.load(file).web == settings.load(refresh.ROOT / f"config/{role}.toml").web


def test_every_command_is_in_the_page_of_operations() -> None:
    text = refresh.OPERATIONS.read_text(encoding="utf-8")
    assert sorted(refresh.quoted_commands(text)) == sorted(COMMANDS)
