"""The model of a municipality's catalogue, a YAML file: services, branches, desks, rules."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints

from core.catalogue.base import CatalogueModel
from core.catalogue.crest import Crest
from core.catalogue.rules import Rules, StaffChat
from core.catalogue.times import Clock, ClockEnd
from core.i18n import LocalizedText

ID = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
URL = r"^https?://\S+$"
MAX_ID = 40
ID_RULE = f"small Latin letters and digits, with - or _ between them, at most {MAX_ID} in all"
"""The rule of `ID` and `MAX_ID`, in words."""
Id = Annotated[str, StringConstraints(pattern=ID, max_length=MAX_ID)]
Url = Annotated[str, StringConstraints(pattern=URL)]
Minutes = Annotated[int, Field(ge=5, le=24 * 60)]
MAX_SHORT = 24


def _is_short(name: LocalizedText) -> LocalizedText:
    if any(len(each) > MAX_SHORT for each in name.values()):
        raise ValueError(f"up to {MAX_SHORT} letters")
    return name


ShortName = Annotated[LocalizedText, AfterValidator(_is_short)]
"""A name for text messages, of which each character costs."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Channel(StrEnum):
    """The way in which an appointment is held."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


class Link(CatalogueModel):
    """A useful link."""

    label: LocalizedText
    url: Url


class OfficeContact(CatalogueModel):
    """The contact details of the office itself."""

    phone: str | None = None
    email: str | None = None
    calendar_email: str | None = None
    """A mailbox whose reader sees what calendar programs answer."""
    website: Url | None = None
    address: LocalizedText | None = None
    hours: LocalizedText | None = None


class Closure(CatalogueModel):
    """A time at which a desk, branch or municipality is closed: days, or hours of each day."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    start: Clock | None = None
    end: ClockEnd | None = None
    reason: LocalizedText


class Opening(CatalogueModel):
    """A time at which a desk works, local. By default, for all its services and channels."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    start: Clock
    end: ClockEnd
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    services: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] | None = None


class Desk(CatalogueModel):
    """One employee or counter that serves one citizen at a time."""

    id: Id
    services: Annotated[tuple[Id, ...], Field(min_length=1)] | Literal["all"] = "all"
    channels: tuple[Channel, ...] = Field(min_length=1)
    openings: tuple[Opening, ...] = Field(min_length=1)
    closures: tuple[Closure, ...] = ()

    def serves(self, service: str, channel: str | None = None) -> bool:
        """Return whether it has an opening for a service (over a channel)."""
        return any(
            (self.services == "all" or service in self.services)
            and (opening.services is None or service in opening.services)
            and (channel is None or channel in self.channels)
            and (channel is None or opening.channels is None or channel in opening.channels)
            for opening in self.openings
        )


class GeoPoint(CatalogueModel):
    """A point on the map, in degrees north and east (WGS 84)."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Branch(CatalogueModel):
    """A place or unit that serves citizens; `place` is its entrance."""

    id: Id
    name: LocalizedText
    short: ShortName | None = None
    aliases: tuple[str, ...] = ()
    """Other names that citizens write, in any language."""
    address: LocalizedText | None = None
    place: GeoPoint | None = None
    contact: OfficeContact | None = None
    desks: tuple[Desk, ...] = Field(min_length=1)
    closures: tuple[Closure, ...] = ()


class Rejection(CatalogueModel):
    """The reason why an option ends the booking, and where the citizen can go instead."""

    reason: LocalizedText
    link: Url | None = None


class Option(CatalogueModel):
    """An answer that can be picked."""

    id: Id
    label: LocalizedText
    aliases: tuple[str, ...] = ()
    """Other words that citizens write for it, in any language."""
    stop: Rejection | None = None


Condition = dict[str, str | tuple[str, ...]]
"""The answers on which an item is asked: the values by the id of a question, field or channel."""


class Question(CatalogueModel):
    """A screening question, asked after the channel; an option may end the booking."""

    id: Id
    text: LocalizedText
    label: LocalizedText
    options: tuple[Option, ...] = Field(min_length=2)
    when: Condition = Field(default={})


class FieldType(StrEnum):
    """The kind of answer that a form field takes; the values are those of the catalogue files.

    How each is asked for, read and shown stands in `dialogs/nlu/field_types.py`.
    """

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    TEXT = "text"
    NOTES = "notes"
    TAX_NUMBER = "tax_number"
    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICE_OR_TEXT = "choice_or_text"

    @property
    def has_options(self) -> bool:
        """Return whether the catalogue lists the options of such a field."""
        return self in (FieldType.CHOICE, FieldType.CHOICE_OR_TEXT)

    @property
    def fixed_values(self) -> frozenset[str]:
        """Return the values that such a field has without options in the catalogue."""
        return frozenset({"yes", "no"}) if self is FieldType.YES_NO else frozenset()


CONTACT_TYPES = frozenset({FieldType.EMAIL, FieldType.PHONE})
"""The types whose field of the same id is how the office reaches the citizen."""


class FormField(CatalogueModel):
    """A detail that is asked before a booking is confirmed."""

    id: Id
    type: FieldType
    label: LocalizedText
    question: LocalizedText
    help: LocalizedText | None = None
    required: bool = True
    sms: bool = False
    """Whether it is asked by text message, too, even if it isn't required."""
    options: tuple[Option, ...] = ()
    when: Condition = Field(default={})

    @property
    def is_email_of_attendee(self) -> bool:
        """Return whether e-mails go to the address that is given here."""
        return self.type is FieldType.EMAIL and self.id == self.type


class ConsentReference(NamedTuple):
    """A version of a consent. Stored with a booking as "id version"."""

    id: str
    version: str

    def __str__(self) -> str:
        return f"{self.id} {self.version}"

    @classmethod
    def parse(cls, stored: str) -> "ConsentReference":
        """Return the reference of its stored form."""
        consent_id, _space, version = stored.partition(" ")
        return cls(consent_id, version)


class Consent(CatalogueModel):
    """A text that the citizen agrees to. Its version is stored with the booking."""

    id: Id
    version: str
    title: LocalizedText | None = None
    text: LocalizedText
    sms: LocalizedText | None = None
    """Its wording in text messages, which has the same version."""
    link: Url | None = None
    withdrawable: bool = False

    @property
    def reference(self) -> ConsentReference:
        """Return what is stored with a booking."""
        return ConsentReference(self.id, self.version)


MAX_HORIZON_DAYS = 366


class Service(CatalogueModel):
    """A service that the citizen comes for. `duration`, `interval` (of starts): minutes."""

    id: Id
    name: LocalizedText
    short: ShortName | None = None
    description: LocalizedText | None = None
    channels: tuple[Channel, ...] = Field(min_length=1)
    duration: Minutes
    interval: Minutes
    notice_hours: int = Field(default=24, ge=0)
    horizon_days: int = Field(default=60, ge=1, le=MAX_HORIZON_DAYS)
    instructions: dict[Channel, LocalizedText] = Field(default={})
    screening: tuple[Question, ...] = ()
    fields: tuple[FormField, ...] = ()
    documents: tuple[LocalizedText, ...] = ()
    consent: Id | dict[Channel, Id] | None = None
    links: tuple[Link, ...] = ()
    phrases: tuple[str, ...] = ()
    """How citizens ask for it, in any language."""
    others: tuple[str, ...] = Field(default=(), alias="not")
    """Phrases for what is asked for in similar words and is something else."""


class ServiceGroup(CatalogueModel):
    """A department, or a thematic field of ΚΕΠ."""

    id: Id
    name: LocalizedText
    aliases: tuple[str, ...] = ()
    """Other names that citizens write, in any language."""
    services: tuple[Service, ...] = Field(min_length=1)


class Municipality(CatalogueModel):
    """A body that gives appointments: a δήμος, or ΚΕΠ."""

    id: Id
    name: LocalizedText
    aliases: tuple[str, ...] = ()
    """Other names that citizens write, in any language."""
    timezone: str = "Europe/Athens"
    public_holidays: bool = True
    contact: OfficeContact
    crest: Crest | None = None
    """Its crest, which e-mails show."""
    links: tuple[Link, ...] = ()
    privacy: LocalizedText | None = None
    """Its privacy notice; paragraphs are separated by an empty line."""
    rules: Rules = Rules()
    staff_chat: StaffChat = StaffChat()
    video_tips: tuple[LocalizedText, ...] = ()
    consents: tuple[Consent, ...] = ()
    fields: tuple[FormField, ...] = ()
    closures: tuple[Closure, ...] = ()
    branches: tuple[Branch, ...] = Field(min_length=1)
    groups: tuple[ServiceGroup, ...] = Field(min_length=1)

    @cached_property
    def services(self) -> dict[str, Service]:
        """Return the services by id."""
        return {service.id: service for group in self.groups for service in group.services}

    def group(self, group_id: str) -> ServiceGroup:
        """Return the group of an id. Raises KeyError."""
        return {group.id: group for group in self.groups}[group_id]

    def group_of(self, service: str) -> str | None:
        """Return the id of a service's group; None where there is no such service."""
        groups = (group.id for group in self.groups if any(s.id == service for s in group.services))
        return next(groups, None)

    def branch(self, branch_id: str) -> Branch:
        """Return the branch of an id. Raises KeyError."""
        return {branch.id: branch for branch in self.branches}[branch_id]

    def branches_of(self, service: str, channel: str | None = None) -> list[Branch]:
        """Return the branches where a desk serves a service (over a channel)."""
        return [
            branch
            for branch in self.branches
            if any(desk.serves(service, channel) for desk in branch.desks)
        ]

    def channels_of(self, service: Service, branch: Branch) -> list[Channel]:
        """Return the channels over which a branch serves a service, in the service's order."""
        return [
            channel
            for channel in service.channels
            if any(desk.serves(service.id, channel) for desk in branch.desks)
        ]

    def fields_of(self, service: Service) -> list[FormField]:
        """Return the municipality's fields, then the service's; those of the same id replace."""
        return [*{field.id: field for field in (*self.fields, *service.fields)}.values()]

    def demands(self, field: FormField, channel: str, *, sends_email: bool) -> bool:
        """Return whether a field can't be left out.

        An e-mail address is needed for the link of a video call, else only if the rules say so; in
        an optional field, only where e-mails are sent.
        """
        if not field.is_email_of_attendee:
            return field.required
        if channel == Channel.VIDEO:
            return field.required or sends_email
        return field.required and self.rules.email_required and sends_email

    def consent_of(self, service: Service, channel: str) -> Consent | None:
        """Return the consent that is asked for over a channel, if any."""
        wanted = service.consent
        if isinstance(wanted, dict):
            wanted = wanted.get(Channel(channel))
        return next((consent for consent in self.consents if consent.id == wanted), None)
