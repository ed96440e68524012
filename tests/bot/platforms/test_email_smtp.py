"""E-mails by the real client to a real server, and what its answers say of a message."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.i18n.translator import Translator
from bot.messages import EmailMetadata, FactRow, ParagraphBlock, Reply
from bot.platforms import PLATFORMS, load
from bot.platforms.base import CheckUp, Platform, Send
from bot.platforms.email import smtp
from bot.platforms.webhook import NotReceiving
from core.errors import DeliveryError
from tests.bot.platforms.webhook_requests import post
from tests.fakes.smtp_server import CLOSE, HANG, MailServer, mail_server

FROM, BOUNCES, TO = "rantevou@my-town.gr", "bounces@my-town.gr", "maria@example.gr"
USER = ("rantevou", "long-and-secret")
TAG = "0a1b2c3d4e" * 4
URL = "https://www.openstreetmap.org/search?query=" + "%CE%9F" * 20
LINE = f"Σας περιμένουμε: {URL}"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def account(texts: Translator, port: int, **given: object) -> Platform:
    settings = {"host": "127.0.0.1", "port": port, "tls": "none", "from": FROM, **given}
    package = load(PLATFORMS["email"])
    return package.create("email:town", package.settings.model_validate(settings), texts)


def reply(number: int = 1) -> Reply:
    return Reply(
        text=LINE,
        email=EmailMetadata(
            subject="Το ραντεβού σας",
            office="Δήμος Χίου, Κέντρο",
            contact=[FactRow(label="Τηλέφωνο", value="22710 00000", kind="phone")],
            written_at=datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
            id=f"{number:040}",
            tag=TAG,
            thread="7" * 40,
        ),
        blocks=[{"type": "paragraph", "text": LINE}],
    )


def run(platform: Platform, act: Callable[[Send], Awaitable[None]]) -> None:
    async def running() -> None:
        async with platform.connect() as send:
            await act(send)

    asyncio.run(running())


def send_all(platform: Platform, count: int = 1) -> list[DeliveryError | str | None]:
    """Send e-mails one after the other; return the id or the error of each."""
    outcomes: list[DeliveryError | str | None] = []

    async def act(send: Send) -> None:
        for number in range(count):
            try:
                outcomes.append(await send(TO, platform.render(reply(number)), None))
            except DeliveryError as error:
                outcomes.append(error)

    run(platform, act)
    return outcomes


def test_an_email_arrives(server: MailServer, texts: Translator) -> None:
    platform = account(texts, server.port, bounces=BOUNCES)
    assert send_all(platform) == [f"<{0:040}@my-town.gr>"]
    (got,) = server.received
    assert (got.sender, got.recipients) == (BOUNCES, [TO])
    headers = {name.lower(): str(value) for name, value in got.message.items()}
    assert headers["from"] == f'"Δήμος Χίου, Κέντρο" <{FROM}>'
    assert headers["to"] == TO
    assert headers["message-id"] == f"<{0:040}@my-town.gr>"
    assert headers["references"] == headers["in-reply-to"] == f"<{'7' * 40}@my-town.gr>"
    assert headers["auto-submitted"] == "auto-generated"
    assert headers["date"] == "Mon, 30 Nov 2026 07:00:00 +0000"
    assert got.content.count(URL.encode()) == 3, "an address is broken or encoded"
    tagged = f"bounces+{TAG}@my-town.gr"
    assert send_all(account(texts, server.port, bounces=BOUNCES, verp=True)) == [tagged]
    assert server.received[-1].sender == tagged
    assert all(TAG.encode() not in got.content for got in server.received)
    with pytest.raises(NotReceiving):
        platform.parse(post({}, b"{}"))


def test_a_server_that_takes_seven_bits_gets_them(server: MailServer, texts: Translator) -> None:
    server.speaks_8bit = False
    send_all(account(texts, server.port))
    (got,) = server.received
    assert got.content.isascii()
    for part in got.message.iter_parts():
        assert URL in part.get_content()


def test_a_paragraph_longer_than_a_line_may_be_arrives_whole(
    server: MailServer, texts: Translator
) -> None:
    said = "Φέρτε μαζί σας τα δικαιολογητικά. " * 40
    blocks = [ParagraphBlock(type="paragraph", text=said)]
    platform = account(texts, server.port)

    async def act(send: Send) -> None:
        await send(TO, platform.render(reply().model_copy(update={"blocks": blocks})), None)

    run(platform, act)
    (got,) = server.received
    assert max(map(len, got.content.split(b"\r\n"))) <= 998
    assert all(said.strip() in part.get_content() for part in got.message.iter_parts())


AGAIN, FOR_GOOD, DEAD, DOUBT = (
    (False, False, False), (True, False, False), (True, True, False), (False, False, True),
)  # fmt: skip
"""Of a failure: never again, nothing else to that address, may have arrived."""

ANSWERS = [
    ("MAIL", "451 4.3.0 Try later", AGAIN, "sender 451, 4.3.0"),
    ("MAIL", "553 5.7.1 Not your sender", AGAIN, "sender 553, 5.7.1"),
    ("RCPT", "450 4.2.0 Greylisted", AGAIN, "recipient 450, 4.2.0"),
    ("RCPT", "452 4.2.2 Mailbox full", AGAIN, "recipient 452, 4.2.2"),
    ("RCPT", f"550 5.1.1 <{TO}>: no such user", DEAD, "recipient 550, 5.1.1"),
    ("RCPT", "550 5.1.8 Bad sender", FOR_GOOD, "recipient 550, 5.1.8"),
    ("RCPT", "550 5.2.1 Mailbox disabled", DEAD, "recipient 550, 5.2.1"),
    ("RCPT", "554 5.7.1 Relay access denied", FOR_GOOD, "recipient 554, 5.7.1"),
    ("RCPT", "550 No such user here", DEAD, "recipient 550"),
    ("RCPT", "550 relay not permitted", FOR_GOOD, "recipient 550"),
    ("RCPT", "552 5.2.2 Mailbox full", FOR_GOOD, "recipient 552, 5.2.2"),
    ("DATA", "451 4.7.1 Try later", AGAIN, "message 451, 4.7.1"),
    ("DATA", "554 5.7.1 Spam", FOR_GOOD, "message 554, 5.7.1"),
    ("DATA", "550 5.1.1 No such user", DEAD, "message 550, 5.1.1"),
]


@pytest.mark.parametrize(("command", "answer", "outcome", "why"), ANSWERS)
def test_codes_decide_and_the_next_email_goes_out_by_the_same_connection(
    command: str,
    answer: str,
    outcome: tuple[bool, bool, bool],
    why: str,
    server: MailServer,
    texts: Translator,
) -> None:
    server.answers[command] = [answer]
    error, taken = send_all(account(texts, server.port), 2)
    assert isinstance(error, DeliveryError)
    assert (error.for_good, error.unreachable, error.may_have_arrived) == outcome
    assert error.why == why
    assert taken is not None
    assert len(server.received) == 1
    assert server.connections == 1


BROKEN = [
    ("MAIL", CLOSE, AGAIN),
    ("RCPT", CLOSE, AGAIN),
    ("MAIL", "421 4.3.2 Shutting down", AGAIN),
    ("DATA", CLOSE, DOUBT),
    ("MAIL", HANG, AGAIN),
    ("DATA", HANG, DOUBT),
]


@pytest.mark.parametrize(("command", "fault", "outcome"), BROKEN)
def test_what_breaks_off_before_the_email_has_not_arrived(
    command: str,
    fault: str,
    outcome: tuple[bool, bool, bool],
    server: MailServer,
    texts: Translator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.answers[command] = [fault]
    platform = account(texts, server.port)

    async def act(send: Send) -> None:
        with monkeypatch.context() as hurried, pytest.raises(DeliveryError) as raised:
            if fault == HANG:
                stage = "ENVELOPE_SECONDS" if command == "MAIL" else "DATA_SECONDS"
                hurried.setattr(smtp, stage, 0.2)
            await send(TO, platform.render(reply(1)), None)
        error = raised.value
        assert (error.for_good, error.unreachable, error.may_have_arrived) == outcome
        server.answers.clear()
        await send(TO, platform.render(reply(2)), None)

    run(platform, act)
    assert len(server.received) == 1


def test_a_lost_answer_and_a_broken_email_are_in_doubt_and_keep_the_id(
    server: MailServer, texts: Translator
) -> None:
    server.lost, server.closes_while_reading = 1, 0
    platform = account(texts, server.port)

    async def act(send: Send) -> None:
        for fault in ("lost", "closes_while_reading"):
            setattr(server, fault, 1)
            with pytest.raises(DeliveryError) as raised:
                await send(TO, platform.render(reply()), None)
            assert raised.value.may_have_arrived
        await send(TO, platform.render(reply()), None)

    run(platform, act)
    ids = [got.message["Message-ID"] for got in server.received]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_connection_that_ended_while_idle_is_replaced(
    server: MailServer, texts: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = account(texts, server.port)

    async def act(send: Send) -> None:
        await send(TO, platform.render(reply(1)), None)
        server.answers["MAIL"] = ["421 4.4.2 Idle too long"]
        await send(TO, platform.render(reply(2)), None)
        server.drop_connections()
        await send(TO, platform.render(reply(3)), None)
        monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
        await send(TO, platform.render(reply(4)), None)

    run(platform, act)
    assert (len(server.received), server.connections) == (4, 4)


def test_many_emails_share_few_connections(server: MailServer, texts: Translator) -> None:
    platform = account(texts, server.port)

    async def act(send: Send) -> None:
        await asyncio.gather(
            *(send(TO, platform.render(reply(number)), None) for number in range(30))
        )

    run(platform, act)
    assert len({got.message["Message-ID"] for got in server.received}) == 30
    assert server.connections == smtp.MAX_CONNECTIONS


def check(platform: Platform) -> CheckUp:
    return asyncio.run(platform.check_up(None))


def failures(platform: Platform) -> Sequence[str]:
    (error,) = send_all(platform)
    assert isinstance(error, DeliveryError)
    assert not (error.for_good or error.may_have_arrived), "nothing of it is the recipient's"
    return [error.why, *check(platform).wrong]


@pytest.mark.parametrize("at_once", [False, True], ids=["STARTTLS", "TLS"])
def test_a_self_signed_mail_server_is_trusted_by_its_certificate_only(
    at_once: bool, tls: tuple[Path, ssl.SSLContext], texts: Translator
) -> None:
    file, context = tls
    mode = "tls" if at_once else "starttls"
    given = {"tls": mode, "user": USER[0], "password": USER[1]}
    with mail_server(user=USER, tls=context, at_once=at_once) as server:
        why, wrong = failures(account(texts, server.port, **given))
        assert why == "the mail server's certificate isn't trusted"
        assert "RANTEVOU_EMAIL__TOWN__CERTIFICATE" in wrong
        assert server.received == []
        trusting = account(texts, server.port, certificate=file, **given)
        assert isinstance(send_all(trusting)[0], str)
        right, nothing, _to_do = check(trusting)
        assert not nothing
        assert f"signs in as {USER[0]}" in right[0]
        refused = account(texts, server.port, certificate=file, **{**given, "password": "wrong"})
        why, wrong = failures(refused)
        assert why.startswith("server 535")
        assert "RANTEVOU_EMAIL__TOWN__PASSWORD" in wrong


def test_what_is_wrong_with_a_mail_server_is_said_in_words(
    server: MailServer, texts: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not check(account(texts, server.port)).wrong
    for public, said in (("https://town.gr", True), (None, False)):
        well = asyncio.run(account(texts, server.port).check_up(public))
        assert ("DKIM" in str(well.to_do), well.wrong) == (said, [])
        assert "DKIM" not in str(well.right)  # it can't be seen from here
    wrong = failures(account(texts, server.port, tls="starttls"))[1]
    assert "RANTEVOU_EMAIL__TOWN__TLS" in wrong
    wrong = failures(account(texts, server.port, tls="tls"))[1]
    assert "RANTEVOU_EMAIL__TOWN__TLS" in wrong
    server.answers["MAIL"] = ["553 5.7.1 Not yours"] * 2
    wrong = failures(account(texts, server.port))[1]
    assert f"may this account send as {FROM}?" in wrong
    server.answers["MAIL"] = ["451 4.7.1 Later"] * 2
    assert "for now, so try again later" in failures(account(texts, server.port))[1]
    with mail_server() as other:
        gone = other.port
    assert "RANTEVOU_EMAIL__TOWN__HOST" in failures(account(texts, gone))[1]
    server.answers["MAIL"] = [HANG] * 2
    monkeypatch.setattr(smtp, "ENVELOPE_SECONDS", 0.1)
    assert "no answer in time" in failures(account(texts, server.port))[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "rantevou"},
        {"user": "rantevou"},
        {"certificate": "/nowhere/server.pem"},
        {"tls": "ssl"},
        {"host": ""},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, str], texts: Translator) -> None:
    with pytest.raises(ValueError, match="validation error"):
        account(texts, 25, **wrong)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("info@δήμος.gr", b"Reply-To: info@xn--jxalzmu.gr\n"),
        ("πληροφορίες@my-town.gr", b"Reply-To: =?utf-8?"),
    ],
)
def test_an_email_goes_out_whatever_address_the_office_has(
    texts: Translator, given: str, named: bytes
) -> None:
    found = reply()
    assert found.email
    answered = found.email.model_copy(update={"reply_to": given})
    mail = account(texts, 25).render(found.model_copy(update={"email": answered}))
    assert named in mail.content
