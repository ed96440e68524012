"""The time that a platform's answer is waited for, and what a missing one says of the message.

A platform states that it took a message, or that it didn't. Without a statement it may have taken
it, unless no connection was made; `bot/delivery/doubt.py` says what is done then.
"""

import httpx

from core.errors import DeliveryError

CONNECT_SECONDS = 5.0

ANSWER_SECONDS = 15.0
"""The time that an answer is waited for: a slow platform answers after 7 s and more."""

TIMEOUT = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)

GATEWAY_TIMEOUT = 504
"""The HTTP status after which a message may have arrived. After other errors (500, 502, 503) it
hasn't, as a rule: they last for minutes, and a message that is given up is lost."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The errors before anything was sent."""


def no_answer(error: httpx.HTTPError) -> DeliveryError:
    """Return the error of a request that wasn't answered; it doesn't hold the request's URL."""
    return DeliveryError(type(error).__name__, may_have_arrived=not isinstance(error, NOT_SENT))
