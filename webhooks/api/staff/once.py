"""Requests that are carried out once: Idempotency-Key, and the version that If-Match names."""

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
    find_done,
    keep_done,
)
from webhooks.api.staff.caller import Caller, KeyCaller, Work

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
                done = find_done(work.session, work.registry, self.request, work.now)
            except RequestRunning:
                raise HTTPException(
                    409, "The same request is being carried out.", {"Retry-After": "1"}
                ) from None
            except RequestDiffers:
                raise HTTPException(
                    422, "This Idempotency-Key is that of another request; use a new one."
                ) from None
            if done is not None:
                return again(work, done)
            subject, answer = fn(work)
            work.session.flush()
            keep_done(work.session, work.registry, self.request, subject, work.now)
            return answer

        return await self.caller.write(run, alone=alone)


async def find_once(request: Request, caller: KeyCaller, name: IdempotencyKey) -> Once:
    """Return the change that a request asks for."""
    path, body = request.scope["path"], await request.body()
    content = b"\n".join((request.method.encode(), path.encode(), body))
    return Once(caller, NamedRequest(caller.key_id, name, content))


OnceOnly = Annotated[Once, Depends(find_once)]


def check_version(session: Session, booking: Booking, if_match: str | None) -> None:
    """Raise HTTPException: 428 without If-Match; 412 where the booking has another version."""
    if if_match is None:
        raise HTTPException(428, "Send the header If-Match with the booking's ETag, or *.")
    session.flush()
    tags = {each.strip() for each in if_match.split(",")}
    if tags.isdisjoint({"*", f'"{booking.version}"'}):
        raise HTTPException(412, "The booking was changed meanwhile. Read it again.")
