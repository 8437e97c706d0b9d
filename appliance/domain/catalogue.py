"""What feedback can be about: institutions, their services and charter times, centres, desks, categories, counties."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from appliance.domain.codes import CENTRE_CODE, is_service_code
from appliance.domain.errors import Refusal, UnknownChoice
from appliance.domain.service_search import ServiceIndex, share_found

T = TypeVar("T")
Kind = Literal["complaint", "concern", "suggestion", "compliment"]
# The Ombudsman's scheme (Commission on Administrative Justice, FAQ): what its quarterly return counts by.
CajClass = Literal["maladministration", "administrative-injustice", "misconduct-integrity", "none"]
InstitutionKind = Literal["department", "authority", "commission", "fund", "court", "police", "county", "company", "agency"]

CentreCode = Annotated[str, Meta(pattern=rf"^{CENTRE_CODE.pattern}\Z")]
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{1,31}\Z")]
CountyCode = Annotated[str, Meta(pattern=r"^[0-9]{1,3}\Z")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=240)]
Names = Annotated[dict[Language, Name], Meta(min_length=1, max_length=20)]
Word = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9-]*\Z")]
Words = Annotated[str, Meta(max_length=400)]
Source = Annotated[str, Meta(max_length=400)]
# A charter time over four years is a slip of the keyboard.
Length = Annotated[int, Meta(ge=0, le=10_000)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
# Names of other things in paths and log origins; a centre by that name would be mistaken for them.
RESERVED_CENTRES = frozenset({"HQ", "ALL", "TO"})


class CatalogueBroken(Refusal):
    """The catalogue does not hold together: {reason}."""


class Institution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A public body that answers for services.

    Attributes:
        referral: subjects the public is sent to it with, such as ``corruption``.
    """

    code: Code
    names: Names
    kind: InstitutionKind = "agency"
    referral: tuple[Word, ...] = ()


class Service(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A service with an institution behind it.

    Attributes:
        picture: keyword of its drawing.
        words: what people also call it, in any language; only searched, never shown.
        ack_hours: charter, working hours until a complaint is acknowledged; 0 takes the country's.
        resolve_days: charter, working days until it is resolved; 0 takes the country's.
        source: where the charter times stand.
        assumption: they are our assumption, until the institution's own charter is entered.
    """

    code: Code
    names: Names
    institution: Code
    picture: Word = ""
    words: Words = ""
    ack_hours: Length = 0
    resolve_days: Length = 0
    source: Source = ""
    assumption: bool = False

    @property
    def at_counter(self) -> bool:
        """Tell whether it is served at a centre's counter, and so has a five-digit code for posters and keypads."""
        return is_service_code(self.code)


class County(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A county and its tile on the map (column and row, counted from 1 at the north-west)."""

    code: CountyCode
    names: Names
    column: Annotated[int, Meta(ge=1, le=30)]
    row: Annotated[int, Meta(ge=1, le=30)]


class Centre(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A one-stop centre.

    Attributes:
        confidence: ``named`` where a source read names it, ``county`` where a source says only that its county has one.
    """

    code: CentreCode
    names: Names
    county: CountyCode
    town: Name
    confidence: Literal["named", "county"] = "named"


class Desk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A desk or counter of one centre, which owns it (design §5)."""

    code: Code
    centre: CentreCode
    names: Names
    services: tuple[Code, ...] = ()


class Category(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a message is about, within the kinds it may be chosen for."""

    code: Word
    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1)]
    names: Names
    cls: CajClass = "none"
    picture: Word = ""
    order: Annotated[int, Meta(ge=0, le=999)] = 0


class DayChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A day gazetted as a holiday (or, ``works``, taken off the list) after the country pack was made."""

    date: Day
    names: Names
    works: bool = False
    source: Source = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """One whole catalogue; build it with ``build_catalogue``, which checks and sorts it.

    Attributes:
        version: counted up by headquarters with each publication; 0 is the country pack's own.
        languages: the first is the one every name has.
    """

    country: Word
    languages: tuple[Language, ...]
    version: Annotated[int, Meta(ge=0)] = 0
    institutions: tuple[Institution, ...] = ()
    services: tuple[Service, ...] = ()
    centres: tuple[Centre, ...] = ()
    desks: tuple[Desk, ...] = ()
    categories: tuple[Category, ...] = ()
    counties: tuple[County, ...] = ()
    day_changes: tuple[DayChange, ...] = ()

    @cached_property
    def _institutions(self) -> dict[str, Institution]:
        return {one.code: one for one in self.institutions}

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {one.code: one for one in self.services}

    @cached_property
    def _centres(self) -> dict[str, Centre]:
        return {one.code: one for one in self.centres}

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {one.code: one for one in self.categories}

    @cached_property
    def _counties(self) -> dict[str, County]:
        return {one.code: one for one in self.counties}

    @cached_property
    def _desks(self) -> dict[tuple[str, str], Desk]:
        return {(one.centre, one.code): one for one in self.desks}

    @cached_property
    def _index(self) -> ServiceIndex:
        # Counter services first: between equal scores the index keeps its own order.
        ordered = sorted(self.services, key=lambda service: not service.at_counter)
        return ServiceIndex((service.code, self._search_text(service)) for service in ordered)

    def _search_text(self, service: Service) -> str:
        behind = self._institutions.get(service.institution)
        owner = (behind.code, *behind.names.values()) if behind else ()
        return " ".join((*service.names.values(), service.words, *owner))

    def institution(self, code: str) -> Institution | None:
        """Return the institution of that code, if any."""
        return self._institutions.get(code)

    def service(self, code: str) -> Service | None:
        """Return the service of that code, if any."""
        return self._services.get(code)

    def centre(self, code: str) -> Centre | None:
        """Return the centre of that code, if any."""
        return self._centres.get(code)

    def category(self, code: str) -> Category | None:
        """Return the category of that code, if any."""
        return self._categories.get(code)

    def county(self, code: str) -> County | None:
        """Return the county of that code, if any."""
        return self._counties.get(code)

    def desk(self, centre: str, code: str) -> Desk | None:
        """Return the desk of that code at that centre, if any."""
        return self._desks.get((centre, code))

    def desks_of(self, centre: str) -> list[Desk]:
        """Return the desks of one centre."""
        return [desk for desk in self.desks if desk.centre == centre]

    def categories_of(self, kind: str) -> list[Category]:
        """Return the categories a message of *kind* may have, in the order they are offered."""
        return [category for category in self.categories if kind in category.kinds]

    def counter_services(self) -> list[Service]:
        """Return the services served at counters: what a kiosk offers before anybody searches."""
        return [service for service in self.services if service.at_counter]

    def find_services(self, query: str, language: str, limit: int = 10) -> list[Service]:
        """Return the services that *query* most likely means, best first.

        Forgiving: case, accents, word order, half words and slips of the keyboard, in every language at once. Between
        equally good ones come first those at a counter, those whose name has the words, those named in *language*.
        """
        exact = self._services.get(query.strip())
        if exact:
            return [exact]
        found = [(score, self._services[code]) for code, score in self._index.find(query, limit * 10)]
        found.sort(key=lambda hit: _rank(hit[0], hit[1], query, language))
        return [service for _, service in found[:limit]]

    def check_service(self, code: str) -> Service:
        """Return the service of that code.

        Raises:
            UnknownChoice: there is none.
        """
        return _known("service", code, self._services.get(code))

    def check_institution(self, code: str) -> Institution:
        """Return the institution of that code.

        Raises:
            UnknownChoice: there is none.
        """
        return _known("institution", code, self._institutions.get(code))

    def check_centre(self, code: str) -> Centre:
        """Return the centre of that code.

        Raises:
            UnknownChoice: there is none.
        """
        return _known("centre", code, self._centres.get(code))

    def check_category(self, code: str, kind: str) -> Category:
        """Return the category of that code, if a message of *kind* may have it.

        Raises:
            UnknownChoice: it may not.
        """
        category = self._categories.get(code)
        return _known("category", code, category if category and kind in category.kinds else None)


def _known(field: str, code: str, found: T | None) -> T:
    if found is None:
        raise UnknownChoice(field=field, value=code[:40])
    return found


def _rank(score: float, service: Service, query: str, language: str) -> tuple[float, bool, float, bool, int]:
    named = share_found(query, " ".join(service.names.values()))
    return -score, not service.at_counter, -named, language not in service.names, len(name_in(service.names, language))


def name_in(names: dict[str, str], *languages: str) -> str:
    """Return the name in the first of *languages* that has one, or else any: a translation may be missing, a name not."""
    return next((names[language] for language in languages if language in names), next(iter(names.values())))
