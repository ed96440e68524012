"""The delivery worker: sends the outbox's messages as soon as they are committed."""

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

from bot.context import Services
from bot.delivery import dispatch
from bot.delivery.dispatch import ClaimedMessage
from bot.delivery.wakeup import listen
from bot.platforms.base import Send
from bot.retry import retry
from bot.telemetry.logging import cause, traceback_lines
from core.db.database import Database
from core.db.events import events
from core.errors import DatabaseUnavailable, DeliveryError
from core.messaging import outbox

log = structlog.get_logger()

MAX_CONCURRENT = 20
"""Messages of one account sent at the same time: one that hangs delays no other account."""

POLL_SECONDS = 1.0
"""The interval at which the outbox is polled, besides after each commit of messages."""

SEND_SECONDS = 40.0
"""The time that sending a message may take: two requests, as a long text needs, that are answered
late (`answers.ANSWER_SECONDS`). Less than outbox.LEASE."""

RECONNECT_SECONDS = 60.0
"""Before connecting again an account whose connecting failed."""

RETRY_SECONDS = 2.0
"""Before using the database again after an error."""


class DeliveryWorker:
    """Delivers messages. Any number of workers may run, in any number of processes."""

    def __init__(self, database: Database, services: Services, give_up: timedelta) -> None:
        """`give_up` is how long after it was due a failing message is tried again."""
        self.name = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(3)}"
        self._database, self._services, self._give_up = database, services, give_up
        self._platforms = services.platforms
        self._send: dict[str, Send] = {}
        self._woken = asyncio.Event()
        self._sending: dict[asyncio.Task[None], str] = {}
        self._stopping = False

    async def run(self) -> None:
        """Deliver until `stop` is called, then finish the messages being sent."""
        if not self._platforms:
            return
        loop = asyncio.get_running_loop()

        def committed(info: dict[Any, Any]) -> None:
            if ("posted",) in events(info):
                loop.call_soon_threadsafe(self._woken.set)

        async with AsyncExitStack() as stack:
            self._database.on_commit.append(committed)
            stack.callback(self._database.on_commit.remove, committed)
            listening = asyncio.create_task(
                listen(self._database, outbox.NOTIFY_CHANNEL, self._woken.set)
            )
            stack.callback(listening.cancel)
            connect_at = 0.0
            while not self._stopping:
                if len(self._send) < len(self._platforms) and loop.time() >= connect_at:
                    await self._connect(stack)
                    connect_at = loop.time() + RECONNECT_SECONDS
                await self._round()
            while self._sending:
                await asyncio.wait(self._sending)

    def stop(self) -> None:
        """Claim nothing more; messages being sent are finished."""
        self._stopping = True
        self._woken.set()

    async def _connect(self, stack: AsyncExitStack) -> None:
        """Connect the accounts that aren't connected; one that fails delays no other."""
        for account, platform in self._platforms.items():
            if account not in self._send:
                try:
                    send = await stack.enter_async_context(platform.connect())
                except Exception as error:
                    _log_error("an account can't be connected", error, account=account)
                else:
                    self._send[account] = send

    async def _round(self) -> None:
        """Start sending what is due; where nothing is, wait until woken or POLL_SECONDS passed."""
        self._woken.clear()
        try:
            sending = Counter(self._sending.values())
            room = {
                each: MAX_CONCURRENT - sending[each]
                for each in self._send
                if sending[each] < MAX_CONCURRENT
            }
            if not room or not await self._start_sending(room, min(room.values())):
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._woken.wait()
        except Exception as error:
            _log_error("looking for messages failed", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _start_sending(self, accounts: Collection[str], limit: int) -> int:
        """Claim messages and start sending them; return how many were claimed."""
        services = self._services
        if not await self._database.read(lambda s: outbox.is_due(s, accounts, services.clock())):
            return 0
        messages, claimed = await self._database.write(
            lambda s: dispatch.claim_and_render(
                s, services, accounts, self.name, limit, self._give_up
            )
        )
        for message in messages:
            task = asyncio.create_task(self._deliver(message))
            self._sending[task] = message.account
            task.add_done_callback(self._finished)
        return claimed

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._sending.pop(task)
        self._woken.set()  # a message that waited for this one may be sent now

    async def _deliver(self, message: ClaimedMessage) -> None:
        services, platform = self._services, self._platforms[message.account]
        send = self._send[message.account]
        sending = False
        try:
            payload = platform.render(message.reply)
            sending = True
            async with asyncio.timeout(SEND_SECONDS):
                provider_id = await send(message.address, payload, message.replaces)
        except DeliveryError as error:
            # It shouldn't name the address, but a provider's own explanation may.
            error.why = error.why.replace(message.address, "…")
            failure = error
        except TimeoutError:
            failure = DeliveryError("no answer in time", may_have_arrived=True)
        except Exception as error:
            _log_error("sending failed", error, message=message.id)
            failure = DeliveryError(type(error).__name__, may_have_arrived=sending)
        else:
            await self._settle(
                message, lambda s: dispatch.mark_sent(s, services, message, provider_id)
            )
            return
        await self._settle(
            message, lambda s: dispatch.mark_failed(s, services, message, failure, self._give_up)
        )

    async def _settle(self, message: ClaimedMessage, fn: Callable[[Session], bool]) -> None:
        """Record the outcome of sending; where our own error prevents that, abandon the message.

        Otherwise it would be sent again and again.
        """
        for record in (fn, lambda s: dispatch.abandon(s, message)):
            try:
                if not await self._record(message, record):
                    log.warning("another worker has it", message=message.id)
            except DatabaseUnavailable:
                return  # stopping; another worker claims it when the lease has run out
            except Exception as error:
                _log_error("settling failed", error, message=message.id)
            else:
                return

    async def _record(self, message: ClaimedMessage, record: Callable[[Session], bool]) -> bool:
        """Record it, waiting for the database, unless stopping. Raises DatabaseUnavailable."""

        def report(error: Exception) -> None:
            _log_error("settling failed", error, message=message.id)
            if self._stopping:
                raise error

        return await retry(
            lambda: self._database.write(record), DatabaseUnavailable, RETRY_SECONDS, report
        )


def _log_error(event: str, error: Exception, **ids: int | str) -> None:
    log.error(event, **cause(error), places=traceback_lines(error)[-3:], **ids)
