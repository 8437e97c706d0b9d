"""A manager says that the appliance's clock is right: timers that stopped at a step run again (design §5)."""

from __future__ import annotations

from appliance.domain import events as ev
from appliance.domain.errors import Refusal
from appliance.domain.people import MANAGERS, Person, check_role
from appliance.journal.journal import Tx
from appliance.usecases import facts
from appliance.usecases.node import CLOCK_DOUBT, Node, new_id


class TimeNotSet(Refusal):
    """The clock of this appliance was never set. Set it, or let it reach headquarters; then confirm it here."""


def time_in_doubt(node: Node) -> str:
    """Return why the time is doubted: ``unset``, ``step``, or '' while it is trusted.

    A step counts until it is confirmed: by NTP or headquarters' beacon, which the quality shows, or by a manager.
    """
    time = node.clock.read()
    if time.quality == "unset":
        return "unset"
    with node.store.read() as db:
        stepped = node.clock.step is not None or facts.get(db, CLOCK_DOUBT) == "1"
    return "step" if stepped and time.quality == "rtc" else ""


def confirm_time(node: Node, person: Person) -> None:
    """Record that a manager has compared the clock with a good one.

    Raises:
        NotAllowed: the person manages nothing here. TimeNotSet: the clock stands before there were appliances.
    """
    check_role(person, MANAGERS)
    if node.clock.read().quality == "unset":
        raise TimeNotSet

    def act(tx: Tx) -> None:
        tx.append(ev.ClockConfirmed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, source="manager"))
        facts.put(tx.db, CLOCK_DOUBT, "")

    node.perform(act)
