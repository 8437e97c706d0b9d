"""The server's log holds JSON, and nothing that belongs to a citizen."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from appliance import logs
from appliance.domain.errors import InvalidInput
from tests.faults.filing import submission
from tests.faults.world import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = "4821 0937 5560 1148 2273"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook, logging.raiseExceptions)
    written = io.StringIO()
    logs.set_up(stream=written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before[0], before[1]
    sys.excepthook, threading.excepthook, logging.raiseExceptions = before[2:]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_it_writes_one_line_of_json_a_record(stream: io.StringIO) -> None:
    logging.getLogger("cfms.jobs").warning("two\nlines of %d", 2)
    (line,) = lines(stream)
    assert line["level"] == "warning"
    assert line["logger"] == "cfms.jobs"
    assert line["message"] == "two\nlines of 2"
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("typed", [CODE, CODE.replace(" ", ""), CODE.replace(" ", "-"), f"code={CODE.replace(' ', '')}!"])
def test_it_strikes_out_a_receipt_code_however_it_was_typed(stream: io.StringIO, typed: str) -> None:
    logging.getLogger("cfms").error("no case under %s", typed)
    assert "4821" not in stream.getvalue()
    assert "2273" not in stream.getvalue()
    assert "no case under" in stream.getvalue()


@pytest.mark.parametrize("private", ["+254712345678", "0712 345 678", "0712345678", "amina@example.org", "postgresql://cfms:sesame@db/cfms"])
def test_it_strikes_out_contacts_and_passwords(stream: io.StringIO, private: str) -> None:
    logging.getLogger("cfms").error("odd: %s", private)
    assert not any(part in stream.getvalue() for part in ("712", "345", "amina", "sesame"))


@pytest.mark.parametrize("harmless", ["1764000000", "019ac3d14f6b7e0f8a55c0d1e2f30415", "NBI-26A-004217-K", "cfms.example/log/NBI/01234567", "0.25"])
def test_it_leaves_times_ids_references_and_origins(stream: io.StringIO, harmless: str) -> None:
    logging.getLogger("cfms").info("see %s", harmless)
    assert lines(stream)[0]["message"] == f"see {harmless}"


def test_it_writes_an_exception_without_the_words_it_carries(stream: io.StringIO) -> None:
    try:
        int("My neighbour Wanjiru took it")
    except ValueError:
        logging.getLogger("cfms.web").exception("the page failed")
    (line,) = lines(stream)
    assert line["errors"] == ["ValueError"]
    assert line["places"][0].startswith("tests/test_logs.py:") or "test_logs.py:" in line["places"][0]
    assert "Wanjiru" not in stream.getvalue()


def test_it_writes_the_whole_chain_of_an_exception(stream: io.StringIO) -> None:
    try:
        try:
            Path("/secret/name").read_bytes()
        except OSError as missing:
            raise InvalidInput(field="text", reason="is too long") from missing
    except InvalidInput:
        logging.getLogger("cfms").exception("refused")
    assert lines(stream)[0]["errors"] == ["InvalidInput: text: is too long", "FileNotFoundError: No such file or directory"]
    assert "/secret" not in stream.getvalue()


def test_it_keeps_a_librarys_template_but_not_its_values(stream: io.StringIO) -> None:
    logging.getLogger("waitress").error("Exception while serving %s", "/track/" + CODE)
    logging.getLogger("psycopg.pool").warning("bad value %r", "Wanjiru")
    assert [line["message"] for line in lines(stream)] == ["Exception while serving a request", "bad value %r"]


def test_it_forgets_the_path_of_a_failed_request(stream: io.StringIO) -> None:
    logging.getLogger("cfms").error("Exception on /track/7 [POST]")
    assert lines(stream)[0]["message"] == "Exception on a request"


def test_it_is_silent_about_what_libraries_merely_mention(stream: io.StringIO) -> None:
    logging.getLogger("werkzeug").info('127.0.0.1 - - "GET /track HTTP/1.1" 200 -')
    assert stream.getvalue() == ""


def test_it_survives_a_call_that_cannot_be_formatted(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("cfms").error("%d cases", "Wanjiru")
    assert lines(stream)[0]["message"] == "%d cases"
    assert "Wanjiru" not in capsys.readouterr().err


def test_it_takes_warnings_and_errors_nobody_caught(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", UserWarning, stacklevel=1)

    def fail() -> None:
        raise ValueError("Wanjiru")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    messages = [line["message"] for line in lines(stream)]
    assert "old way" in messages[0]
    assert messages[1:] == ["a thread ended by an error", "stopped by an error"]
    assert "Wanjiru" not in stream.getvalue()


def test_it_cuts_a_message_that_would_fill_the_disk_and_no_code_in_half(stream: io.StringIO) -> None:
    logging.getLogger("cfms").error("%s%s%s", "x" * 3980, CODE, "y" * 1_000_000)
    assert len(stream.getvalue()) < 5000
    assert "4821" not in stream.getvalue()


def test_a_servers_log_holds_nothing_of_what_was_sent_to_it(tmp_path: Path) -> None:
    """Whatever a citizen sends, and whatever breaks meanwhile, the log of the real process names neither."""
    machine = Machine(tmp_path / "nbi", "centre", "NBI", "http://127.0.0.1:9")
    machine.configure()
    machine.cfms("init")
    machine.start()
    try:
        said = submission("Wanjiru at counter seven asked me for money", name="Akinyi Otieno", phone="+254712345678", email="akinyi@example.org")
        assert machine.post("/api/v1/feedback", said)[0] == 201
        assert machine.post("/api/v1/track", {"code": said["code"]})[0] == 200
        assert machine.post("/api/v1/feedback", {"text": said["text"], "phone": said["phone"], "kind": 7})[0] == 400
        assert machine.post(f"/api/v1/{said['code']}", {"text": said["text"]})[0] == 404
        with machine.node() as node:  # a table is gone: what comes now fails deep inside
            node.store.write(lambda db: db.script("ALTER TABLE tally RENAME TO tally_gone"))
        broken = submission(said["text"], name=said["name"], phone=said["phone"])
        assert machine.post("/api/v1/feedback", broken)[0] >= 500
    finally:
        machine.stop()
    written = machine.log()
    told = [json.loads(line) for line in written.splitlines() if not line.startswith("CFMS ")]
    assert any(line.get("errors") and line["places"] for line in told), "the failure itself is told, with the places it passed"
    for private in (said["code"], broken["code"], "Wanjiru", "counter seven", "Akinyi", "712345678", "akinyi@"):
        assert private not in written
