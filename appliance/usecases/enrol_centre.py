"""A centre joins HQ: a one-time token, a signed request, an operator's yes, a leaf in log ``all`` (spec keys, Trust)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from sync.note import NoteError, Verifier, open_note

from appliance.domain import events as ev
from appliance.domain.errors import NotFound, Refusal
from appliance.journal.entropy import random_bytes
from appliance.journal.journal import Tx
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import logs, trust
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.node import Node, new_id
from appliance.usecases.re_enter import ASIDE
from appliance.usecases.relay_case import catch_up

_EPOCH = re.compile("[0-9a-f]{8}")
TOKEN_DAYS = 14
NO_TOKEN = "-"  # noqa: S105  # a further epoch of a centre that was taken in before
MAX_PENDING = 20  # waiting requests a centre; more are refused, so that nobody can fill HQ's list


class TokenInvalid(Refusal):
    """That enrolment token is not valid: it was used, has run out, or has a wrong letter. Ask headquarters for a new one."""


class RequestInvalid(Refusal):
    """That enrolment request is not properly signed."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a node asks for, in the text its new log key signs.

    Attributes:
        token: the token's first half as text, or ``-`` for a new epoch of a centre that is enrolled already.
        prev: origin of the epoch before, or ``-``.
    """

    token: str
    centre: str
    origin: str
    cosigner: str
    data_key: str
    prev: str
    letter: str
    vkey: str = ""

    def text(self) -> str:
        """Return the text that the log key signs."""
        fields = (self.token, self.centre, self.origin, self.vkey, self.cosigner, self.data_key, self.prev, self.letter)
        return "cfms-enrol/v1\n" + "".join(f"{field}\n" for field in fields)


# --- tokens -----------------------------------------------------------------------------------------------


def make_token(node: Node, centre: str) -> str:
    """Make a one-time token for *centre* and return it in groups of four, to be read over a telephone.

    HQ keeps only its hash. The second half names the roots, so the node knows whom it is talking to.
    """
    if node.catalogue.centre(centre) is None:
        raise NotFound
    secret = random_bytes(10)
    now = node.clock.read().ts
    node.store.write(
        lambda db: db.run(
            "INSERT INTO ops_token (hash, centre, made_at, expires_at, used_by) VALUES (:hash, :centre, :now, :until, '')",
            hash=_hash(secret), centre=centre, now=now, until=now + TOKEN_DAYS * 86400,
        )
    )  # fmt: skip
    text = base64.b32encode(secret + trust.roots_hash(trust.roots_of(node))).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_token(text: str) -> tuple[str, bytes]:
    """Return a token's secret half as text, and the roots' hash it names.

    Raises:
        TokenInvalid: it is not 32 letters and digits.
    """
    plain = "".join(text.split()).replace("-", "").upper()
    try:
        raw = base64.b32decode(plain)
    except ValueError:
        raise TokenInvalid from None
    if len(raw) != 20:
        raise TokenInvalid
    return raw[:10].hex(), raw[10:]


def _hash(secret: bytes) -> str:
    return hashlib.sha256(b"cfms-token/v1\n" + secret).hexdigest()


# --- the node's side --------------------------------------------------------------------------------------


def enrolment_request(node: Node, token: str) -> str:
    """Return the node's signed request to be taken in by HQ; *token* is ``-`` for a further epoch."""
    with node.store.read() as db:
        row = logs.by_id(db, node.journal.own_log)
        # HQ knows a history that was set aside here by its first name, and no epoch that it was never asked to take in.
        before = [one.origin.partition(ASIDE)[0] for one in logs.of_name(db, row.name) if one.id < row.id and one.own]
        known = [origin for origin in before if announcements.epoch_of(db, origin)]
    request = Request(
        token=token, centre=node.settings.centre, origin=row.origin, cosigner=node.keyring.acknowledger(row.origin).vkey,
        data_key=base64.b64encode(node.keyring.node_data_key(row.origin).public).decode(),
        prev=[NO_TOKEN, *before, *known][-1], letter=row.letter, vkey=row.vkey,
    )  # fmt: skip
    return node.keyring.log_signer(row.origin).sign(request.text())


def trust_roots(node: Node, roots: list[str], expected: bytes, note: str) -> None:
    """Trust *roots* when they are those the token names, then take HQ's key *note*.

    Raises:
        TokenInvalid: another HQ answered. UntrustedKeys: its keys are not signed by its root.
    """
    if not hmac.compare_digest(trust.roots_hash(roots), expected):
        raise TokenInvalid
    trust.parse_key_note(note, roots)
    node.keyring.save(trust.ROOTS_FILE, "\n".join(roots).encode())
    trust.adopt_keys(node, note)


# --- HQ's side --------------------------------------------------------------------------------------------


def receive_request(node: Node, note: str) -> str:
    """Take a node's signed request in; return its state: pending, approved or refused.

    Asking again is harmless and is how a node learns that it was approved.

    Raises:
        RequestInvalid, TokenInvalid.
    """
    request = _open_request(note)

    def act(db: Db) -> str:
        row = db.one("SELECT state, vkey FROM ops_enrolment WHERE origin = :origin", origin=request.origin)
        if row is not None:
            return str(row[0]) if row[1] == request.vkey else "refused"
        _check_entitled(node, db, request)
        db.run(
            "INSERT INTO ops_enrolment (origin, centre, vkey, cosigner, data_key, prev_origin, letter, asked_at, state)"
            " VALUES (:origin, :centre, :vkey, :cosigner, :data_key, :prev, :letter, :now, 'pending')",
            origin=request.origin, centre=request.centre, vkey=request.vkey, cosigner=request.cosigner,
            data_key=request.data_key, prev=request.prev, letter=request.letter, now=node.clock.read().ts,
        )  # fmt: skip
        return "pending"

    return node.store.write(act)


def _open_request(note: str) -> Request:
    lines = note.split("\n")
    if len(lines) < 9 or lines[0] != "cfms-enrol/v1" or len(note) > 4000:
        raise RequestInvalid
    token, centre, origin, vkey, cosigner, data_key, prev, letter = lines[1:9]
    request = Request(token, centre, origin, cosigner, data_key, prev, letter, vkey)
    try:
        opened = open_note(note, [Verifier.parse(vkey)])
        trust.public_key(data_key)
        names = Verifier.parse(vkey).name, Verifier.parse(cosigner).name
    except (NoteError, ValueError):
        raise RequestInvalid from None
    if opened.text != request.text() or names != (origin, f"{origin}/ack") or not _EPOCH.fullmatch(origin.rpartition("/")[2]):
        raise RequestInvalid
    return request


def _check_entitled(node: Node, db: Db, request: Request) -> None:
    """Check that the request uses a good token, or follows an epoch of the same centre; and that the list is not full."""
    if request.origin.rpartition("/")[0] != f"{node.settings.domain}/log/{request.centre}":
        raise RequestInvalid
    waiting = db.one("SELECT count(*) FROM ops_enrolment WHERE centre = :centre AND state = 'pending'", centre=request.centre)
    if waiting and waiting[0] >= MAX_PENDING:
        raise TokenInvalid
    if request.token == NO_TOKEN:
        before = announcements.epoch_of(db, request.prev)
        if before is None or before.centre != request.centre:
            raise TokenInvalid
        return
    try:
        hashed = _hash(bytes.fromhex(request.token))
    except ValueError:
        raise TokenInvalid from None
    used = db.run(
        "UPDATE ops_token SET used_by = :origin WHERE hash = :hash AND centre = :centre AND used_by = '' AND expires_at > :now",
        origin=request.origin,
        hash=hashed,
        centre=request.centre,
        now=node.clock.read().ts,
    )
    if used != 1:
        raise TokenInvalid


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for an operator."""

    origin: str
    centre: str
    vkey: str
    prev_origin: str
    asked_at: int


def pending(db: Db) -> tuple[Pending, ...]:
    """Return the requests that wait, oldest first."""
    rows = db.all("SELECT origin, centre, vkey, prev_origin, asked_at FROM ops_enrolment WHERE state = 'pending' ORDER BY asked_at LIMIT 500")
    return tuple(Pending(*row) for row in rows)


def approve(node: Node, origin: str) -> None:
    """Approve the waiting request of *origin*: its log is mirrored from now on, and ``all`` says so.

    HQ never takes from two live epochs of a centre: the one before stays open only for its tail, until the new
    epoch's first leaf closes it (spec keys, path 7).

    Raises:
        NotFound: no such request waits.
    """
    with node.store.read() as db:
        row = db.one("SELECT centre, vkey, cosigner, data_key FROM ops_enrolment WHERE origin = :origin AND state = 'pending'", origin=origin)
        down = logs.current(db, f"to/{row[0]}") if row else None
    if row is None:
        raise NotFound
    centre, vkey, cosigner, data_key = row
    joins = down is None
    if down is None:
        down = begin_epoch(node, f"to/{centre}", "enrolment")

    def act(tx: Tx) -> None:
        if logs.by_origin(tx.db, origin) is None:
            logs.add_mirror(tx.db, origin, centre, vkey)
        tx.db.run("UPDATE ops_enrolment SET state = 'approved' WHERE origin = :origin", origin=origin)
        all_log = logs.current(tx.db, "all")
        if all_log is None:
            raise NotFound
        tx.append(
            ev.CentreApproved(
                id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, centre=centre, origin=origin, vkey=vkey, cosigner=cosigner,
                data_key=data_key, down_origin=down.origin, down_vkey=down.vkey,
            ),
            log=all_log.id,
        )  # fmt: skip

    node.perform(act)
    if joins:
        catch_up(node, centre)


def refuse(node: Node, origin: str) -> None:
    """Refuse the waiting request of *origin*."""
    node.store.write(lambda db: db.run("UPDATE ops_enrolment SET state = 'refused' WHERE origin = :origin AND state = 'pending'", origin=origin))


def revoke(node: Node, origin: str, reason: str) -> None:
    """Take nothing more from *origin*, at once; the centre learns it from log ``all``.

    Raises:
        NotFound: HQ mirrors no such log.
    """

    def act(tx: Tx) -> None:
        row, all_log = logs.by_origin(tx.db, origin), logs.current(tx.db, "all")
        if row is None or row.own or all_log is None:
            raise NotFound
        tx.db.run("UPDATE log SET state = 'closed' WHERE id = :id AND state = 'open'", id=row.id)
        event = ev.CentreClosed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, centre=row.name, origin=origin, reason=reason[:400])
        tx.append(event, log=all_log.id)

    node.perform(act)
