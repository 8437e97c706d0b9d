"""``cfms posters``: A4 posters of desks and services, in one file to print."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from appliance.commands.base import Command, node_of, say, warn
from appliance.domain.errors import Refusal
from appliance.usecases.node import Node
from appliance.web.posters import Poster, Printing, check_languages, whole_page
from appliance.wiring import create_app

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 120  # seconds for a browser to print a hundred sheets on a small box


class NothingWanted(Refusal):
    """Say of what: --all, --desk CODE or --service CODE."""


class UrlNeeded(Refusal):
    """Say where telephones find the pages: --url https://…"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every desk of this centre, and every service of its counters")
    parser.add_argument("--desk", action="append", default=[], metavar="CODE", help="a desk; may be given several times")
    parser.add_argument("--service", action="append", default=[], metavar="CODE", help="a service; may be given several times")
    parser.add_argument("--lang", default="", metavar="en,sw", help="languages, in this order; the country's first two when not given")
    parser.add_argument("--url", default="", help="where telephones find the pages; headquarters' portal when not given")
    parser.add_argument("--out", type=Path, default=Path("posters.html"), metavar="FILE", help="the file to write (posters.html)")
    parser.add_argument("--pdf", action="store_true", help="a PDF beside it, where Chromium is on this machine")


def _run(asked: argparse.Namespace) -> int:
    if not (asked.all or asked.desk or asked.service):
        raise NothingWanted
    with node_of(asked) as node:
        posters, page = _made(asked, node)
    asked.out.write_text(page, encoding="utf-8")
    pdf = _pdf(asked.out) if asked.pdf else None
    if asked.pdf and pdf is None:
        warn(f"There is no Chromium on this machine. Open {asked.out} in any browser and print it: A4, without margins.")
    say(asked, f"{len(posters):,} posters in {pdf or asked.out}.", posters=len(posters), file=str(asked.out), pdf=str(pdf) if pdf else None)
    return 0


def _made(asked: argparse.Namespace, node: Node) -> tuple[list[Poster], str]:
    url = asked.url or node.settings.sync.hq_url
    if not url:
        raise UrlNeeded
    with create_app(node).test_request_context("/"):
        langs = check_languages([code for code in asked.lang.replace(" ", "").split(",") if code])
        printing = Printing(node, langs, url)
        posters = printing.everything() if asked.all else printing.named(asked.desk, asked.service)
        return posters, whole_page(posters)


def _pdf(page: Path) -> Path | None:
    """Print *page* into a PDF beside it by Chromium; None where there is none, or it fails."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return None
    pdf = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser, "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run", f"--user-data-dir={profile}",
            "--no-pdf-header-footer", f"--print-to-pdf={pdf.absolute()}", page.absolute().as_uri(),
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # it refuses to be root's otherwise, and opens nothing but our own file
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - our own words
        except (OSError, subprocess.TimeoutExpired):
            return None
    return pdf if done.returncode == 0 and pdf.exists() else None


POSTERS = Command("print A4 posters of desks and services: code, QR, numbers, in two languages", _arguments, _run)
