"""Each benchmark runs, with tiny numbers, prints its figures and would notice if something were missing; no figure is judged here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import exchange, pages, submit
from bench.fill import fill
from bench.postgres import programs
from bench.visitor import Answer, Seen
from bench.worlds import ROOT, bodies, cfms, free_port, reading, write_settings

PATIENCE = 240  # seconds; a benchmark of these sizes takes a few
NUMBER = r"[\d,]+(?:\.\d+)?"

needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed here")
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed here")


def printed(*arguments: str) -> str:
    """Run a benchmark and return what it printed."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def says(text: str, pattern: str) -> bool:
    """Tell whether *text* has *pattern*, in which # stands for a number."""
    return re.search(pattern.replace("#", NUMBER), text) is not None


@needs_wrk
def test_submit_prints_both_rates_and_counts_its_cases() -> None:
    text = printed("bench.submit", "--rounds", "1", "--seconds", "1", "--prefill", "200")
    assert says(text, r"submit, 0 cases before: #/s durable, no-op #/s, median ratio #")
    assert says(text, r"submit, 200 cases before: #/s durable")
    assert says(text, r"# answers 201, # new cases in the database")
    assert says(text, r"rate at 200 cases against a fresh store, both normalised: #")


@needs_wrk
@needs_strace
def test_submit_prints_fsyncs_as_they_are_and_slowed(tmp_path: Path) -> None:
    port = free_port()
    settings = write_settings(tmp_path / "centre", "centre", centre="NBI", port=port)
    cfms(settings, "init")
    each, rate = submit.fsyncs(tmp_path, settings, port, 1)
    assert 0 < each <= 2
    assert rate > 0


def test_a_call_that_strace_tells_in_two_lines_is_one_fsync(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("7 fsync(3) = 0\n8 fdatasync(4 <unfinished ...>\n7 fsync(3) = 0\n8 <... fdatasync resumed>) = 0\n")
    assert submit._calls(trace) == 3


def test_an_answer_without_a_case_is_noticed(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, "centre", centre="NBI")
    cfms(settings, "init")
    seen = submit.Rounds(ours=[submit.Load(created=1, others=0, rate=1.0, p99=1.0)])
    with pytest.raises(SystemExit, match="1 answers 201, but 0 cases"):
        submit.check(settings, 0, seen)


def test_no_two_submissions_are_the_same() -> None:
    assert len(set(bodies(500))) == 500


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.skipif(not programs(), reason="no PostgreSQL here"))])
def test_exchange_prints_rate_bytes_memory_and_what_was_checked(engine: str) -> None:
    text = printed("bench.exchange", "--cases", "60", "--few", "20", "--engine", engine)
    assert says(text, rf"exchange, {engine} at headquarters: 60 cases readable after # s, # cases/s .*; # bytes a case on the wire")
    assert says(text, r"only copied into a bare SQLite file: # cases/s")
    assert says(text, r"peak memory, centre: # MB at 20, # MB at 60")
    assert says(text, r"peak memory, headquarters: # MB at 20, # MB at 60")
    assert says(text, r"nothing to say: # ms")
    assert says(text, r"160 values opened and compared")  # a text and a receipt a case


def test_a_value_that_headquarters_does_not_hold_is_noticed(tmp_path: Path) -> None:
    pair = exchange.make_pair(tmp_path, "")
    fill(pair.centre, 3)
    with pytest.raises(SystemExit, match="does not hold what the centre sent"):
        exchange.check(pair)
    with reading(pair.hq) as db:
        assert db.one("SELECT count(*) FROM case_state") == (0,)


def test_footprint_prints_memory_and_start_beside_the_floor() -> None:
    text = printed("bench.footprint", "--cases", "50", "--rounds", "1")
    assert says(text, r"floor, bare Python: # s, # MB")
    assert says(text, r"floor, Python with Flask: # s, # MB")
    assert says(text, r"centre, empty: first answer after # s .*; idle # MB .*, # MB after every face was used")
    assert says(text, r"centre with 50 cases: first answer after # s")


def test_verify_prints_the_tree_alone_and_the_whole() -> None:
    text = printed("bench.verify", "--leaves", "300")
    assert says(text, r"verify, # leaves: the Merkle tree alone # leaves/s")
    assert says(text, r"the log alone .*: # s, # leaves/s, at most # MB")
    assert says(text, r"log, values and read models: # s, # leaves/s, at most # MB")


def test_pages_prints_every_page_beside_the_one_that_does_nothing_and_the_bytes() -> None:
    text = printed("bench.pages", "--cases", "50", "--rounds", "2")
    assert says(text, r"pages at 50 cases: no-op p95 # ms, p50 # ms")
    for page in ("home", "rating", "kind", "service", "message", "contact", "review", "receipt", "track", "case", "figures", "report"):
        assert says(text, rf"  {page} +p95 +# ms, p50 +# ms, +# of the no-op"), page
    assert says(text, r"first page of a terminal: # bytes in all, # of them the page itself")
    assert says(text, r"whole flow without sounds: # bytes with script, # without")


def test_a_page_that_is_another_is_noticed() -> None:
    with pytest.raises(SystemExit, match="receipt was answered 200, or is another page"):
        pages.check("receipt", Answer(200, "<h1>One moment</h1>", 20, 0.001))
    with pytest.raises(SystemExit, match="home was answered 503"):
        pages.check("home", Answer(503, "<h1>One moment</h1>", 20, 0.001))


def test_what_a_template_holds_is_neither_loaded_nor_sent() -> None:
    form, inert = '<form id="a"><input type="hidden" name="{}" value="1"></form>', '<template><img src="/no">{}</template>'
    links = '<link rel="stylesheet" href="/s.css"><link rel="canonical" href="/no"><script src="/s.js"></script>'
    seen = Seen(form.format("x") + inert.format(form.format("y")) + links)
    assert seen.files == ["/s.css", "/s.js"]
    assert seen.forms == {"a": {"x": "1"}}
