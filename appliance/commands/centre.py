"""``cfms enrol``, ``sync`` and ``status``: a centre and its headquarters."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict

from sync.exchange import Stopped
from sync.link import LinkDown

from appliance.commands.base import Command, no_arguments, node_of, say
from appliance.domain.errors import Refusal
from appliance.usecases import enrol_centre
from appliance.usecases.erase_values import scrub_due
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import enrol, exchange_state, renew_epoch, run_exchange


class ExchangeFailed(Refusal):
    """The exchange did not finish: {why}"""


def _enrol_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--token", help="at a centre: the one-time token headquarters gave")
    parser.add_argument("--renew", action="store_true", help="at a centre: end this log in good order and begin another, under new keys")
    parser.add_argument("--new", metavar="CENTRE", help="at HQ: make a one-time token for this centre")
    parser.add_argument("--approve", metavar="ORIGIN", help="at HQ: approve the waiting request of this log")
    parser.add_argument("--refuse", metavar="ORIGIN", help="at HQ: refuse it")
    parser.add_argument("--revoke", metavar="ORIGIN", help="at HQ: take nothing more from this log, at once")
    parser.add_argument("--reason", default="revoked by headquarters", help="why, with --revoke")


def _enrol(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        if node.is_hq:
            return _enrol_at_hq(asked, node)
        if not asked.token and not asked.renew:
            raise ExchangeFailed(why="give the token: --token")
        try:
            state = renew_epoch(node) if asked.renew else enrol(node, asked.token)
        except LinkDown as error:
            raise ExchangeFailed(why=f"headquarters cannot be reached ({error})") from None
        say(asked, f"Headquarters has our request: {state}.", state=state)
    return 0


def _enrol_at_hq(asked: argparse.Namespace, node: Node) -> int:
    if asked.new:
        token = enrol_centre.make_token(node, asked.new)
        say(asked, f"Token for {asked.new}, good for {enrol_centre.TOKEN_DAYS} days and one use:\n{token}", centre=asked.new, token=token)
    elif asked.approve:
        enrol_centre.approve(node, asked.approve)
        say(asked, f"{asked.approve} is approved.", approved=asked.approve)
    elif asked.refuse:
        enrol_centre.refuse(node, asked.refuse)
        say(asked, f"{asked.refuse} is refused.", refused=asked.refuse)
    elif asked.revoke:
        enrol_centre.revoke(node, asked.revoke, asked.reason)
        say(asked, f"{asked.revoke} is revoked.", revoked=asked.revoke)
    else:
        with node.store.read() as db:
            waiting = enrol_centre.pending(db)
        lines = [f"{one.centre}  {one.origin}" for one in waiting] or ["No request waits."]
        say(asked, "\n".join(lines), pending=[asdict(one) for one in waiting])
    return 0


def _sync(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        started = time.perf_counter()
        try:
            progress = run_exchange(node)
        except (LinkDown, Stopped) as error:
            raise ExchangeFailed(why=str(error)) from None
        took = time.perf_counter() - started
        say(
            asked, f"Sent {progress.sent:,} and received {progress.received:,} entries in {took:.2f} s.",
            sent=progress.sent, received=progress.received, requests=progress.requests, seconds=round(took, 4),
        )  # fmt: skip
    return 0


def _when(ts: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts)) if ts else "never"


def _status(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        state, scrubbing = exchange_state(node), scrub_due(node)
        lines = [
            f"Enrolled with headquarters: {'yes' if state.enrolled else 'no'} {state.hq}",
            f"Last acknowledgement: {_when(state.acked_at)}",
            f"Last exchange: {_when(state.exchanged_at)}",
            f"Not yet at headquarters: {state.unsent:,} entries, the oldest from {_when(state.oldest)}",
            f"In quarantine: {state.quarantine:,}",
            f"Clock: {state.clock_offset:+d} s against headquarters, quality {node.clock.read().quality}",
        ]
        lines += [f"Why: {state.why}"] if state.why else []
        lines += [f"Damage found by the nightly check: {state.damage}"] if state.damage else []
        lines += [f"Headquarters closed this log: {state.closed}"] if state.closed else []
        lines += ["Erased values still stand in the write-ahead log; it is being emptied."] if scrubbing else []
        say(asked, "\n".join(lines), scrub_due=scrubbing, **asdict(state))
    return 0


ENROL = Command("join headquarters (at a centre), or let centres in (at HQ)", _enrol_arguments, _enrol)
SYNC = Command("exchange with headquarters now", no_arguments, _sync)
STATUS = Command("say how the exchange stands, and why", no_arguments, _status)
