"""The delivery worker: sends the outbox's messages as soon as they are committed."""

import asyncio
import os
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from bot.context import Services
from bot.delivery import dispatch, event_dispatch, settlement
from bot.delivery.claimed import Claimed, ClaimedEvent, ClaimedMessage
from bot.delivery.reminder_pace import ENOUGH, ReminderPace
from bot.delivery.settlement import Sent, TogetherRecorded
from bot.delivery.unclaimed import give_up_unclaimed
from bot.delivery.wakeup import listen
from bot.platforms.base import Send
from bot.retry import retry
from bot.telemetry.logging import cause, traceback_lines
from core.db.database import Database
from core.db.events import events
from core.errors import DatabaseUnavailable, DeliveryError
from core.messaging import event_queue, outbox, reminder_ways
from core.messaging.keys import MessageKind

log = structlog.get_logger()

T = TypeVar("T")
SendEvent = Callable[[ClaimedEvent, datetime], Awaitable[None]]

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

    def __init__(
        self,
        database: Database,
        services: Services,
        give_up: timedelta,
        webhook_networks: Sequence[IPv4Network | IPv6Network] = (),
    ) -> None:
        """`give_up` is how long after it was due a failing message is tried again.

        `webhook_networks` are those to which events are sent besides public addresses.
        """
        self.name = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(3)}"
        self._database, self._services, self._give_up = database, services, give_up
        self._platforms = services.platforms
        self._send: dict[str, Send] = {}
        self._webhook_networks = webhook_networks
        self._send_event: SendEvent | None = None
        self._webhooks_at = 0.0
        self._woken = asyncio.Event()
        self._reminder_pace = ReminderPace()
        self._together = TogetherRecorded(self._record_sent)
        self._begun = 0
        self._sending: dict[asyncio.Task[None], Claimed] = {}
        self._stopping = False

    async def run(self) -> None:
        """Deliver until `stop` is called, then finish the messages being sent."""
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
                    await self._give_up_unclaimed()
                    connect_at = loop.time() + RECONNECT_SECONDS
                await self._round(stack)
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

    async def _give_up_unclaimed(self) -> None:
        """Have reminders sent another way that wait long for an account that isn't connected."""
        services, away = self._services, self._platforms.keys() - self._send.keys()
        if not away:
            return
        try:
            await self._write(lambda s: give_up_unclaimed(s, services, away, self._give_up))
        except Exception as error:
            _log_error("looking for messages failed", error)

    async def _round(self, stack: AsyncExitStack) -> None:
        """Start sending what is due; where nothing is, wait until woken or POLL_SECONDS passed."""
        self._woken.clear()
        try:
            started = await self._start_sending() + await self._start_events(stack)
            if not started:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._woken.wait()
        except Exception as error:
            _log_error("looking for messages failed", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _start_sending(self) -> int:
        """Claim messages and start sending them; return how many were claimed.

        For accounts that are nearly full they are claimed apart: one that hangs slows no other.
        """
        sending = self._sending_by_account()
        room = {each: MAX_CONCURRENT - sending[each] for each in self._send}
        free = {each: left for each, left in room.items() if left >= ENOUGH}
        nearly_full = {each: left for each, left in room.items() if 0 < left < ENOUGH}
        started, chooses = 0, True
        for accounts in (free, nearly_full):
            if accounts:
                started += await self._start_sending_of(accounts, chooses=chooses)
                chooses = False
        return started

    async def _start_sending_of(self, room: Mapping[str, int], *, chooses: bool) -> int:
        """Claim messages of accounts with so much room; first choose ways, if it `chooses`."""
        services, limit, being_sent = self._services, min(room.values()), self._being_sent()
        loop, pace, ways = asyncio.get_running_loop(), self._reminder_pace, 0
        if chooses:
            ways = pace.allowed(loop.time(), self._database.begun - self._begun, limit)
        if not await self._read(lambda s: _is_due(s, room, ways, services.clock())):
            return 0
        found = await self._write(
            lambda s: dispatch.claim_and_render(
                s, services, room, self.name, limit, self._give_up, being_sent, ways
            )
        )
        ended = found.due - found.chosen
        if rest := pace.count(found.chosen, found.reminders, loop.time(), ended):
            loop.call_later(rest, self._woken.set)
        for message in found.messages:
            self._start(message, self._deliver(message))
        return found.rows

    async def _read(self, fn: Callable[[Session], T]) -> T:
        self._begun += 1
        return await self._database.read(fn)

    async def _write(self, fn: Callable[[Session], T]) -> T:
        self._begun += 1
        return await self._database.write(fn)

    async def _start_events(self, stack: AsyncExitStack) -> int:
        """Claim events to webhook endpoints and start sending them; return how many."""
        services, sending = self._services, self._sending_by_account()
        full = {each for each, number in sending.items() if number >= MAX_CONCURRENT}
        accounts = await self._read(lambda s: event_dispatch.due_accounts(s, services, full))
        if not accounts:
            return 0
        send = self._send_event or await self._connect_webhooks(stack)
        if send is None:
            return 0
        limit = MAX_CONCURRENT - max(sending[each] for each in accounts)
        being_sent = self._being_sent()
        claimed = await self._write(
            lambda s: event_dispatch.claim_events(
                s, services, accounts, self.name, limit, being_sent
            )
        )
        for event in claimed:
            self._start(event, self._deliver_event(send, event))
        return len(claimed)

    async def _connect_webhooks(self, stack: AsyncExitStack) -> SendEvent | None:
        """Return what sends events; None where that can't be: messages are sent all the same."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._webhooks_at:
            return None
        try:
            # Where there is no endpoint, half a second isn't spent on importing it.
            from bot.delivery.webhook_sender import WebhookSender  # noqa: PLC0415 see above

            sender = WebhookSender(self._webhook_networks)
            await stack.enter_async_context(sender.connect())
        except Exception as error:
            _log_error("an account can't be connected", error, account=event_queue.PLATFORM)
            self._webhooks_at = loop.time() + RECONNECT_SECONDS
            return None
        self._send_event = sender.send
        return self._send_event

    def _sending_by_account(self) -> Counter[str]:
        """Return the number of messages of each account that are being sent."""
        return Counter(each.account for each in self._sending.values())

    def _being_sent(self) -> list[int]:
        return [each.id for each in self._sending.values()]

    def _start(self, claimed: Claimed, delivering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(delivering)
        self._sending[task] = claimed
        task.add_done_callback(self._finished)

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
            is_reminder = message.kind == MessageKind.REMINDER
            if is_reminder and await self._together.add(Sent(message, provider_id)):
                return
            await self._settle(
                message, lambda s: settlement.mark_sent(s, services, message, provider_id)
            )
            return
        await self._settle(
            message, lambda s: dispatch.mark_failed(s, services, message, failure, self._give_up)
        )

    async def _record_sent(self, sent: Sequence[Sent]) -> None:
        services, name = self._services, self.name
        for each in await self._write(lambda s: settlement.mark_all_sent(s, services, name, sent)):
            log.warning("another worker has it", message=each.id)

    async def _deliver_event(self, send: SendEvent, event: ClaimedEvent) -> None:
        services = self._services
        try:
            await send(event, services.clock())
        except DeliveryError as error:
            failure = error
        except Exception as error:
            _log_error("sending failed", error, message=event.id)
            failure = DeliveryError(type(error).__name__)
        else:
            await self._settle(event, lambda s: event_dispatch.mark_delivered(s, event))
            return
        await self._settle(
            event, lambda s: event_dispatch.mark_undelivered(s, services, event, failure)
        )

    async def _settle(self, message: Claimed, fn: Callable[[Session], bool]) -> None:
        """Record the outcome of sending; where our own error prevents that, abandon the message.

        Otherwise it would be sent again and again.
        """
        for record in (fn, lambda s: dispatch.abandon(s, self._services, message)):
            try:
                if not await self._record(message, record):
                    log.warning("another worker has it", message=message.id)
            except DatabaseUnavailable:
                return  # stopping; another worker claims it when the lease has run out
            except Exception as error:
                _log_error("settling failed", error, message=message.id)
            else:
                return

    async def _record(self, message: Claimed, record: Callable[[Session], bool]) -> bool:
        """Record it, waiting for the database, unless stopping. Raises DatabaseUnavailable."""

        def report(error: Exception) -> None:
            _log_error("settling failed", error, message=message.id)
            if self._stopping:
                raise error

        return await retry(lambda: self._write(record), DatabaseUnavailable, RETRY_SECONDS, report)


def _is_due(session: Session, accounts: Collection[str], ways: int, now: datetime) -> bool:
    return outbox.is_due(session, accounts, now) or bool(
        ways and reminder_ways.is_due(session, now)
    )


def _log_error(event: str, error: Exception, **ids: int | str) -> None:
    log.error(event, **cause(error), places=traceback_lines(error)[-3:], **ids)
