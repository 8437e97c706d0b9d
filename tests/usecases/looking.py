"""What the tests of whole nodes look at: a citizen's view, the values a node holds, the bytes of boxes and keys."""

from __future__ import annotations

from collections.abc import Sequence

from sync.batch import Batch, read_batch

from appliance.domain.errors import Refusal
from appliance.usecases.read_case import find_by_code
from appliance.usecases.read_case import story as story_at
from tests.factories import Site


def texts(site: Site, code: str) -> list[str | None]:
    """Return the words of the case that *code* opens at *site*, in the story's order; None for those that are gone."""
    return [line.text for line in find_by_code(site.node, code).lines if line.text != ""]


def opens(site: Site, code: str) -> bool:
    """Tell whether *code* opens a case at *site*."""
    try:
        find_by_code(site.node, code)
    except Refusal:
        return False
    return True


def contact(site: Site, case: str) -> dict[str, str]:
    """Return the contact details of *case* that *site* holds."""
    with site.node.store.read() as db:
        return story_at(db, case, contact=True).contact


def secrets(site: Site, case: str, field: str = "") -> list[bytes]:
    """Return the bytes of every box and box key of *case* (of one *field*) that *site* holds."""
    one = " AND b.field = :field" if field else ""
    with site.node.store.read() as db:
        rows = db.all(
            "SELECT b.box, k.key FROM box b JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
            f" JOIN event e ON e.log = b.log AND e.idx = b.idx WHERE (e.subject = :case OR e.id = :case){one}",
            case=case, **({"field": field} if field else {}),
        )  # fmt: skip
    return [bytes(part) for row in rows for part in row]


def flags(site: Site) -> list[tuple[str, str]]:
    """Return the flagged values of *site*: (field, flag)."""
    with site.node.store.read() as db:
        return [(row[0], row[1]) for row in db.all("SELECT field, flag FROM box_flag ORDER BY log, idx, field")]


def batches(bodies: Sequence[bytes]) -> list[Batch]:
    """Return those of *bodies* that are batches, read."""
    return [read_batch(body) for body in bodies if body[:1] == b"x"]


def sizes(site: Site) -> dict[str, int]:
    """Return how many leaves each log has at *site*."""
    with site.node.store.read() as db:
        return dict(db.all("SELECT origin, size FROM log"))
