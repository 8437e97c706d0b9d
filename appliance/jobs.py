"""Everything that runs by itself: one table of jobs, each with its trigger, its use case and why (design §3)."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from sync.exchange import Backoff, Stopped
from sync.link import LinkDown, can_reach

from appliance.domain.errors import Refusal, StorageFull
from appliance.store.db import Db
from appliance.usecases import objects
from appliance.usecases.accept_down import refresh_catalogue
from appliance.usecases.backup import NoBackupKey, back_up, backups
from appliance.usecases.check_node import check_node
from appliance.usecases.erase_values import scrub, scrub_due
from appliance.usecases.node import Node
from appliance.usecases.renew_data_key import renew_data_key
from appliance.usecases.run_exchange import run_exchange

log = logging.getLogger("cfms.jobs")
EXCHANGE, LINK = "exchange", "link"
WATCH_SECONDS = 10  # between looks for a link that is down
LEASE_SECONDS = 120
JUMP = timedelta(seconds=2)  # less is the wall clock being slewed, or a busy moment between two readings


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table.

    Attributes:
        trigger: arguments of APScheduler's ``add_job``.
        roles: where it runs.
        run: what it does; a failure is logged and the job runs again next time.
        everywhere: at HQ each process runs it for itself; all other jobs run once, in the process that has the lease.
    """

    id: str
    trigger: dict[str, object]
    roles: tuple[str, ...]
    run: Callable[[Node], object]
    why: str
    everywhere: bool = False


def _backup(node: Node) -> None:
    """Make today's archive unless there is one; a centre without a backup key is told so on its status page."""
    now, folder = node.clock.read().ts, node.settings.backup.dir
    newest = next(iter(backups(folder)), None)
    if newest is None or now - newest.made_at > 20 * 3600:
        try:
            back_up(node.store, node.keyring, folder, now, node.settings.backup.keep_days)
        except NoBackupKey as error:
            log.warning("%s", error.message)


def _scrub(node: Node) -> None:
    if scrub_due(node):
        scrub(node)


def _purge(node: Node) -> None:
    now = node.clock.read().ts
    node.store.write(lambda db: objects.purge(db, now))


def _verify(node: Node) -> None:
    if wrong := check_node(node):
        log.critical("the nightly check found damage: %s", wrong)


TABLE = (
    Job("backup", {"trigger": "interval", "hours": 1}, ("centre",), _backup, "a broken disk must not lose a case"),
    Job("scrub", {"trigger": "interval", "seconds": 20}, ("centre", "hq"), _scrub, "erased bytes must leave the write-ahead log too"),
    Job("purge", {"trigger": "interval", "hours": 6}, ("centre", "hq"), _purge, "unclaimed attachments go after 35 days"),
    Job("verify", {"trigger": "cron", "hour": 3, "minute": 20}, ("centre", "hq"), _verify, "a flipped bit must be found before it is needed"),
    Job(
        "catalogue",
        {"trigger": "interval", "seconds": 30},
        ("centre", "hq"),
        refresh_catalogue,
        "another process may have brought a newer one",
        everywhere=True,
    ),
    Job("keys", {"trigger": "interval", "hours": 12}, ("hq",), renew_data_key, "what was sealed to an old key must go dark"),
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
                self._scheduler.add_job(self._guarded, args=(job,), id=job.id, **job.trigger)
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
