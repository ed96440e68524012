"""The bodies of /api/v1: bookings, and what is answered of them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from core.actor import KeyScope
from core.bookings.by_staff import MAX_NOTE, MAX_REASON
from core.catalogue.model import Channel
from core.db.models import BookingState
from core.i18n import Language
from webhooks.middleware.problem_details import A_TIME

MAX_DAYS = 31
"""The most days of a list of bookings or free times."""

MAX_ID = 2**63 - 1

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""The years of what is asked for: the calendar's own ends can't be calculated with."""

Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""An id, or a word, of which there may be none such here."""

Reason = Annotated[str, StringConstraints(max_length=MAX_REASON, pattern=r"^[^\x00-\x1f\x7f]*$")]

_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""Matches a text of several lines."""
Text = Annotated[str, StringConstraints(max_length=4096, pattern=_LINES)]
NoteText = Annotated[str, StringConstraints(max_length=MAX_NOTE, pattern=_LINES)]

Answers = Annotated[
    dict[Name, Annotated[str, StringConstraints(max_length=1000)]], Field(max_length=100)
]


def _is_of_now(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"Send a time of the years {FIRST_YEAR} to {LAST_YEAR}.")
    if moment.microsecond:
        raise ValueError("Send a time of whole seconds.")
    return moment


def _is_written(given: object) -> object:
    if not isinstance(given, str) or "-" not in given:  # pydantic takes a number for seconds
        raise ValueError(A_TIME)
    return given


def _is_day_of_now(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"Send a day of the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day


Day = Annotated[date, AfterValidator(_is_day_of_now)]
Moment = Annotated[AwareDatetime, BeforeValidator(_is_written), AfterValidator(_is_of_now)]

CODE = "KX7M2P"
BOOKING: dict[str, Any] = {
    "id": 17,
    "code": CODE,
    "version": 3,
    "municipality": "kalamata",
    "service": "epidoma-stegasis",
    "branch": "koinoniki-arogi",
    "desk": "koinoniki-arogi/stegasi",
    "channel": "in_person",
    "state": "confirmed",
    "starts_at": "2026-12-03T12:30:00+02:00",
    "ends_at": "2026-12-03T13:00:00+02:00",
    "arrived_at": None,
    "initials": "M.P.",
}
VISIT: dict[str, Any] = {
    "coming_at": "2026-12-01T12:35:00+02:00",
    "ready": ["Taftotita"],
}
CHANGE: dict[str, Any] = {
    "at": "2026-11-30T09:00:00+02:00",
    "change": "moved",
    "by": "citizen",
    "member": None,
    "over": "telegram",
    "fields": ["starts_at"],
    "before": {
        "desk": "koinoniki-arogi/stegasi",
        "starts_at": "2026-12-03T11:30:00+02:00",
        "ends_at": "2026-12-03T12:00:00+02:00",
    },
    "after": {
        "desk": "koinoniki-arogi/stegasi",
        "starts_at": "2026-12-03T12:30:00+02:00",
        "ends_at": "2026-12-03T13:00:00+02:00",
    },
}


class Model(BaseModel):
    """The base of bodies: nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a body with an example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class KeyAnswer(Model):
    """The key with which this was asked."""

    model_config = example(
        name="Screen in the hall",
        member=2,
        role="manager",
        municipality="kalamata",
        scopes=["read"],
        expires_at="2027-11-30T07:00:00Z",
    )

    name: str
    member: int = Field(description="The id of the member of staff for whom it acts.")
    role: str
    municipality: str | None
    scopes: list[KeyScope]
    expires_at: datetime


class BookingSummary(Model):
    """A booking without anything personal but the attendee's initials."""

    model_config = example(**BOOKING)

    id: int
    code: str = Field(description="The code that the citizen has.")
    version: int = Field(description="It grows with each change; quoted, it is the ETag.")
    municipality: str
    service: str
    branch: str
    desk: str = Field(description="BRANCH/DESK, as everywhere.")
    channel: Channel
    state: BookingState
    starts_at: datetime = Field(description="In the municipality's time zone.")
    ends_at: datetime
    arrived_at: datetime | None = Field(description="When staff saw that the citizen is here.")
    initials: str = Field(description='The attendee\'s, such as M.P.; "" where there is no name.')


class At(Model):
    """The desk and the time of a booking at some time."""

    model_config = example(**CHANGE["after"])

    desk: str
    starts_at: datetime
    ends_at: datetime


class BookingChange(Model):
    """A change in a booking's history."""

    model_config = example(**CHANGE)

    at: datetime
    change: str
    by: str = Field(description="`citizen`, `staff`, or `system`.")
    member: str | None = Field(description="The member's name; null without the scope `personal`.")
    over: str | None = Field(description="The platform, such as `telegram`, `webchat`, `api`.")
    fields: list[str] = Field(description="The names of what was changed.")
    before: At | None = Field(
        description="Of a move, also to another desk, where it was; null of other changes."
    )
    after: At | None = Field(
        description="Where it was after this change; null where that wasn't kept, as of holds."
    )


class Booking(BookingSummary):
    """A booking as the office knows it."""

    model_config = example(
        **BOOKING,
        **VISIT,
        details={"name": "Maria Papadopoulou", "phone": "+306912345678"},
        consent="details sample-1",
        note=None,
        history=[CHANGE],
    )

    coming_at: datetime | None = Field(
        description="When the citizen said that they come; null where they didn't, or it was moved "
        "since."
    )
    ready: list[str] = Field(
        description="The documents that the citizen has ticked as ready, by their Greek names in "
        "the catalogue."
    )
    details: dict[str, str] | None = Field(
        description="By the catalogue's fields; null without the scope `personal`."
    )
    consent: str | None = Field(description="What was agreed to: its id and version.")
    note: str | None = Field(description="Of colleagues; null without the scope `personal`.")
    history: list[BookingChange]


class ChangedBooking(Booking):
    """A booking as it is after a change."""

    model_config = example(
        **BOOKING,
        **VISIT,
        details=None,
        consent=None,
        note=None,
        history=[CHANGE],
        told_on=["telegram"],
    )

    told_on: list[str] = Field(
        description="Where somebody is told of the change; if nowhere, call them."
    )


class NewBooking(Model):
    """An order of a booking, and for whom; the catalogue says what it needs."""

    model_config = example(
        service="epidoma-stegasis",
        branch="koinoniki-arogi",
        channel="in_person",
        starts_at="2026-12-03T12:30:00+02:00",
        questions={"receives": "no"},
        details={
            "name": "Maria Papadopoulou",
            "email": "maria@example.gr",
            "phone": "6912345678",
            "tax_number": "068933130",
        },
        consent="details sample-1",
        language="el",
    )

    service: Name
    branch: Name
    channel: Channel
    starts_at: Moment = Field(description="One of the free times.")
    questions: Answers = Field(default={}, description="The options picked, by question.")
    details: Answers = Field(default={}, description="The details of who comes, by field.")
    consent: Name | None = Field(
        default=None, description="The reference of what they have agreed to, where it is needed."
    )
    language: Language = Field(default=Language.EL, description="Of the messages to them.")


class Move(Model):
    """The time to which a booking is moved."""

    model_config = example(starts_at="2026-12-03T13:00:00+02:00")

    starts_at: Moment = Field(description="One of the free times.")


class Edit(Model):
    """The details of a booking that change; the others stay."""

    model_config = example(details={"phone": "6987654321"})

    details: Answers = Field(
        min_length=1, description="By the catalogue's fields; \"\" deletes one that isn't required."
    )


class Cancellation(Model):
    """Why a booking is cancelled."""

    model_config = example(reason="Strike")

    reason: Reason = Field(min_length=1, description="The citizen is told.")


class Note(Model):
    """A note of colleagues."""

    model_config = example(text="Comes with an interpreter")

    text: NoteText = Field(description='"" deletes it.')


class BookingPage(Model):
    """Bookings by time, and where the list goes on."""

    model_config = example(bookings=[BOOKING], next=None)

    bookings: list[BookingSummary]
    next: str | None = Field(
        description="The `cursor` of the next page, with the same parameters; null at the end."
    )


class Search(Model):
    """A code or a name; it is a body because names belong in no address."""

    model_config = example(code="KX7 M2P")

    code: Name | None = Field(default=None, description="As citizens write it: also kx7-m2p.")
    name: Name | None = Field(
        default=None,
        description="Beginnings of names, from 30 days ago to 120 ahead. Scope: `personal`.",
    )


class Found(Model):
    """The bookings of a code or a name."""

    model_config = example(bookings=[BOOKING])

    bookings: list[BookingSummary]


class FreeTimes(Model):
    """The free starts of a service."""

    model_config = example(
        starts=["2026-12-03T12:30:00+02:00", "2026-12-03T13:00:00+02:00"], duration=30
    )

    starts: list[datetime] = Field(description="In the municipality's time zone.")
    duration: int = Field(description="In minutes.")
