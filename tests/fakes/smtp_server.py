"""A mail server for tests (aiosmtpd), which refuses, hangs and breaks off on demand."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG, CLOSE = "hang", "close"
"""Instead of an answer: none ever comes, the connection breaks off."""

TAKEN = "250 2.0.0 Queued"


@dataclass(frozen=True)
class Received:
    """An e-mail as it arrived."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class MailServer:
    """A mail server. `answers` are the next to each command; `lost`, those to what it takes."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """The addresses that aren't there."""
    lost: int = 0
    closes_while_reading: int = 0
    connections: int = 0
    user: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    speaks_8bit: bool = True
    _open: set[Any] = field(default_factory=set)

    def next(self, command: str, usual: str = "250 OK") -> str:
        return self.answers[command].pop(0) if self.answers.get(command) else usual

    def drop_connections(self) -> None:
        """End all connections, as a mail server does with those that idle."""
        for each in [*self._open]:
            each.loop.call_soon_threadsafe(each.transport.abort)

    async def answer(self, smtp: "Connection", command: str, usual: str = "250 OK") -> str:
        said = self.next(command, usual)
        if said == HANG:
            await asyncio.sleep(3600)
        if said == CLOSE:
            smtp.transport.abort()  # type: ignore[union-attr]
            await asyncio.sleep(3600)
        return said

    # The hooks of aiosmtpd

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        return [each for each in answers if self.speaks_8bit or "8BITMIME" not in each]

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = await self.answer(server, "MAIL")
        if said.startswith("250"):
            envelope.mail_from = address
        return said

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        usual = "550 5.1.1 No such user" if address in self.dead else "250 OK"
        said = await self.answer(server, "RCPT", usual)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await self.answer(server, "DATA", TAKEN)
        if said == TAKEN:
            content = envelope.content
            assert isinstance(content, bytes)
            assert envelope.mail_from
            self.received.append(Received(envelope.mail_from, [*envelope.rcpt_tos], content))
            if self.lost:
                self.lost -= 1
                server.transport.abort()
        return said


class Connection(SMTP):
    """A connection to the mail server."""

    def __init__(self, mail_server: MailServer, **options: Any) -> None:
        super().__init__(mail_server, **options)
        self._mail_server = mail_server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._mail_server.connections += 1
        self._mail_server._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._mail_server._open.discard(self)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self._mail_server.closes_while_reading:
            self._mail_server.closes_while_reading -= 1
            await self.push("354 Go on")
            self.transport.abort()  # type: ignore[union-attr]
            return
        await super().smtp_DATA(arg)


@contextmanager
def mail_server(
    *, user: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> Iterator[MailServer]:
    """Run a mail server meanwhile; with `tls`, by STARTTLS, or `at_once`."""
    running = MailServer(user=user, tls=tls)

    def authenticate(
        _server: Any, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login, given.password) == tuple(
            each.encode() for each in user or ()
        )
        return AuthResult(success=known, handled=False)

    def connection() -> Connection:
        return Connection(
            running,
            hostname="mail.example",
            tls_context=None if at_once else tls,
            require_starttls=bool(tls) and not at_once,
            auth_require_tls=False,
            authenticator=authenticate,
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(connection, "127.0.0.1", 0, ssl=tls if at_once else None)
    )
    running.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def stop() -> None:
        server.close()
        for each in [*running._open]:
            each.transport.abort()
        # What was just accepted gets its transport first, which the cancelled task then closes.
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
