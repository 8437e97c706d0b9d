"""Addresses of static files with their hash in them, so that browsers may keep a file for ever and never an old one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, url_for

if TYPE_CHECKING:
    from collections.abc import Callable


def init_assets(app: Flask) -> None:
    """Give templates ``asset(blueprint, file)``."""
    app.jinja_env.globals["asset"] = _asset_of(app)


def _asset_of(app: Flask) -> Callable[[str, str], str]:
    hashes: dict[tuple[str, str], str] = {}

    def asset(owner: str, name: str) -> str:
        """Return the address of static file *name* of blueprint *owner*."""
        key = (owner, name)
        if key not in hashes:
            folder = app.blueprints[owner].static_folder
            hashes[key] = hashlib.sha256((Path(folder or "") / name).read_bytes()).hexdigest()[:10]
        return url_for(f"{owner}.static", filename=name, v=hashes[key])

    return asset
