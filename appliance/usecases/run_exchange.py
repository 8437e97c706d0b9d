"""One exchange with HQ from end to end, and what staff are told about it: the truth (spec sync §5, lesson 14)."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from dataclasses import dataclass

from sync.exchange import EpochOver, Exchange, Progress, Stopped
from sync.link import HttpLink, LinkDown

from appliance.domain.errors import Refusal
from appliance.journal.tail import verify_tail
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import facts, logs, trust
from appliance.usecases.check_node import DAMAGE
from appliance.usecases.enrol_centre import enrolment_request, read_token, trust_roots
from appliance.usecases.epochs import SHUT, begin_epoch
from appliance.usecases.exchange_node import NodeExchange, oldest_unsent, quarantined, set_aside_at_hq
from appliance.usecases.node import Node
from appliance.usecases.re_enter import finish

TOKEN = "enrol_token"  # noqa: S105  # fact: the unused token, until HQ has taken our request


class NoHeadquarters(Refusal):
    """No headquarters is set. Put its address in [sync] hq_url of the settings."""


def link_to_hq(node: Node) -> HttpLink:
    """Return a link to this node's HQ, signing with the current epoch's key.

    Raises:
        NoHeadquarters.
    """
    if not node.settings.sync.hq_url:
        raise NoHeadquarters

    def sign(text: str) -> str:
        with node.store.read() as db:
            origin = logs.by_id(db, node.journal.own_log).origin
        return node.keyring.log_signer(origin).sign(text)

    return HttpLink(node.settings.sync.hq_url, sign, node.settings.sync.timeout_seconds)


def enrol(node: Node, token: str) -> str:
    """Ask HQ to take this centre in, by its one-time *token*; return the request's state.

    Raises:
        TokenInvalid: the token is mistyped, or another HQ answered. LinkDown: HQ was not reached.
    """
    secret, expected = read_token(token)
    with closing(link_to_hq(node)) as link:
        try:
            answer = json.loads(link.request("GET", "/sync/v1/keys").body)
        except ValueError:
            raise LinkDown("an answer that cannot be read") from None
        trust_roots(node, [str(one) for one in answer.get("roots", [])], expected, str(answer.get("note", "")))
        node.store.write(lambda db: facts.put(db, TOKEN, secret))
        return ask_for_approval(node, link)


def renew_epoch(node: Node, link: HttpLink | None = None) -> str:
    """Leave this appliance's log in good order and begin another under new keys (rule N2); ask HQ to take it in.

    Raises:
        NotEnrolled, NoHeadquarters. LinkDown: HQ was not reached; the new log has begun and asks at each exchange.
    """
    trust.roots_of(node)
    link = link or link_to_hq(node)
    begin_epoch(node, node.settings.centre, "rotation")
    return ask_for_approval(node, link)


def ask_for_approval(node: Node, link: HttpLink) -> str:
    """Send our enrolment request, or ask how it stands; return pending, approved or refused."""
    with node.store.read() as db:
        token = facts.get(db, TOKEN) or "-"
    reply = link.request("POST", "/sync/v1/enrol", enrolment_request(node, token).encode())
    if reply.status == 200:
        node.store.write(lambda db: facts.put(db, TOKEN, ""))
        return "approved"
    return "pending" if reply.status == 202 else "refused"


def run_exchange(node: Node, link: HttpLink | None = None) -> Progress:
    """Exchange with HQ until nothing is owed; record how it went.

    Raises:
        LinkDown, Stopped, NoHeadquarters, NotEnrolled: recorded as the reason staff are shown.
    """
    link = link or link_to_hq(node)
    try:
        progress = _run(node, link)
    except (LinkDown, Stopped, Refusal) as error:
        why = "Headquarters cannot be reached." if isinstance(error, LinkDown) else str(error)
        node.store.write(lambda db: facts.put(db, "why", why))
        raise
    finally:
        link.close()
    now = node.clock.read().ts
    node.store.write(lambda db: facts.put_all(db, **{"why": "", "exchanged_at": str(now), SHUT: ""}))
    return progress


def _run(node: Node, link: HttpLink) -> Progress:
    trust.roots_of(node)  # raises NotEnrolled before the first enrolment
    finish(node)
    _check_tails(node)
    for _ in range(10):  # each round has begun an epoch or set an old log aside; so many in a row is a person's case
        _check_approved(node, link)
        with suppress(EpochOver):
            progress = Exchange(NodeExchange(node), link).run()
            if not finish(node):  # HQ's own history of a log that was set aside may show what it has lost
                return progress
    raise Stopped("New epochs keep being contradicted. Call headquarters.")


def _check_tails(node: Node) -> None:
    """Recompute what HQ has not cosigned yet; damage is found here, before HQ sees it (rule N6).

    Raises:
        Stopped: naming what is wrong. Nothing of that log goes up; filing goes on.
    """
    with node.store.read() as db:
        owing = [row for row in logs.own_logs(db) if row.acked < row.size and row.state != "frozen"]
        for row in owing:
            if wrong := verify_tail(db, row.id):
                raise Stopped(f"The journal here is damaged ({wrong}). Restore the newest archive; see docs/operations.md.")


def _check_approved(node: Node, link: HttpLink) -> None:
    with node.store.read() as db:
        origin = logs.by_id(db, node.journal.own_log).origin
        known = announcements.epoch_of(db, origin) is not None
    if not known and ask_for_approval(node, link) != "approved":
        raise Stopped("Headquarters has not approved this appliance yet.")


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """What staff see of the exchange; times are unix seconds, 0 for never.

    Attributes:
        quarantine: leaves set aside: HQ's here, and ours there as it said last.
        why: why something is still owed, in a sentence; '' when all is well.
        damage: what the last nightly check found wrong, '' for nothing.
    """

    enrolled: bool
    acked_at: int
    exchanged_at: int
    unsent: int
    oldest: int
    quarantine: int
    clock_offset: int
    why: str
    hq: str
    closed: str
    damage: str


def exchange_state(node: Node) -> ExchangeState:
    """Return how the exchange stands."""
    with node.store.read() as db:
        own = logs.own_logs(db)
        unsent = sum(row.size - row.acked for row in own if row.state != "frozen")
        current = own[-1].origin if own else ""
        return ExchangeState(
            enrolled=announcements.epoch_of(db, current) is not None, acked_at=int(facts.get(db, "acked_at", "0")),
            exchanged_at=int(facts.get(db, "exchanged_at", "0")), unsent=unsent, oldest=oldest_unsent(db),
            quarantine=quarantined(db) + set_aside_at_hq(db), clock_offset=int(facts.get(db, "clock_offset", "0")), why=_why(db, unsent),
            hq=node.settings.sync.hq_url, closed=facts.get(db, f"closed/{current}"), damage=facts.get(db, DAMAGE),
        )  # fmt: skip


def _why(db: Db, unsent: int) -> str:
    why = facts.get(db, "why")
    return why or ("Waiting for the next exchange." if unsent else "")
