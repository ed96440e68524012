"""E-mails that a mail server took, and reported later as not delivered."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.delivery.status_reports import apply_status
from bot.ops import late_receipts
from bot.ops.late_receipts import read_receipts, read_receipts_forever
from bot.platforms.base import HandleReceipt
from bot.platforms.email.adapter import Email
from bot.platforms.email.settings import EmailAccount
from bot.platforms.webhook import Receipt
from core.db.models import Booking, OutboxRow, StaffRoom, Suppression
from core.errors import ConfigurationError, DatabaseUnavailable
from core.messaging import outbox_admin
from core.messaging.addresses import address_hash
from tests.bot.delivery.test_office_changes import cancel, change, move
from tests.bot.push_deployment import BOOK, DETAILS, Mailbox, PushDeployment, TextMessages
from tests.conftest import mostly_on
from tests.fakes.delivery_reports import ABSENCE, NOTHING, report_on
from tests.fakes.imap_server import PASSWORD, USER, ImapServer, imap_server
from tests.fakes.smtp_server import MailServer, Received, mail_server

T = TypeVar("T")

TO = DETAILS[1]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def mails() -> Iterator[ImapServer]:
    with imap_server() as server:
        yield server


class Town:
    """A town that sends e-mails and text messages, and a citizen who has booked."""

    def __init__(self, push: PushDeployment, server: MailServer, mails: ImapServer) -> None:
        self.push, self.server, self.mails = push, server, mails
        self.texting = TextMessages()
        push.platforms["sms"] = self.texting
        push.deployment.services.registry.accounts |= {"sms"}
        self.set_up()
        push.deployment.talk(*BOOK, *DETAILS)
        push.deliver(push.settled)

    def set_up(self, **given: object) -> None:
        """Set up the account of e-mails, as a process does when it starts."""
        settings = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "tls": "none",
            "from": "rantevou@town.gr",
            "imap_host": "127.0.0.1",
            "imap_port": self.mails.port,
            "imap_tls": "none",
            "imap_user": USER,
            "imap_password": PASSWORD,
            **given,
        }
        texts = self.push.deployment.services.texts
        self.email = Email("email", EmailAccount.model_validate(settings), texts)
        self.push.platforms["email"] = self.email

    @property
    def sent(self) -> Received:
        return self.server.received[-1]

    def look(self, *reports: bytes) -> list[str]:
        """Have reports come in, and look at them; return what is logged."""
        for each in reports:
            self.mails.put(each)
        deployment = self.push.deployment
        with capture_logs() as logs:
            asyncio.run(read_receipts(deployment.database, deployment.services, self.email))
        self.push.deliver(self.push.settled)
        assert TO not in str(logs)
        return [each["event"] for each in logs]

    def statuses(self, kind: str = "confirmed") -> list[tuple[Any, ...]]:
        return [row[1::2] for row in self.push.rows(kind)]

    def suppressed(self) -> bool:
        hashed = address_hash(self.push.deployment.services.registry, "email", TO)
        return bool(self.write(lambda s: s.get(Suppression, ("email", hashed))))

    def write(self, fn: Callable[[Session], T]) -> T:
        return self.push.deployment.database.write_sync(fn)


@pytest.fixture
def town(push: PushDeployment, server: MailServer, mails: ImapServer) -> Town:
    return Town(push, server, mails)


FAILED = ("failed", "report 550, 5.1.1")
NEXT = ("sent", None)


def test_what_could_not_be_delivered_takes_the_next_way(town: Town) -> None:
    assert town.statuses() == [NEXT]
    assert town.look(report_on(town.sent), ABSENCE) == ["message given up"]
    assert town.statuses() == [FAILED, NEXT]
    ((number, words),) = town.texting.sent
    assert number == "+306912345678"
    assert words.startswith("Το ραντεβού σας κλείστηκε: ")
    assert not town.suppressed()
    assert len(town.mails.unread()) == 1, "what isn't a report is for people"
    # The same once more, as where the process ended before the report was marked.
    assert town.look(report_on(town.sent)) == []
    assert town.statuses() == [FAILED, NEXT]
    assert (len(town.texting.sent), len(town.mails.unread())) == (1, 1)
    # Tried again at the technician's wish, it doesn't count as another one.
    now = town.push.deployment.clock()
    assert town.write(lambda s: outbox_admin.retry(s, "webchat", now, None)) == 1
    town.push.deliver(town.push.settled)
    assert town.look(report_on(town.sent)) == ["message given up"]
    assert (town.statuses(), town.suppressed()) == ([FAILED, NEXT], False)
    # It may be made up: only after those on two messages, what comes next goes there at once.
    change(town.push.deployment, move)
    town.push.deliver(town.push.settled)
    assert town.look(report_on(town.sent)) == ["message given up", "address suppressed"]
    assert town.statuses("moved_by_office")[0] == FAILED
    change(town.push.deployment, cancel)
    town.push.deliver(town.push.settled)
    assert town.statuses("cancelled_by_office")[0] == ("failed", "suppressed")
    assert len(town.server.received) == 3


KEPT: list[tuple[dict[str, str], tuple[str, str | None]]] = [
    ({"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 Full"}, ("failed", "report 552, 5.2.2")),
    ({"status": "4.4.1", "diagnostic": ""}, ("failed", "report 450, 4.4.1")),
    # To another address, to which it was forwarded.
    ({"Final-Recipient": "rfc822; anna@else.example"}, FAILED),
    ({"action": "delayed", "status": "4.4.1"}, NEXT),
]


def test_an_address_that_may_be_alive_is_kept(town: Town) -> None:
    confirmed = update(OutboxRow).where(
        OutboxRow.kind == "confirmed", OutboxRow.platform == "email"
    )
    for given, outcome in KEPT:
        town.write(lambda s: s.execute(confirmed.values(status="sent", last_error=None)))
        town.look(report_on(town.sent, **given))
        assert town.statuses()[0] == outcome

    def correct(session: Session) -> None:
        (booking,) = session.scalars(select(Booking))
        booking.details = {**booking.details, "email": "maria@else.example"}

    town.write(lambda s: s.execute(confirmed.values(status="sent")))
    town.write(correct)
    town.look(report_on(town.sent))
    assert town.statuses()[0] == FAILED
    assert (len(town.texting.sent), town.suppressed(), town.mails.unread()) == (1, False, set())


def test_what_is_made_up_changes_nothing(town: Town) -> None:
    message_id = town.sent.message["Message-ID"]
    other = Received(town.sent.sender, [TO], f"Message-ID: <{'0' * 40}@town.gr>\r\n\r\n".encode())
    answer = report_on(town.sent, returned=NOTHING)
    events = town.look(
        report_on(other),
        report_on(town.sent).replace(b"@town.gr>", b"@other.gr>"),
        f"In-Reply-To: {message_id}\r\nReferences: {message_id}\r\n".encode() + answer,
        f"From: x@y.example\r\nTo: rantevou@town.gr\r\n\r\n{message_id} 5.1.1 failed".encode(),
    )
    assert events == ["reports left unread"]
    assert len(town.mails.unread()) == 4
    assert (town.statuses(), town.suppressed()) == ([NEXT], False)


def test_the_sender_names_the_message_where_nothing_quotes_it(town: Town) -> None:
    town.set_up(verp="yes", bounces="bounces@town.gr")
    change(town.push.deployment, cancel)
    town.push.deliver(town.push.settled)
    known = town.sent.message["Message-ID"][1:41]
    tag = town.sent.sender.removeprefix("bounces+").removesuffix("@town.gr")
    assert len({len(tag), len(known)}) == 1
    # Whoever was sent an answer to one knows its Message-ID, and no more.
    for to in (f"bounces+{known}@town.gr", f"bounces+{tag[::-1]}@town.gr", "bounces@town.gr"):
        town.look(*(report_on(Received(to, [TO], got.content)) for got in town.server.received))
    assert town.statuses() == [NEXT]
    assert town.statuses("cancelled_by_office")[0] == NEXT
    assert not town.suppressed()
    assert len(town.mails.unread()) == 6
    town.look(report_on(town.sent, returned=NOTHING))
    assert town.statuses("cancelled_by_office")[0] == FAILED
    assert town.suppressed()
    assert len(town.mails.unread()) == 6


def test_nothing_more_is_said_of_an_appointment_that_is_over(town: Town) -> None:
    town.push.deployment.clock.forward(days=5)
    town.push.deliver(town.push.settled)
    reminded = len(town.texting.sent)
    town.look(report_on(town.sent))
    assert town.statuses() == [FAILED]
    assert len(town.texting.sent) == reminded
    assert town.mails.unread() == set()


def test_an_address_of_staff_that_is_dead_is_unbound(town: Town) -> None:
    deployment, address = town.push.deployment, "pronoia@town.gr"
    room = StaffRoom(
        municipality_id="kalamata",
        account="email",
        chat=address,
        topic="",
        bound_at=deployment.clock(),
    )
    town.write(lambda s: s.add(room))
    for change_of, events in ((move, []), (cancel, ["room left"])):
        change(deployment, change_of)
        town.push.deliver(town.push.settled)
        alert = next(got for got in [*town.server.received][::-1] if got.recipients == [address])
        assert town.look(report_on(alert)) == ["message given up", *events]
    rooms = select(StaffRoom.unbound_at)
    assert town.write(lambda s: s.scalar(rooms)) is not None


class Receipts(Mailbox):
    """An account that has receipts of its own, or fails."""

    reads_receipts = True

    def __init__(self, *receipts: Receipt, fails: bool = False) -> None:
        super().__init__()
        self.receipts, self.failing, self.handled = receipts, fails, list[bool]()
        self.looked = asyncio.Event()

    async def read_receipts(self, handle: HandleReceipt) -> None:
        self.looked.set()
        if self.failing:
            raise ConfigurationError("refused")
        self.handled = [await handle(each) for each in self.receipts]


@mostly_on("sqlite")
def test_one_that_fails_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = town.push.deployment
    message_id = town.sent.message["Message-ID"]
    receipts = [Receipt(TO, each, "failed", "x") for each in ("poison", message_id)]

    def poisoned(session: Any, services: Any, account: str, receipt: Receipt) -> bool:
        if receipt.message == "poison":
            raise LookupError
        return apply_status(session, services, account, receipt)

    monkeypatch.setattr(late_receipts, "apply_status", poisoned)
    account = Receipts(*receipts)
    asyncio.run(read_receipts(deployment.database, deployment.services, account))
    assert account.handled == [False, True]

    def away(*_given: Any) -> bool:
        raise DatabaseUnavailable

    monkeypatch.setattr(late_receipts, "apply_status", away)
    with suppress(DatabaseUnavailable):
        asyncio.run(read_receipts(deployment.database, deployment.services, account))
        pytest.fail("it would be marked as read")


@mostly_on("sqlite")
def test_each_account_is_looked_at_whatever_becomes_of_others(push: PushDeployment) -> None:
    accounts = Receipts(fails=True), Receipts()
    push.platforms |= {"email": accounts[0], "email:other": accounts[1]}
    deployment = push.deployment

    async def look() -> None:
        looking = asyncio.create_task(
            read_receipts_forever(deployment.database, deployment.services)
        )
        for each in accounts:
            await each.looked.wait()
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    with capture_logs() as logs:
        asyncio.run(look())
    assert [(each["event"], each["reason"]) for each in logs] == [
        ("looking for receipts failed", "refused")
    ]
