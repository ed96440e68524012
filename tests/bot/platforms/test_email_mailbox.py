"""The mailbox of reports, on a real server: what is read, marked and left, and what goes wrong."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from bot.i18n.translator import Translator
from bot.platforms.email import mailbox as module
from bot.platforms.email.adapter import Email
from bot.platforms.email.mailbox import Mailbox
from bot.platforms.email.settings import EmailAccount
from bot.platforms.webhook import Receipt
from core.errors import ConfigurationError
from tests.bot.platforms.test_email_reports import FROM, GOT, ID, SENT, TO
from tests.fakes.delivery_reports import ABSENCE, report_on
from tests.fakes.imap_server import OTHER, PASSWORD, USER, ImapServer, imap_server
from tests.fakes.smtp_server import mail_server

OUTSIDE = report_on(GOT).replace(ID.encode(), b"<%040d@another.example>" % 1)
"""A report on a message that we haven't sent."""


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with imap_server() as server:
        yield server


def settings(imap_port: int, **given: object) -> EmailAccount:
    all_given = {
        "imap_host": "127.0.0.1",
        "imap_port": imap_port,
        "imap_tls": "none",
        "imap_user": USER,
        "imap_password": PASSWORD,
        "host": "127.0.0.1",
        "from": FROM,
        **given,
    }
    return EmailAccount.model_validate(all_given)


def mailbox(port: int, **given: object) -> Mailbox:
    account = settings(port, **given)
    assert account.mailbox
    return Mailbox("email:town", account, account.mailbox)


def look(box: Mailbox) -> list[Receipt]:
    """Look once, where our messages are known; return what was handled."""
    handled: list[Receipt] = []

    async def handle(receipt: Receipt) -> bool:
        handled.append(receipt)
        return receipt.message == ID

    asyncio.run(box.read(handle))
    return handled


def test_only_what_was_handled_is_marked_as_read(server: ImapServer) -> None:
    nested = b"Content-Type: multipart/report; boundary=a\r\n\r\n" + b"--a\r\n" * 5000
    malformed = report_on(GOT).replace(b"Status: ", b"Status \xff\xfe: ")[:700]
    left = {server.put(each) for each in (ABSENCE, SENT, OUTSIDE, nested, malformed, b"\r\n")}
    failed = server.put(report_on(GOT))
    delayed = server.put(report_on(GOT, action="delayed", status="4.4.1"))
    box = mailbox(server.port)
    receipts = [each for each in look(box) if each.message == ID]
    assert [each.status for each in receipts] == ["failed", "delayed"]
    assert {failed, delayed} & server.unread() == set()
    assert server.unread() == left
    assert look(box) == [], "what was left was looked at again"
    server.put(report_on(GOT))
    assert [each.address for each in look(box)] == [TO]
    assert server.unread() == left


def test_what_was_left_is_looked_at_again_later(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(OUTSIDE)
    box = mailbox(server.port)
    assert [len(look(box)), len(look(box))] == [1, 0]
    monkeypatch.setattr(module, "LEFT_SECONDS", -1.0)
    assert len(look(box)) == 1


def test_a_long_report_is_read_from_its_beginning(server: ImapServer) -> None:
    server.put(report_on(GOT)[:-7] + b"A" * 300_000)
    assert len(look(mailbox(server.port))) == 1
    assert server.unread() == set()


def test_each_report_is_done_with_before_the_next_is_fetched(server: ImapServer) -> None:
    """Or a mailbox that takes longer than a look would begin anew each time."""
    reports = [server.put(report_on(GOT)) for _each in range(3)]
    box = mailbox(server.port)

    async def handle(_receipt: Receipt) -> bool:
        server.breaks_at = [b"UID FETCH"]
        return True

    for done in (1, 2):
        with pytest.raises(ConfigurationError, match="ended the connection"):
            asyncio.run(box.read(handle))
        assert server.unread() == {*reports[done:]}
    asyncio.run(box.read(handle))
    assert server.unread() == set()


def test_a_connection_that_opens_too_late_is_ended(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, ended = threading.Event(), threading.Event()
    select, end = IMAPClient.select_folder, module._end

    def select_late(client: IMAPClient, folder: str) -> object:
        assert late.wait(10)
        return select(client, folder)

    def ends(client: IMAPClient) -> None:
        end(client)
        ended.set()

    monkeypatch.setattr(IMAPClient, "select_folder", select_late)
    monkeypatch.setattr(module, "_end", ends)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    with pytest.raises(ConfigurationError, match="no answer in time"):
        look(mailbox(server.port))
    late.set()
    assert ended.wait(10)


@pytest.mark.parametrize("command", [b"LOGIN", b"SELECT", b"UID FETCH", b"UID STORE"])
def test_a_connection_that_breaks_off_loses_nothing(command: bytes, server: ImapServer) -> None:
    server.put(report_on(GOT))
    server.breaks_at = [command]
    box = mailbox(server.port)
    with pytest.raises(ConfigurationError, match="ended the connection"):
        look(box)
    assert len(server.unread()) == 1
    assert len(look(box)) == 1, "it came once more, as where a process ends before it is marked"
    assert server.unread() == set()


def failures(box: Mailbox) -> str:
    """Return why a mailbox can't be read, of which the check-up says the same."""
    with pytest.raises(ConfigurationError) as raised:
        look(box)
    assert asyncio.run(box.check_up()).wrong == [str(raised.value)]
    return str(raised.value)


def test_what_is_wrong_with_a_mailbox_is_said_in_words(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "RANTEVOU_EMAIL__TOWN__IMAP_"
    for wrong in ("wrong", "λάθος"):
        assert f"{name}PASSWORD" in failures(mailbox(server.port, imap_password=wrong))
    assert f"{name}FOLDER" in failures(mailbox(server.port, imap_folder="Nowhere"))
    assert f"{name}TLS" in failures(mailbox(server.port, imap_tls="tls"))
    assert f"{name}TLS" in failures(mailbox(server.port, imap_tls="starttls"))
    with imap_server() as other:
        gone = other.port
    assert f"{name}HOST" in failures(mailbox(gone))
    well = asyncio.run(mailbox(server.port, imap_folder=OTHER).check_up())
    assert not well.wrong
    assert well.right == [
        f"127.0.0.1:{server.port} answers (none), signs in as {USER}",
        f"reads the reports in {OTHER}",
    ]


def test_the_check_up_looks_at_the_mail_server_and_the_mailbox(
    server: ImapServer, texts: Translator
) -> None:
    with mail_server() as smtp:
        given = {"port": smtp.port, "tls": "none", "verp": True}
        email = Email("email:town", settings(server.port, **given), texts)
        found = asyncio.run(email.check_up(None))
    assert not found.wrong
    name, _at, domain = FROM.partition("@")
    assert [line.partition(" ")[2] for line in found.right] == [
        "answers (none), needs no password",
        f"e-mails from {name}+{'0' * 40}@{domain}",
        f"answers (none), signs in as {USER}",
        "the reports in INBOX",
    ]
    closed = settings(server.port, **given, imap_folder="Nowhere")
    (_server, wrong) = asyncio.run(Email("email:town", closed, texts).check_up(None)).wrong
    assert "RANTEVOU_EMAIL__TOWN__IMAP_FOLDER" in wrong


@pytest.mark.parametrize("at_once", [False, True], ids=["STARTTLS", "TLS"])
def test_a_server_s_own_certificate_is_trusted_only_if_it_is_named(
    at_once: bool, tls: tuple[Path, ssl.SSLContext]
) -> None:
    file, context = tls
    mode = "tls" if at_once else "starttls"
    with imap_server(tls=context, at_once=at_once) as server:
        server.put(report_on(GOT))
        assert "__IMAP_CERTIFICATE" in failures(mailbox(server.port, imap_tls=mode))
        assert len(look(mailbox(server.port, imap_tls=mode, imap_certificate=file))) == 1


def test_a_server_that_does_not_answer_holds_up_nothing(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(
        server: ImapServer, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        server.open.add(writer)
        await asyncio.sleep(3600)

    monkeypatch.setattr(ImapServer, "_serve", hang)
    with imap_server() as silent:
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
        monkeypatch.setattr(module, "CONNECT_SECONDS", 0.1)
        with pytest.raises(ConfigurationError, match="no answer in time"):
            look(mailbox(silent.port))
