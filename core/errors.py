"""The errors of the whole program, which callers tell apart by their class."""

from enum import StrEnum
from typing import Generic, TypeVar

from core.i18n import TextTemplate


class RefusalKind(StrEnum):
    """The reason of a refusal, by which the metrics count refusals."""

    TAKEN = "taken"
    TOO_MANY_BOOKINGS = "too_many_bookings"
    TOO_MANY_HOLDS = "too_many_holds"
    TOO_MANY_CONFIRMATIONS = "too_many_confirmations"
    TOO_LATE = "too_late"
    NOT_CONFIRMED = "not_confirmed"
    NO_CONSENT = "no_consent"
    LOCKED = "locked"
    OFFER_ENDED = "offer_ended"


Kind = TypeVar("Kind", bound=StrEnum)


class Refused(Exception, Generic[Kind]):
    """A request that is refused, of a kind, and why, in words for whoever made it."""

    def __init__(self, kind: Kind, text: TextTemplate) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text


class BookingRefused(Refused[RefusalKind]):
    """A request that is refused; `text` tells the citizen why, and what they can do."""


class StaffRefusalKind(StrEnum):
    """The reason why staff are refused."""

    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    INVALID = "invalid"
    """A value that was given can't be used."""
    EXISTS = "exists"
    """There is one already, and there can be no second."""
    CHANGED = "changed"
    """It isn't as it was shown, or not in a state in which that can be done."""
    NOT_FREE = "not_free"
    """No desk is open and free at a time."""
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    """The day or week within which that can be done is over."""
    UNREACHABLE = "unreachable"
    """The citizen has no chat with us, or nobody would get the answer."""


class StaffRefused(Refused[StaffRefusalKind]):
    """A request of staff that is refused; `text` tells them why, and how it really is."""


class ClosedThen(StaffRefused):
    """An extra opening is refused (changed), for the closure of that number has to end first.

    Where staff ask for it, they are told how.
    """

    def __init__(self, number: int, text: TextTemplate) -> None:
        super().__init__(StaffRefusalKind.CHANGED, text)
        self.number = number


class DeliveryError(Exception):
    """A message that couldn't be delivered. `why` must contain no text of it and no address.

    It is retried, not before `retry_after` seconds, unless the error is `for_good`. An address
    that is `unreachable` is suppressed. One that `may_have_arrived` is sent again once at most.
    `moved_to` is the address that a room's chat has from now on. `gone`: the message that was to be
    edited or answered is there no more.
    """

    def __init__(
        self,
        why: str,
        *,
        for_good: bool = False,
        unreachable: bool = False,
        retry_after: float = 0,
        may_have_arrived: bool = False,
        moved_to: str | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good or unreachable
        self.unreachable = unreachable
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
        self.moved_to = moved_to
        self.gone = gone


class ConfigurationError(Exception):
    """A reason why Rantevou can't start or go on; the text is for the technician."""


class DatabaseMoved(ConfigurationError):
    """The database isn't the office's any more, or not yet. To try again is in vain."""


class DatabaseUnavailable(ConfigurationError):
    """The database can't be used now. The request may be repeated, and takes effect once."""


class RetryTransaction(Exception):
    """Another transaction conflicts; this one was rolled back and is to be run again."""


class UnreadableValue(Exception):
    """A stored value that can't be decrypted; the text names its column only."""
