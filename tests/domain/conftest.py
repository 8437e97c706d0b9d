"""What the domain's tests stand on: the Kenya country pack, and the whole eCitizen list where it lies beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.domain.country import Country, load_country

ROOT = Path(__file__).parents[2]
PACK = ROOT / "config" / "countries" / "ke"
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def pack() -> Path:
    """Return the folder of the Kenya country pack."""
    return PACK


@pytest.fixture(scope="session")
def kenya() -> Country:
    """Return the Kenya country pack, loaded."""
    return load_country(PACK)


@pytest.fixture(scope="session")
def ecitizen() -> Path:
    """Return the folder of the whole eCitizen list."""
    if not (SHARED / "ecitizen_services.csv").is_file():
        pytest.skip("the whole eCitizen list is not here; the extract is tested instead")
    return SHARED
