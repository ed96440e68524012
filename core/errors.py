"""Errors that have names."""

from core.i18n import TextTemplate


class BookingRefused(Exception):
    """The office says no, and the citizen can do something about it."""

    def __init__(self, kind: str, text: TextTemplate) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text


class DeliveryError(Exception):
    """A message couldn't be delivered. `why` holds no text of it, nor an address.

    Unless it is `for_good`, it is tried again, after `retry_after` seconds where it says so. Who is
    `unreachable` for good can be sent nothing else either.
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
    """Rantevou can't start or go on so: a sentence for the technician, without a stack trace."""


class DatabaseUnavailable(ConfigurationError):
    """The database can't be used just now; the same may be tried again, and is done once."""


class RetryTransaction(Exception):
    """Another transaction is in the way of this one, of which nothing is kept: try it again."""
