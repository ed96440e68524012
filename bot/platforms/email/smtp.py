"""The connections to a mail server, by which e-mails are sent."""

import asyncio
import ssl
from contextlib import suppress
from email import message_from_bytes, policy
from functools import cached_property
from typing import NamedTuple

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPStatus,
)

from bot.platforms.base import CheckUp
from bot.platforms.email.connection import (
    connection_failure,
    is_caused_by,
    setting_names,
    tls_context,
)
from bot.platforms.email.refusals import Stage, answer_of, refusal
from bot.platforms.email.settings import EmailAccount, TLSMode
from core.errors import DeliveryError

MAX_CONNECTIONS = 4
"""The connections at once: more of one client, many servers refuse."""

IDLE_SECONDS = 20.0
"""The time that a connection is kept for the next e-mail; servers end those that idle longer."""

ENVELOPE_SECONDS = 15.0
"""The time for all that precedes the e-mail itself: a connection, signing in, the addresses."""

DATA_SECONDS = 22.0
"""The time for the e-mail and its answer, which follows what a mail server looks for in it. With
ENVELOPE_SECONDS less than the worker's `SEND_SECONDS`, whose end would leave all in doubt."""


class Mail(NamedTuple):
    """An e-mail without its recipient, its Message-ID, and the tag by which its reports prove
    themselves."""

    content: bytes
    message_id: str
    tag: str


class SmtpClient:
    """Sends e-mails by a mail server. Each has one recipient, so one answer."""

    def __init__(self, settings: EmailAccount) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[tuple[SMTP, float]] = []

    async def send(self, address: str, mail: Mail, _replaces: str | None) -> str | None:
        """Send an e-mail to an address; return the id by which its reports name it.

        With VERP that is its sender, else its Message-ID. Raises DeliveryError.
        """
        sender = self._settings.envelope_sender(mail.tag)
        is_held = False
        try:
            async with asyncio.timeout(ENVELOPE_SECONDS):
                is_held = await self._free.acquire()
                client = await self._with_envelope(sender, address)
            # An address, which was named in ASCII, has no line's end.
            await self._send_message(client, b"To: %b\n%b" % (address.encode(), mail.content))
        except TimeoutError:
            raise DeliveryError("no answer in time") from None
        finally:
            if is_held:
                self._free.release()
        return sender if self._settings.verp else mail.message_id

    async def close(self) -> None:
        """End the connections that are kept."""
        while self._idle:
            await _quit(self._idle.pop()[0])

    async def check_up(self, account: str) -> CheckUp:
        """Sign in and name the sender, without sending; say what is right and what is wrong."""
        settings, right = self._settings, list[str]()
        host, port = settings.at
        client: SMTP | None = None
        name = setting_names(account)
        # A tag of no message: whether the account may send as such addresses is what matters.
        sender = settings.envelope_sender("0" * 40)
        try:
            async with asyncio.timeout(ENVELOPE_SECONDS):
                client = await self._open()
                signed_in = f"signs in as {settings.user}" if settings.user else "needs no password"
                right.append(f"{host}:{port} answers ({settings.tls}), {signed_in}")
                await client.mail(sender)
                right.append(f"takes e-mails from {sender}")
        except SMTPAuthenticationError as error:
            return CheckUp(right, [f"{answer_of(error)}: look at {name}USER and {name}PASSWORD"])
        except SMTPResponseException as error:
            hint = f"may this account send as {sender}?" if right else "is it one?"
            if 400 <= error.code < 500:
                hint = "for now, so try again later"
            return CheckUp(right, [f"{host}:{port} refuses, {answer_of(error)}: {hint}"])
        except (SMTPException, OSError, TimeoutError) as error:
            return CheckUp(right, [f"{host}:{port}: {_words(error, name)}"])
        finally:
            if client:
                await _quit(client)
        return CheckUp(right, [])

    async def _send_message(self, client: SMTP, content: bytes) -> None:
        try:
            async with asyncio.timeout(DATA_SECONDS):
                await client.data(_as_taken(client, content))
        except SMTPResponseException as refused:
            self._keep(client)
            raise refusal("message", refused) from None
        except BaseException as error:
            _end(client)
            if not isinstance(error, SMTPException | OSError):
                raise
            # It may have been taken, and its answer lost: the next try has the same Message-ID.
            raise DeliveryError(f"message {type(error).__name__}", may_have_arrived=True) from None
        self._keep(client)

    async def _with_envelope(self, sender: str, address: str) -> SMTP:
        """Return a connection that awaits the e-mail. Raises DeliveryError."""
        while client := self._idle_client():
            with suppress(SMTPServerDisconnected):  # it was ended while it idled
                return await self._name(client, sender, address)
        try:
            return await self._name(await self._connected(), sender, address)
        except SMTPServerDisconnected:
            raise DeliveryError("server ended the connection") from None

    def _idle_client(self) -> SMTP | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and now - since < IDLE_SECONDS:
                return client
            _end(client)
        return None

    async def _connected(self) -> SMTP:
        """Return a new connection. Raises DeliveryError: nothing of it is the recipient's fault."""
        try:
            return await self._open()
        except SMTPResponseException as refused:
            raise refusal("server", refused) from None
        except (SMTPException, OSError) as error:
            if is_caused_by(error, ssl.SSLCertVerificationError):
                raise DeliveryError("the mail server's certificate isn't trusted") from None
            raise DeliveryError(f"server {type(error).__name__}") from None

    async def _open(self) -> SMTP:
        """Connect and sign in. Raises SMTPException, OSError."""
        settings = self._settings
        host, port = settings.at
        client = SMTP(
            hostname=host,
            port=port,
            local_hostname=settings.domain,  # looking up this machine's name may take seconds
            timeout=None,  # ENVELOPE_SECONDS and DATA_SECONDS hold; one for each answer is slow
            use_tls=settings.tls is TLSMode.TLS,
            start_tls=settings.tls is TLSMode.STARTTLS,
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
            if settings.user and settings.password:
                await client.login(settings.user, settings.password.get_secret_value())
        except BaseException:
            _end(client)
            raise
        return client

    async def _name(self, client: SMTP, sender: str, address: str) -> SMTP:
        """Name sender and recipient. Raises DeliveryError, SMTPServerDisconnected."""
        stage: Stage = "sender"
        try:
            options = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
            await client.mail(sender, options=options)
            stage = "recipient"
            await client.rcpt(address)
        except SMTPResponseException as refused:
            if refused.code == SMTPStatus.domain_unavailable:  # it ends the connection
                _end(client)
                raise SMTPServerDisconnected(answer_of(refused)) from None
            with suppress(SMTPException):
                await client.rset()
            self._keep(client)
            raise refusal(stage, refused) from None
        except ValueError:
            _end(client)
            raise DeliveryError("not an address", unreachable=True) from None
        except BaseException as error:
            _end(client)
            if isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected):
                raise DeliveryError(f"{stage} {type(error).__name__}") from None
            raise
        return client

    def _keep(self, client: SMTP) -> None:
        """Keep a connection for the next e-mail, unless the mail server has ended it."""
        if client.is_connected:
            self._idle.append((client, asyncio.get_running_loop().time()))

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        return tls_context(self._settings.certificate)


def _as_taken(client: SMTP, content: bytes) -> bytes:
    """Return an e-mail as the server takes it: in eight bits, where it does, URLs stay plain."""
    if client.supports_extension("8bitmime"):
        return content
    return message_from_bytes(content).as_bytes(policy=policy.compat32.clone(cte_type="7bit"))


async def _quit(client: SMTP) -> None:
    transport = client.transport
    with suppress(SMTPException, OSError):
        await client.quit(timeout=1)
    _end(client, transport)


def _end(client: SMTP, transport: asyncio.BaseTransport | None = None) -> None:
    """End a connection at once: closing TLS would wait for the mail server."""
    transport = transport or client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _words(error: BaseException, name: str) -> str:
    """Return why the mail server can't be used, in words for the technician."""
    return connection_failure(error, name) or (
        f"offers less than is wanted ({type(error).__name__}); look at {name}TLS"
    )
