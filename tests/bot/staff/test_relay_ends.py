"""The end of a conversation with an office: by silence, by its room, or with a text on its way."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.delivery import dispatch
from bot.platforms.webhook import WebhookResult
from bot.staff_messages import StaffInbound
from core.db.models import OutboxRow
from core.staff import relay_upkeep, rooms
from tests.bot.platforms.test_telegram import ACCOUNT
from tests.bot.staff.people import People
from tests.bot.staff.test_relay import (
    ANSWER,
    CITIZEN,
    CLOSE,
    QUESTION,
    deliver,
    first,
    heard,
    maintain,
    says,
    talking,
    texts_kept,
    threads,
)
from tests.bot.staff_chat import GROUP
from tests.conftest import mostly_on
from tests.core.staff.two_towns import OPERATOR
from tests.fakes.telegram import failure

__all__ = ["talking"]


@mostly_on("sqlite")
def test_a_room_that_is_unbound_hands_its_texts_to_another(talking: People) -> None:
    talking.write(QUESTION, CITIZEN, private=True)  # and isn't delivered
    now = talking.chat.services.clock()
    talking.chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    talking.chat.bind(chat=-200)
    maintain(talking)
    assert QUESTION in talking.chat.texts(-200)[-1]
    assert threads(talking) == [True]


def test_a_text_that_another_room_has_got_is_not_sent_to_the_first_again(talking: People) -> None:
    talking.write(QUESTION, CITIZEN, private=True)  # and isn't delivered
    chat, now = talking.chat, talking.chat.services.clock()
    chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    chat.bind(chat=-200)
    chat.do(lambda s: relay_upkeep.maintain(s, chat.services.registry, now, "webchat"))
    chat.bind()
    deliver(talking)
    assert QUESTION in chat.texts(-200)[-1]
    assert QUESTION not in "".join(chat.texts())
    relayed = select(OutboxRow.status).where(OutboxRow.kind == "relay").order_by(OutboxRow.id)
    assert chat.do(lambda s: s.scalars(relayed).all()) == ["cancelled", "sent"]


def test_a_room_that_became_another_municipalitys_gets_nothing_of_the_former(
    talking: People,
) -> None:
    says(talking, "Καλημέρα")
    talking.write(QUESTION, CITIZEN, private=True)  # and isn't delivered
    now = talking.chat.services.clock()
    talking.chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    talking.chat.bind_of_city()
    deliver(talking)
    assert QUESTION not in "".join(talking.chat.texts())
    maintain(talking)
    assert "δεν έφτασε" in heard(talking)[-1]
    assert threads(talking) == [False]
    assert QUESTION not in "".join(talking.chat.texts())


def test_where_no_room_is_left_the_citizen_is_told_and_nothing_is_lost(talking: People) -> None:
    talking.write(QUESTION, CITIZEN, private=True)
    now = talking.chat.services.clock()
    talking.chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    maintain(talking)
    assert "δεν έφτασε" in heard(talking)[-1]
    assert threads(talking) == [False]


@mostly_on("sqlite")
@pytest.mark.parametrize("how", ["kicked", "left", "unbound"])
def test_whose_last_text_before_their_own_end_is_not_brought_is_told(
    talking: People, how: str
) -> None:
    chat, now = talking.chat, talking.chat.services.clock()
    talking.write(QUESTION, CITIZEN, private=True)  # and isn't delivered
    talking.write("μενού", CITIZEN, private=True)
    if how == "kicked":
        kicked = failure(403, "Forbidden: bot was kicked from the group chat")
        chat.server.failures[GROUP].extend([kicked, kicked])
    elif how == "left":
        chat.do(lambda s: dispatch.leave_room(s, chat.services, ACCOUNT, str(GROUP)))
    else:
        chat.do(lambda s: rooms.unbind(s, OPERATOR, 1, now))
    deliver(talking)
    if how != "kicked":
        maintain(talking)
    assert QUESTION not in "".join(chat.texts())
    assert "δεν έφτασε στην υπηρεσία" in heard(talking)[-1]
    before = heard(talking)
    maintain(talking)
    assert heard(talking) == before


def test_silence_closes_a_thread_and_its_texts_are_erased_two_days_later(talking: People) -> None:
    says(talking, QUESTION)
    talking.write(ANSWER, to=first(talking))
    maintain(talking, hours=23)
    assert threads(talking) == [True]
    maintain(talking, hours=2)
    assert threads(talking) == [False]
    assert heard(talking)[-1].startswith("Η συνομιλία σας έκλεισε: town")
    assert "Κανείς δεν απάντησε" not in "".join(talking.chat.texts())
    maintain(talking, hours=47)
    assert texts_kept(talking) == [QUESTION, ANSWER]
    maintain(talking, hours=2)
    assert texts_kept(talking) == [None, None]


@mostly_on("sqlite")
def test_the_hours_of_silence_count_from_the_opening_and_the_room_is_told_of_no_answer(
    talking: People,
) -> None:
    talking.chat.deployment.clock.forward(hours=3)  # the desks close at 11
    says(talking, QUESTION)
    maintain(talking, hours=40)
    assert threads(talking) == [True]
    maintain(talking, hours=6)
    assert threads(talking) == [False]
    assert heard(talking)[-1].startswith("Η υπηρεσία δεν απάντησε")
    shown = list(talking.chat.server.chats[GROUP].values())[-1]
    assert shown["text"] == "Κανείς δεν απάντησε στον πολίτη και η συνομιλία έκλεισε."
    assert shown["answers"] == first(talking)


def test_the_end_comes_after_the_answer_that_was_tried_again(talking: People) -> None:
    says(talking, QUESTION)
    talking.chat.server.failures[CITIZEN].append(failure(502, "Bad Gateway"))
    talking.write(ANSWER, to=first(talking))
    deliver(talking)
    assert ANSWER not in "".join(heard(talking))
    again = talking.chat.deployment.clock.now + timedelta(minutes=10)  # as after some more tries
    talking.chat.do(
        lambda s: s.execute(
            update(OutboxRow)
            .where(OutboxRow.kind == "relay_answer", OutboxRow.status == "pending")
            .values(try_at=again)
        )
    )
    talking.tap(CLOSE)
    talking.chat.deployment.clock.forward(minutes=3)
    deliver(talking)
    talking.chat.deployment.clock.forward(minutes=10)
    deliver(talking)
    assert ANSWER in heard(talking)[-2]


@mostly_on("sqlite")
def test_an_answer_to_a_member_that_telegram_did_not_take_comes_later_once(talking: People) -> None:
    says(talking, QUESTION)
    talking.tap(CLOSE)
    deliver(talking)
    refusal = talking.write(ANSWER, to=first(talking))
    assert refusal and refusal.startswith("Δεν το έστειλα")
    own_id = first(talking)  # one that the fake knows
    ids = {"message_id": str(talking.updates), "own_id": str(own_id)}
    told = StaffInbound(platform="telegram", account=ACCOUNT, chat=str(GROUP), **ids)
    for _again in range(2):
        asyncio.run(talking.application.answer_later(ACCOUNT, WebhookResult([told])))
    deliver(talking)
    shown = talking.chat.server.chats[GROUP].values()
    assert [each.get("answers") for each in shown if each["text"] == refusal][1:] == [own_id]
