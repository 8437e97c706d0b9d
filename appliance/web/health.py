"""``/healthz`` and ``/metrics``: for those who watch over machines; nothing of a person, nothing written."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, abort, current_app, request

import appliance
from appliance.usecases.measure_node import Figures, measure, trouble_of
from appliance.usecases.node import Node
from appliance.web.transport import is_local

health = Blueprint("health", __name__)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[dict[str, str], int]


def _node() -> Node:
    node: Node = current_app.extensions["cfms"]
    return node


@health.get("/healthz")
def healthz() -> Response:
    """Say ``ok``, or with 503 in one word what is the matter."""
    trouble = trouble_of(_node())
    return Response(f"{trouble or 'ok'}\n", 503 if trouble else 200, content_type="text/plain; charset=utf-8")


@health.get("/metrics")
def metrics() -> Response:
    """Say how much there is of everything, as Prometheus reads it; to this machine alone."""
    if not is_local(request.environ):
        abort(404)
    node = _node()
    lines = [line for name, kind, help_, samples in _families(measure(node), node) for line in _lines(name, kind, help_, samples)]
    return Response("\n".join(lines) + "\n", content_type=PROMETHEUS)


def _lines(name: str, kind: str, help_: str, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{inside}}} {int(value)}" if inside else f"{name} {int(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _families(figures: Figures, node: Node) -> Iterator[tuple[str, str, str, list[Sample]]]:
    """Yield each figure: its name, type, meaning and samples."""
    exchange = figures.exchange
    yield "cfms_build_info", "gauge", "What runs here.", [({"version": appliance.__version__, "role": node.settings.role}, 1)]
    yield "cfms_healthy", "gauge", "1 while the node can do its work.", [({}, not figures.trouble)]
    yield "cfms_damaged", "gauge", "1 while the last nightly check has found damage.", [({}, bool(exchange.damage))]
    yield "cfms_cases", "gauge", "Cases by kind and state.", [({"kind": one.kind, "state": one.state}, one.cases) for one in figures.cases]
    yield "cfms_log_entries", "gauge", "Entries of each log held here.", [({"log": one.origin}, one.size) for one in figures.logs]
    yield "cfms_log_acknowledged", "gauge", "Entries the other side has cosigned.", [({"log": one.origin}, one.acked) for one in figures.logs]
    yield "cfms_unsent_entries", "gauge", "Entries the other side has not acknowledged.", [({}, exchange.unsent)]
    yield "cfms_oldest_unsent_seconds", "gauge", "Unix time of the oldest of them, 0 for none.", [({}, exchange.oldest)]
    yield "cfms_acknowledged_seconds", "gauge", "Unix time of the last acknowledgement, 0 for never.", [({}, exchange.acked_at)]
    yield "cfms_exchanged_seconds", "gauge", "Unix time of the last exchange, 0 for never.", [({}, exchange.exchanged_at)]
    yield "cfms_quarantined_entries", "gauge", "Entries kept that could not be applied.", [({}, exchange.quarantine)]
    yield "cfms_clock_offset_seconds", "gauge", "This clock less headquarters'.", [({}, exchange.clock_offset)]
    yield "cfms_writer_commits_total", "counter", "Groups committed since start.", [({}, figures.commits)]
    yield "cfms_writer_acts_total", "counter", "Acts in them.", [({}, figures.acts)]
    yield "cfms_writer_largest_group", "gauge", "Acts of the largest group since start.", [({}, figures.largest_group)]
    yield "cfms_writer_waiting", "gauge", "Acts that wait for the next group.", [({}, figures.queue)]
    yield "cfms_database_bytes", "gauge", "Size of SQLite's file.", [({}, figures.database[0])]
    yield "cfms_database_wal_bytes", "gauge", "Size of its write-ahead log.", [({}, figures.database[1])]
    yield "cfms_backup_seconds", "gauge", "Unix time of the newest archive, 0 for none.", [({}, figures.backup_at)]
    yield "cfms_scrub_due", "gauge", "1 while erased bytes still stand in the write-ahead log.", [({}, figures.scrub_due)]
