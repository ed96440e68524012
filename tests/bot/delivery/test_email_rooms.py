"""Alerts to e-mail addresses of staff: plain, one after the other, in a thread for each booking."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.bootstrap import Application
from bot.platforms.email.adapter import Email
from bot.platforms.email.settings import EmailAccount
from bot.settings import Settings
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.catalogue.registry import Registry
from core.db.models import ExceptionKind, StaffRoom
from core.staff import relay, rooms
from core.staff.chat_pace import BURST
from tests.bot.delivery.test_emails import parts
from tests.bot.staff_chat import StaffChat
from tests.core.small_municipality import MONDAY
from tests.core.staff.two_towns import OPERATOR, TOWN
from tests.fakes.smtp_server import MailServer, Received, mail_server

ADDRESSES = ("pronoia@town.gr", "kep@town.gr")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def office(staff_chat: StaffChat, server: MailServer) -> StaffChat:
    """Return the town whose staff have two addresses, besides no group."""
    deployment, account = staff_chat.deployment, "email:town"
    given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from": "rantevou@town.gr"}
    settings = EmailAccount.model_validate(given)
    deployment.connect({account: Email(account, settings, deployment.services.texts)})
    staff_chat.application = Application(
        Settings(give_up_hours=1), deployment.database, deployment.services
    )
    for address in ADDRESSES:
        bind(staff_chat, deployment.services.registry, address)
    return staff_chat


def bind(office: StaffChat, registry: Registry, address: str) -> None:
    now = office.deployment.clock()
    office.do(
        lambda s: rooms.bind_one_way(
            s, registry, OPERATOR, now, account="email:town", municipality_id=TOWN, address=address
        )
    )


def to(server: MailServer, address: str) -> list[Received]:
    return [got for got in server.received if got.recipients == [address]]


def test_each_address_gets_each_change_in_one_thread(office: StaffChat, server: MailServer) -> None:
    booking = office.book()
    office.deliver()
    office.change(booking, lambda env, each: env.move(each, "10:30"))
    office.deliver()
    assert office.rows() == [("alert", "sent")] * 4
    for address in ADDRESSES:
        booked, moved = [got.message for got in to(server, address)]
        assert booked["Subject"].startswith("Νέο ραντεβού: Δευ 7 Δεκ 10:00")
        assert "10:00" in parts(booked)["text/plain"]
        assert "10:30" in parts(moved)["text/plain"]
        assert booked["References"] == moved["References"]
        assert booked["Message-ID"] != moved["Message-ID"]
        html = parts(booked)["text/html"]
        assert "<a " not in html, "nothing acts on an appointment from an e-mail"
        assert "Απαντήσεις στο μήνυμα δεν διαβάζονται" in html


def test_those_that_pile_up_are_one_email(office: StaffChat, server: MailServer) -> None:
    for day in range(BURST + 1):
        office.book(day=MONDAY + timedelta(days=day))
    office.deliver()
    (told,) = to(server, ADDRESSES[0])
    assert told.message["Subject"] == "6 ενημερώσεις:"
    assert parts(told.message)["text/plain"].count("• Νέο ραντεβού: ") == 6


def test_no_command_is_named_where_nobody_can_write_it(
    office: StaffChat, server: MailServer
) -> None:
    asked = ExceptionRequest(ExceptionKind.CLOSURE, TOWN, MONDAY, MONDAY)
    registry, now = office.deployment.services.registry, office.deployment.clock()
    office.do(lambda s: closures.make(s, registry, OPERATOR, asked, now))
    office.deliver()
    (told,) = to(server, ADDRESSES[0])
    text = parts(told.message)["text/plain"]
    assert told.message["Subject"].startswith("Κλειστά: ")
    assert re.search(r"(?m)^\([^;·/]+\)\r?$", text)
    assert "/άνοιγμα" not in text


def test_one_address_of_several_that_is_dead_is_bound_no_more(
    office: StaffChat, server: MailServer
) -> None:
    server.dead.add(ADDRESSES[0])
    office.book()
    office.deliver()
    assert sorted(office.rows()) == [("alert", "failed"), ("alert", "sent")]
    bound = select(StaffRoom.chat).where(StaffRoom.unbound_at.is_(None))
    assert office.do(lambda s: s.scalars(bound).all()) == [ADDRESSES[1]]
    office.book("09:30")
    office.deliver()
    assert len(to(server, ADDRESSES[1])) == 2


def test_no_citizen_is_sent_on_to_an_address(office: StaffChat) -> None:
    services = office.deployment.services

    office.book()
    body = services.registry[TOWN].body
    assert office.do(lambda s: relay.find_room(s, services.registry, body)) is None
