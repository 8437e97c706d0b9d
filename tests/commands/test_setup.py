"""``cfms init``: a node's first day."""

from __future__ import annotations

import stat

from tests.commands.shell import DOMAIN, Shell


def test_a_centre_shows_its_backup_key_once_and_keeps_it_nowhere(centre: Shell) -> None:
    answer = centre.run("init")
    key = next(line for line in answer.err.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    assert (answer.status, answer.out) == (0, "The appliance of centre NBI is ready.\n")
    assert centre.holds(key.encode()) == []
    assert "AGE-SECRET-KEY" not in centre.run("init").err


def test_a_centre_that_is_set_up_twice_goes_on_with_the_same_log(centre: Shell) -> None:
    assert centre.ask("init")["backup_key"].startswith("AGE-SECRET-KEY-1")
    before = centre.ask("verify")["leaves"]
    assert centre.ask("init")["backup_key"] is None
    assert centre.ask("verify")["leaves"] == before


def test_headquarters_makes_two_root_keys_and_says_where_they_belong(hq: Shell) -> None:
    answer = hq.run("init")
    assert answer.status == 0
    assert "Headquarters is ready; catalogue version 1 is published." in answer.out
    assert "two safes" in answer.err
    seeds = sorted((hq.folder / "offline-roots").glob("*.seed"))
    assert [seed.name for seed in seeds] == ["hq-root.seed", "ombudsman-root.seed"]
    assert not any(seed.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) for seed in seeds)


def test_headquarters_that_is_set_up_twice_publishes_nothing_anew(hq: Shell) -> None:
    first, leaves = hq.ask("init"), hq.ask("verify")["leaves"]
    assert first == hq.ask("init") == {"domain": DOMAIN, "catalogue": 1}
    assert hq.ask("verify")["leaves"] == leaves


def test_root_keys_lie_where_the_engineer_says(hq: Shell) -> None:
    safe = hq.folder / "stick"
    assert hq.run("init", "--roots", str(safe)).status == 0
    assert (safe / "hq-root.vkey").read_text().startswith(f"{DOMAIN}/hq/root+")
    assert not (hq.folder / "offline-roots").exists()
