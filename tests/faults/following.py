"""What staff do on bad days, in this process beside the servers; and how both sides are compared at the end."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.domain.people import Person
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.read_case import find_by_code
from tests.faults.filing import Filed, file_cases
from tests.faults.world import Machine

OFFICER = Person("officer", "Officer", "officer")
HQ_OFFICER = Person("hq-officer", "HQ officer", "case_officer")


def file_at(centre: Machine, count: int, *, sync: bool) -> list[Filed]:
    """File *count* cases at the centre, its line to HQ down unless they are to be exchanged."""
    centre.hq_url, url = centre.hq_url if sync else "http://127.0.0.1:9", centre.hq_url
    centre.configure()
    centre.start()
    filed = file_cases(centre, count)
    centre.stop()
    centre.hq_url = url
    centre.configure()
    if sync:
        centre.sync()
    return filed


def reply(machine: Machine, case: str, text: str) -> None:
    """Reply to *case* at *machine*, as its officer."""
    with machine.node() as node:
        reply_to_citizen(node, case, HQ_OFFICER if node.is_hq else OFFICER, text)


def texts(machine: Machine, code: str) -> list[str | None]:
    """Return the texts of the story that *code* opens at *machine*, in its order."""
    with machine.node() as node:
        return [line.text for line in find_by_code(node, code).lines if line.text]


def check_held(filed: Iterable[Filed], *machines: Machine) -> None:
    """Check that each of *machines* has every filed case once, under its reference, and opens it by its code, readable."""
    for machine in machines:
        held = machine.references()
        missing = [one.id for one in filed if held.get(one.id) != one.ref]
        assert not missing, f"{machine.folder.name} lacks {len(missing)} of {len(list(filed))}"
        with machine.node() as node:
            for one in filed:
                found = find_by_code(node, one.code)
                assert found.row.ref == one.ref
                assert found.lines[0].text == one.sent["text"].strip()


def check_sound(*machines: Machine) -> None:
    """Verify each of *machines*."""
    for machine in machines:
        assert machine.verify()["ok"]
