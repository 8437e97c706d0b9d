"""``cfms catalogue``: services imported whole or not at all, published to every centre."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.commands.shell import Pair, Shell

ROOT = Path(__file__).parents[2]
EXTRACT = ROOT / "config/countries/ke/ecitizen_extract.csv"
HEAD = "code,name_en,name_sw,institution\n"
GOOD = "10011,Boat licence,Leseni ya mashua,NTSA\n"


@pytest.fixture
def ready(hq: Shell) -> Shell:
    """Return headquarters with the pack's catalogue published."""
    hq.ask("init")
    return hq


def services(shell: Shell) -> int:
    return int(shell.ask("catalogue", "show")["services"])


def test_a_file_of_services_is_imported_published_and_at_the_centre_after_an_exchange(pair: Pair, tmp_path: Path) -> None:
    before = services(pair.hq)
    (tmp_path / "new.csv").write_text(HEAD + GOOD)
    answer = pair.hq.run("catalogue", "import", str(tmp_path / "new.csv"))
    assert answer.out == "1 new, 0 changed, 0 unchanged; published as catalogue version 2.\n"
    assert services(pair.hq) == before + 1
    assert services(pair.centre) == before
    pair.sync()
    assert pair.centre.ask("catalogue", "show") == pair.hq.ask("catalogue", "show")
    assert pair.centre.file("About the boat", service="10011").ref.startswith("NBI-")


def test_the_same_file_again_publishes_nothing(ready: Shell) -> None:
    first = ready.ask("catalogue", "import", str(EXTRACT))
    assert first == {"new": 60, "changed": 0, "unchanged": 0, "version": 2}
    leaves = ready.ask("verify")["leaves"]
    assert ready.ask("catalogue", "import", str(EXTRACT)) == {"new": 0, "changed": 0, "unchanged": 60, "version": 2}
    assert ready.ask("verify")["leaves"] == leaves


def test_a_bad_row_is_named_by_line_and_reason_and_nothing_is_imported_by_halves(ready: Shell, tmp_path: Path) -> None:
    before = services(ready)
    bad = tmp_path / "bad.csv"
    bad.write_text(HEAD + GOOD + "10012,Wrong digit,Tarakimu mbaya,NTSA\n10022,Nobody's,Ya hakuna,NOBODY\n")
    answer = ready.run("catalogue", "import", str(bad))
    assert (answer.status, answer.out) == (1, "")
    lines = answer.err.splitlines()
    assert lines[0].startswith("line 3: code: 10012 has a wrong last digit")
    assert lines[1] == "line 4: institution: there is no 'NOBODY'"
    assert lines[2].startswith("Nothing was imported. Lines that are wrong: 2. The first is line 3:")
    assert ready.ask("catalogue", "show")["version"] == 1
    assert services(ready) == before
    assert ready.ask("catalogue", "import", str(bad), status=1)["error"] == lines[2]


def test_a_file_that_is_not_there_is_named(ready: Shell, tmp_path: Path) -> None:
    answer = ready.ask("catalogue", "import", str(tmp_path / "no.csv"), status=1)
    assert answer["error"] == f"{tmp_path / 'no.csv'} cannot be read: No such file or directory. Nothing was imported."


def test_an_import_without_a_file_is_refused(ready: Shell) -> None:
    assert ready.ask("catalogue", "import", status=1)["error"].startswith("Name the file to import")


def test_a_centre_owns_no_services(centre: Shell) -> None:
    centre.ask("init")
    assert centre.ask("catalogue", "import", str(EXTRACT), status=1)["error"] == "Your role does not allow this. Ask your manager."


def test_the_whole_ecitizen_list_is_imported_and_reaches_the_centre(pair: Pair) -> None:
    shared = Path(os.environ.get("CFMS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not (shared / "ecitizen_services.csv").is_file():
        pytest.skip("the shared eCitizen list is not here; CFMS_SHARED_DATA names its folder")
    before = services(pair.hq)
    answer = pair.hq.ask("catalogue", "import", str(shared / "ecitizen_services.csv"))
    assert (answer["new"], answer["version"]) == (5_489, 2)
    assert services(pair.hq) == before + 5_489
    pair.sync()
    assert services(pair.centre) == before + 5_489
