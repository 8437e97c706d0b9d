"""Services from a CSV file join the catalogue and go to every centre: all of the file, or nothing and every reason why."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.catalogue_build import build_catalogue
from appliance.domain.catalogue_csv import agencies_beside, read_catalogue_csv
from appliance.domain.errors import NotAllowed, Refusal
from appliance.usecases.accept_down import refresh_catalogue
from appliance.usecases.node import Node
from appliance.usecases.set_up import publish_catalogue


class FileUnreadable(Refusal):
    """{file} cannot be read: {why}. Nothing was imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many services an import brought, and the version of the catalogue they were published in."""

    new: int
    changed: int
    unchanged: int
    version: int


def import_catalogue(node: Node, file: Path, agencies: Path | None = None) -> Imported:
    """Import the services in *file* and publish the catalogue with them.

    Args:
        agencies: where the agencies' names stand; the file of that name beside *file* when not given, if there is one.

    Raises:
        NotAllowed: only headquarters owns services and institutions (design §5).
        FileUnreadable, ImportRefused, CatalogueBroken: nothing was imported.
    """
    if not node.is_hq:
        raise NotAllowed
    beside = agencies or agencies_beside(file)
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(file.open("rb"))
            names = stack.enter_context(beside.open("rb")) if beside else None
        except OSError as error:
            raise FileUnreadable(file=error.filename, why=error.strerror) from None
        plan = read_catalogue_csv(stream, agencies=names, catalogue=node.catalogue)
    new, changed, same = plan.count_against(node.catalogue)
    version = publish_catalogue(node, build_catalogue(plan.apply(node.catalogue)))
    refresh_catalogue(node)
    return Imported(new, changed, same, version)
