"""The demo's style guide, served to tests by an application of the base alone."""

from __future__ import annotations

from flask import Flask

from appliance.demo.styleguide import guide
from appliance.web.context import Face
from appliance.web.faces import add_face
from tests.web.world import sample_app

KIOSK, DESK = "/styleguide/", "/styleguide/desk"


def guide_app() -> Flask:
    """Return the application of the style guide."""
    app = sample_app()
    add_face(app, guide, Face.CITIZENS)
    return app
