"""Processes that are terminated or lose their parent: no message is lost, no process is left."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from core.db.models import OutboxRow
from tests.bot.ops.test_supervisor import wait_until
from tests.bot.process_start import RANTEVOU
from tests.bot.processes import TIMEOUT_SECONDS, free_port, server
from tests.conftest import SOAK, Deployment
from tests.core.wait_until import until
from tests.fakes.push_platform import (
    ACCOUNT,
    PushPlatform,
    PushPlatformServer,
    push_platform_server,
)
from tests.proofs.processes import Process

IN_TIME = 10


@pytest.fixture
def slow() -> Iterator[PushPlatformServer]:
    """A platform that takes its time to answer."""
    with push_platform_server() as push_platform:
        push_platform.takes = 60
        yield push_platform
        push_platform.takes = 0


@pytest.fixture
def undelivered(deployment: Deployment, slow: PushPlatformServer) -> Deployment:
    """Return a deployment with two undelivered messages."""
    deployment.connect({ACCOUNT: PushPlatform(slow.url)})
    deployment.clock.now = datetime.now(UTC)
    deployment.platform, deployment.account = "push", ACCOUNT
    deployment.say("Γεια")
    return deployment


def statuses(deployment: Deployment) -> list[str]:
    query = select(OutboxRow.status).order_by(OutboxRow.id)
    return deployment.database.write_sync(lambda s: list(s.scalars(query)))


@contextmanager
def delivering(
    deployment: Deployment, push_platform: PushPlatformServer, folder: Path, command: str
) -> Iterator[Process]:
    """Have a process deliver."""
    process = Process(
        folder, deployment.database.url, push_platform.url, command, port=free_port()
    ).start()
    try:
        yield process
    finally:
        process.kill()


COMMANDS = ["serve", pytest.param("worker", marks=SOAK)]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_on_its_way_arrives_before_it_ends(
    undelivered: Deployment, slow: PushPlatformServer, tmp_path: Path, command: str
) -> None:
    with delivering(undelivered, slow, tmp_path, command) as process:
        until(lambda: len(slow.messages) == 1)
        assert process.process
        process.process.terminate()
        if command == "serve":
            until(lambda: is_closed(process.port))
        time.sleep(1)  # until it delivers no more
        slow.takes = 0
        assert process.ended(within=TIMEOUT_SECONDS) == 0
    assert statuses(undelivered) == ["sent", "pending"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_second_signal_ends_it_at_once_and_the_next_delivers(
    undelivered: Deployment, slow: PushPlatformServer, tmp_path: Path, command: str
) -> None:
    with delivering(undelivered, slow, tmp_path, command) as first:
        until(lambda: len(slow.messages) == 1)
        assert first.process
        first.process.terminate()
        with pytest.raises(TimeoutError):
            first.ended(within=0.5)
        first.process.terminate()
        assert first.ended(within=IN_TIME) == 1
    assert statuses(undelivered) == ["claimed", "pending"]
    slow.takes = 0
    with delivering(undelivered, slow, tmp_path, command):
        until(lambda: statuses(undelivered) == ["sent", "sent"])


def test_no_child_outlives_its_parent(file: Path) -> None:
    with server(file, (RANTEVOU, "serve", "--workers", "2")) as running:
        wait_until(lambda: running.events.count("server started") == 2, running)
        started = [json.loads(line) for line in running.log.splitlines() if "started" in line]
        running.process.kill()
        for each in started:
            until(partial(is_over, each["process"]))
        with pytest.raises(httpx.ConnectError):
            httpx.get(running.url)


def is_closed(port: int) -> bool:
    """Return whether nobody listens on a port of this machine."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def is_over(process: int) -> bool:
    """Return whether a process has ended; one that its parent hasn't waited for is a zombie."""
    try:
        return " Z " in Path(f"/proc/{process}/stat").read_text("utf-8")
    except FileNotFoundError:
        return True


def test_ctrl_c_ends_all(file: Path) -> None:
    with server(file, (RANTEVOU, "serve", "--workers", "2")) as running:
        wait_until(lambda: running.events.count("server started") == 2, running)
        assert running.end(signal.SIGINT) == 0
        assert running.events.count("server stopped") == 2
