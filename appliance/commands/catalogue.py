"""``cfms catalogue``: services and institutions, imported from CSV and published to every centre."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from appliance.commands.base import Command, node_of, say
from appliance.domain.catalogue_build import build_catalogue
from appliance.domain.catalogue_csv import agencies_beside, read_catalogue_csv
from appliance.domain.errors import NotAllowed
from appliance.usecases.node import Node
from appliance.usecases.set_up import publish_catalogue


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", choices=("import", "show"))
    parser.add_argument("file", nargs="?", type=Path, help="with import: services as CSV")
    parser.add_argument("--agencies", type=Path, help="agencies as CSV, where the services' file names them by id")


def _run(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        if asked.do == "import" and asked.file:
            if not node.is_hq:
                raise NotAllowed  # HQ owns services and institutions (design §5)
            return _import(asked, node)
        c = node.catalogue
        say(
            asked,
            f"Catalogue version {c.version}: {len(c.services):,} services of {len(c.institutions):,} institutions at {len(c.centres):,} centres.",
            version=c.version, services=len(c.services), institutions=len(c.institutions), centres=len(c.centres),
        )  # fmt: skip
    return 0


def _import(asked: argparse.Namespace, node: Node) -> int:
    beside = asked.agencies or agencies_beside(asked.file)
    with ExitStack() as stack:
        stream = stack.enter_context(asked.file.open("rb"))
        agencies = stack.enter_context(beside.open("rb")) if beside else None
        plan = read_catalogue_csv(stream, agencies=agencies, catalogue=node.catalogue)
    new, changed, same = plan.count_against(node.catalogue)
    version = publish_catalogue(node, build_catalogue(plan.apply(node.catalogue)))
    say(
        asked, f"{new:,} new, {changed:,} changed, {same:,} unchanged; published as catalogue version {version}.",
        new=new, changed=changed, unchanged=same, version=version,
    )  # fmt: skip
    return 0


CATALOGUE = Command("show the catalogue, or import services from CSV and publish them (HQ)", _arguments, _run)
