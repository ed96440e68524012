"""The numbers of several processes add up, also when one of them ends."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from core.db.database import Database
from tests.bot.process_start import RANTEVOU
from tests.bot.processes import TIMEOUT_SECONDS, Server, free_port, run, server
from tests.bot.telemetry.test_silence import over_account, over_chat, url_of
from tests.conftest import SOAK, mostly_on
from tests.fakes.failing_platform import FAILING_PLATFORM

TURNS = 'rantevou_turns_total{outcome="answered",platform="webchat"}'
SENT = 'rantevou_deliveries_total{outcome="sent",platform="unstable"}'
TWO = (RANTEVOU, "serve", "--workers", "2")


REPEATS = """
import os, signal, structlog
from bot.ops.stopping import StopRequest
from bot.ops.supervisor import supervise
from bot.telemetry.logging import configure

def run():
    for _each in range(15):
        structlog.get_logger().info("again")
    os.kill(os.getppid(), signal.SIGTERM)
    while True:
        signal.pause()

supervise(1, run, configure(), StopRequest())
"""

INTERRUPTED = """
import os, signal, socket, sys, time
import webhooks.server
from bot.cli import main
from bot.ops.stopping import StopRequest
from bot.ops.supervisor import supervise
from bot.telemetry.logging import configure

rounds = int(sys.argv[1])
counted, count = os.pipe()

def sockets():
    return [socket.create_server(("127.0.0.1", 0)) for _each in range(2)]

def run_interrupted_at(call):
    # Serve; where so many functions were called, be told to end, and lose the SystemExit.
    calls = 0

    def hook(frame, event, _argument):
        nonlocal calls
        calls += event == "call"
        is_open = frame.f_code.co_name == "on_tick"
        if is_open:
            os.write(count, b"%d " % calls)
        if is_open or calls == call:
            sys.setprofile(None)
            came = []
            handler = signal.signal(signal.SIGTERM, lambda *_: came.append(1))
            os.kill(os.getppid(), signal.SIGTERM)
            while not came:
                time.sleep(0.01)
            signal.signal(signal.SIGTERM, handler)
            try:
                signal.raise_signal(signal.SIGTERM)
            except SystemExit:
                print("lost", flush=True)

    sys.setprofile(hook)
    main._serve(*sockets(), stop)

def supervised(call):
    global stop
    stop = StopRequest()
    supervise(1, lambda: run_interrupted_at(call), lambda: None, stop)

configure()
supervised(0)
calls = int(os.read(counted, 20))
for each in range(rounds):
    supervised(1 + calls * each // rounds)
print("all ended")
"""
"""Each round, a worker is told to end at another moment of its start, and the exception is lost."""

STUCK = """
import os, signal
from bot.ops import supervisor
from bot.ops.stopping import StopRequest

def stuck():
    for sig in supervisor.SIGNALS:
        signal.signal(sig, signal.SIG_IGN)
    os.kill(os.getppid(), signal.SIGTERM)
    while True:
        signal.pause()

supervisor.GRACE_SECONDS = 0.5
supervisor.supervise(2, stuck, lambda: None, StopRequest())
print("all ended")
"""


def number(url: str, name: str) -> float:
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0)


def wait_until(holds: Callable[[], bool], running: Server) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, running.log
        time.sleep(0.1)


def greet(url: str, times: int) -> None:
    """So many citizens, on a connection each, so that either process takes some."""
    for _each in range(times):
        with httpx.Client(base_url=url) as client:
            assert over_chat(client)("Γεια").status_code == 200


def test_a_process_that_is_stopped_says_how_many_lines_it_left_out() -> None:
    command = [sys.executable, "-c", REPEATS]
    ended = subprocess.run(command, stderr=subprocess.PIPE, check=True, timeout=60)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line.get("left_out", 0) for line in lines] == [0] * 10 + [5]


def test_a_process_that_is_stopped_twice_runs_none_of_its_parents_handlers() -> None:
    program = """
import atexit, os, signal
from bot.ops.stopping import StopRequest
from bot.ops.supervisor import supervise

def stop():
    os.kill(os.getppid(), signal.SIGTERM)
    while True:
        signal.pause()

atexit.register(print, "the parent's")
supervise(1, stop, lambda: os.kill(os.getpid(), signal.SIGTERM), StopRequest())
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    assert ended.stdout.decode() == "the parent's\n"


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=SOAK)])
def test_a_process_that_is_stopped_while_it_starts_ends_even_if_the_exception_is_lost(
    file: Path, rounds: int
) -> None:
    ended = run(file, "-c", INTERRUPTED, str(rounds), program=sys.executable)
    assert ended.returncode == 0, ended.stderr
    said = ended.stdout.splitlines()
    assert said[-1] == "all ended"
    assert said.count("lost") >= rounds // 2
    assert "didn't end" not in ended.stderr


def test_a_process_that_does_not_end_is_killed(file: Path) -> None:
    ended = run(file, "-c", STUCK, program=sys.executable)
    logged, said = ended.stdout.splitlines()
    assert "workers didn't end" in logged
    assert said == "all ended"


def test_a_process_that_failed_leaves_the_others_their_numbers(file: Path) -> None:
    with server(file, TWO) as running:
        wait_until(lambda: running.events.count("server started") == 2, running)
        started = next(line for line in running.log.splitlines() if "server started" in line)
        file.rename(aside := file.with_suffix(".aside"))
        file.mkdir()
        os.kill(json.loads(started)["process"], signal.SIGKILL)
        wait_until(lambda: "a worker failed" in running.log, running)
        file.rmdir()
        aside.rename(file)
        wait_until(lambda: running.events.count("server started") == 3, running)
        assert httpx.get(f"{running.management}/metrics").status_code == 200
        assert running.end() == 0


def test_all_end_where_the_database_was_moved_meanwhile(file: Path) -> None:
    """As by a move between the start of the parent and that of a process of its own."""
    with server(file, TWO) as running:
        wait_until(lambda: running.events.count("server started") == 2, running)
        with closing(sqlite3.connect(file)) as moving:
            moving.execute("UPDATE alembic_version SET version_num = 'moved ' || version_num")
            moving.execute("INSERT INTO kept VALUES ('moved to', 'postgresql://host/name')")
            moving.commit()
        started = next(line for line in running.log.splitlines() if "server started" in line)
        os.kill(json.loads(started)["process"], signal.SIGKILL)
        assert running.process.wait(TIMEOUT_SECONDS) == 1
    assert running.log.splitlines().count(
        f"RANTEVOU_DATABASE_URL: {file} was moved to postgresql://host/name: name that database "
        "instead, with its password"
    )
    assert running.events.count("server stopped") == 1


@mostly_on("sqlite")
def test_the_numbers_of_all_processes_add_up_whichever_answers(
    database: Database, tmp_path: Path
) -> None:
    with server(tmp_path / "db", TWO, database_url=url_of(database)) as running:
        greet(running.url, 12)
        assert {number(running.management, TURNS) for _each in range(8)} == {12}
        assert number(running.management, "rantevou_turn_seconds_count") == 12
        assert running.end() == 0
    assert running.events.count("server started") == running.events.count("server stopped") == 2


def test_what_a_process_counted_that_died_stays_counted(file: Path) -> None:
    with server(file, TWO) as running:
        wait_until(lambda: running.events.count("server started") == 2, running)
        greet(running.url, 6)
        lines = [json.loads(line) for line in running.log.splitlines() if "started" in line]
        for line in lines:
            os.kill(line["process"], signal.SIGKILL)
        wait_until(lambda: running.events.count("server started") == 4, running)
        greet(running.url, 2)
        assert number(running.management, TURNS) == 8
        assert running.end() == 0


def test_a_worker_shows_its_own_numbers_where_it_is_told_to(file: Path) -> None:
    port = free_port()
    command = (*FAILING_PLATFORM[:-1], "worker")
    with server(file, command, metrics_port=port) as working:
        with (
            server(file, FAILING_PLATFORM) as serving,
            httpx.Client(base_url=serving.url) as client,
        ):
            for each in range(6):
                over_account(client, f"citizen {each}")("Γεια")
            urls = (f"http://127.0.0.1:{port}", serving.management)
            wait_until(lambda: sum(number(url, SENT) for url in urls) == 12, serving)
        assert working.end() == 0
    assert (working.events[0], working.events[-1]) == ("worker started", "worker stopped")


def test_a_port_for_a_workers_numbers_that_is_taken_is_reported_in_one_line(file: Path) -> None:
    with server(file, FAILING_PLATFORM) as serving:
        command = (*FAILING_PLATFORM[1:-1], "worker")
        done = run(file, *command, program=FAILING_PLATFORM[0], metrics_port=serving.port)
        assert done.returncode == 1
        assert done.stderr == (
            f"RANTEVOU_METRICS_PORT={serving.port}: can't listen there (Address already in use).\n"
        )
