"""Builds a catalogue out of its parts, and turns it into the bytes that headquarters publishes and back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from appliance.domain.catalogue import RESERVED_CENTRES, Catalogue, CatalogueBroken
from appliance.domain.service_search import MAX_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable

# Enough for ten times the eCitizen list; a centre holds it in memory whole.
MAX_CATALOGUE_BYTES = 16 * 1024 * 1024
FORMAT = "cfms-catalogue/v1"


class CatalogueTooLarge(CatalogueBroken):
    """The catalogue is too large: {size} bytes, and {limit} fit."""


class _Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    catalogue: Catalogue


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(_Published)


def build_catalogue(catalogue: Catalogue) -> Catalogue:
    """Return *catalogue* in its one order (by code; categories as offered), after checking that it holds together.

    Raises:
        CatalogueBroken: a code stands twice, points to nothing, or a name is missing in the first language.
    """
    ordered = msgspec.structs.replace(
        catalogue,
        institutions=_by_code(catalogue.institutions),
        services=_by_code(catalogue.services),
        centres=_by_code(catalogue.centres),
        counties=_by_code(catalogue.counties),
        desks=tuple(sorted(catalogue.desks, key=lambda desk: (desk.centre, desk.code))),
        categories=tuple(sorted(catalogue.categories, key=lambda category: (category.order, category.code))),
        day_changes=tuple(sorted(catalogue.day_changes, key=lambda change: change.date)),
    )
    check_catalogue(ordered)
    return ordered


def catalogue_to_json(catalogue: Catalogue) -> bytes:
    """Return the bytes of *catalogue*: the same catalogue always gives the same bytes.

    Raises:
        CatalogueBroken: it does not hold together, or would be too large to publish.
    """
    raw = _encoder.encode(_Published(format=FORMAT, catalogue=build_catalogue(catalogue)))
    return _check_size(raw)


def catalogue_from_json(raw: bytes) -> Catalogue:
    """Return the catalogue in *raw*, checked.

    Raises:
        CatalogueBroken: too large, not a catalogue of this format, or one that does not hold together.
    """
    try:
        published = _decoder.decode(_check_size(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogueBroken(reason=str(error)) from None
    if published.format != FORMAT:
        raise CatalogueBroken(reason="its format is newer than this program; update first")
    return build_catalogue(published.catalogue)


def check_catalogue(catalogue: Catalogue) -> None:
    """Check that no code stands twice, that every pointer leads somewhere, and that every name is there.

    Raises:
        CatalogueBroken: with the first reason found.
    """
    if not catalogue.languages or len(catalogue.services) > MAX_ENTRIES:
        raise CatalogueBroken(reason="it has no language" if not catalogue.languages else f"more than {MAX_ENTRIES} services")
    for what, codes in _codes(catalogue).items():
        twice = next((code for code, count in Counter(codes).items() if count > 1), None)
        if twice is not None:
            raise CatalogueBroken(reason=f"{what} {twice} stands twice")
    _check_pointers(catalogue)
    _check_names(catalogue)


def _codes(catalogue: Catalogue) -> dict[str, list[str]]:
    return {
        "institution": [one.code for one in catalogue.institutions],
        "service": [one.code for one in catalogue.services],
        "centre": [one.code for one in catalogue.centres],
        "county": [one.code for one in catalogue.counties],
        "category": [one.code for one in catalogue.categories],
        "desk": [f"{one.centre} {one.code}" for one in catalogue.desks],
        "day": [one.date for one in catalogue.day_changes],
        "tile": [f"{one.column},{one.row}" for one in catalogue.counties],
    }


def _check_pointers(catalogue: Catalogue) -> None:
    for service in catalogue.services:
        _check(catalogue.institution(service.institution), f"service {service.code}: no institution {service.institution}")
    for centre in catalogue.centres:
        _check(catalogue.county(centre.county), f"centre {centre.code}: no county {centre.county}")
        _check(centre.code not in RESERVED_CENTRES, f"centre {centre.code}: that code is taken by the system")
    for desk in catalogue.desks:
        _check(catalogue.centre(desk.centre), f"desk {desk.code}: no centre {desk.centre}")
        for code in desk.services:
            _check(catalogue.service(code), f"desk {desk.code} of {desk.centre}: no service {code}")


def _check_names(catalogue: Catalogue) -> None:
    first = catalogue.languages[0]
    parts: Iterable[tuple[str, Any]] = (
        ("institution", catalogue.institutions),
        ("service", catalogue.services),
        ("centre", catalogue.centres),
        ("county", catalogue.counties),
        ("category", catalogue.categories),
        ("desk", catalogue.desks),
    )
    for what, members in parts:
        for one in members:
            _check(first in one.names, f"{what} {one.code}: no name in {first}")


def _check(holds: object, reason: str) -> None:
    if not holds:
        raise CatalogueBroken(reason=reason)


def _by_code(members: Any) -> Any:
    return tuple(sorted(members, key=lambda one: one.code))


def _check_size(raw: bytes) -> bytes:
    if len(raw) > MAX_CATALOGUE_BYTES:
        raise CatalogueTooLarge(size=len(raw), limit=MAX_CATALOGUE_BYTES)
    return raw
