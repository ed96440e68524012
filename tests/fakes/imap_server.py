"""A server of a mailbox for tests (pymap), which breaks off on demand."""

import asyncio
import ssl
import threading
from argparse import Namespace
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from typing import Any, TypeVar

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.concurrent import Subsystem
from pymap.context import connection_exit
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command import Command
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Seen
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

T = TypeVar("T")

USER, PASSWORD = "bounces@my-town.gr", "long-and-secret"
INBOX = "INBOX"
OTHER = "Αναφορές"


class Settings(Config):
    """The settings of a server that doesn't look up its name, which may take seconds."""

    greeting = b"Ready"


class ImapServer:
    """A server. `breaks_at` are the next commands at which it breaks off instead of answering."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.port = 0
        self.breaks_at: list[bytes] = []
        self.loop = asyncio.new_event_loop()
        self.settings = Settings(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=None,
            port=0,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            invalid_user_sleep=0,
            ssl_context=tls,
            tls_enabled=bool(tls),
        )
        self.login = Login(self.settings)
        self.open: set[asyncio.StreamWriter] = set()

    def put(self, content: bytes, folder: str = INBOX) -> int:
        """Put an unread mail into a folder; return its number."""

        async def put() -> int:
            return (await (await self._folder(folder)).append(AppendMessage(content))).uid

        return self.run(put())

    def unread(self) -> set[int]:
        """Return the numbers of the unread mails."""

        async def unread() -> set[int]:
            mails = (await self._folder(INBOX))._messages
            return {uid for uid, mail in mails.items() if Seen not in mail.permanent_flags}

        return self.run(unread())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of work in the server's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def start(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Begin to listen; with `tls`, encrypted from the beginning."""
        user = UserMetadata(self.settings, USER, password=PASSWORD)
        await self.login.demo_user_identity.set(user)
        async with self.login.demo_user_identity.new_session() as session:
            await session.mailbox_set.add_mailbox(OTHER)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _folder(self, name: str) -> MailboxData:
        async with self.login.demo_user_identity.new_session() as session:
            return await session.mailbox_set.get_mailbox(name)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        state = ConnectionState(self.login, self.settings)
        async with AsyncExitStack() as stack:
            connection_exit.set(stack)
            await stack.enter_context(closing(Connection(self, reader, writer))).run(state)
        self.open.discard(writer)


class Connection(IMAPConnection):
    """A connection to the server."""

    def __init__(
        self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        settings = server.settings
        super().__init__(settings.commands, settings, reader, writer, SocketInfo.get(writer, None))
        self._server = server

    async def read_command(self, state: ConnectionState) -> Command:
        command = await super().read_command(state)
        breaks_at = self._server.breaks_at
        if breaks_at and command.command == breaks_at[0]:
            del breaks_at[0]
            self.writer.transport.abort()
            raise EOFError
        return command


@contextmanager
def imap_server(
    *, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> Iterator[ImapServer]:
    """Run a server meanwhile; with `tls`, by STARTTLS, or `at_once`."""
    running = ImapServer(None if at_once else tls)
    thread = threading.Thread(target=running.loop.run_forever, daemon=True)
    thread.start()
    server = running.run(running.start(tls if at_once else None))

    async def stop() -> None:
        server.close()
        for writer in [*running.open]:
            writer.transport.abort()
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
        running.run(stop())
        running.loop.call_soon_threadsafe(running.loop.stop)
        thread.join()
        running.loop.close()
