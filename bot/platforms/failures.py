"""Network failures in plain words, for the technician who sets up a bot."""

from collections.abc import Iterator

import httpx

WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.TimeoutException, "no answer in time; try again, and look at the network and proxy"),
    (httpx.ConnectError, "can't be reached; look at the network, its address and a firewall"),
    (httpx.ProxyError, "the proxy refuses; look at HTTPS_PROXY"),
    (httpx.TransportError, "the connection broke off; try again"),
    (ValueError, "its answer can't be read; is there a proxy between, or another server?"),
)
"""The first whose type the failure has; never its own message, which may hold a token."""


def network_failure(error: BaseException) -> str | None:
    """Return in words the network failure that caused an error; None where there was none."""
    for cause in causes(error):
        for kind, words in WORDS:
            if isinstance(cause, kind):
                return words
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, and those from which it was raised, also with `from None`."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
