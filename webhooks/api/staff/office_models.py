"""The bodies of /api/v1 about the office itself: closures, messages, the record, statistics."""

from datetime import date, datetime

from pydantic import Field

from core.catalogue.times import Clock, ClockEnd
from core.db.models import ExceptionKind
from webhooks.api.staff.models import (
    BOOKING,
    BookingSummary,
    Day,
    Model,
    Name,
    Reason,
    Text,
    example,
)


class NewClosure(Model):
    """A closure or an extra opening of a municipality, a branch or a desk."""

    model_config = example(
        kind="closure",
        first="2026-12-03",
        last="2026-12-03",
        start="10:00",
        end="12:00",
        desk="koinoniki-arogi/stegasi",
        reason="Strike",
    )

    kind: ExceptionKind
    first: Day
    last: Day | None = Field(default=None, description="The first, if not given.")
    start: Clock | None = Field(default=None, description="Of each day; all day if not given.")
    end: ClockEnd | None = Field(default=None, description="24:00 is the end of the day.")
    branch: Name | None = Field(default=None, description="Only this branch.")
    desk: Name | None = Field(default=None, description="Only this desk: BRANCH/DESK.")
    reason: Reason | None = Field(default=None, description="Citizens are told.")


CLOSURE = {
    "id": 5,
    "kind": "closure",
    "first": "2026-12-03",
    "last": "2026-12-03",
    "start": "10:00",
    "end": "12:00",
    "branch": None,
    "desk": "koinoniki-arogi/stegasi",
    "reason": "Strike",
    "made_at": "2026-11-30T09:00:00+02:00",
    "ended_at": None,
}


class Closure(Model):
    """A closure or an extra opening that was made."""

    model_config = example(**CLOSURE)

    id: int
    kind: ExceptionKind
    first: date
    last: date
    start: str | None
    end: str | None
    branch: str | None
    desk: str | None
    reason: str | None
    made_at: datetime
    ended_at: datetime | None = Field(description="When it was ended before its time.")


TOO_SOON = "Those that begin too soon for an offer: please call their citizens."
OFFERED_AGAIN = "Others, for which a time then was held: another one is offered."


class MadeClosure(Closure):
    """A closure, and what became of the bookings in its way."""

    model_config = example(**CLOSURE, moved=3, offered=1, too_soon=0, offered_again=0)

    moved: int = Field(description="The bookings that went to another desk at the same time.")
    offered: int = Field(description="Those whose citizens are offered another time.")
    too_soon: int = Field(description=TOO_SOON)
    offered_again: int = Field(description=OFFERED_AGAIN)


class Closures(Model):
    """Closures and extra openings that aren't over."""

    model_config = example(closures=[CLOSURE])

    closures: list[Closure]


class MovedBooking(BookingSummary):
    """A booking that would go to another desk."""

    model_config = example(**BOOKING, to_desk="koinoniki-arogi/two")

    to_desk: str


class Preview(Model):
    """The bookings in the way of a closure, and where they would go."""

    model_config = example(moved=[], offered=[BOOKING], too_soon=[], offered_again=[])

    moved: list[MovedBooking]
    offered: list[BookingSummary] = Field(description="Those offered another time.")
    too_soon: list[BookingSummary] = Field(description=TOO_SOON)
    offered_again: list[BookingSummary] = Field(
        description=f"{OFFERED_AGAIN} Only those that the member serves."
    )


class NewMessage(Model):
    """A text to a citizen."""

    model_config = example(text="Please bring your lease.")

    text: Text = Field(min_length=1)


class Sent(Model):
    """The way on which a text goes to a citizen."""

    model_config = example(over="telegram")

    over: str | None = Field(description="The platform of their chat with us.")


ENTRY = {
    "id": 90,
    "at": "2026-11-30T07:00:00Z",
    "member": "Eleni Dimou",
    "key": "Screen in the hall",
    "over": "api",
    "action": "cancel",
    "booking": 27,
    "code": "KX7M2P",
    "of_member": None,
    "room": None,
    "reason": "Strike",
    "closure": None,
}


class RecordedAction(Model):
    """Something that staff did."""

    model_config = example(**ENTRY)

    id: int
    at: datetime
    member: str | None = Field(description="Null for the technician's commands.")
    key: str | None = Field(description="The name of the key by which a program did it.")
    over: str = Field(description="The platform.")
    action: str
    booking: int | None = Field(description="The booking's id.")
    code: str | None = Field(description="Of the booking.")
    of_member: str | None = Field(description="The member to whom it was done.")
    room: int | None
    reason: str | None
    closure: Closure | None = Field(
        description="The closure or extra opening that was made or ended, as it is now."
    )


class Record(Model):
    """Actions of staff, the newest first."""

    model_config = example(actions=[ENTRY], next=None)

    actions: list[RecordedAction]
    next: str | None


BOOKING_COUNT = {
    "service": "epidoma-stegasis",
    "channel": "in_person",
    "state": "completed",
    "count": 310,
}
HOLD_COUNT = {"platform": "telegram", "held": 400, "confirmed": 310}
MESSAGE_COUNT = {
    "platform": "telegram",
    "kind": "reminder",
    "status": "delivered",
    "count": 280,
}
STEP_COUNTS = [
    {"platform": "telegram", "step": "time", "reached": 420, "ended": 20},
    {"platform": "telegram", "step": "review", "reached": 318, "ended": 8},
]


class BookingCounts(Model):
    """The number of bookings of a service over a channel, in a state."""

    model_config = example(**BOOKING_COUNT)

    service: str
    channel: str
    state: str
    count: int


class HoldCounts(Model):
    """The number of times that were held on a platform, and of those that were confirmed."""

    model_config = example(**HOLD_COUNT)

    platform: str
    held: int
    confirmed: int


class MessageCounts(Model):
    """The number of messages about bookings, by platform, kind and status."""

    model_config = example(**MESSAGE_COUNT)

    platform: str
    kind: str
    status: str
    count: int


class StepCounts(Model):
    """The number of booking dialogs on a platform that reached a step, and that ended there."""

    model_config = example(**STEP_COUNTS[0])

    platform: str
    step: str = Field(
        description="municipality, group, service, branch, channel, screening.ID (a question of "
        "the service), stopped (an answer to one rules the booking out), enough (no more "
        "bookings allowed), day, time, details.ID, consent or review."
    )
    reached: int = Field(description="How many were asked it.")
    ended: int = Field(description="How many of them ended there, without an appointment.")


class Statistics(Model):
    """Counts of the bookings that begin on some days, and of the messages about them."""

    model_config = example(
        first="2026-12-01",
        last="2026-12-31",
        bookings=[BOOKING_COUNT],
        no_show_rate=0.08,
        lead_days={"2": 90, "7": 220},
        holds=[HOLD_COUNT],
        messages=[MESSAGE_COUNT],
        steps=STEP_COUNTS,
    )

    first: date
    last: date
    bookings: list[BookingCounts]
    no_show_rate: float | None = Field(
        description="Of those of which it is marked whether the citizen came; null where of none."
    )
    lead_days: dict[int, int] = Field(
        description="The number of bookings by the whole days between confirming and beginning."
    )
    holds: list[HoldCounts]
    messages: list[MessageCounts]
    steps: list[StepCounts] = Field(
        description="Of the booking dialogs that ended on those days, whenever the appointment is."
    )
