"""The headers of answers of /api/v1, as OpenAPI describes them: one table."""

from collections.abc import Mapping
from typing import Any

from webhooks.api.staff.models import Booking

WORDS = {
    "ETag": "The booking's version, to be sent as If-Match with a change",
    "Location": "The path of the booking that was made, or the path without the slash",
    "RateLimit": 'What is left of the key\'s limit, and for how many seconds: "key";r=1199;t=42',
    "RateLimit-Policy": 'The key\'s limit, and its seconds: "key";q=1200;w=60',
    "Retry-After": "The seconds after which the same may be sent again",
    "WWW-Authenticate": "What is needed: a Bearer key, or a scope of it",
}
OF_KEY = ("RateLimit", "RateLimit-Policy")
"""The headers of each answer to a valid key."""

OF_STATUS: Mapping[int, tuple[str, ...]] = {
    307: ("Location",),  # the key isn't looked at
    401: ("WWW-Authenticate",),
    403: (*OF_KEY, "WWW-Authenticate"),
    409: (*OF_KEY, "Retry-After"),
    413: (),  # the key isn't looked at: the body counts first
    429: (*OF_KEY, "Retry-After"),
    500: (),
    503: (*OF_KEY, "Retry-After"),
}
"""The headers of the redirect and of problems, by status; of the others they are OF_KEY."""


def with_headers(
    problems: Mapping[int | str, dict[str, Any]], success: int, model: Any
) -> dict[int | str, dict[str, Any]]:
    """Return the description of a route's responses, with the headers of each."""
    of_booking: tuple[str, ...] = ()
    if isinstance(model, type) and issubclass(model, Booking):
        of_booking = ("ETag", "Location") if success == 201 else ("ETag",)
    described = {success: {}, **problems}
    named = {each: OF_STATUS.get(int(each), OF_KEY) for each in described}
    named[success] = (*OF_KEY, *of_booking)
    return {
        status: {
            **about,
            "headers": {
                name: {"description": WORDS[name], "schema": {"type": "string"}}
                for name in named[status]
            },
        }
        for status, about in described.items()
    }
