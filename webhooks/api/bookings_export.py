"""An export of bookings as a response, for a caller whose key is checked."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from datetime import date
from functools import partial

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bot.bootstrap import Application
from core.actor import Staff
from core.bookings import exports
from core.bookings.export_formats import MEDIA_TYPES, ExportFormat
from core.bookings.exports import Export

MAX_EXPORTS = 4
"""The most exports that a process makes at once: each has a connection of its own."""

MAX_OF_MUNICIPALITY = 2
"""The most of them for the keys of one municipality, so that none takes the others' place."""

WAIT_SECONDS = 30
"""The seconds after which a program may ask again where there are as many."""


class ExportsAtOnce:
    """The exports that a process is sending, by the municipalities of the members they are for."""

    def __init__(self) -> None:
        self._of = Counter[str | None]()

    def begin(self, home: str | None) -> Callable[[], None]:
        """Count an export; return what is to be called at its end.

        Raises HTTPException where there are as many as may be: 429 for the municipality, else 503.
        """
        wait = {"Retry-After": str(WAIT_SECONDS)}
        if self._of[home] >= MAX_OF_MUNICIPALITY:
            raise HTTPException(
                429,
                f"{MAX_OF_MUNICIPALITY} exports of this municipality are being sent still: "
                "the most.",
                wait,
            )
        if self._of.total() >= MAX_EXPORTS:
            raise HTTPException(503, "Other exports are being sent still.", wait)
        self._of[home] += 1
        return partial(self._end, home)

    def _end(self, home: str | None) -> None:
        self._of[home] -= 1
        self._of += Counter()  # without those that have none


async def export_response(
    application: Application,
    exports_at_once: ExportsAtOnce,
    staff: Staff,
    municipality_id: str,
    file_format: ExportFormat,
    first: date | None = None,
    last: date | None = None,
    *,
    details: bool = False,
) -> StreamingResponse:
    """Return the bookings that begin on a day from `first` to `last` (None: any), as a file.

    With the attendees' `details` where asked for. An error on the way cuts the response off, so
    that the client knows. Raises StaffRefused (not_allowed, not_found), DatabaseUnavailable;
    HTTPException (429, 503) where as many are being sent as `exports_at_once` takes.
    """
    database, services = application.database, application.services

    def begin(session: Session) -> Export:
        services.registry.refresh(session)
        return exports.begin(
            session,
            services.registry,
            staff,
            municipality_id,
            first,
            last,
            services.clock(),
            details=details,
        )

    end = exports_at_once.begin(staff.municipality_id)
    try:
        export = await database.write(begin)
    except BaseException:
        end()
        raise
    days = "".join(f"-{day}" for day in (first, last) if day)
    return _Streamed(
        exports.export(database, export, file_format),
        file_format,
        f"{municipality_id}{days}.{file_format}",
        end,
    )


class _Streamed(StreamingResponse):
    """A file that is made while it is sent.

    However that ends, its generator is closed at once, and then `ended` is called.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes],
        file_format: ExportFormat,
        name: str,
        ended: Callable[[], None],
    ) -> None:
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        super().__init__(parts, headers=headers, media_type=MEDIA_TYPES[file_format])
        self._parts, self._ended = parts, ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # In a task of its own, for where the client has left, this one is cancelled.
            await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        try:
            await self._parts.aclose()
        finally:
            self._ended()
