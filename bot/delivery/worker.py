"""The postman: delivers what is owed, as soon as it is committed."""

import asyncio
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.delivery import dispatch
from bot.delivery.dispatch import ClaimedMessage
from bot.delivery.wakeup import listen
from bot.platforms.base import Send
from bot.telemetry.logging import cause, traceback_lines
from core.db.events import events
from core.errors import DatabaseUnavailable, DeliveryError
from core.messaging import outbox

log = structlog.get_logger()

MAX_CONCURRENT = 20
"""Messages of one account on their way at the same time: one that hangs keeps no other back."""

POLL_SECONDS = 1.0
"""How often it is looked what is due, besides whenever something is committed."""

SEND_SECONDS = 20.0
"""How long a platform may take; far less than a lease lasts."""

RECONNECT_SECONDS = 60.0
"""How often an account is tried again that couldn't be connected."""

RETRY_SECONDS = 2.0
"""How long to leave a database alone that is away."""


class DeliveryWorker:
    """One worker. Any number may run, in any number of processes."""

    def __init__(self, application: Application) -> None:
        self.name = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(3)}"
        self._wiring = application
        self._platforms = application.services.platforms
        self._give_up = timedelta(hours=application.settings.give_up_hours)
        self._send: dict[str, Send] = {}
        self._woken = asyncio.Event()
        self._flying: dict[asyncio.Task[None], str] = {}
        self._closing = False

    async def run(self) -> None:
        """Deliver until told to stop, then finish what is on its way."""
        if not self._platforms:
            return
        loop, database = asyncio.get_running_loop(), self._wiring.database

        def committed(info: dict[Any, Any]) -> None:
            if ("posted",) in events(info):
                loop.call_soon_threadsafe(self._woken.set)

        async with AsyncExitStack() as open_meanwhile:
            database.on_commit.append(committed)
            open_meanwhile.callback(database.on_commit.remove, committed)
            listening = asyncio.create_task(
                listen(database, outbox.NOTIFY_CHANNEL, self._woken.set)
            )
            open_meanwhile.callback(listening.cancel)
            connect_at = 0.0
            while not self._closing:
                if len(self._send) < len(self._platforms) and loop.time() >= connect_at:
                    await self._connect(open_meanwhile)
                    connect_at = loop.time() + RECONNECT_SECONDS
                await self._round()
            while self._flying:
                await asyncio.wait(self._flying)

    def stop(self) -> None:
        """Take nothing new; what is on its way goes on."""
        self._closing = True
        self._woken.set()

    async def _connect(self, open_meanwhile: AsyncExitStack) -> None:
        """Open what isn't open yet; an account that can't be keeps no other back."""
        for account, platform in self._platforms.items():
            if account not in self._send:
                try:
                    send = await open_meanwhile.enter_async_context(platform.open())
                except Exception as error:
                    _told("an account can't be connected", error, account=account)
                else:
                    self._send[account] = send

    async def _round(self) -> None:
        """Send off what may be sent now; when that isn't all, do so again at once."""
        self._woken.clear()
        try:
            flying = Counter(self._flying.values())
            room = {
                each: MAX_CONCURRENT - flying[each]
                for each in self._send
                if flying[each] < MAX_CONCURRENT
            }
            if not room or not await self._send_off(room, min(room.values())):
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._woken.wait()
        except Exception as error:
            _told("looking for messages failed", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _send_off(self, accounts: Collection[str], most: int) -> int:
        services, database = self._wiring.services, self._wiring.database
        if not await database.read(lambda s: outbox.is_due(s, accounts, services.clock())):
            return 0
        parcels, claimed = await database.write(
            lambda s: dispatch.claim_and_render(
                s, services, accounts, self.name, most, self._give_up
            )
        )
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._flying[task] = parcel.account
            task.add_done_callback(self._landed)
        return claimed

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task)
        self._woken.set()  # what waited for it may go now

    async def _deliver(self, parcel: ClaimedMessage) -> None:
        services, platform = self._wiring.services, self._platforms[parcel.account]
        send = self._send[parcel.account]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                payload = platform.render(parcel.reply)
                number = await send(parcel.address, payload, parcel.replaces)
        except DeliveryError as error:
            # It shouldn't name the address; what a provider said may do so all the same.
            error.why = error.why.replace(parcel.address, "…")
            failure = error
        except TimeoutError:
            failure = DeliveryError("no answer in time")
        except Exception as error:
            _told("sending failed", error, message=parcel.id)
            failure = DeliveryError(type(error).__name__)
        else:
            await self._settle(parcel, lambda s: dispatch.mark_sent(s, services, parcel, number))
            return
        await self._settle(
            parcel, lambda s: dispatch.mark_failed(s, services, parcel, failure, self._give_up)
        )

    async def _settle(self, parcel: ClaimedMessage, fn: Callable[[Session], bool]) -> None:
        """Note what became of it; where an error of ours prevents that, at least that it is left.

        Else it would be sent again and again.
        """
        for noting in (fn, lambda s: dispatch.abandon(s, parcel)):
            try:
                if not await self._noted(parcel, noting):
                    log.warning("another worker has it", message=parcel.id)
            except DatabaseUnavailable:
                return  # we stop; it is another's when its lease has run out
            except Exception as error:
                _told("settling failed", error, message=parcel.id)
            else:
                return

    async def _noted(self, parcel: ClaimedMessage, noting: Callable[[Session], bool]) -> bool:
        """Note it, however long the database is away, unless we stop. Raises Busy."""
        while True:
            try:
                return await self._wiring.database.write(noting)
            except DatabaseUnavailable as error:
                _told("settling failed", error, message=parcel.id)
                if self._closing:
                    raise
                await asyncio.sleep(RETRY_SECONDS)


def _told(what: str, error: Exception, **ids: int | str) -> None:
    log.error(what, **cause(error), places=traceback_lines(error)[-3:], **ids)
