"""The server is killed at any point of a program's request: it is carried out once.

A program sends a request with its Idempotency-Key until it is answered, and now and then once more,
also while the first is at work.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import KeyScope, Role
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import ApiRequest, Booking, History, StaffAction
from core.staff import api_keys, members
from core.staff.rights import Action
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import at
from tests.core.staff.two_towns import OPERATOR, TOWN, with_groups
from tests.fakes.push_platform import PushPlatformServer
from tests.preloaded import SECRET
from tests.proofs.kill_times import KillTimes
from tests.proofs.processes import Process
from tests.proofs.test_kill import kill
from tests.soak.tell import Tell

CLOCKS = ("09:00", "09:30", "10:00", "10:30")
TIMEOUT_SECONDS = 120
"""Seconds without an answer after which a request counts as lost."""


@dataclass
class Program:
    """Books and cancels at one free time after the other."""

    database: Database
    port: int
    made: list[int] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)
    sent: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    kill_times: KillTimes = field(default_factory=lambda: KillTimes(0.04))

    def __post_init__(self) -> None:
        self.key = self.database.write_sync(self._settle)

    def _settle(self, session: Session) -> str:
        """Load the town, and make the key."""
        now = datetime.now(UTC).replace(microsecond=0)
        BookingEnvironment(session, with_groups(TOWN), now=now)
        registry = Registry(SECRET)
        registry.refresh(session)
        given: dict[str, Any] = {"name": "Π", "role": Role.MANAGER, "municipality_id": TOWN}
        member = members.add(session, registry, OPERATOR, now, **given)
        asked: dict[str, Any] = {"name": "Π", "scopes": [KeyScope.WRITE], "days": 1}
        return api_keys.make(session, registry, OPERATOR, now, member_id=member, **asked)[1]

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Call meanwhile; in the end wait for the last request's answer."""
        thread = threading.Thread(target=self._call_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.enough.set()
            thread.join()

    def _call_on(self) -> None:
        try:
            with ThreadPoolExecutor(2) as pool:
                while not self.enough.is_set():
                    self._book_and_cancel(pool)
        except BaseException as error:
            self.failed.append(error)

    def _book_and_cancel(self, pool: ThreadPoolExecutor) -> None:
        number = len(self.made)
        day = datetime.now(UTC).date() + timedelta(days=3 + number // len(CLOCKS) % 14)
        body = {
            "service": "permit",
            "branch": "office",
            "channel": "in_person",
            "starts_at": at(CLOCKS[number % len(CLOCKS)], day).isoformat(),
        }
        booking = self._twice(pool, f"/municipalities/{TOWN}/bookings", body)
        self.made.append(booking["id"])
        tag = f'"{booking["version"]}"'
        done = self._twice(pool, f"/bookings/{booking['id']}/cancel", {"reason": "x"}, tag)
        assert (done["state"], done["version"]) == ("cancelled", booking["version"] + 1)

    def _twice(
        self, pool: ThreadPoolExecutor, path: str, body: Any, if_match: str = "*"
    ) -> dict[str, Any]:
        """Send a request, now and then from two threads; both get the same answer."""
        name, times = str(uuid4()), 1 + (random.random() < 0.3)
        first, *more = pool.map(lambda _: self._send(path, body, name, if_match), range(times))
        assert all(each == first for each in more)
        return first

    def _send(self, path: str, body: Any, name: str, if_match: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/api/v1{path}"
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": name,
            "If-Match": if_match,
        }
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            self.sent += 1
            self.kill_times.begin()
            began = time.monotonic()
            try:
                answer = httpx.post(url, json=body, headers=headers, timeout=10)
            except httpx.TransportError:
                pass
            else:
                if answer.is_success:
                    self.kill_times.end(time.monotonic() - began)
                    return dict(answer.json())
                # Of twins on PostgreSQL, the second waits for no answer.
                is_twin = answer.status_code == 409 and "Retry-After" in answer.headers
                assert is_twin or answer.status_code == 503, answer.text
            time.sleep(0.1)
        raise AssertionError(f"never answered: {path}")


def check(session: Session, made: list[int]) -> None:
    """Check that each booking was made and cancelled once, and that there is no other."""
    assert sorted(session.scalars(select(Booking.id))) == sorted(set(made))
    assert len(made) == len(set(made))
    for booking_id in made:
        changes = session.scalars(select(History.action).where(History.booking_id == booking_id))
        assert Counter(changes) == {"held": 1, "confirmed": 1, "cancelled": 1}
        done = select(StaffAction.action).where(
            StaffAction.booking_id == booking_id, StaffAction.action != Action.SHOW
        )  # a request that is sent again shows the booking
        assert Counter(session.scalars(done)) == {"book": 1, "cancel": 1}
        assert len(session.scalars(select(ApiRequest).filter_by(subject_id=booking_id)).all()) == 2


@on_both
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=SOAK)])
def test_a_request_is_carried_out_once_when_the_server_is_killed(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    tell: Tell,
    kills: int,
) -> None:
    port = free_port()
    program = Program(database, port)
    process = Process(tmp_path, database.url, push_platform.url, "serve", port=port)
    try:
        process.start().wait_until_ready()
        with program.calling():
            kill([process], program.kill_times.wait, kills, tell)
            process.wait_until_ready()
    finally:
        process.kill()
    assert not program.failed, program.failed
    assert program.made
    database.write_sync(lambda s: check(s, program.made))
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {len(program.made)} bookings,"
        f" {program.sent} requests"
    )
