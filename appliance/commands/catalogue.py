"""``cfms catalogue``: services and institutions, imported from CSV and published to every centre."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from appliance.commands.base import Command, node_of, say, warn
from appliance.domain.catalogue_csv import ImportRefused
from appliance.domain.errors import Refusal
from appliance.usecases.import_catalogue import import_catalogue
from appliance.usecases.node import Node


class FileMissing(Refusal):
    """Name the file to import: cfms catalogue import FILE."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", choices=("import", "show"))
    parser.add_argument("file", nargs="?", type=Path, help="with import: services as CSV")
    parser.add_argument("--agencies", type=Path, help="agencies as CSV, where the services' file names them by id")


def _run(asked: argparse.Namespace) -> int:
    if asked.do == "import" and not asked.file:
        raise FileMissing
    with node_of(asked) as node:
        if asked.do == "import":
            return _import(asked, node)
        c = node.catalogue
        say(
            asked,
            f"Catalogue version {c.version}: {len(c.services):,} services of {len(c.institutions):,} institutions at {len(c.centres):,} centres.",
            version=c.version, services=len(c.services), institutions=len(c.institutions), centres=len(c.centres),
        )  # fmt: skip
    return 0


def _import(asked: argparse.Namespace, node: Node) -> int:
    try:
        done = import_catalogue(node, asked.file, asked.agencies)
    except ImportRefused as error:
        for reason in () if asked.json else error.reasons:
            warn(f"line {reason.line}: {reason.reason}")
        raise
    say(
        asked,
        f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} unchanged; published as catalogue version {done.version}.",
        **asdict(done),
    )
    return 0


CATALOGUE = Command("show the catalogue, or import services from CSV and publish them (HQ)", _arguments, _run)
