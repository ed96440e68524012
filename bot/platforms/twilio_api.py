"""Twilio's SDK and its signed requests, for all platforms that use them."""

import logging
from collections.abc import Collection
from urllib.parse import parse_qs

import requests
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from bot.platforms.answers import ANSWER_SECONDS, GATEWAY_TIMEOUT
from bot.platforms.base import CheckUp
from bot.platforms.failures import causes
from bot.platforms.webhook import Unauthenticated, WebhookRequest
from core.errors import DeliveryError

SIGNATURE = "x-twilio-signature"

THREADS = 20
"""As many as messages are sent at once (`worker.MAX_CONCURRENT`): none waits for a thread."""

NOT_SENT = (ConnectTimeout, ProxyError, SSLError, NewConnectionError)
"""The errors before anything was sent."""

ERRORS = (TwilioException, requests.RequestException, ValueError)
"""The errors of a call by the SDK."""

_silent = logging.getLogger("rantevou.twilio")
_silent.disabled = True  # the SDK logs the number and the text


class Form(dict[str, list[str]]):
    """A form's fields with all their values, as the validator takes them."""

    def getlist(self, name: str) -> list[str]:
        """Return a field's values."""
        return self[name]

    def first(self, name: str) -> str:
        """Return a field's first value; "" where it has none."""
        return (self.get(name) or [""])[0]

    def only(self, name: str) -> str:
        """Return a field's value. Raises ValueError where it has none."""
        value = self.first(name)
        if not value:
            raise ValueError(f"{name} is missing")
        return value


def signed_form(request: WebhookRequest, url: str, key: str) -> Form:
    """Return the form of a request to `url`, signed with the auth token. Raises Unauthenticated."""
    form = Form(parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    given = request.headers.get(SIGNATURE, "")
    if request.method != "POST" or not RequestValidator(key).validate(url, form, given):
        raise Unauthenticated
    return form


def client_of(user: str, key: str, api_url: str) -> Client:
    """Return a client of the SDK, which waits less long for an answer than the worker does."""
    client = Client(
        user,
        key,
        http_client=TwilioHttpClient(timeout=ANSWER_SECONDS, logger=_silent),
        environment={"unused": ""},  # TWILIO_EDGE and TWILIO_REGION would change the address
    )
    client.api.base_url = api_url
    return client


def check_account(client: Client, user: str) -> CheckUp:
    """Check whether Twilio knows the account and its token."""
    try:
        status = str(client.api.accounts(user).fetch().status)
    except ERRORS as error:
        return CheckUp([], [f"Twilio: {failure_of(error).why}"])
    if status != "active":
        return CheckUp([], [f"Twilio: the account is {status}"])
    return CheckUp(["Twilio knows the account and its token"], [])


def failure_of(
    error: Exception, unreachable: Collection[int] = (), for_good: Collection[int] = ()
) -> DeliveryError:
    """Return what an error of the SDK says of what was to be sent; its words have codes only.

    `unreachable` are the codes after which nothing is sent to the number, `for_good` those after
    which the same would fail again.
    """
    if not isinstance(error, TwilioException):
        is_sent = not any(isinstance(each, NOT_SENT) for each in causes(error))
        return DeliveryError(type(error).__name__, may_have_arrived=is_sent)
    # The two kinds of exception have these, and no common class that does. Where the answer is no
    # JSON, the code is HTTP's.
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    return DeliveryError(
        f"HTTP {status}" if code in (None, status) else f"error {code}",
        for_good=code in for_good,
        unreachable=code in unreachable,
        may_have_arrived=status == GATEWAY_TIMEOUT,
    )
