"""A group becomes a room and an account a member's, by codes; strangers and the anonymous."""

from typing import Any

import pytest
from sqlalchemy import func, select

from core.db.models import Contact, StaffCode, StaffContact, StaffInbound, StaffRoom
from core.staff import members
from tests.bot.platforms import telegram_updates as updates
from tests.bot.staff.people import HELEN, NICK, STRANGER, People
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.staff.two_towns import OPERATOR

NOT_VALID = "Ο κωδικός δεν ισχύει εδώ"


def bound(people: People) -> list[tuple[str, str, str | None]]:
    query = select(StaffRoom.chat, StaffRoom.topic, StaffRoom.service_group)
    rows = people.chat.do(lambda s: s.execute(query.where(StaffRoom.unbound_at.is_(None))).all())
    return [(chat, topic, group) for chat, topic, group in rows]


def test_a_code_makes_a_group_a_room(people: People) -> None:
    said = people.write(f"/bind {people.room_code()}")
    assert said
    assert "town" in said
    assert bound(people) == [(str(GROUP), "", None)]


def test_a_code_makes_a_topic_the_room_of_a_service_group(people: People) -> None:
    topic: dict[str, Any] = {"message_thread_id": 7, "is_topic_message": True}
    people.chat.server.topics[GROUP][7] = "open"
    said = people.write(f"/bind@rantevou_bot {people.room_code(group='building')}", **topic)
    assert said
    assert "building" in said
    assert bound(people) == [(str(GROUP), "7", "building")]
    (sent,) = people.chat.server.chats[GROUP].values()
    assert sent["topic"] == 7


def test_of_a_desks_room_the_branch_is_named(people: People) -> None:
    said = people.write(f"/bind {people.room_code(desk='office/two')}")
    assert said
    assert "town, office." in said


def test_a_code_that_is_wrong_used_or_another_municipalitys_gets_one_text(people: People) -> None:
    used = people.room_code()
    people.write(f"/bind {used}")
    chios = people.room_code("chios")
    link = people.link_code(people.chat.member().member_id or 0)
    codes = (used, "1234 5678 9012", "12", chios, link)
    said = [people.write(f"/bind {code}") for code in codes]
    assert said[0]
    assert said[0].startswith(NOT_VALID)
    assert said == [said[0]] * len(codes)
    assert people.write(f"/bind {used}", chat=-200) == said[0]
    people.chat.deployment.clock.forward(hours=2)
    assert people.write(f"/bind {people.room_code()[:11]}", chat=-200) == said[0]
    assert len(bound(people)) == 1


def test_a_member_links_their_account_privately(people: People) -> None:
    people.chat.bind()
    member = people.chat.member().member_id or 0
    code = people.link_code(member)
    assert people.write("/today", STRANGER) != people.write("/today", HELEN, private=True)
    said = people.write(f"/link {code}", private=True)
    assert said
    assert "Ελένη Δήμου" in said
    again = people.write(f"/link {code}", NICK, private=True)
    assert again
    assert again.startswith(NOT_VALID)
    linked = people.chat.do(lambda s: s.scalars(select(StaffContact.member_id)).all())
    assert linked == [member]


def test_a_code_to_link_that_a_group_could_read_is_void(people: People) -> None:
    people.chat.bind()
    code = people.link_code(people.chat.member().member_id or 0)
    told = people.write(f"/link {code}")
    assert told
    assert told == people.write("/link 1234 5678 9012")
    said = people.write(f"/link {code}", STRANGER, private=True)
    assert said
    assert said.startswith(NOT_VALID)
    used = people.chat.do(
        lambda s: s.scalar(select(StaffCode.used_at).where(StaffCode.purpose == "link"))
    )
    assert used is not None


def test_a_code_to_bind_written_privately_is_good_still(people: People) -> None:
    code = people.room_code()
    said = people.write(f"/bind {code}", private=True)
    assert said
    assert "ομάδα" in said
    people.write(f"/bind {code}")
    assert len(bound(people)) == 1


def test_a_stranger_is_answered_by_one_line_an_hour(people: People) -> None:
    people.chat.bind()
    first = people.write("/today", STRANGER)
    assert first
    assert "/link" in first
    assert people.write("/σήμερα", STRANGER) is None
    assert people.write("/help", NICK) is None
    people.chat.deployment.clock.forward(minutes=61)
    assert people.write("/today", NICK) == first


def test_a_stranger_who_knows_us_is_answered_privately(people: People) -> None:
    people.chat.bind()
    people.write("Γεια", STRANGER, private=True)
    assert people.write("/today", STRANGER)
    assert list(people.chat.server.chats[GROUP].values()) == []
    assert len(people.chat.server.chats[STRANGER]) == 1


@pytest.mark.parametrize("text", ["/today", "/help", "/bind 1234 5678 9012"])
def test_an_anonymous_admin_is_asked_to_show_themselves(people: People, text: str) -> None:
    people.chat.bind()
    said = people.write(text, **updates.ANONYMOUS)
    assert said
    assert "ανώνυμ" in said


def test_a_member_who_was_disabled_is_a_stranger(people: People) -> None:
    people.chat.bind()
    member = people.linked(HELEN)
    helped = people.write("/help")
    assert helped
    assert "/find" in helped
    now = people.chat.services.clock()
    people.chat.do(lambda s: members.disable(s, OPERATOR, member, now))
    said = people.write("/help")
    assert said
    assert "/link" in said
    assert people.write("/today", HELEN, private=True) is None  # a citizen's


def test_in_a_group_that_is_no_room_citizens_commands_are_answered_as_ever(
    people: People,
) -> None:
    people.linked(HELEN)
    for who in (HELEN, STRANGER):
        said = people.write("/help", who)
        assert said
        assert "ιδιωτική συνομιλία" in said
        assert people.write("/today", who) is None


@mostly_on("sqlite")
def test_nothing_is_stored_of_what_asks_us_for_nothing(people: People) -> None:
    stored = select(func.count()).select_from(StaffInbound)
    people.linked(HELEN)
    before = people.chat.do(lambda s: s.scalar(stored))
    for text in ("/today", "/find Παππάς", "σήμερα", "Καλημέρα σε όλους"):
        for who in (HELEN, STRANGER):
            assert people.write(text, who) is None
    ours = people.chat.server.number()
    assert people.write("Ωραία", to=ours) is None
    people.chat.bind()
    assert people.write("Καλημέρα σε όλους") is None
    assert people.write("Ωραία", STRANGER, to=ours) is None
    assert people.chat.do(lambda s: s.scalar(stored)) == before
    assert people.write("/help")
    assert people.chat.do(lambda s: s.scalar(stored)) == (before or 0) + 1


def test_privately_a_citizen_sees_no_difference(people: People) -> None:
    contacts = select(Contact.address)
    for text in ("/today", "/σήμερα", "/help", "/find Παππάς"):
        assert people.write(text, STRANGER, private=True) is None  # the replies go by the outbox
    assert people.chat.do(lambda s: s.scalars(contacts).all()) == [str(STRANGER)]
    people.chat.deliver()
    greeted = len(people.chat.server.chats[STRANGER])
    assert greeted
    people.linked(HELEN)
    assert people.write("/today", HELEN, private=True)
    assert people.chat.do(lambda s: s.scalars(contacts).all()) == [str(STRANGER)]


@pytest.mark.parametrize(
    ("text", "told"), [("/link", "Γράψτε /link"), ("/bind", "ομάδα"), ("/link κωδικός", "/link")]
)
def test_privately_who_joins_without_a_code_is_told_how(
    people: People, text: str, told: str
) -> None:
    assert told in str(people.write(text, STRANGER, private=True))
    people.linked(HELEN)
    assert told in str(people.write(text, private=True))


def test_what_comes_again_gets_the_same_answer(people: People) -> None:
    code = people.room_code()
    update = updates.in_group(f"/bind {code}", chat={**updates.GROUP, "id": GROUP})
    first = people.receive({**update, "update_id": 900})
    assert people.receive({**update, "update_id": 900}) == first
    again = people.receive({**update, "update_id": 901})
    assert again
    assert again["text"].startswith(NOT_VALID)


def test_a_group_that_moves_stays_bound_and_one_that_is_left_is_not(people: People) -> None:
    people.chat.bind()
    small = {"id": GROUP, "type": "group", "title": "α"}
    people.receive({**updates.message(migrate_to_chat_id=-1001, chat=small), "update_id": 950})
    assert bound(people) == [("-1001", "", None)]
    group = {**updates.GROUP, "id": -1001}
    people.receive({**updates.blocked("kicked", chat=group), "update_id": 951})
    assert bound(people) == []


@pytest.mark.parametrize("text", ["/today", "/help"])
def test_in_a_group_that_is_bound_no_more_a_member_is_told_how_to_bind_it(
    people: People, text: str
) -> None:
    people.chat.bind()
    people.linked(HELEN)
    group = {**updates.GROUP, "id": GROUP}
    people.receive({**updates.blocked("kicked", chat=group), "update_id": 951})
    assert bound(people) == []
    said = people.write(text)
    assert said
    assert "δεν έρχονται πια" in said
    assert "/bind" in said
    assert people.write("/today", STRANGER) is None
    people.chat.bind(topic="7")
    assert people.write(text) == said
    assert people.write("/today", message_thread_id=8, is_topic_message=True) is None
