"""The mailbox (IMAP) to which mail servers report what they couldn't deliver after all.

What was acted on is marked as read, which every server can do; all else stays unread, for people.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from time import monotonic
from typing import Any

import structlog
from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
)

from bot.platforms.answers import ANSWER_SECONDS, CONNECT_SECONDS
from bot.platforms.base import CheckUp, HandleReceipt
from bot.platforms.email.connection import (
    connection_failure,
    is_caused_by,
    setting_names,
    tls_context,
)
from bot.platforms.email.reports import read_report
from bot.platforms.email.settings import EmailAccount, MailboxSettings, TLSMode
from bot.platforms.webhook import Receipt
from core.errors import ConfigurationError

log = structlog.get_logger()

LOOK_SECONDS = 120.0
"""The time for one look into the mailbox."""

MOST_MAILS = 200
"""The most mails of one look, the latest; others follow in the next one."""

LEFT_SECONDS = 3600.0
"""The time after which what was left is looked at again: its message may be known by then."""

FAILURES = (IMAPClientError, OSError, UnicodeError)
"""The errors of a connection; the last of a user or password that isn't ASCII, as it must be."""

CONTENT_TYPE = "BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE)]"
"""The only header that is fetched of the mails of people."""

BEGINNING = "BODY.PEEK[]<0.131072>"
"""The part of a report that is fetched.

Its status is followed by a copy of our e-mail, or of its headers, of which the first suffice. A
longer one costs no more.
"""


class Mailbox:
    """A mailbox of an account. Each look into it has a connection and a thread of its own."""

    def __init__(self, account: str, settings: EmailAccount, mailbox: MailboxSettings) -> None:
        self._account, self._settings, self._mailbox = account, settings, mailbox
        self._name = f"{setting_names(account)}IMAP_"
        self._at = f"{mailbox.host}:{mailbox.port}"
        self._left: set[int] = set()
        """The numbers of the mails that needn't be looked at again."""
        self._left_since, self._validity = 0.0, 0

    async def read(self, handle: HandleReceipt) -> None:
        """Handle the reports that are new, and mark them as read. Raises ConfigurationError."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._look(handle)
        except FAILURES as error:
            raise ConfigurationError(f"{self._at}: {self._words(error)}") from None

    async def check_up(self) -> CheckUp:
        """Sign in and open the folder; say what is right and what is wrong."""
        mailbox = self._mailbox
        try:
            client = await asyncio.to_thread(self._open)
        except FAILURES as error:
            return CheckUp([], [f"{self._at}: {self._words(error)}"])
        except ConfigurationError as reason:
            return CheckUp([], [str(reason)])
        await asyncio.to_thread(_end, client)
        right = f"{self._at} answers ({mailbox.tls}), signs in as {mailbox.user}"
        return CheckUp([right, f"reads the reports in {mailbox.folder}"], [])

    async def _look(self, handle: HandleReceipt) -> None:
        """Look once. Raises FAILURES, ConfigurationError.

        Each report is done with before the next is fetched, so that a slow mailbox is read in
        several looks.
        """
        client: Any = None
        left = 0
        thread = ThreadPoolExecutor(1, "mailbox")
        run = partial(asyncio.get_running_loop().run_in_executor, thread)
        opened = thread.submit(self._open)
        try:
            client = await asyncio.wrap_future(opened)
            for uid in await run(self._new_reports, client):
                receipt = await run(self._receipt, client, uid)
                if receipt and await handle(receipt):
                    # After it was stored: in between, a process may end.
                    await run(client.add_flags, [uid], [SEEN], True)
                else:
                    left += 1
                self._left.add(uid)
        except BaseException:
            if client:  # the thread may wait for an answer
                with suppress(OSError):
                    client.socket().shutdown(socket.SHUT_RDWR)
            raise
        finally:
            thread.submit(_end_opened, opened)  # also what was cut off while it was opened
            thread.shutdown(wait=False)
            if left:
                log.info("reports left unread", account=self._account, reports=left)

    def _open(self) -> IMAPClient:
        """Sign in and open the folder. Raises FAILURES, ConfigurationError."""
        mailbox, name = self._mailbox, self._name
        context = None if mailbox.tls is TLSMode.NONE else tls_context(mailbox.certificate)
        with ExitStack() as opened:
            client = IMAPClient(
                mailbox.host,
                mailbox.port,
                ssl=mailbox.tls is TLSMode.TLS,
                ssl_context=context,
                timeout=SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS),
            )
            opened.callback(_end, client)
            if mailbox.tls is TLSMode.STARTTLS:
                client.starttls(context)
            client.login(mailbox.user, mailbox.password.get_secret_value())
            try:
                folder = client.select_folder(mailbox.folder)
            except IMAPClientError as error:
                if type(error) is IMAPClientAbortError:  # another is of folders only to be read
                    raise
                raise ConfigurationError(
                    f"{self._at}: can't open {mailbox.folder} for reading and marking mails: look "
                    f"at {name}FOLDER"
                ) from None
            opened.pop_all()
        self._forget(folder.get(b"UIDVALIDITY", 0))
        return client

    def _forget(self, validity: int) -> None:
        """Forget what was left, after a time, and where other mails have those numbers now."""
        if validity != self._validity or monotonic() - self._left_since > LEFT_SECONDS:
            self._left.clear()
            self._left_since, self._validity = monotonic(), validity

    def _new_reports(self, client: IMAPClient) -> Sequence[int]:
        """Return the numbers of the reports that are new. Raises FAILURES."""
        new = sorted({*client.search("UNSEEN")} - self._left)[-MOST_MAILS:]
        types = client.fetch(new, [CONTENT_TYPE])
        reports = [uid for uid in new if b"multipart/report" in _body(types.get(uid)).lower()]
        self._left |= {*new} - {*reports}
        return reports

    def _receipt(self, client: IMAPClient, uid: int) -> Receipt | None:
        """Return the receipt in a mail; None where it has none, or can't be read.

        Raises FAILURES.
        """
        content = _body(client.fetch([uid], [BEGINNING]).get(uid))
        try:
            return read_report(content, self._settings)
        except Exception as error:  # anybody may have written it
            log.info("a report can't be read", account=self._account, error=type(error).__name__)
            return None

    def _words(self, error: Exception) -> str:
        """Return why the mailbox can't be read, in words for the technician; nothing it said."""
        name = self._name
        if is_caused_by(error, IMAPClientAbortError):
            return f"ended the connection, or isn't an IMAP server; look at {name}PORT"
        if isinstance(error, LoginError | UnicodeError):
            return f"refuses to sign us in: look at {name}USER, {name}PASSWORD and {name}TLS"
        if isinstance(error, CapabilityError):
            return f"offers no TLS; look at {name}TLS"
        return connection_failure(error, name) or f"can't be read ({type(error).__name__})"


def _body(fetched: dict[bytes, Any] | None) -> bytes:
    """Return what was fetched of a mail; nothing where it is gone."""
    parts = [part for key, part in (fetched or {}).items() if key.startswith(b"BODY")]
    return parts[0] if parts and isinstance(parts[0], bytes) else b""


def _end_opened(opened: Future[IMAPClient]) -> None:
    """End the connection that was opened, if it could be."""
    if not opened.cancelled() and not opened.exception():
        _end(opened.result())


def _end(client: IMAPClient) -> None:
    """Sign out and close a connection, also where that fails."""
    with client:
        pass
