"""Sets both nodes up as their engineers and operators would, and plays a month of sample stories on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from sync.exchange import Stopped
from sync.link import LinkDown

from appliance.demo import taps
from appliance.demo.hosting import hosted
from appliance.demo.people import add_staff
from appliance.demo.place import CENTRE, Place
from appliance.demo.stage import Calendar, Stage
from appliance.demo.stories import FIRST_DAY, STORIES
from appliance.domain.country import Country
from appliance.domain.errors import Refusal
from appliance.settings import Settings
from appliance.settings_file import shipped
from appliance.usecases.backup import make_backup_key
from appliance.usecases.enrol_centre import approve, make_token, pending
from appliance.usecases.import_catalogue import import_catalogue
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import enrol, run_exchange
from appliance.usecases.set_up import make_roots, publish_catalogue, set_up_hq
from appliance.wiring import close_node, create_app, open_node

ECITIZEN = "countries/ke/ecitizen_extract.csv"
Tell = Callable[[str], None]


class NotPrepared(Refusal):
    """The demo could not be prepared: the centre and headquarters did not come together ({why})."""


def prepare(place: Place, tell: Tell, now: int) -> None:
    """Make both nodes of *place* and their history up to *now*, telling each step.

    Headquarters answers over HTTP from a thread of this process: token, enrolment and every exchange are the real ones.
    Only the clocks are not, so that the stories lie where they belong.

    Raises:
        NotPrepared: the folder is left half made, and begun anew the next time.
    """
    calendar = Calendar(now)
    try:
        _make(place, tell, calendar, now)
    except (LinkDown, Stopped) as error:
        raise NotPrepared(why=str(error)) from error
    place.finish()


def _make(place: Place, tell: Tell, calendar: Calendar, now: int) -> None:
    with ExitStack() as stack:
        hq = stack.enter_context(opened(place.settings("hq", hq_port=0), calendar))
        calendar.now = moment(hq.country, now, FIRST_DAY, "08:05")
        _set_up_headquarters(place, hq, tell)
        port = stack.enter_context(hosted(create_app(hq)))
        centre = stack.enter_context(opened(place.settings("centre", hq_port=port), calendar))
        _enrol(centre, hq, tell)
        tell(f"Playing {len(STORIES)} sample cases: filed, answered here and at headquarters, exchanged …")
        play(Stage(centre, hq, calendar), now)


@contextmanager
def opened(settings: Settings, calendar: Calendar | None = None, tell: Tell = lambda _: None) -> Iterator[Node]:
    """Lend the node of *settings*, at the time of *calendar* if there is one; its server may run beside."""
    node = open_node(settings, tell, calendar.clock() if calendar else None)
    try:
        yield node
    finally:
        close_node(node)


def _set_up_headquarters(place: Place, hq: Node, tell: Tell) -> None:
    tell("Headquarters: throw-away root keys, a key note signed by them, Kenya's catalogue …")
    make_roots(place.safe, hq.settings.domain)
    set_up_hq(hq, place.safe)
    publish_catalogue(hq, hq.catalogue)
    done = import_catalogue(hq, shipped(ECITIZEN))
    tell(f"Headquarters: {done.new} services of eCitizen imported (extract of the eCitizen portal's list, CC BY 4.0), catalogue {done.version}.")
    add_staff(hq)


def _enrol(centre: Node, hq: Node, tell: Tell) -> None:
    make_backup_key(centre.keyring)
    add_staff(centre)
    enrol(centre, make_token(hq, CENTRE))
    with hq.store.read() as db:
        waiting = pending(db)
    for one in waiting:
        approve(hq, one.origin)
    done = run_exchange(centre)
    tell(f"Centre {CENTRE}: asked with a one-time token, approved, first exchange: {done.sent} entries sent and {done.received} received.")


def play(stage: Stage, now: int) -> None:
    """Play every story and the taps of every day up to *now* in the order of time, an exchange after each act."""
    country = stage.centre.country
    acts: list[tuple[int, Callable[[], object]]] = []
    for story in STORIES:
        acts.append((moment(country, now, story.days, story.at), lambda story=story: stage.file(story)))  # type: ignore[misc]
        acts += [(moment(country, now, step.days, step.at), lambda step=step, story=story: step.act(stage, story)) for step in story.steps]  # type: ignore[misc]
    acts += [(moment(country, now, days, taps.AT), lambda days=days: taps.tap_a_day(stage, days)) for days in range(1, taps.DAYS + 1)]  # type: ignore[misc]
    for ts, act in sorted(acts, key=lambda one: one[0]):
        stage.calendar.now = ts
        act()
        run_exchange(stage.centre)


def moment(country: Country, now: int, days: int, at: str) -> int:
    """Return the time *at* (hours and minutes) of the working day *days* before today; with 0 days *at* minutes ago."""
    if not days:
        return now - 60 * int(at)
    day = datetime.fromtimestamp(now, country.zone).date()
    hours = country.working_time()
    for _ in range(days):
        day -= timedelta(days=1)
        while not hours.is_working_day(day):
            day -= timedelta(days=1)
    hour, minute = at.split(":")
    return int(datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=country.zone).timestamp())
