"""Requests that are carried out once: Idempotency-Key, and the version that If-Match names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from core.db.models import Booking
from core.staff.api_requests import (
    DoneRequest,
    NamedRequest,
    RequestDiffers,
    RequestRunning,
    check_done,
    keep_done,
    named,
)
from webhooks.api.staff.caller import Caller, Key, Work
from webhooks.api.staff.reading import invalid
from webhooks.middleware.problem_details import KEY_REUSED, ProblemError

T = TypeVar("T")

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="A name of yours for this request, such as a random UUID. Sent again within "
        "24 hours, it changes nothing more, and is answered by how things are then.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description='The ETag of the booking as it was seen, such as "3"; or * for any.',
    ),
]


@dataclass(frozen=True)
class Once:
    """A change that a program asks for, which is carried out once."""

    caller: Caller
    request: NamedRequest

    async def change(
        self,
        fn: Callable[[Work], tuple[int, T]],
        again: Callable[[Work, DoneRequest], T],
        *,
        alone: bool = False,
    ) -> T:
        """Run fn(work), which returns the id of what it changed and the answer; return the answer.

        Where that was done before, return again(work, what was done) instead, which shows only what
        may be seen now. Raises what these raise, and HTTPException (409, 422) for a request that is
        still running, or differs.
        """

        def run(work: Work) -> T:
            try:
                done = check_done(work.session, self.request, work.use.done, work.now)
            except RequestDiffers:
                raise ProblemError(
                    422,
                    "This Idempotency-Key is that of another request; use a new one.",
                    KEY_REUSED,
                ) from None
            if done is not None:
                return again(work, done)
            subject, answer = fn(work)
            keep_done(work.session, self.request, subject, work.now)
            return answer

        try:
            return await self.caller.write(run, alone=alone, request=self.request)
        except RequestRunning:
            raise HTTPException(
                409, "The same request is being carried out.", {"Retry-After": "1"}
            ) from None


class _OnceKey(Key):
    """A key, with the name of a request: one dependency, for FastAPI takes long to find each."""

    async def __call__(  # type: ignore[override]
        self, request: Request, name: IdempotencyKey
    ) -> Once:
        """Return the change that a request asks for."""
        caller: Caller = request.state.caller
        path, body = request.scope["path"], await request.body()
        content = b"\n".join((request.method.encode(), path.encode(), body))
        registry = caller.application.services.registry
        return Once(caller, named(registry, caller.holder.key_id, name, content))


OnceOnly = Annotated[Once, Depends(_OnceKey())]


_TAG = r'(?:W/)?"[^"]*"'
_TAGS = re.compile(rf"\s*(?:\*|{_TAG}(?:\s*,\s*{_TAG})*)\s*")


def check_version(session: Session, booking: Booking, if_match: str | None) -> None:
    """Raise HTTPException: 428 without If-Match; 412 where the booking has another version.

    RequestValidationError where it has none. A weak tag is taken for the strong one: a proxy that
    compresses answers weakens them.
    """
    if if_match is None:
        raise HTTPException(428, "Send the header If-Match with the booking's ETag, or *.")
    if not _TAGS.fullmatch(if_match):
        raise invalid(
            "If-Match", 'Send the ETag with its quotes, such as "2", or * for any.', "header"
        )
    session.flush()
    if if_match.strip() != "*" and f'"{booking.version}"' not in re.findall(r'"[^"]*"', if_match):
        raise HTTPException(412, "The booking was changed meanwhile. Read it again.")
