"""Errors that have names."""

from enum import StrEnum

from core.i18n import TextTemplate


class RefusalKind(StrEnum):
    """Why the office refuses; the metrics count refusals by it."""

    TAKEN = "taken"
    TOO_MANY_BOOKINGS = "too_many_bookings"
    TOO_MANY_HOLDS = "too_many_holds"
    TOO_LATE = "too_late"
    NOT_CONFIRMED = "not_confirmed"
    NO_CONSENT = "no_consent"
    LOCKED = "locked"


class BookingRefused(Exception):
    """The office refuses; `text` tells the citizen why, and what can be done about it."""

    def __init__(self, kind: RefusalKind, text: TextTemplate) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text


class DeliveryError(Exception):
    """A message couldn't be delivered. `why` holds neither its text nor an address.

    It is tried again, after `retry_after` seconds where that is given, unless the error is
    `for_good`. An address that is `unreachable` is suppressed.
    """

    def __init__(
        self,
        why: str,
        *,
        for_good: bool = False,
        unreachable: bool = False,
        retry_after: float = 0,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good or unreachable
        self.unreachable = unreachable
        self.retry_after = retry_after


class ConfigurationError(Exception):
    """Rantevou can't start or go on; the text is a sentence for the technician."""


class DatabaseUnavailable(ConfigurationError):
    """The database can't be used now; the same request may be sent again, and is done once."""


class RetryTransaction(Exception):
    """Another transaction is in the way; this one was rolled back and is to be run again."""
