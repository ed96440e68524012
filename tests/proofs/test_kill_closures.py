"""The server, or a command, is killed while it closes a desk, and while it ends a closure.

A closure is there with all that belongs to it, or not at all: the bookings that went to another
desk, the offers that were asked for, what the room is told. Afterwards all offers go out.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, ItemsView
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from core.catalogue.schedule_exceptions import digest_of
from core.db.database import Database
from core.db.models import (
    Booking,
    History,
    MunicipalityRow,
    OfferState,
    OutboxRow,
    ScheduleException,
    StaffAction,
    TimeOffer,
)
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.bot.staff.people import HELEN
from tests.conftest import SOAK, on_both
from tests.core.db.overlaps import overlaps
from tests.core.small_municipality import ATHENS
from tests.core.staff.two_towns import TOWN
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import telegram_server
from tests.proofs.kill_times import KillTimes
from tests.proofs.processes import Process
from tests.proofs.telegram_town import GROUP, TIMEOUT_SECONDS, process_of
from tests.proofs.test_kill_offers import OfferedCitizens
from tests.soak.tell import Tell

CLOCKS = ("09:00", "09:00", "10:00")
"""Both desks are taken at nine: of these, the desk that is closed moves one and offers one."""


@dataclass(frozen=True)
class Round:
    """A desk and a day that are closed, and the bookings there: one stays at the other desk."""

    desk: str
    day: date
    stays: int
    offered: tuple[int, int]
    """The Telegram id of the citizen, and the booking."""
    moved: int


@dataclass
class ClosedDesks(OfferedCitizens):
    """A town where a desk is closed, round after round: in the room, and by the command."""

    command: Process = field(kw_only=True)
    closed: int = 0
    commands_killed: int = 0
    kill_times: KillTimes = field(default_factory=lambda: KillTimes(0.03, 0.5), kw_only=True)
    lasts: float = 1.0
    """Seconds that a command lasts: the last that wasn't killed."""

    def _bind(self, session: Session) -> None:
        super()._bind(session)
        self._link(session, HELEN)

    def _go_on(self) -> None:
        while not self.enough.is_set() or self.closed < 2:
            self._close_and_open(by_command=self.closed % 2 == 1)
            self.closed += 1

    def _begin(self, session: Session) -> Round:
        booked = self._book_at(session, CLOCKS)
        first, second, third = (session.get_one(Booking, number) for _who, number in booked)
        names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in self._desks(session)}
        offered = 0 if first.desk_id == third.desk_id else 1
        stays = (second, first)[offered]
        day = third.starts_at.astimezone(ATHENS).date()
        return Round(names[third.desk_id], day, stays.id, booked[offered], third.id)

    def _desks(self, session: Session) -> ItemsView[tuple[str, str], int]:
        return self._environment(session).registry[TOWN].desk_ids.items()

    def _close_and_open(self, *, by_command: bool) -> None:
        """Close the desk and end that, before and after the other time is offered or accepted."""
        of = self.database.write_sync(self._begin)
        (self._close_by_command if by_command else self._close_in_room)(of)
        number = self.database.write_sync(lambda s: closure_of(s, of).id)
        expected = OfferState.WITHDRAWN
        if random.random() < 0.7:
            self._made(of.offered[1])
            if random.random() < 0.5:
                self._accept(of.offered)
                expected = OfferState.ACCEPTED
        if by_command:
            is_over = partial(is_withdrawn, of=of)
            self._run("open", TOWN, "--number", str(number), "--yes", is_done=is_over)
        else:
            self._write(f"/open {number}")
        self._wait_until_withdrawn(number)
        self.database.write_sync(partial(self._finish_round, of=of, expected=expected))

    def _wait_until_withdrawn(self, exception_id: int) -> None:
        """Wait until the server, killed meanwhile perhaps, has withdrawn what wasn't accepted."""
        still_open = TimeOffer.state.in_(("pending", "made"))
        left = select(TimeOffer.id).where(TimeOffer.exception_id == exception_id, still_open)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.database.write_sync(lambda s: s.scalar(left)):
            assert time.monotonic() < deadline, "never withdrawn"
            self.kill_times.begin()
            time.sleep(0.05)

    def _close_in_room(self, of: Round) -> None:
        preview = self._write(f"/close {of.desk} {of.day.day}/{of.day.month}/{of.day.year} βλάβη")
        data = preview["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        sender = {"chat": {**updates.GROUP, "id": GROUP}, "from": {**updates.WHO, "id": HELEN}}
        update = {**updates.tap(data, **sender), "update_id": next(self.updates)}
        pop_up = self._send(update).json()["text"]
        assert pop_up.startswith("Έκλεισε"), pop_up
        assert self._send(update).json()["text"] == pop_up
        again = self._send({**update, "update_id": next(self.updates)}).json()["text"]
        assert again.startswith("Έχει ήδη γίνει, αριθμός "), again

    def _write(self, text: str) -> dict[str, Any]:
        """Write in the room until it is answered, and now and then once more; return the answer."""
        number = next(self.updates)
        said = {
            "chat": {**updates.GROUP, "id": GROUP},
            "from": {**updates.WHO, "id": HELEN},
            "message_id": 1_000_000 + number,
        }
        update = {**updates.message(text=text, **said), "update_id": number}
        answer: dict[str, Any] = self._send(update).json()
        if random.random() < 0.3:
            self._send(update)
        return answer

    def _close_by_command(self, of: Round) -> None:
        given = ("close", TOWN, f"{of.day}", "--desk", of.desk, "--reason", "βλάβη", "--yes")
        self._run(*given, is_done=partial(is_closed, of=of))

    def _run(self, *arguments: str, is_done: Callable[[Session], bool]) -> None:
        """Run a command until it is done, and mostly kill it at first."""
        self.command.arguments = arguments
        while not self.database.write_sync(is_done):
            began = time.monotonic()
            self.command.start()
            if random.random() < 0.6:
                time.sleep(random.uniform(random.choice((0, 0.8)), 1.2) * self.lasts)
                self.command.kill()
                self.commands_killed += 1
                self.database.write_sync(check_whole)
                continue
            code = self.command.ended(TIMEOUT_SECONDS)
            self.lasts = time.monotonic() - began
            # A server of databases carries out what it was sent by a command killed meanwhile.
            assert code == 0 or self.database.write_sync(is_done), self.command.output()

    def _not_answered(self) -> None:
        super()._not_answered()
        self.database.write_sync(check_whole)

    def _finish_round(self, session: Session, of: Round, expected: OfferState) -> None:
        """Check a round, and cancel its bookings."""
        check_whole(session)
        check_round(session, of, expected)
        env = self._environment(session)
        for booking_id in (of.stays, of.offered[1], of.moved):
            env.cancel(session.get_one(Booking, booking_id))


def closure_of(session: Session, of: Round) -> ScheduleException:
    """Return the last closure of a round's day. Raises NoResultFound."""
    row = select(ScheduleException).where(ScheduleException.first == of.day)
    return session.scalars(row.order_by(ScheduleException.id.desc()).limit(1)).one()


def is_closed(session: Session, of: Round) -> bool:
    """Return whether the day of a round is closed."""
    row = select(ScheduleException.id).where(
        ScheduleException.first == of.day, ScheduleException.withdrawn_at.is_(None)
    )
    return session.scalar(row) is not None


def is_withdrawn(session: Session, of: Round) -> bool:
    """Return whether the closure of a round has ended."""
    return not is_closed(session, of)


def check_whole(session: Session) -> None:
    """Check that all closures are there with all that belongs to them, and all their ends."""
    closures = session.scalars(select(ScheduleException)).all()
    made = sorted(row.made_at for row in closures)
    ended = sorted(row.withdrawn_at for row in closures if row.withdrawn_at)
    moved = select(History.at).where(History.action == "desk_changed").order_by(History.at)
    assert session.scalars(moved).all() == made
    asked = select(TimeOffer.exception_id).order_by(TimeOffer.exception_id)
    assert session.scalars(asked).all() == sorted(row.id for row in closures)
    for action, times in (("close", made), ("open", ended)):
        done = select(StaffAction.at).where(StaffAction.action == action).order_by(StaffAction.at)
        assert session.scalars(done).all() == times
    told = select(func.count()).where(OutboxRow.kind == "closure")
    assert session.scalar(told) == len(made) + len(ended)
    over = [row.id for row in closures if row.withdrawn_at]
    offers = select(TimeOffer.state, TimeOffer.hold_id).where(TimeOffer.exception_id.in_(over))
    for state, hold_id in session.execute(offers).all():
        hold = session.get_one(Booking, hold_id) if hold_id else None
        is_ended = state in ("accepted", "withdrawn")  # or will be, by the server
        assert hold is None or (hold.state == "expired") == is_ended
    town = session.get_one(MunicipalityRow, TOWN, populate_existing=True)
    assert town.digest == digest_of(session, TOWN, town.document)


def check_round(session: Session, of: Round, expected: OfferState) -> None:
    """Check that each booking has got what it should, once."""
    offers = session.scalars(select(TimeOffer).where(TimeOffer.booking_id == of.offered[1])).all()
    assert [offer.state for offer in offers] == [expected]
    accepted, was_made = expected is OfferState.ACCEPTED, offers[0].hold_id is not None
    told = {
        of.stays: {"alert": 1},
        of.moved: {"alert": 2},
        of.offered[1]: {
            "alert": 2 if accepted else 1,
            "time_offered": 2 if was_made else 0,
            "offer_withdrawn": 2 if was_made and not accepted else 0,
        },
    }
    changed = {of.stays: None, of.moved: "desk_changed", of.offered[1]: accepted and "moved"}
    for booking_id, kinds in told.items():
        rows = session.scalars(select(OutboxRow).where(OutboxRow.booking_id == booking_id)).all()
        found = Counter(row.kind for row in rows)
        assert {kind: found[kind] for kind in kinds} == kinds
        assert found["offer_alert"] == found["no_time_free"] == 0
        assert {row.status for row in rows} <= {
            *("pending", "claimed", "sent", "unknown", "cancelled")
        }
        changes = select(History.action).where(History.booking_id == booking_id)
        also = changed[booking_id]
        assert Counter(session.scalars(changes)) == Counter(
            ["held", "confirmed", *([also] if also else [])]
        )
    desks = [session.get_one(Booking, each).desk_id for each in (of.stays, of.moved)]
    assert len(set(desks)) == 1
    assert overlaps(session) == 0


@on_both
@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=SOAK)])
def test_a_closure_is_whole_or_not_there_when_its_process_is_killed(
    database: Database,
    push_platform: PushPlatformServer,
    texts: Translator,
    tmp_path: Path,
    tell: Tell,
    kills: int,
) -> None:
    port = free_port()
    with telegram_server() as server:
        process, command = (
            process_of(name, tmp_path, database, push_platform, server, port)
            for name in ("serve", "close")
        )
        desks = ClosedDesks(database, port, telegram(texts).secret, command=command)
        try:
            desks.go_on_killed(process, kills, tell)
        finally:
            command.kill()
    held = select(Booking).where(Booking.offered_for_id.is_not(None), Booking.state == "held")
    assert database.write_sync(lambda s: s.scalars(held).all()) == []
    tell(
        f"{type(database.backend).__name__}: {kills} kills of the server and"
        f" {desks.commands_killed} of commands, {desks.closed} closures,"
        f" {desks.sent_again} updates sent again"
    )
