"""One message in, its replies out: messages that come again, fields that change, statements."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, func, select

from bot.context import UnknownConversation
from bot.messages import Inbound, Reply
from core.db.database import Database
from core.db.models import Base, Booking, Citizen, Conversation, InboundRow, OutboxRow
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from tests.conftest import Deployment, on_both

pytestmark = on_both

CAP = {"sqlite": 20, "postgresql": 25}
"""The most statements a turn may cost, savepoints and all but BEGIN and COMMIT.

PostgreSQL's locks and NOTIFY are statements too.
"""


def inbound(message_id: str = "1", text: str | None = "Γεια", **changes: Any) -> Inbound:
    """A message of the web chat."""
    fields = {
        "platform": "webchat",
        "account": "webchat",
        "address": "1",
        "message_id": message_id,
        "text": text,
    }
    return Inbound.model_validate(fields | changes)


def stored(database: Database) -> dict[str, Any]:
    """Every row of every table."""

    def read(session: Any) -> dict[str, Any]:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }

    return database.write_sync(read)


def test_a_repeated_message_has_the_same_replies_and_changes_nothing(
    deployment: Deployment,
) -> None:
    deployment.receive(inbound("1"))
    once = deployment.receive(inbound("2", "Καλαμάτα"))
    before = stored(deployment.database)
    deployment.clock.forward(hours=1)
    for again in (
        inbound("2", "Καλαμάτα"),
        inbound("2", "Χίος"),
        inbound("2", None, choice="1.1"),
        inbound("2", "hello", language="en", timezone="Australia/Melbourne"),
    ):
        assert deployment.receive(again) == once
    assert stored(deployment.database) == before


def test_replies_come_again_whole(deployment: Deployment) -> None:
    for number, text in enumerate(("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12")):
        once = deployment.receive(inbound(str(number), text))
        again = deployment.receive(inbound(str(number), text))
        assert [reply.model_dump() for reply in again] == [reply.model_dump() for reply in once]


def test_two_accounts_with_the_same_message_id_do_not_collide(deployment: Deployment) -> None:
    web = deployment.receive(inbound("1", "Γεια"))
    console = deployment.receive(inbound("1", "hello", account="console", platform="console"))
    assert web != console
    assert deployment.receive(inbound("1")) == web
    assert len(stored(deployment.database)["conversations"]) == 2


def test_a_message_id_of_one_account_is_new_at_another_where_one_talks_too(
    deployment: Deployment,
) -> None:
    other = {"account": "console", "platform": "console"}
    deployment.receive(inbound("1"))
    deployment.receive(inbound("2", **other))
    deployment.receive(inbound("3", "Καλαμάτα"))
    assert deployment.receive(inbound("3", "Λάρισα", **other))[-1].step == "group"
    assert deployment.receive(inbound("3", "Λάρισα"))[-1].step == "service"


def test_one_address_at_two_accounts_is_two_citizens(deployment: Deployment) -> None:
    deployment.receive(inbound("1", "Γεια"))
    deployment.receive(inbound("2", "Γεια", account="console", platform="console"))
    count = select(func.count()).select_from(Citizen)
    assert deployment.database.write_sync(lambda s: s.scalar(count)) == 2


def test_who_may_not_open_a_conversation_leaves_nothing(deployment: Deployment) -> None:
    before = stored(deployment.database)
    with pytest.raises(UnknownConversation):
        deployment.receive(inbound(may_create_contact=False))
    assert stored(deployment.database) == before


def test_a_turn_that_fails_leaves_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12")
    before = stored(deployment.database)

    def fails(*_anything: Any) -> list[Reply]:
        raise RuntimeError

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("bot.turn.build_replies", fails)
        deployment.say("12:30")
    assert stored(deployment.database) == before
    assert deployment.say("12:30")[-1].step == "details.name"


@pytest.mark.parametrize(
    ("turns", "language"),
    [
        ([(None, "Γεια")], "el"),
        ([("en", "Γεια")], "en"),
        ([("en", "Γεια"), ("en", "ελληνικά"), ("en", "Καλαμάτα")], "el"),
        ([("el", "Γεια"), ("el", "english"), ("el", "Καλαμάτα")], "en"),
        ([("el", "Γεια"), ("el", "english"), ("en", "Καλαμάτα"), ("el", "1")], "el"),
        ([("en", "hello"), (None, "ελληνικά"), ("en", "Καλαμάτα")], "el"),
        ([(None, "Γεια"), ("en", "Καλαμάτα")], "en"),
    ],
)
def test_the_pages_language_counts_only_when_it_changes(
    deployment: Deployment, turns: list[tuple[str | None, str]], language: str
) -> None:
    for number, (page, text) in enumerate(turns):
        said = deployment.receive(inbound(str(number), text, language=page))
    assert {reply.language for reply in said} == {language}


def test_the_pages_zone_is_kept_for_turns_that_do_not_say_it(deployment: Deployment) -> None:
    deployment.receive(inbound("1", timezone="Australia/Melbourne"))
    deployment.receive(inbound("2"))
    zones = deployment.database.write_sync(lambda s: s.scalars(select(Conversation.timezone)).all())
    assert zones == ["Australia/Melbourne"]


def test_what_the_citizen_wrote_is_stored_only_where_a_page_shows_it_again(
    deployment: Deployment,
) -> None:
    deployment.receive(inbound("1", "Γεια ΜΥΣΤΙΚΟ"))
    deployment.receive(inbound("2", "Γεια ΜΥΣΤΙΚΟ", platform="console", account="console"))
    rows = deployment.database.write_sync(lambda s: s.scalars(select(InboundRow)).all())
    assert [row.said for row in rows] == ["Γεια ΜΥΣΤΙΚΟ", None]
    assert "ΜΥΣΤΙΚΟ" not in str([row.replies for row in rows])


def test_a_tap_is_kept_as_what_its_button_said(deployment: Deployment) -> None:
    deployment.receive(inbound("1"))
    deployment.receive(inbound("2", None, choice="1.1"))
    rows = deployment.database.write_sync(lambda s: s.scalars(select(InboundRow)).all())
    assert rows[1].said == "Δήμος Καλαμάτας"


@contextmanager
def counted(database: Database, run: list[str] | None = None) -> Iterator[Counter[str]]:
    """Count what is run on the writer's connection, by its first word; `run` gets it all."""
    statements: Counter[str] = Counter()

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements[statement.split(None, 1)[0].upper()] += 1
        if run is not None:
            run.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


CHIOS_IN_PERSON = (
    *("Γεια", "Χίου", "Κέντρο Κοινότητας", "Αίτηση για επιδόματα", "3/12", "09:00"),
    *("Μαρία Παπαδοπούλου", "maria@example.gr", "Απλωταριά 1", "6912345678", "παράλειψη"),
    *("παράλειψη", "συμφωνώ", "ναι"),
)
CHIOS_VIDEO = (
    *("Γεια", "Χίου", "Κέντρα Συμβουλευτικής", "Τηλεδιάσκεψη", "3/12", "09:00"),
    *("Μαρία Παπαδοπούλου", "maria@example.gr", "Απλωταριά 1", "6912345678", "παράλειψη"),
    *("παράλειψη", "ναι", "eleni@example.gr", "συμφωνώ", "ναι"),
)
MOVE = ("μετακίνηση", "4/12", "10:00", "ναι")
CANCEL = ("ακύρωση ραντεβού", "ναι")
EDIT = ("αλλαγή στοιχείων", "Email", "other@example.gr")


@pytest.mark.parametrize(
    "conversation",
    [
        CHIOS_IN_PERSON,
        CHIOS_VIDEO,
        (*CHIOS_IN_PERSON, *MOVE, *EDIT, *CANCEL),
        (*CHIOS_IN_PERSON, "νέο ραντεβού", *CHIOS_VIDEO[1:], "μετακίνηση", "1", *MOVE[1:]),
        (*CHIOS_IN_PERSON[:8], "αλλαγή ώρα", "10:00", "πίσω", "βοήθεια", "από την αρχή"),
    ],
    ids=["in person", "video", "move, edit, cancel", "two bookings", "changes"],
)
def test_a_turn_costs_at_most_twenty_statements(
    deployment: Deployment, conversation: tuple[str, ...]
) -> None:
    deployment.services.registry.accounts = EVERYWHERE
    costs = {}
    for number, text in enumerate(conversation, 1):
        with counted(deployment.database) as statements:
            replies = deployment.say(text)
        costs[f"{number} {text} → {replies[-1].step}"] = dict(statements)
    report = "\n".join(f"{sum(cost.values()):3} {turn} {cost}" for turn, cost in costs.items())
    most = max(sum(cost.values()) - cost.get("BEGIN", 0) for cost in costs.values())
    assert most <= CAP[deployment.database.engine.dialect.name], report
    assert deployment.last[-1].step in ("task", "municipality"), report


EVERYWHERE = frozenset({"email", "console"})
"""Accounts that receive e-mail, and reminders in the chat itself."""

KALAMATA = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ")


def assert_cheap(deployment: Deployment, text: str) -> None:
    """Say it, as a turn of no more statements than any may cost."""
    run: list[str] = []
    with counted(deployment.database, run) as statements:
        deployment.say(text)
    report = "\n".join(f"{n:3} {statement}" for n, statement in enumerate(run, 1))
    cap = CAP[deployment.database.engine.dialect.name]
    assert statements.total() - statements["BEGIN"] <= cap, report


def test_changing_the_time_onto_one_that_another_let_lapse_costs_no_more(
    deployment: Deployment,
) -> None:
    deployment.talk(*KALAMATA, "13:10", who="another")
    deployment.clock.forward(minutes=9)
    deployment.talk(*KALAMATA, "12:30", *DETAILS[:2])
    deployment.clock.forward(minutes=2)
    deployment.say("αλλαγή ώρας")
    assert_cheap(deployment, "13:10")
    assert deployment.last[-1].step == "details.phone"
    assert states(deployment) == ["expired", "held"]


def test_confirming_what_lapsed_over_anothers_lapsed_hold_costs_no_more(
    deployment: Deployment,
) -> None:
    deployment.services.registry.accounts = EVERYWHERE
    deployment.talk(*KALAMATA, "12:30", *DETAILS)
    assert deployment.last[-1].step == "review"
    deployment.clock.forward(minutes=11)
    deployment.talk(*KALAMATA, "12:30", who="another")
    deployment.clock.forward(minutes=11)
    assert states(deployment) == ["expired", "held"]
    assert_cheap(deployment, "ναι")
    assert states(deployment) == ["confirmed", "expired"]
    kinds = deployment.database.write_sync(lambda s: s.scalars(select(OutboxRow.kind)).all())
    assert sorted(kinds) == ["confirmed", *["reminder"] * 4]


def states(deployment: Deployment) -> list[str]:
    """The bookings' states, the oldest first."""
    query = select(Booking.state).order_by(Booking.id)
    return list(deployment.database.write_sync(lambda s: s.scalars(query).all()))


def test_the_turns_of_that_test_do_book_move_and_cancel(deployment: Deployment) -> None:
    def booked() -> list[tuple[str, str]]:
        rows = deployment.database.write_sync(lambda s: s.scalars(select(Booking)).all())
        return [(row.state, f"{row.starts_at:%d %H:%M}") for row in rows]

    deployment.talk(*CHIOS_IN_PERSON)
    assert booked() == [("confirmed", "03 07:00")]
    deployment.talk(*MOVE)
    assert booked() == [("confirmed", "04 08:00")]
    deployment.talk(*CANCEL)
    assert booked() == [("cancelled", "04 08:00")]


def test_a_zone_asked_for_by_word_stays_while_the_page_says_the_same(
    deployment: Deployment,
) -> None:
    def say(number: int, text: str, zone: str) -> str:
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address="abroad",
            message_id=f"zone {number}",
            text=text,
            timezone=zone,
        )
        deployment.receive(inbound)
        return deployment.database.write_sync(
            lambda s: str(s.scalar(select(Conversation.timezone).order_by(Conversation.id.desc())))
        )

    assert say(1, "γεια", "Europe/Athens") == "Europe/Athens"
    assert say(2, "ζώνη ώρας Μελβούρνη", "Europe/Athens") == "Australia/Melbourne"
    assert say(3, "χιος", "Europe/Athens") == "Australia/Melbourne"
    assert say(4, "βοήθεια", "America/New_York") == "America/New_York"


def test_a_turn_that_waited_for_the_lock_answers_the_question_of_the_turn_before(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.receive(inbound("1"))
    asked = deployment.receive(inbound("2", "Καλαμάτα"))[-1]
    find = conversations.find

    def find_with_older_prompt(*args: Any, **kwargs: Any) -> StoredConversation | None:
        # As PostgreSQL returns it: the row that was waited for is new, those joined to it aren't.
        found = find(*args, **kwargs)
        return found and replace(found, prompt_number=1, prompt_step="book/municipality")

    monkeypatch.setattr(conversations, "find", find_with_older_prompt)
    chosen = next(choice for choice in asked.choices if choice.number is not None)
    answer = deployment.receive(inbound("3", None, choice=chosen.id))[-1]
    assert answer.step not in (None, asked.step)
