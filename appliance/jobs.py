"""Everything that runs by itself: one table of jobs, each with its trigger, its use case and why (design §3)."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.schedulers.background import BackgroundScheduler

from sync.exchange import Backoff, Stopped
from sync.link import LinkDown, can_reach

from appliance.domain.errors import Refusal, StorageFull
from appliance.journal import objects
from appliance.settings import Settings
from appliance.store.db import Db
from appliance.usecases import facts
from appliance.usecases.accept_down import refresh_catalogue
from appliance.usecases.backup import NoBackupKey, back_up, backups
from appliance.usecases.check_node import check_node
from appliance.usecases.erase_values import scrub, scrub_due
from appliance.usecases.expire_contacts import expire_contacts
from appliance.usecases.node import Node
from appliance.usecases.renew_data_key import renew_data_key
from appliance.usecases.renew_intake_key import renew_intake_key
from appliance.usecases.run_exchange import run_exchange

log = logging.getLogger("cfms.jobs")
EXCHANGE, LINK = "exchange", "link"
WATCH_SECONDS = 10  # between looks for a link that is down
LEASE_SECONDS = 120
NIGHT = 3  # o'clock, local time, from which the nightly check is made
CHECKED_AT = "checked_at"  # fact: when that was last done, unix seconds
EXPIRED_AT = "expired_at"  # fact: when the last contact details that were due had gone, unix seconds
JUMP = timedelta(seconds=2)  # less is the wall clock being slewed, or a busy moment between two readings


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table.

    Attributes:
        every: how often it is run, by the settings; what is done once a day looks itself whether its turn has come, so that a box
            that was off at that hour catches up.
        roles: where it runs.
        run: what it does; a failure is logged and the job runs again next time.
        everywhere: at HQ each process runs it for itself; all other jobs run once, in the process that has the lease.
    """

    id: str
    every: Callable[[Settings], timedelta]
    roles: tuple[str, ...]
    run: Callable[[Node], object]
    why: str
    everywhere: bool = False


def last_turn(now: int, hour: int, zone: tzinfo) -> int:
    """Return when *hour* o'clock local time last was: what is done daily and was not done since then is due."""
    local = datetime.fromtimestamp(now, zone)
    turn = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return int((turn if turn <= local else turn - timedelta(days=1)).timestamp())


def _backup(node: Node) -> None:
    """Make today's archive unless there is one; a centre without a backup key is told so on its status page."""
    now, chosen = node.clock.read().ts, node.settings.backup
    since = last_turn(now, chosen.hour, node.country.zone)
    # An archive of a time to come was made while the clock was wrong.
    if any(since <= one.made_at <= now for one in backups(chosen.dir)):
        return
    try:
        back_up(node.store, node.keyring, chosen.dir, now, chosen.keep_days)
    except NoBackupKey as error:
        log.warning("%s", error.message)


def _scrub(node: Node) -> None:
    if scrub_due(node):
        scrub(node)


def _purge(node: Node) -> None:
    before = node.clock.read().ts - node.settings.erasure.unclaimed_days * 86400
    node.store.write(lambda db: objects.purge(db, before))


def _verify(node: Node) -> None:
    now = node.clock.read().ts
    with node.store.read() as db:
        checked_at = int(facts.get(db, CHECKED_AT, "0"))
    if last_turn(now, NIGHT, node.country.zone) <= checked_at <= now:
        return
    if wrong := check_node(node):
        log.critical("the nightly check found damage: %s", wrong)
    node.store.write(lambda db: facts.put(db, CHECKED_AT, str(now)))


def _expire(node: Node) -> None:
    """Erase the contact details whose time is over; what a turn leaves undone the next one goes on with."""
    now = node.clock.read().ts
    with node.store.read() as db:
        done_at = int(facts.get(db, EXPIRED_AT, "0"))
    if last_turn(now, NIGHT, node.country.zone) <= done_at <= now:
        return
    if expire_contacts(node):
        node.store.write(lambda db: facts.put(db, EXPIRED_AT, str(now)))


def _every(**time: float) -> Callable[[Settings], timedelta]:
    return lambda _settings: timedelta(**time)


BOTH = ("centre", "hq")
TABLE = (
    Job("backup", _every(minutes=10), ("centre",), _backup, "a broken disk must not lose a case: an archive a day, from backup.hour on"),
    Job("scrub", lambda s: timedelta(seconds=s.erasure.retry_seconds), BOTH, _scrub, "erased bytes must leave the write-ahead log too"),
    Job("purge", _every(hours=6), BOTH, _purge, "chunks of photos and voice notes that no case claims must not stay (erasure.unclaimed_days)"),
    Job("expire", _every(minutes=10), BOTH, _expire, "contact details are kept as long as was promised (erasure.contact_days), each night's due"),
    Job("verify", _every(minutes=10), BOTH, _verify, "a flipped bit must be found before it is needed: everything, each night"),
    Job("catalogue", _every(seconds=30), BOTH, refresh_catalogue, "another process may have brought a newer one", everywhere=True),
    Job("keys", _every(hours=12), ("hq",), renew_data_key, "what was sealed to an old key must go dark"),
    Job("intake", _every(hours=12), BOTH, renew_intake_key, "what terminals once sealed must not open for ever"),
)


class SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]
    """A scheduler whose waiting jobs move with the wall clock when that jumps.

    APScheduler plans by the wall clock alone: set back ten years, it would run nothing for ten years.
    """

    def __init__(self) -> None:
        """Run a job late rather than never, one that was missed several times once, and none beside itself."""
        super().__init__(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        self._guard = threading.Lock()
        self._offset = time.time() - time.monotonic()

    def follow_clock(self) -> None:
        """Move every waiting job by as much as the wall clock jumped; to be called before a job is planned by that clock."""
        with self._guard:
            offset = time.time() - time.monotonic()
            jump, self._offset = timedelta(seconds=offset - self._offset), offset
        if abs(jump) > JUMP:
            for job in self.get_jobs():
                self.modify_job(job.id, next_run_time=job.next_run_time + jump)

    def _process_jobs(self) -> float | None:
        """Run what is due; called at the moment that was planned, to which the steady clock slept."""
        self.follow_clock()
        seconds: float | None = super()._process_jobs()
        return seconds


class Jobs:
    """The scheduler of one process: the table above, and the exchange that others may hurry."""

    def __init__(self, node: Node) -> None:
        """Prepare the jobs of *node*'s role."""
        self.node = node
        self._scheduler = SteadyScheduler()
        self._exchanging = threading.Lock()
        self._backoff = Backoff(float(node.settings.sync.backoff_min_seconds), float(node.settings.sync.backoff_max_seconds))
        self._gathering = False
        self._cut_off = False  # the last exchange failed because nobody answered at the other end
        self._planning = threading.Lock()
        self._stopping = False

    def start(self) -> None:
        """Start: every job of the table, and at a centre the exchange."""
        role = self.node.settings.role
        for job in TABLE:
            if role in job.roles:
                seconds = job.every(self.node.settings).total_seconds()
                self._scheduler.add_job(self._guarded, "interval", args=(job,), id=job.id, seconds=seconds)
        if role == "centre" and self.node.settings.sync.hq_url:
            self.node.on_filed = self.gather
            self._scheduler.add_job(self._watch_link, "interval", seconds=WATCH_SECONDS, jitter=WATCH_SECONDS // 2, id=LINK)
            self._at(1.0)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop, letting a running job finish."""
        with self._planning:  # the scheduler waits for its jobs under the very lock that adding one takes
            self._stopping = True
        self._scheduler.shutdown(wait=True)

    def gather(self) -> None:
        """Exchange soon: submissions of the next few seconds go together. Costs nothing when one is coming already."""
        if not self._gathering and not self._backoff.failures:
            self._gathering = True
            self._at(float(self.node.settings.sync.gather_seconds))

    def exchange_now(self) -> str:
        """Exchange now and say how it went: '' for well, else the reason."""
        with self._exchanging:
            self._gathering = False
            try:
                run_exchange(self.node)
            except (LinkDown, Stopped, Refusal) as error:
                self._cut_off = isinstance(error, LinkDown) and not error.answered
                self._at(self._backoff.failed())
                return str(error)
        self._cut_off = False
        self._backoff.succeeded()
        self._at(float(self.node.settings.sync.interval_seconds))
        return ""

    def _watch_link(self) -> None:
        """Exchange as soon as a lost link is back, however long the next try is away; centres do not all return at once."""
        if self._cut_off and can_reach(self.node.settings.sync.hq_url):
            self._cut_off = False
            self._at(random.uniform(0, WATCH_SECONDS / 2))  # noqa: S311  # jitter, not a secret

    def _at(self, seconds: float) -> None:
        with self._planning:
            self._scheduler.follow_clock()
            when = datetime.now(UTC) + timedelta(seconds=seconds)
            if not self._stopping:
                # Two instances: one asked for while another runs waits for it, and is not dropped.
                self._scheduler.add_job(
                    self._exchange, "date", run_date=when, id=EXCHANGE, replace_existing=True, misfire_grace_time=None, max_instances=2
                )

    def _exchange(self) -> None:
        try:
            self.exchange_now()
        except Exception:
            self._at(self._backoff.failed())  # whatever it was, the exchange goes on; the log has the trace
            log.exception("the exchange failed")

    def _guarded(self, job: Job) -> None:
        try:
            if job.everywhere or take_lease(self.node, job.id):
                job.run(self.node)
        except StorageFull as error:
            log.warning("job %s: %s", job.id, error.message)
        except Exception:
            log.exception("job %s failed", job.id)
            raise


def take_lease(node: Node, job: str) -> bool:
    """Claim *job* for this process: HQ has several, and each job runs once."""
    if not node.is_hq:
        return True
    now, holder = node.clock.read().ts, f"{os.uname().nodename}:{os.getpid()}"

    def claim(db: Db) -> bool:
        return (
            db.run(
                "INSERT INTO ops_lease (job, holder, until) VALUES (:job, :holder, :until) ON CONFLICT (job) DO UPDATE"
                " SET holder = excluded.holder, until = excluded.until WHERE ops_lease.until < :now OR ops_lease.holder = excluded.holder",
                job=job, holder=holder, until=now + LEASE_SECONDS, now=now,
            )
            == 1
        )  # fmt: skip

    return node.store.write(claim)
