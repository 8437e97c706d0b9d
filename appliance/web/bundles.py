"""Several scripts as one file: one answer instead of a dozen, whose heads together would weigh as much as what is in them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, abort, request, url_for

if TYPE_CHECKING:
    from collections.abc import Mapping

Bundles = dict[str, "Bundle"]
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)  # of a whole line: what a reader of the source needs, and no browser


class Bundle:
    """Scripts that are always loaded together, in their order, each still a file of its own in the source."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        """Read *files*."""
        self.text = "".join(_COMMENT.sub("", file.read_text(encoding="utf-8")) for file in files)
        self.hash = hashlib.sha256(self.text.encode()).hexdigest()[:10]


def serve_bundles(blueprint: Blueprint, bundles: Mapping[str, tuple[str, ...]]) -> None:
    """Let *blueprint* serve *bundles* (name to the names of its static scripts) beside its static files."""
    folder = Path(blueprint.static_folder or "")

    @cache
    def bundle(name: str) -> Bundle:
        return Bundle(tuple(folder / f"{one}.js" for one in bundles[name]))

    def serve(name: str) -> Response:
        if name not in bundles:
            abort(404)
        found = bundle(name)
        answer = Response(found.text, content_type="text/javascript; charset=utf-8")
        answer.set_etag(found.hash)
        answer.make_conditional(request)
        return answer

    def address(state: object) -> None:
        app: Flask = state.app  # type: ignore[attr-defined]  # Flask's BlueprintSetupState
        app.jinja_env.globals["bundle"] = lambda name: url_for(f"{blueprint.name}.bundles_static", name=name, v=bundle(name).hash)

    blueprint.add_url_rule(f"{blueprint.static_url_path}/bundles/<name>.js", "bundles_static", serve)
    blueprint.record(address)
