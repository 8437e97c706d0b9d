"""The outage a newcomer can watch: the cable is cut, life goes on, the cable is joined; every figure as it was measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from appliance.demo.citizen import Filed, file_case, follow, texts
from appliance.demo.people import CASE_OFFICER, OFFICER, person
from appliance.demo.place import CENTRE
from appliance.demo.servers import Server
from appliance.demo.watching import NotSeen, Sight, Watcher, wait_until
from appliance.domain.codes import group_receipt_code
from appliance.usecases.answer_case import reply_to_citizen

CASES = 5  # filed during the outage
_SAID = (
    ("complaint", "sw", "40228", "Nimeambiwa nirudi mara ya tatu. Kitambulisho changu hakijulikani kilipo."),
    ("complaint", "en", "40613", "I was asked to pay for a form that is free on the wall behind the officer."),
    ("compliment", "sw", "41911", "Dada wa mapokezi alinisaidia kupata kaunta sahihi. Asante."),
    ("suggestion", "en", "41922", "Call the ticket numbers aloud in Kiswahili too; my grandmother cannot read the screen."),
    ("concern", "en", "41944", "The lift has been out of order for a week."),
)
_REPLY_CENTRE = "Your card was found at the regional store. It is at counter 2 of this centre from tomorrow."
_REPLY_HQ = "Headquarters: the regional store was told to send cards within two days. Thank you for telling us."
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    Attributes:
        receipt_ms: the median time from sending a case to its receipt, while the cable was cut.
        noticed_s: from the cut until the centre knew it.
        arrived_s: from joining the cable until headquarters knew every case and the centre held its cosignature.
        carried: bytes that went through the cable for that.
        hq_reply_s: from headquarters' reply until the citizen could read it at the centre.
        centre_reply_s: from the centre's reply until the citizen could read it at headquarters.
    """

    cases: int
    receipt_ms: float
    noticed_s: float
    arrived_s: float
    carried: int
    hq_reply_s: float
    centre_reply_s: float


@dataclass(frozen=True, slots=True)
class Outage:
    """The outage of one demo."""

    watcher: Watcher
    centre: Server
    hq: Server
    tell: Tell

    def run(self) -> Figures:
        """Play the outage, telling what is seen and checking that it is so.

        Raises:
            NotSeen, NotTaken, ServerEnded: it was not so.
        """
        self._begin()
        noticed, filed = self._cut()
        self._compare_while_cut(filed)
        arrived, carried = self._join(filed)
        hq_reply, centre_reply = self._answer(filed[0])
        figures = Figures(len(filed), _median(one.milliseconds for one in filed), noticed, arrived, carried, hq_reply, centre_reply)
        self.tell(
            f"Seen: {figures.cases} receipts in {figures.receipt_ms:.0f} ms each (median) without a link; all at headquarters {arrived:.1f} s"
            f" after it returned, {carried / 1024:.1f} KiB through the cable; replies read across it after {hq_reply:.1f} s and {centre_reply:.1f} s."
        )
        return figures

    def _begin(self) -> None:
        self._wait(lambda: not self._look().unsent and self._look().acked_at > 0, "the first exchange")
        sight = self._look()
        self.tell(
            f"The cable is whole. Centre {CENTRE} has {sight.centre_cases} cases, headquarters knows {sight.hq_cases}; nothing waits."
            f" Headquarters' signature covers all {sight.cosigned} entries of the centre's log."
        )

    def _cut(self) -> tuple[float, list[Filed]]:
        self.watcher.cable.cut()
        self.tell("The cable is cut. A citizen sits down at the kiosk.")
        cut_at = time.monotonic()
        filed = [file_case(self.centre.port, *_SAID[number % len(_SAID)]) for number in range(CASES)]
        for one in filed:
            day = datetime.fromtimestamp(one.due, self.watcher.centre.country.zone)
            self.tell(f"  {one.ref}  receipt code {group_receipt_code(one.code)}  answer due by {day:%d %B %Y, %H:%M}  ({one.milliseconds:.0f} ms)")
        self._wait(lambda: self._look().why.startswith("Headquarters cannot be reached"), "the centre notices the outage")
        return time.monotonic() - cut_at, filed

    def _compare_while_cut(self, filed: list[Filed]) -> None:
        sight = self._look()
        if sight.waiting != len(filed) or any(self.watcher.case_at_hq(one.id) for one in filed):
            raise NotSeen(what="the cases wait at the centre and headquarters does not know them")
        if any(follow(self.hq.port, one.code) is not None for one in filed):
            raise NotSeen(what="headquarters finds no case under these codes")
        if any(follow(self.centre.port, one.code) is None for one in filed):
            raise NotSeen(what="the centre finds the cases by their codes")
        self.tell(f"Not yet at headquarters: {sight.waiting}. The centre says why: {sight.why}")
        self.tell("Asked with the same codes, headquarters knows nothing, and the centre shows every case. Nobody had to wait for the link.")

    def _join(self, filed: list[Filed]) -> tuple[float, int]:
        before = self.watcher.cable.carried
        self.watcher.cable.join()
        self.tell("The cable is joined. Nobody presses anything; the centre tries again by itself …")
        took = self._wait(lambda: self._arrived(filed), "headquarters takes the batch and cosigns it")
        sight = self._look()
        carried = sight.carried - before
        self.tell(
            f"The batch went up {took:.1f} s later, {carried / 1024:.1f} KiB both ways. Headquarters cosigned {sight.cosigned} entries; not yet"
            f" at headquarters: {sight.waiting}."
        )
        return took, carried

    def _arrived(self, filed: list[Filed]) -> bool:
        sight = self._look()
        return not sight.unsent and sight.held >= sight.size and all(self.watcher.case_at_hq(one.id) for one in filed)

    def _answer(self, case: Filed) -> tuple[float, float]:
        self.tell(f"Two officers answer {case.ref}: {CASE_OFFICER.name} at headquarters, {OFFICER.name} at the centre.")
        hq, centre = self.watcher.hq, self.watcher.centre
        reply_to_citizen(hq, case.id, person(hq, CASE_OFFICER), _REPLY_HQ)
        down = self._wait(lambda: _REPLY_HQ in texts(follow(self.centre.port, case.code)), "headquarters' reply reaches the centre")
        reply_to_citizen(centre, case.id, person(centre, OFFICER), _REPLY_CENTRE)
        up = self._wait(lambda: _REPLY_CENTRE in texts(follow(self.hq.port, case.code)), "the centre's reply reaches headquarters")
        self.tell(f"The citizen types the code at the kiosk and reads headquarters' reply ({down:.1f} s later), and types it on")
        self.tell(f"headquarters' page and reads the centre's ({up:.1f} s later). One case, one code, one story on both sides.")
        return down, up

    def _look(self) -> Sight:
        return self.watcher.look()

    def _wait(self, true: Callable[[], bool], what: str) -> float:
        return wait_until(true, what, self._check)

    def _check(self) -> None:
        self.centre.check()
        self.hq.check()


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
