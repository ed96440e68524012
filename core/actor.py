"""The one who makes a change: a citizen, or staff in the citizen's stead."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role of a member of staff."""

    EMPLOYEE = "employee"
    """Serves the bookings of named service groups and desks of one municipality."""
    MANAGER = "manager"
    """Serves one municipality, and looks after its staff."""
    OPERATOR = "operator"
    """Looks after the whole deployment."""


class KeyScope(StrEnum):
    """A purpose of an API key; within it, the rights of the key's member count."""

    READ = "read"
    """The catalogue, free times, bookings with no more of the citizens than initials, closures."""
    PERSONAL = "personal"
    """The details of bookings and notes besides, finding them by name, and the record."""
    WRITE = "write"
    """Everything that changes something or tells a citizen something."""
    STATISTICS = "statistics"
    """Counts, which show nobody's booking."""
    WEBHOOKS = "webhooks"
    """The endpoints that are sent the changes of bookings: to see and change them."""


@dataclass(frozen=True)
class Staff:
    """A member of staff who acts for the office, and over which platform.

    Without `member_id` it is whoever has the machine: the operator, on the command line. `groups`
    (ids) and `desks` (row ids) are an employee's. `key_id` is the API key of a program that acts
    for the member.
    """

    role: Role
    platform: str
    member_id: int | None = None
    municipality_id: str | None = None
    groups: frozenset[str] = frozenset()
    desks: frozenset[int] = frozenset()
    key_id: int | None = None


OPERATOR = Staff(Role.OPERATOR, "cli")
"""The operator on the command line; no member is named, for nothing proves which one it is."""


@dataclass(frozen=True)
class Actor:
    """The citizen who acts, and the platform, account and contact through which they do.

    Where `staff` is given, they act for the citizen, who needn't have any contact.
    `network` is the keyed hash of a web chat's network address, unless that is exempt from limits.
    `proven_phone` is the keyed hash of the phone number that the contact has proven to be its own.
    `own_phone` is the number (+30…) by which they write; "" where it isn't by one.
    `calls_from` is the number by which they call, "" where it is hidden; None where it is no call.
    A caller's number can be forged, and so proves nothing.
    `shown_name` is the name that their platform shows of them, if it has told one with the message.
    """

    citizen_id: int
    platform: str
    language: str
    timezone: str
    network: str | None = None
    contact_id: int | None = None
    account: str = ""
    proven_phone: str | None = None
    own_phone: str = ""
    calls_from: str | None = None
    shown_name: str = ""
    staff: Staff | None = None
