"""A member of staff books for somebody at the counter or on the telephone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select

from bot.i18n.translator import Translator
from bot.messages import Inbound
from bot.ops.cleanup import clean_up
from core.actor import Role
from core.db.models import Citizen, Contact, History, StaffArea
from core.staff import members, record
from core.staff.rights import Action
from tests.conftest import Deployment, mostly_on
from tests.core.small_municipality import desk, service, words
from tests.core.staff.linked_member import link_member
from tests.core.staff.two_towns import OPERATOR
from tests.dialogs.custom_municipality import custom_municipality, stored_bookings
from tests.stories import story_platforms

CALLER_NAME, CALLER_PHONE = "Γιώργος Παππάς", "+306987654321"
TO_THE_REVIEW = ("9/12", "10:00", CALLER_NAME, CALLER_PHONE)


def load(deployment: Deployment, at: str = "town", **more: Any) -> None:
    """Load a municipality of two service groups, permits and taxes, with desks of their own."""
    groups = [
        {"id": name, "name": words(name), "services": [service(of, notice_hours=48)]}
        for name, of in (("building", "permit"), ("money", "tax"))
    ]
    desks = (desk("one", services=["permit"]), desk("two"), desk("three", services=["tax"]))
    town = {"id": at, "name": words(at), "groups": groups, "rules": {"open_bookings": 1}} | more
    deployment.load(custom_municipality(desks=desks, **town))


def link(deployment: Deployment, role: Role = Role.EMPLOYEE, **areas: Any) -> int:
    """Make the citizen a member of staff; an employee serves permits, unless areas are named."""
    if role is Role.EMPLOYEE and not areas:
        areas = {"groups": ["building"]}
    registry, now = deployment.services.registry, deployment.clock()
    return deployment.database.write_sync(
        lambda session: link_member(
            session,
            registry,
            now,
            account=deployment.account,
            address="citizen",
            role=role,
            at=None if role is Role.OPERATOR else "town",
            **areas,
        )
    )


def follow(deployment: Deployment, link: str | None = "caller", **more: str) -> str:
    """Follow a link, or give a command; return the answer."""
    return receive(deployment, link=link, command=more.get("command"))


def receive(deployment: Deployment, **sent: Any) -> str:
    """Send what isn't a plain text; return the answer."""
    deployment.sent += 1
    inbound = Inbound(
        platform=deployment.platform,
        account=deployment.account,
        address="citizen",
        message_id=f"link {deployment.sent}",
        **sent,
    )
    return said(deployment.receive(inbound))


def said(replies: Any) -> str:
    return "\n".join(reply.text for reply in replies)


def choices(deployment: Deployment) -> list[str]:
    return [each.label for each in deployment.last[-1].choices if each.number is not None]


def on_hold(deployment: Deployment) -> list[str]:
    return [each.state for each in stored_bookings(deployment) if each.state == "held"]


@pytest.fixture
def town(deployment: Deployment) -> Deployment:
    load(deployment)
    return deployment


@mostly_on("sqlite")
def test_the_member_stands_in_history_and_record_and_the_caller_has_no_contact(
    town: Deployment,
) -> None:
    member = link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)
    answer = said(town.say("επιβεβαίωση"))
    (booking,) = stored_bookings(town)
    assert str(booking.code) in answer.replace(" ", "")
    assert "άλλον" not in answer  # the mode has ended
    assert booking.details == {"name": CALLER_NAME, "phone": CALLER_PHONE}

    def stored(session: Any) -> None:
        contacts = select(Contact).where(Contact.citizen_id == booking.citizen_id)
        assert session.scalars(contacts).all() == []
        history = session.scalars(select(History).order_by(History.id)).all()
        assert [(row.action, row.member_id, row.citizen_id) for row in history] == [
            ("held", member, None),
            ("confirmed", member, None),
        ]
        entries = record.entries(session, OPERATOR, municipality_id="town")
        booked = [each for each in entries if each.action == Action.BOOK]
        assert [(each.member_id, each.code) for each in booked] == [(member, booking.code)]

    town.database.write_sync(stored)


def test_the_members_own_details_are_neither_offered_nor_changed(town: Deployment) -> None:
    town.talk("town", "building", "9/12", "09:00", "Ελένη Δήμου", "6911111111", "επιβεβαίωση")
    link(town)
    town.talk("νέο ραντεβού", "town", "building", "ναι")

    def details(session: Any) -> list[dict[str, str]]:
        return [each.details for each in session.scalars(select(Citizen).order_by(Citizen.id))]

    before = town.database.write_sync(details)
    assert before == [{"name": "Ελένη Δήμου", "phone": "+306911111111"}]
    follow(town)
    town.talk("ναι", "9/12", "10:00")
    assert choices(town) == []
    town.say(CALLER_NAME)
    assert choices(town) == []
    town.talk(CALLER_PHONE, "επιβεβαίωση")
    assert len(stored_bookings(town)) == 2
    assert town.database.write_sync(details) == [*before, {}]
    town.talk("τα ραντεβού μου")
    assert CALLER_NAME not in said(town.last)
    assert "Ελένη Δήμου" in said(town.last)


def test_what_a_member_left_of_their_own_is_not_offered_for_a_caller(town: Deployment) -> None:
    link(town)
    town.talk("town", "building", "9/12", "09:00", "Ελένη Δήμου", "τέλος", "ναι")
    follow(town)
    town.talk("9/12", "10:00")
    assert "Ελένη" not in str(town.last)


@pytest.mark.parametrize(
    "leaving", [("τέλος", "ναι"), ("από την αρχή",), ("τα ραντεβού μου", "ναι")]
)
def test_what_a_caller_said_is_erased_when_it_ends(
    town: Deployment, leaving: tuple[str, ...]
) -> None:
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)
    assert CALLER_NAME in town.everything()
    town.talk(*leaving)
    assert on_hold(town) == []
    for personal in (CALLER_NAME, CALLER_PHONE, "Παππάς"):
        assert personal not in town.everything()
    town.talk("τέλος", "ναι", "νέο ραντεβού", "town", "building", "9/12", "10:00")
    assert choices(town) == []  # nor is it offered to the member


def test_of_a_booking_only_the_confirmation_keeps_what_a_caller_said(town: Deployment) -> None:
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW, "επιβεβαίωση")
    replies = town.rows("SELECT count(*) FROM inbounds WHERE replies IS NOT NULL")
    assert replies == [(1,)]


def test_the_buttons_of_the_question_after_it_work(town: Deployment) -> None:
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW, "επιβεβαίωση")
    town.tap("Τα ραντεβού μου")
    assert town.last[-1].step != "task"


def test_what_a_caller_said_is_erased_a_day_after_the_member_wrote_no_more(
    town: Deployment,
) -> None:
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW, "αλλαγή ονοματεπώνυμο")
    hours, days = timedelta(hours=1), timedelta(days=30)
    for passed in (23, 2):
        assert CALLER_NAME in town.everything()
        town.clock.forward(hours=passed)
        town.database.write_sync(lambda s: clean_up(s, town.clock(), hours, days))
    assert CALLER_NAME not in town.everything()
    assert CALLER_PHONE not in town.everything()


def test_the_last_question_in_a_chat_shows_its_answer_all_the_same(
    town: Deployment, texts: Translator
) -> None:
    bot = story_platforms.telegram(texts).bot
    town.connect({bot.account: bot})
    town.platform, town.account = "telegram", bot.account
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)
    closed, confirmed, _menu = town.tap("Επιβεβαίωση")
    assert closed.closing
    assert "Επιβεβαίωση" in closed.text
    assert "τον κωδικό" in confirmed.text
    (replaces,) = town.rows("SELECT count(*) FROM outgoing WHERE replaces_id IS NOT NULL")[-1]
    assert replaces


def test_somebody_else_follows_the_link_as_one_that_nobody_knows(town: Deployment) -> None:
    town.say("Γεια")
    assert follow(town) == follow(town, "nothing")
    assert follow(town, link=None, command="caller") == follow(town, link=None, command="nothing")
    link(town)
    assert "για άλλον" in follow(town, link=None, command="caller")


@mostly_on("sqlite")
def test_a_member_who_is_disabled_meanwhile_is_told_and_holds_nothing(town: Deployment) -> None:
    member = link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)
    now = town.clock()
    town.database.write_sync(lambda s: members.disable(s, OPERATOR, member, now))
    answer = said(town.say("επιβεβαίωση"))
    assert "δεν κλείστηκε τίποτα" in answer.lower()
    assert on_hold(town) == []
    assert CALLER_NAME not in town.everything()


def test_a_member_whose_rights_change_meanwhile_is_asked_again(town: Deployment) -> None:
    member = link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)

    def move(session: Any) -> None:
        session.execute(delete(StaffArea).where(StaffArea.member_id == member))
        session.add(StaffArea(member_id=member, service_group="money"))

    town.database.write_sync(move)
    answer = said(town.say("επιβεβαίωση"))
    assert "tax" in answer
    assert [each.state for each in stored_bookings(town)] != ["confirmed"]
    town.talk(*TO_THE_REVIEW, "επιβεβαίωση")
    assert [each.service for each in stored_bookings(town) if each.state == "confirmed"] == ["tax"]


def test_neither_notice_nor_the_limits_of_citizens_bind(town: Deployment) -> None:
    link(town)
    for clock in ("10:00", "10:30"):  # one attendee may have one, two days ahead
        follow(town)
        town.talk("σήμερα", clock, CALLER_NAME, CALLER_PHONE, "επιβεβαίωση")
    assert [each.state for each in stored_bookings(town)] == ["confirmed"] * 2


def test_openings_and_overlap_bind(town: Deployment) -> None:
    link(town)
    for _desk in ("one", "two"):
        follow(town)
        town.talk(*TO_THE_REVIEW, "επιβεβαίωση")
    follow(town)
    town.talk("9/12", "10:00")
    assert town.last[-1].step == "time"
    town.talk("23:00")
    assert town.last[-1].step == "time"
    assert len(stored_bookings(town)) == 2


OFFERED = {
    "employee of a group": (Role.EMPLOYEE, {"groups": ["building"]}, {"permit": "one two"}),
    "employee of a desk": (
        Role.EMPLOYEE,
        {"desks": ["office/two"]},
        {"permit": "two", "tax": "two"},
    ),
    "employee of both": (
        Role.EMPLOYEE,
        {"groups": ["money"], "desks": ["office/one"]},
        {"permit": "one", "tax": "two three"},
    ),
    "manager": (Role.MANAGER, {}, {"permit": "one two", "tax": "two three"}),
}
"""What each role is offered for a caller: the services, and the desks that take the bookings."""


GROUPS = {"permit": "building", "tax": "money"}


@pytest.mark.parametrize("who", OFFERED)
def test_only_what_a_member_serves_is_offered(town: Deployment, who: str) -> None:
    load(town, "city")
    role, areas, offered = OFFERED[who]
    link(town, role, **areas)

    def ask_for(name: str, day: str) -> None:
        answer = follow(town)
        assert "city" not in answer
        if len(offered) > 1:
            assert choices(town) == [GROUPS[each] for each in offered]
            town.say(GROUPS[name])
        town.talk(day, "10:00")

    ids = town.services.registry["town"].desk_ids
    for day, (name, desks) in zip(("8/12", "9/12"), offered.items(), strict=False):
        taken = set()
        for _each in desks.split():
            ask_for(name, day)
            town.talk(CALLER_NAME, CALLER_PHONE, "επιβεβαίωση")
            taken.add(stored_bookings(town)[-1].desk_id)
        assert taken == {ids["office", each] for each in desks.split()}
        ask_for(name, day)
        assert town.last[-1].step == "time"  # each desk of theirs is taken
        town.talk("τέλος", "ναι")


def test_an_operator_is_offered_every_municipality(town: Deployment) -> None:
    load(town, "city")
    link(town, Role.OPERATOR)
    follow(town)
    assert {"town", "city"} <= set(choices(town))


@pytest.mark.parametrize("begun", [False, True])
def test_nothing_of_theirs_can_be_booked_any_more(town: Deployment, begun: bool) -> None:
    link(town)
    if begun:
        follow(town)
        town.talk(*TO_THE_REVIEW)
    load(
        town,
        groups=[
            {"id": "money", "name": words("money"), "services": [service("permit"), service("tax")]}
        ],
    )
    answer = said(town.say("επιβεβαίωση")) if begun else follow(town)
    assert "δεν κλείνεται" in answer
    assert town.last[-1].step == "task"
    assert on_hold(town) == []


@contextmanager
def statements(deployment: Deployment) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    engine = deployment.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_citizens_turn_asks_nothing_about_members(town: Deployment) -> None:
    link(town)
    with statements(town) as found:
        town.talk("Γεια", "town", "building", "9/12", "10:00", "πίσω", "caller ραντεβού")
    assert found
    assert not [each for each in found if "staff_contacts" in each or "staff_members" in each]
    with statements(town) as found:
        follow(town)
    assert [each for each in found if "staff_contacts" in each]


@pytest.mark.parametrize(
    "sent", [{"text": "+306911111111", "proves_phone": True}, {"unread": "contact"}]
)
def test_no_contact_is_asked_for_or_taken_as_the_callers_number(
    town: Deployment, sent: dict[str, Any]
) -> None:
    link(town)
    follow(town)
    town.talk("9/12", "10:00", CALLER_NAME)
    assert (town.last[-1].step, town.last[-1].input) == ("details.phone", "text")
    answer = receive(town, **sent)
    assert "Γράψτε τον αριθμό" in answer
    assert town.last[-1].step == "details.phone"
    town.talk(CALLER_PHONE, "επιβεβαίωση")
    assert stored_bookings(town)[-1].details["phone"] == CALLER_PHONE


@pytest.mark.parametrize("ending", [("επιβεβαίωση",), ("τέλος", "ναι")])
def test_the_menu_after_it_leads_to_the_next_caller(
    town: Deployment, ending: tuple[str, ...]
) -> None:
    link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW, *ending)
    assert town.last[-1].step == "task"
    assert "για άλλον" in said(town.tap("Ραντεβού για άλλον"))
    town.talk("9/12", "10:30", CALLER_NAME)
    assert town.last[-1].step == "details.phone"


def test_the_menu_of_who_is_no_member_any_more_leads_to_no_caller(town: Deployment) -> None:
    member = link(town)
    follow(town)
    town.talk(*TO_THE_REVIEW)
    now = town.clock()
    town.database.write_sync(lambda s: members.disable(s, OPERATOR, member, now))
    town.talk("επιβεβαίωση")
    assert town.last[-1].step == "task"
    assert "για άλλον" not in str(town.last[-1].choices)
