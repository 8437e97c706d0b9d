"""A centre's storage as the exchange sees it (``sync.exchange.Local``): what it owes, and what HQ's answers change."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sync.batch import Batch, objects_batch, write_batch
from sync.exchange import Stopped, Uplink
from sync.merkle import root_at
from sync.note import Checkpoint, NoteError, Verifier, add_signature, open_note

from appliance import __version__
from appliance.domain import events as ev
from appliance.journal import objects
from appliance.journal.heads import node_reader
from appliance.journal.journal import Tx
from appliance.journal.keyring import KeyMissing
from appliance.journal.sending import cut_batch
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import facts, logs, trust
from appliance.usecases.accept_down import accept_down, accept_objects, missing_objects
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node, new_id
from appliance.usecases.re_enter import ASIDE, set_aside
from appliance.usecases.recover_centre import Differs, take_recovered

DOWN = ("all", "to")
_HASH = re.compile("[0-9a-f]{64}")
PACK = 512 * 1024  # bytes of objects a request: so much goes again at most when the line dies
ASIDE_AT_HQ = "quarantine_at_hq"  # fact: leaves of ours in HQ's quarantine, as it said last


class NodeExchange:
    """The exchange's view of one centre node."""

    def __init__(self, node: Node) -> None:
        """Exchange for *node*."""
        self.node = node

    # --- what the node says ---------------------------------------------------------------------------------

    def hello(self) -> dict[str, Any]:
        """Return sizes, newest notes and backlog, so that HQ knows where this node stands before any batch."""
        with self.node.store.read() as db:
            own = [row for row in logs.own_logs(db) if ASIDE not in row.origin][-50:]
            return {
                "version": __version__,
                "time": self.node.clock.read().ts,
                "logs": [{"origin": row.origin, "size": row.size, "note": row.note, "held": row.ack_note} for row in own],
                "oldest": oldest_unsent(db),
                "quarantine": quarantined(db),
                "down": {name: self._down_size(db, name) for name in DOWN},
                "mirrors": [{"origin": row.origin, "size": row.size} for row in logs.mirrors(db)],
            }

    def greeted(self, answer: dict[str, Any]) -> None:
        """Note HQ's time, and how many leaves of ours it has set aside; a clock that agrees counts as confirmed by HQ."""
        hq_time, aside = answer.get("time"), answer.get("quarantine")
        if isinstance(hq_time, int) and 0 <= hq_time <= ev.LAST_MOMENT:
            self.node.clock.confirm_by_hq(hq_time)
            offset = self.node.clock.read().ts - hq_time
            self.node.store.write(lambda db: facts.put_all(db, hq_time=str(hq_time), clock_offset=str(offset)))
        if isinstance(aside, int):
            self.node.store.write(lambda db: facts.put(db, ASIDE_AT_HQ, str(aside)))

    def uplinks(self) -> Sequence[Uplink]:
        """Return the own logs but those set aside; a closed epoch's tail goes before the log that follows it."""
        with self.node.store.read() as db:
            rows = [row for row in logs.own_logs(db) if row.size and row.state != "frozen"]
        return [Uplink(row.origin, row.size, row.acked) for row in rows]

    def older(self) -> Sequence[Uplink]:
        """Return the own logs before the current one; a history that was set aside is no log of HQ's."""
        with self.node.store.read() as db:
            rows = [row for row in logs.own_logs(db) if ASIDE not in row.origin and row.id != self.node.journal.own_log]
        return [Uplink(row.origin, row.size, row.acked) for row in rows]

    # --- up -------------------------------------------------------------------------------------------------

    def cut(self, origin: str, start: int) -> tuple[bytes, int] | None:
        """Return the next batch of own log *origin*, its note signed now, or for a closed epoch as it was signed then."""
        with self.node.store.read() as db:
            row = self._row(db, origin)
            key = announcements.hq_key(db)
            if key is None:
                raise Stopped("Headquarters has not announced its data key yet.")
            recipient = base64.b64decode(key[1])
            limit = self.node.settings.sync.batch_leaves
            batch = cut_batch(db, row.id, origin, start, row.size, row.ack_note, recipient, limit)
            if batch is None:
                return None
            note = self._note(db, row, batch)
            if isinstance(note, Batch):
                batch, note = note, self._stored_note(db, row, note.end)
        return write_batch(batch.with_note(note)), batch.end

    def _note(self, db: Db, row: LogRow, batch: Batch) -> str | Batch:
        """Return the note of the batch's end; for a key that is gone, the batch cut at the last size that was signed."""
        try:
            signer = self.node.keyring.log_signer(row.origin)
        except KeyMissing:
            return self._cut_at_checkpoint(db, row, batch)
        return signer.sign(Checkpoint(row.origin, batch.end, root_at(batch.end, node_reader(db, row.id))).text())

    def _cut_at_checkpoint(self, db: Db, row: LogRow, batch: Batch) -> Batch:
        if batch.end == row.size:
            return batch
        found = db.one(
            "SELECT max(size) FROM checkpoint WHERE log = :log AND size > :start AND size <= :end", log=row.id, start=batch.start, end=batch.end
        )
        if found is None or found[0] is None:
            raise Stopped(f"The old log {row.origin} has no signed size between {batch.start} and {batch.end}.")
        key = announcements.hq_key(db)
        shorter = cut_batch(db, row.id, row.origin, batch.start, found[0], row.ack_note, base64.b64decode(key[1]) if key else None, 1000)
        assert shorter is not None
        return shorter

    def _stored_note(self, db: Db, row: LogRow, size: int) -> str:
        if size == row.size:
            return row.note
        found = db.one("SELECT note FROM checkpoint WHERE log = :log AND size = :size", log=row.id, size=size)
        assert found is not None
        return str(found[0])

    def acknowledged(self, origin: str, note: str) -> int:
        """Check HQ's cosigned *note* against our own tree and record it: what it covers is at HQ for good."""
        with self.node.store.read() as db:
            row = self._row(db, origin)
            checkpoint = self._cosigned(row, note)
            if checkpoint.size > row.size or root_at(checkpoint.size, node_reader(db, row.id)) != checkpoint.root:
                raise Stopped("Headquarters acknowledged something this appliance did not send.")
        now = self.node.clock.read().ts

        def record(db: Db) -> None:
            db.run("UPDATE log SET acked = :size, ack_note = :note WHERE id = :id AND acked <= :size", size=checkpoint.size, note=note, id=row.id)
            facts.put(db, "acked_at", str(now))

        self.node.store.write(record)
        return checkpoint.size

    def _cosigned(self, row: LogRow, note: str) -> Checkpoint:
        """Return the checkpoint of *note*, signed by our log key and cosigned by HQ.

        Raises:
            Stopped: it is not.
        """
        try:
            opened = open_note(note, [Verifier.parse(row.vkey), trust.hq_mirror(self.node)])
        except NoteError:
            raise Stopped("Headquarters' acknowledgement does not verify.") from None
        if len({v.name for v in opened.verified}) < 2:
            raise Stopped("Headquarters' acknowledgement lacks a signature.")
        checkpoint = Checkpoint.parse(opened.text)
        if checkpoint.origin != row.origin:
            raise Stopped("Headquarters' acknowledgement is for another log.")
        return checkpoint

    def contradicted(self, origin: str, notes: str, *, frozen: bool) -> bool:
        """Begin a new epoch when one of *notes* proves that this copy of the log was rolled back, cloned or rewritten.

        Our own key's signature is the proof: nobody else can make it, and we made none over that tree.
        """
        with self.node.store.read() as db:
            row = self._row(db, origin)
            proofs = [_contradiction(db, row, origin + "\n" + note) for note in notes.split(origin + "\n")[1:]]
        if not any(proofs):
            return False
        if row.id == self.node.journal.own_log:
            begin_epoch(self.node, row.name, "rolled-back")
        if frozen or "other" in proofs:
            set_aside(self.node, row)  # two histories for certain; a longer one may simply continue ours
        return True

    def closed(self, origin: str) -> bool:
        """Go on in another log where HQ has closed *origin*: an older one is set aside and its tail entered again.

        The current one is left only when HQ's log ``all`` approved another epoch of this centre after it, which is
        none of ours: a clone or a restored copy of this appliance came first. A bare refusal means to wait.
        """
        with self.node.store.read() as db:
            row, mine = self._row(db, origin), {one.origin for one in logs.own_logs(db)}
            newest = announcements.current_epoch(db, row.name)
        if row.id == self.node.journal.own_log:
            if newest is None or newest.origin in mine:
                return False
            begin_epoch(self.node, row.name, "superseded")
        set_aside(self.node, row)
        return True

    def recover(self, origin: str, raw: bytes) -> int | None:
        """Store leaves of our own older epoch that HQ gave back; return where they end, None when they diverge from ours."""
        try:
            return take_recovered(self.node, origin, raw)
        except Differs:
            with self.node.store.read() as db:
                row = self._row(db, origin)
            if not row.size:
                raise Stopped("Headquarters gave leaves back that do not lead to its own signature.") from None
            set_aside(self.node, row)
            return None

    def unsent(self, origin: str, start: int, end: int) -> Sequence[str]:
        """Return the chunks that those leaves name and HQ did not yet say it holds."""
        with self.node.store.read() as db:
            return objects.unsent(db, self._row(db, origin).id, start, end)

    def objects(self, hashes: Sequence[str]) -> Iterator[tuple[bytes, Sequence[str]]]:
        """Yield batches without leaves carrying the objects asked for, two of the largest in each."""
        origin = self._current().origin
        pack: list[tuple[bytes, bytes]] = []
        for hashed in filter(_HASH.fullmatch, hashes):
            with self.node.store.read() as db:
                data = objects.get(db, bytes.fromhex(hashed))
            if data is None:
                continue
            if pack and sum(len(one) for _, one in pack) + len(data) > PACK:
                yield _packed(origin, pack)
                pack = []
            pack.append((bytes.fromhex(hashed), data))
        if pack:
            yield _packed(origin, pack)

    def objects_sent(self, hashes: Sequence[str]) -> None:
        """Note that HQ holds those chunks."""
        self.node.store.write(lambda db: objects.mark_sent(db, [bytes.fromhex(one) for one in hashes]))

    def beacon(self) -> bool:
        """Append a beacon when other leaves followed the last one, so that the exchange comes to rest (rule N8)."""
        with self.node.store.read() as db:
            row = logs.by_id(db, self.node.journal.own_log)
            last = db.one("SELECT leaf FROM entry WHERE log = :log AND idx = :idx", log=row.id, idx=row.size - 1)
            hq_time = int(facts.get(db, "hq_time", "0"))
            head = announcements.epoch_of(db, row.origin)
            down = logs.by_origin(db, head.down_origin) if head else None
        if last is None or not hq_time or isinstance(ev.decode(bytes(last[0])), ev.Beacon) or row.acked < row.size:
            return False
        root = base64.b64encode(down.root).decode() if down else ""

        def act(tx: Tx) -> None:
            tx.append(ev.Beacon(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, hq_time=hq_time, hq_head=root))

        self.node.perform(act)
        return True

    # --- down -----------------------------------------------------------------------------------------------

    def held(self, name: str) -> int:
        """Return how many leaves of HQ's log ``all`` or ``to`` are held here."""
        with self.node.store.read() as db:
            return self._down_size(db, name)

    def _down_size(self, db: Db, name: str) -> int:
        row = trust.down_log(self.node, db, name)
        return row.size if row else 0

    def accept(self, name: str, raw: bytes) -> int:
        """Check and store a downlink batch, in one transaction with its effects; return the size held."""
        return accept_down(self.node, name, raw)

    def missing(self) -> Sequence[str]:
        """Return the hex hashes of the newest catalogue's objects, and of photos and voice notes, that are not here yet."""
        with self.node.store.read() as db:
            return missing_objects(db)

    def accept_objects(self, raw: bytes) -> int:
        """Store side objects; return how many came."""
        return accept_objects(self.node, raw)

    def adopt_keys(self, answer: dict[str, Any]) -> None:
        """Take HQ's newer key note when our root signed it."""
        trust.adopt_keys(self.node, str(answer.get("note", "")))

    def keys_serial(self) -> int:
        """Return the serial of the key note held."""
        return trust.key_note(self.node).serial

    def give_back(self, origin: str, start: int) -> tuple[bytes, int] | None:
        """Return a batch of HQ's dead log *origin* as we mirror it, sealed to HQ's current data key."""
        with self.node.store.read() as db:
            row, key = logs.by_origin(db, origin), announcements.hq_key(db)
            if row is None or row.own or key is None:
                return None
            found = db.one("SELECT min(size) FROM checkpoint WHERE log = :log AND size > :start", log=row.id, start=start)
            if found is None or found[0] is None:
                return None
            note = db.one("SELECT note FROM checkpoint WHERE log = :log AND size = :size", log=row.id, size=found[0])
            batch = cut_batch(db, row.id, origin, start, found[0], "", base64.b64decode(key[1]))
        if batch is None or note is None or batch.end != found[0]:
            return None
        return write_batch(batch.with_note(note[0])), batch.end

    def acknowledgements(self) -> str:
        """Return our cosignatures over the downlink logs as they are held: they say "durably stored" to HQ."""
        acker = self.node.keyring.acknowledger(self._current().origin)
        now, notes = self.node.clock.read().ts, []
        with self.node.store.read() as db:
            for name in DOWN:
                row = trust.down_log(self.node, db, name)
                if row is not None and row.note:
                    notes.append(add_signature(row.note, acker.cosign(open_text(row.note), now)))
        return json.dumps({"notes": notes})

    def _current(self) -> LogRow:
        with self.node.store.read() as db:
            return logs.by_id(db, self.node.journal.own_log)

    def _row(self, db: Db, origin: str) -> LogRow:
        row = logs.by_origin(db, origin)
        if row is None or not row.own:
            raise Stopped(f"This appliance has no log {origin}.")
        return row


def _packed(origin: str, pack: list[tuple[bytes, bytes]]) -> tuple[bytes, Sequence[str]]:
    return write_batch(objects_batch(origin, 0, pack)), [hashed.hex() for hashed, _ in pack]


def _contradiction(db: Db, row: LogRow, note: str) -> str:
    """Say how *note*, if our own log key signed it, differs from log *row* as it is here: longer, other or ''."""
    try:
        checkpoint = Checkpoint.parse(open_note(note, [Verifier.parse(row.vkey)]).text)
    except NoteError:
        return ""
    if checkpoint.origin != row.origin:
        return ""
    if checkpoint.size > row.size:
        return "longer"
    return "" if root_at(checkpoint.size, node_reader(db, row.id)) == checkpoint.root else "other"


def open_text(note: str) -> str:
    """Return the signed text of a note: everything up to its last blank line."""
    return note[: note.rindex("\n\n") + 1]


def oldest_unsent(db: Db) -> int:
    """Return the time of the oldest entry HQ has not acknowledged, 0 when there is none."""
    oldest = 0
    for row in logs.own_logs(db):
        if row.acked < row.size:
            leaf = db.one("SELECT leaf FROM entry WHERE log = :log AND idx = :idx", log=row.id, idx=row.acked)
            ts = ev.decode(bytes(leaf[0])).ts if leaf else 0
            oldest = min(oldest, ts) if oldest else ts
    return oldest


def set_aside_at_hq(db: Db) -> int:
    """Return how many leaves of ours lie in HQ's quarantine, as it said last."""
    return int(facts.get(db, ASIDE_AT_HQ, "0"))


def quarantined(db: Db) -> int:
    """Return how many leaves lie in quarantine here, or lack a value that was withheld or is another than they say."""
    row = db.one("SELECT count(*) FROM (SELECT log, idx FROM quarantine UNION SELECT log, idx FROM box_flag) AS bad")
    return int(row[0]) if row else 0
