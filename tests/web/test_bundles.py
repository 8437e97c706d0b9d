"""Scripts that are loaded together come as one file, with everything in them that runs."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import render_template_string

from appliance.web.bundles import Bundle
from kiosk_ui.base import HERE
from kiosk_ui.scripts import BUNDLES
from tests.web.world import sample_app

STATIC = HERE / "static"


def address(name: str) -> str:
    app = sample_app()
    with app.test_request_context("/nowhere"):
        return render_template_string("{{ bundle(name) }}", name=name)


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_a_bundle_has_every_script_in_its_order_without_whole_lines_of_comment(name: str) -> None:
    with sample_app().test_client().get(address(name)) as answer:
        assert (answer.status_code, answer.content_type) == (200, "text/javascript; charset=utf-8")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        text, at = answer.get_data(as_text=True), 0
        for one in BUNDLES[name]:
            for line in (STATIC / f"{one}.js").read_text(encoding="utf-8").splitlines():
                if line.strip() and not line.lstrip().startswith("//"):
                    at = text.index(line, at) + len(line)
        assert not re.search(r"^\s*//", text, re.MULTILINE)


def test_a_bundle_comes_compressed_and_only_once() -> None:
    client, where = sample_app().test_client(), address("terminal")
    with client.get(where, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data).startswith(b'"use strict";')
        etag = answer.headers["ETag"]
    with client.get(where, headers={"Accept-Encoding": "gzip", "If-None-Match": etag}) as again:
        assert again.status_code == 304


def test_another_script_is_another_address(tmp_path: Path) -> None:
    file = tmp_path / "one.js"
    file.write_text("// why\nlet one;\n")
    first = Bundle((file,))
    file.write_text("// why else\nlet one;\n")
    assert Bundle((file,)).hash == first.hash
    file.write_text("let two;\n")
    assert Bundle((file,)).hash != first.hash


def test_no_other_file_is_served_as_a_bundle() -> None:
    client = sample_app().test_client()
    for name in ("flow", "other"):
        assert client.get(f"/static/kiosk/bundles/{name}.js").status_code == 404


def test_every_script_of_the_pages_is_in_a_bundle_or_stands_alone_for_a_reason() -> None:
    alone = {"sw"}  # the service worker, fetched by the browser itself
    assert {path.stem for path in STATIC.glob("*.js")} - alone == set(BUNDLES["terminal"])
