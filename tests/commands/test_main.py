"""``cfms`` itself: help, exit statuses, and what it says of settings it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.commands import COMMANDS
from tests.commands.shell import Shell

ON_A_NODE = [
    ["init"], ["serve"], ["enrol"], ["sync"], ["status"], ["verify"], ["rebuild"], ["backup"], ["restore", "archive"],
    ["erase", "NBI-26A-000001-T", "--basis", "dpa-s40", "--yes"], ["user", "list"], ["catalogue", "show"], ["posters", "--all"],
]  # fmt: skip


def test_the_commands_are_those_of_the_manual() -> None:
    assert {one[0] for one in ON_A_NODE} | {"demo"} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert COMMANDS[command].help.split(",")[0] in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["dance"], ["user"], ["erase", "x", "--basis", "whim"], ["demo", "--port", "many"]])
def test_it_ends_with_2_when_it_is_called_wrongly(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: cfms" in capsys.readouterr().err


@pytest.mark.parametrize("words", ON_A_NODE, ids=lambda words: words[0])
def test_every_command_on_a_node_asks_for_its_settings(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1
    assert capsys.readouterr().err == "Name the settings: --config FILE.\n"


@pytest.mark.parametrize("words", ON_A_NODE, ids=lambda words: words[0])
def test_every_command_names_the_file_and_the_key_that_it_cannot_use(words: list[str], centre: Shell) -> None:
    centre.configure(more="colour = 7")
    answer = centre.run(*words)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith(f"{centre.config}: colour ")
    assert not centre.database.exists()


def test_a_refusal_is_json_where_json_was_asked_for(centre: Shell) -> None:
    centre.configure(more="colour = 7")
    answer = centre.run("--json", "status")
    assert (answer.status, answer.out) == (1, "")
    assert json.loads(answer.err)["error"].startswith(f"{centre.config}: colour ")


def test_settings_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(tmp_path / "nowhere.toml")]) == 1
    assert str(tmp_path / "nowhere.toml") in capsys.readouterr().err


def test_a_file_that_the_system_refuses_is_named_without_a_traceback(centre: Shell) -> None:
    centre.ask("init")
    (centre.folder / "backups").write_text("a file where a folder should be")
    answer = centre.run("backup")
    assert answer.status == 1
    assert answer.err.startswith(f"{centre.folder / 'backups'}: ")
