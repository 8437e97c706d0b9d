"""Nairobi's centre with its headquarters, and its staff."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.colleague import Colleague
from tests.factories import Site, World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as world:
        yield world


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture
def amina(centre: Site) -> Colleague:
    return Colleague(centre, "amina", "officer", "Amina Wanjiru")


@pytest.fixture
def manager(centre: Site) -> Colleague:
    return Colleague(centre, "chebet", "manager", "Chebet Rono")
