"""Headquarters with two centres, and its staff."""

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
def daudi(world: World) -> Colleague:
    return Colleague(world.hq, "daudi", "case_officer", "Daudi Otieno")


@pytest.fixture
def esther(world: World) -> Colleague:
    return Colleague(world.hq, "esther", "administrator", "Esther Njeri")
