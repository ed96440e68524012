"""Play a story: a conversation as a text file that a municipal employee can check.

Each line begins with a word:

    now      2026-11-30 09:00          the time in Athens; +11m, +2h or +1d moves the clock
    platform webchat, el               and optionally a time zone: webchat, en, America/New_York
    citizen  Γεια                      the citizen types this
    citizen  [Δήμος Χίου]              taps the newest button of that label, current or old
    quickly  Καλαμάτα | ΕΕΕ | 4/12     types several texts; the story has the last one's answer
    long     10000 α                   types a text repeated so many times
    bot      …                         the answer; [choices], then (commands)
    other                              another citizen in another chat; `same` is the first again
    linked   larissa                   the citizen is a manager of that municipality, or, with a
                                       service group after it, an employee
    follows  caller                    the citizen follows a deep link
    disabled                           the member of staff is disabled
    taken    2026-12-03 12:30          others take that time of the service that is being booked;
                                       without an hour, the whole day
    accounts email                     these platforms are configured from here on
    rule     kalamata texts always      a rule of a municipality is changed
    outbox   email maria@example.gr    a notification that the message before added to the outbox
    language en                        the page states this language
    samples                            the municipalities are samples, as after a first start
    later                              the page fetches messages that came since
    unable   2026-12-03 απεργία        what is booked that day can't be kept, for that reason
    offers                             the server offers other times, and ends what nobody answered
    member   Ελένη Δήμου, kalamata     a manager, who writes by her first name
    staff    Ελένη: /bind {room}       she writes in the staff's group; {room} and {link} are codes
    staff    Ελένη ιδιωτικά: /link …   and to the bot alone
    staff    Ελένη: [Το είδα]          taps the newest button of that label
    staff    Ελένη > Ασθένεια          answers the bot's last message
    room     …                         the bot in the group; `reply` answers an earlier message of
                                       it, `edited` replaces one; `popup` sees who taps, `private`
                                       who wrote, alone
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import conversation_state
from bot.messages import Reply
from bot.views import inbox
from bot.views.transcript import view
from core.actor import Actor, Role
from core.availability import slots
from core.bookings import holds
from core.bookings.offers.making import make_offers, plan_offers
from core.bookings.offers.service import ask_for_offer, end_overdue
from core.catalogue.rules import Rules
from core.catalogue.schedule_exceptions import update_digest
from core.db.models import (
    REMINDERS,
    Booking,
    Citizen,
    Conversation,
    ExceptionKind,
    MunicipalityRow,
    OutboxRow,
    ScheduleException,
)
from core.staff import members
from tests.conftest import Deployment
from tests.core.staff.linked_member import link_member
from tests.core.staff.two_towns import OPERATOR
from tests.stories.staff_room import StaffRoom
from tests.stories.story_platforms import Line, StoryPlatform

ATHENS = ZoneInfo("Europe/Athens")
WIDTH = 9
OUTPUTS = (
    "bot",
    "parts",
    "dialed",
    "ended",
    "outbox",
    "room",
    "reply",
    "edited",
    "popup",
    "private",
)
"""The words of the lines that are what comes of the others."""


@dataclass
class StoryRunner:
    """Plays one story on one platform; the others parse and render the same lines."""

    deployment: Deployment
    story_platform: StoryPlatform
    others: Sequence[StoryPlatform] = ()
    platform: str = "webchat"
    language: str | None = None
    timezone: str | None = None
    who: str = "citizen"
    count: int = 0
    buttons: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    notifications: int = 0
    """The number of notifications that the story has had so far."""
    hidden: frozenset[str] = frozenset({REMINDERS})
    """The platforms whose messages the story doesn't show."""
    linked: int = 0
    """The id of the member of staff to whom the citizen's chat is linked, if it is to any."""
    room: StaffRoom | None = None

    def play(self, story: str) -> str:
        """Return the story with the lines of the bot as they are now."""
        played: list[str] = []
        for line in story.splitlines():
            word, _space, rest = line.partition(" ")
            rest = rest.strip()
            if word in OUTPUTS or (line.startswith(" ") and line.strip()):
                continue
            played += self.pending
            self.pending = []
            played.append(line)
            if word and not word.startswith("#"):
                getattr(self, f"on_{word}")(rest)
                self.pending += self.room.deliver() if self.room else []
        return "\n".join([*played, *self.pending]) + "\n"

    def on_now(self, rest: str) -> None:
        if moved := re.fullmatch(r"\+(\d+)([mhd])", rest):
            unit = {"m": "minutes", "h": "hours", "d": "days"}[moved[2]]
            self.deployment.clock.now += timedelta(**{unit: int(moved[1])})
        else:
            self.deployment.clock.now = datetime.fromisoformat(rest).replace(tzinfo=ATHENS)

    def on_platform(self, rest: str) -> None:
        parts = [part.strip() for part in rest.split(",")]
        self.platform = parts[0]
        self.language = parts[1] if len(parts) > 1 else None
        self.timezone = parts[2] if len(parts) > 2 else None

    def on_member(self, rest: str) -> None:
        name, municipality = (part.strip() for part in rest.split(","))
        self.room = self.room or StaffRoom(self.deployment)
        self.room.add(name, municipality)

    def on_staff(self, rest: str) -> None:
        assert self.room, "a story's staff begin with a member"
        self.pending += self.room.say(rest)
        self.pending += self.new_notifications()

    def on_language(self, rest: str) -> None:
        self.language = rest

    def on_samples(self, _rest: str) -> None:
        samples = update(MunicipalityRow).values(is_sample=True)
        self.deployment.database.write_sync(lambda s: s.execute(samples))

    def on_other(self, rest: str) -> None:
        self.who = rest or "other"

    def on_same(self, _rest: str) -> None:
        self.who = "citizen"

    def on_citizen(self, rest: str) -> None:
        tapped = re.fullmatch(r"\[(.*)\]", rest)
        choice = None
        if tapped:
            known = self.buttons.get(self.who, [])
            choice = next(key for label, key in reversed(known) if label == tapped[1])
        self.send(self.line(None if tapped else rest, choice))

    def on_follows(self, rest: str) -> None:
        self.send(replace(self.line(f"/start {rest}"), link=rest))

    def send(self, line: Line) -> None:
        self.show(self.answers(line))
        self.pending += self.new_notifications()

    def answers(self, line: Line) -> list[Reply]:
        """Return the replies that the citizen sees."""
        inbound = self.story_platform.read(line)
        if line.link:  # which a page and a terminal don't have
            inbound = inbound.model_copy(update={"text": None, "link": line.link})
        for other in self.others:
            same = other.read(line)
            if line.link:
                assert line.link in (same.link, (same.text or "").removeprefix("/start "))
            elif line.text is not None:
                assert (same.text, same.choice) == (inbound.text, None)
            else:
                assert same.choice in (inbound.choice, None)
            assert same.language in (line.language, line.language or "el")
        replies = self.deployment.receive(inbound)
        for story_platform in (self.story_platform, *self.others):
            story_platform.show(self.who, replies)
        return replies

    def line(self, text: str | None, choice: str | None = None) -> Line:
        self.count += 1
        return Line(self.who, self.count, text, choice, self.language, self.timezone)

    def on_later(self, _rest: str) -> None:
        inbound, services = self.story_platform.read(self.line("")), self.deployment.services

        def run(session: Session) -> list[Reply]:
            before = view(session, services, inbound)
            inbox.fetch(session, services, inbound)
            after = view(session, services, inbound, before.last if before else 0)
            return [reply for entry in (after.talk if after else []) for reply in entry.replies]

        replies = self.deployment.database.write_sync(run)
        if replies and replies[-1].choices:
            for story_platform in (self.story_platform, *self.others):
                story_platform.show(self.who, replies)
        self.show(replies)

    def show(self, replies: Iterable[Reply]) -> None:
        """Show what the citizen sees, with buttons that they can tap."""
        for reply in replies:
            self.pending += shown(reply)
            self.buttons.setdefault(self.who, []).extend((c.label, c.id) for c in reply.choices)

    def on_unable(self, rest: str) -> None:
        """Have another time offered for what is booked on a day: its hours are closed."""
        day, _space, reason = rest.partition(" ")
        start = datetime.fromisoformat(day).replace(tzinfo=ATHENS)
        registry, now = self.deployment.services.registry, self.deployment.clock()

        def ask(session: Session) -> None:
            booked = select(Booking).where(
                Booking.state == "confirmed",
                Booking.starts_at >= start,
                Booking.starts_at < start + timedelta(days=1),
            )
            bookings = session.scalars(booked).all()
            closure = ScheduleException(
                municipality_id=bookings[0].municipality_id,
                kind=ExceptionKind.CLOSURE,
                first=start.date(),
                last=start.date(),
                start=f"{min(each.starts_at for each in bookings).astimezone(ATHENS):%H:%M}",
                end=f"{max(each.ends_at for each in bookings).astimezone(ATHENS):%H:%M}",
                reason=reason,
                made_at=now,
            )
            session.add(closure)
            session.flush()
            update_digest(session, closure.municipality_id)
            registry.refresh(session)
            for booking in bookings:
                ask_for_offer(session, registry[booking.municipality_id], booking, now)

        self.deployment.database.write_sync(ask)

    def on_offers(self, _rest: str) -> None:
        registry, now = self.deployment.services.registry, self.deployment.clock()

        def work(session: Session) -> None:
            end_overdue(session, registry, now)
            planned = plan_offers(session, registry, now, 10)
            make_offers(session, registry, planned, now, lambda: False)

        self.deployment.database.write_sync(work)
        self.pending += self.new_notifications()

    def on_quickly(self, rest: str) -> None:
        for text in rest.split(" | "):
            self.pending = []
            self.on_citizen(text)

    def on_long(self, rest: str) -> None:
        times, _space, text = rest.partition(" ")
        self.on_citizen(text * int(times))

    def on_accounts(self, rest: str) -> None:
        self.deployment.services.registry.accounts = frozenset(rest.split())

    def on_rule(self, rest: str) -> None:
        municipality, name, value = rest.split()
        self.deployment.database.write_sync(self.deployment.services.registry.refresh)
        body = self.deployment.services.registry[municipality].body
        rules = Rules.model_validate(body.rules.model_dump() | {name: value})
        self.deployment.load(body.model_copy(update={"rules": rules}))

    def on_linked(self, rest: str) -> None:
        """Link the citizen's chat to a member of staff."""
        at, *groups = rest.split()
        sender = self.story_platform.read(self.line(""))
        registry, now = self.deployment.services.registry, self.deployment.clock()
        self.linked = self.deployment.database.write_sync(
            lambda session: link_member(
                session,
                registry,
                now,
                account=sender.account,
                address=sender.address,
                role=Role.EMPLOYEE if groups else Role.MANAGER,
                at=at,
                groups=groups,
            )
        )

    def on_disabled(self, _rest: str) -> None:
        number, now = self.linked, self.deployment.clock()
        self.deployment.database.write_sync(lambda s: members.disable(s, OPERATOR, number, now))

    def on_taken(self, rest: str) -> None:
        """Hold what is free at that time, or on that day, of the same service for others."""
        start = datetime.fromisoformat(rest).replace(tzinfo=ATHENS)
        now = self.deployment.clock()

        def take(session: Session) -> None:
            state = session.scalars(select(Conversation).order_by(Conversation.id)).first()
            stored = state.state if state else {}
            answers = conversation_state.load(stored, "el", "Europe/Athens")[0].values
            registry = self.deployment.services.registry
            if number := answers.get("booking"):
                mine = session.get_one(Booking, int(number))
                loaded = registry[mine.municipality_id]
                offer = loaded.offer(mine.service, mine.branch, mine.channel)
            else:
                loaded = registry[answers["municipality"]]
                offer = loaded.offer(answers["service"], answers["branch"], answers["channel"])
            length = timedelta(minutes=1) if ":" in rest else timedelta(days=1)
            while free := slots.free_times(session, offer, start, start + length, now, None):
                rival = Citizen(details={}, created_at=now)
                session.add(rival)
                session.flush()
                actor = Actor(rival.id, "console", "el", "Europe/Athens")
                holds.hold(session, offer, free[0], now, actor)

        self.deployment.database.write_sync(take)

    def new_notifications(self) -> list[str]:
        """Return the notifications added to the outbox since the last call, as `outbox` lines."""

        def read(session: Session) -> list[str]:
            notifications = select(OutboxRow).where(
                OutboxRow.inbound_id.is_(None), OutboxRow.room_id.is_(None)
            )
            rows = session.scalars(notifications.order_by(OutboxRow.id)).all()
            found = [
                (row, session.get(Booking, row.booking_id or 0))
                for row in rows[self.notifications :]
            ]
            self.notifications = len(rows)
            return [
                f"outbox   {row.platform} {recipient(row, booking)}: {row.kind}"
                for row, booking in found
                if row.platform not in self.hidden
            ]

        return self.deployment.database.write_sync(read)


def recipient(row: OutboxRow, booking: Booking | None) -> str:
    """Return an e-mail's address, or the time and status of another notification."""
    if row.platform == "email" and booking:
        return str(booking.details.get("email"))
    return f"{row.due_at.astimezone(ATHENS):%Y-%m-%d %H:%M} {row.status}"


def shown(reply: Reply) -> list[str]:
    """Return a reply as lines of a story."""
    picks = [c.label for c in reply.choices if c.number is not None]
    commands = [c.label for c in reply.choices if c.number is None]
    parts = reply.text.split("\n")
    if picks:
        parts.append(" ".join(f"[{label}]" for label in picks))
    if commands:
        parts.append(" ".join(f"({label})" for label in commands))
    kept = [part for part in parts if part]
    return [("bot" if not i else "").ljust(WIDTH) + part for i, part in enumerate(kept)]


def stories() -> list[Path]:
    """Return every story file."""
    return sorted(Path(__file__).parent.glob("*.story"))
