"""The problems that routes of /api/v1 answer with, as OpenAPI describes them."""

from typing import Any

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "code": {"type": "string", "description": "The kind; docs/api.md lists them."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

WORDS = {
    401: "The key is missing, wrong, revoked or has expired; see WWW-Authenticate",
    403: "The key lacks the scope, or its member the right",
    404: "It isn't there, or isn't theirs, which is answered alike",
    409: "It isn't as it was, or can't be as asked: `code` and `detail` say why",
    412: "The booking was changed since that ETag",
    413: "The body is too long",
    422: "A value is wrong or missing: `errors` names it, where it is one field",
    428: "The header If-Match is missing",
    429: "Too many requests with this key; see Retry-After and RateLimit",
    500: "Our fault; nothing was changed",
    503: "Busy; see Retry-After, and send the same again",
}

ALWAYS = (401, 403, 422, 429, 500, 503)

REDIRECT: dict[int | str, dict[str, Any]] = {
    307: {"description": "A slash too many at the end; see Location"}
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the problems of a route: those of all, and these.

    And of the redirect that is instead of any.
    """
    return REDIRECT | {
        status: {
            "description": WORDS[status],
            "content": {"application/problem+json": {"schema": _SCHEMA}},
        }
        for status in sorted({*ALWAYS, *statuses})
    }
