"""A centre and headquarters, made once a module, and citizens before their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.factories import Site, World, client_of, world_in
from tests.kiosk_ui.citizen import Citizen


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    with world_in(folder) as made:
        yield made


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture(scope="module")
def client(centre: Site) -> FlaskClient:
    return client_of(centre)


@pytest.fixture
def citizen(client: FlaskClient) -> Callable[..., Citizen]:
    """Lend a function that puts a citizen before the centre's pages; arguments as ``Citizen``'s."""
    return lambda *said, **more: Citizen(client, *said, **more)


@pytest.fixture(scope="module")
def portals_client(world: World, centre: Site) -> FlaskClient:
    return client_of(world.hq)


@pytest.fixture
def portal(portals_client: FlaskClient) -> Citizen:
    """Lend a citizen before headquarters' pages."""
    return Citizen(portals_client, kiosk="")
