"""Two prepared nodes, made once: real enrolment, sample stories, no server running."""

from __future__ import annotations

import time

import pytest

from appliance.demo.place import Place, Ports, claimed
from appliance.demo.prepare import prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a demo's folder, ready."""
    place = Place(tmp_path_factory.mktemp("demo") / "demo", Ports(8080, 8090, 8070))
    with claimed(place, fresh=False):
        prepare(place, lambda _: None, int(time.time()))
    return place
