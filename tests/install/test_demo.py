"""``cfms demo`` as a newcomer runs it: two servers, a real outage, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.citizen import file_case, follow
from appliance.demo.stories import STORIES
from tests.install.machine import Demo, processes, wait_until


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo's folder that an earlier start has made ready."""
    demo = Demo(tmp_path_factory.mktemp("prepared") / "demo")
    done = demo.run("--exit")
    assert done.returncode == 0, done.stderr
    return demo.folder


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Demo]:
    """Lend a demo in a folder of this test that is not there yet; nothing of it may be left."""
    demo = Demo(tmp_path / "the demo")
    yield demo
    left = demo.servers() if demo.ended() or demo.process is None else {}
    demo.close()
    assert left == {}


@pytest.fixture
def demo(new: Demo, prepared: Path) -> Demo:
    """Return that demo with its folder made ready before."""
    shutil.copytree(prepared, new.folder)
    return new


def test_an_outage_is_really_seen_and_nothing_is_left_behind(new: Demo) -> None:
    done = new.run("--outage", "--exit", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["cases"] == 5
    assert figures["carried"] > 0
    told = done.stderr
    assert len(re.findall(r"NBI-\d\d[A-Z]-\d{6}-[A-Z]  receipt code (?:\d{4} ){5}", told)) == 5
    order = [
        "The cable is whole", "The cable is cut", "Not yet at headquarters: 5", "headquarters knows nothing", "The cable is joined",
        "Headquarters cosigned", "not yet at headquarters: 0", "Two officers answer", "one story on both sides",
    ]  # fmt: skip
    places = [told.index(words) for words in order]
    assert places == sorted(places)
    assert processes(str(new.folder)) == {}


def test_two_servers_run_on_two_databases_until_ctrl_c(demo: Demo) -> None:
    demo.start()
    assert len(demo.servers()) == 2
    assert sorted(path.parent.parent.name for path in demo.folder.glob("*/data/cfms.db")) == ["centre", "hq"]
    centre, hq, _ = demo.ports
    for port in (centre, hq):
        assert follow(port, STORIES[0].code) is not None
    assert demo.signal(signal.SIGINT) == 0
    assert "Both servers are stopped" in demo.said()
    assert demo.servers() == {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_it_stops_both_when_it_is_ended_otherwise(demo: Demo, how: signal.Signals) -> None:
    demo.start()
    assert demo.signal(how) == 0
    assert demo.servers() == {}


def test_what_was_filed_is_there_at_the_next_start_and_gone_after_a_fresh_one(demo: Demo) -> None:
    demo.start()
    filed = file_case(demo.ports[0], "complaint", "en", "40228", "Will this be kept?")
    demo.signal(signal.SIGINT)
    demo.start()
    assert "Prepared in" not in demo.said()
    assert follow(demo.ports[0], filed.code) is not None
    demo.signal(signal.SIGINT)
    again = demo.run("--fresh", "--exit")
    assert again.returncode == 0
    assert f"Deleted the demo that was in {demo.folder} (as asked), and nothing else." in again.stderr
    demo.start()
    assert follow(demo.ports[0], filed.code) is None
    demo.signal(signal.SIGINT)


@pytest.mark.parametrize("role", ["hq", "centre"])
def test_it_says_which_server_has_died_and_stops_the_other(demo: Demo, role: str) -> None:
    demo.start()
    (victim,) = [pid for pid, words in demo.servers().items() if f"/{role}/cfms.toml" in " ".join(words)]
    os.kill(victim, signal.SIGKILL)
    wait_until(demo.ended, "the demo notices")
    assert demo.process is not None
    assert demo.process.returncode == 1
    name = {"hq": "headquarters", "centre": "the centre"}[role]
    assert f"The server of {name} has ended by itself (status -9)." in demo.said()
    assert demo.servers() == {}


@pytest.mark.parametrize(("which", "option"), [(0, "--port"), (1, "--hq-port"), (2, "--switch-port")])
def test_a_port_that_is_taken_is_said_before_anything_is_begun(new: Demo, which: int, option: str) -> None:
    with socket.create_server(("127.0.0.1", new.ports[which])):
        done = new.run("--exit")
    assert done.returncode == 1
    assert done.stderr == f"Port {new.ports[which]} is taken by another program. Stop that one, or choose another port: {option}.\n"
    assert not new.folder.exists()


def test_a_second_demo_in_the_same_folder_is_refused(demo: Demo) -> None:
    demo.start()
    second = Demo(demo.folder).run("--exit")
    assert (second.returncode, second.stderr) == (1, f"A demo runs in {demo.folder} already. Stop that one, or name another folder: --folder.\n")
    demo.signal(signal.SIGINT)
