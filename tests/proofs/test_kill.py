"""Processes are killed at any time: confirmations are delivered, in order, and nothing is lost."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.db.database import Database
from tests.conftest import SOAK, on_both
from tests.fakes.push_platform import PushPlatformServer
from tests.proofs.invariants import check_nothing_lost
from tests.proofs.processes import Process, server_and_workers
from tests.proofs.push_citizens import Citizens
from tests.soak.tell import Tell


def kill(processes: list[Process], on_kill: Callable[[], None], times: int, tell: Tell) -> None:
    """Kill one of them at random, so often, and begin it again each time.

    `on_kill` is called just before.
    """
    choose = random.Random()
    for done in range(times):
        if done and done % 20 == 0:
            tell(f"{done} of {times} kills")
        victim = choose.choice(processes)
        if choose.random() < 0.8:  # else while it begins
            victim.wait_until_ready()
        time.sleep(choose.uniform(0, 1.5))
        on_kill()
        victim.kill()
        victim.start()


@on_both
@pytest.mark.parametrize(("kills", "at_once"), [(2, 2), pytest.param(200, 6, marks=SOAK)])
def test_nothing_is_lost_when_processes_are_killed(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    tell: Tell,
    kills: int,
    at_once: int,
) -> None:
    with server_and_workers(tmp_path, database.url, push_platform.url) as (url, processes):
        citizens = Citizens(push_platform, url)
        with citizens.booking(at_once):
            kill(processes, citizens.killed, kills, tell)
        twice = check_nothing_lost(database, citizens, push_platform)
    tell(
        f"{type(database.backend).__name__}: {kills} kills,"
        f" {len(citizens.booked)} bookings, {len(push_platform.messages)} messages,"
        f" {twice} duplicates, {citizens.retried.total()} requests sent again"
    )
