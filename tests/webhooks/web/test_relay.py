"""A citizen at a page, or over HTTP, and an office that writes to them."""

import time
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Role
from core.db.models import InboundRow, OutboxRow, RelayMessage, RelayThread, StaffRoom
from core.staff import codes, members, relay, relay_sending, relay_upkeep, rooms
from tests.conftest import Deployment, mostly_on
from tests.core.staff.two_towns import OPERATOR
from tests.webhooks.conftest import Serve
from tests.webhooks.web.test_event_stream import later, listening, quick  # noqa: F401
from tests.webhooks.web.test_page import bubbles, button, last_of, say

ACCOUNT = "telegram:town"
END = "Τέλος συνομιλίας με την υπηρεσία"
QUESTION, ANSWER = "Δέχεστε και απόγευμα;", "Ναι, <b>κάθε</b> Τετάρτη."


@pytest.fixture
def client(serve: Serve, deployment: Deployment) -> httpx.Client:
    """A browser whose citizen has asked for a human of Kalamata, who have a group."""
    deployment.services.registry.accounts = frozenset({"webchat", ACCOUNT})
    deployment.database.write_sync(lambda s: bind(s, deployment))
    client = serve(keep_replies_hours=24 * 7)  # of the threads here, the clock goes on for days
    for text in ("Γεια", "υπάλληλος", "Καλαμάτας"):
        say(client, text=text)
    return client


def bind(session: Session, deployment: Deployment, account: str = ACCOUNT) -> None:
    """Bind a group of Kalamata at an account, and add the member who answers there."""
    registry, now = deployment.services.registry, deployment.clock()
    registry.refresh(session)
    code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id="kalamata")
    rooms.bind(session, registry, code, now, account=account, chat="-100")
    members.add(
        session,
        registry,
        OPERATOR,
        now,
        name="Ελένη Δήμου",
        role=Role.MANAGER,
        municipality_id="kalamata",
    )


def answer(deployment: Deployment, text: str = ANSWER) -> None:
    """Answer as the member of the group."""

    def run(session: Session) -> None:
        registry, now = deployment.services.registry, deployment.clock()
        staff = members.load(session, 1, "telegram")
        assert staff
        thread = session.scalars(select(RelayThread)).one()
        relay_sending.send_to_citizen(session, registry, thread, text, staff, now)

    deployment.database.write_sync(run)


def write_first(deployment: Deployment) -> None:
    """Write as the member, who opens a thread with the citizen of the first one for it."""

    def run(session: Session) -> None:
        registry, now = deployment.services.registry, deployment.clock()
        staff, room = members.load(session, 1, "telegram"), session.scalars(select(StaffRoom)).one()
        assert staff
        contact_id = session.scalars(select(RelayThread.contact_id).distinct()).one()
        thread = relay.open_thread(session, registry, contact_id, room, now, staff=staff)
        relay_sending.send_to_citizen(session, registry, thread, ANSWER, staff, now)

    deployment.database.write_sync(run)


def close(deployment: Deployment) -> None:
    """Close the thread as the member."""

    def run(session: Session) -> None:
        registry, now = deployment.services.registry, deployment.clock()
        thread = session.scalars(select(RelayThread).where(RelayThread.closed_at.is_(None))).one()
        staff = members.load(session, 1, "telegram")
        relay.close(session, registry, thread, now, staff=staff, tell=True)

    deployment.database.write_sync(run)


def maintain(deployment: Deployment, **by: float) -> None:
    deployment.clock.forward(**by)
    registry, now = deployment.services.registry, deployment.clock()
    deployment.database.write_sync(lambda s: relay_upkeep.maintain(s, registry, now, "webchat"))


@mostly_on("sqlite")
def test_an_open_page_shows_at_once_what_the_office_wrote(
    client: httpx.Client, deployment: Deployment
) -> None:
    page = say(client, text=QUESTION).text
    assert bubbles(page)[-2:] == [f"citizen: Εσείς: {QUESTION}", "bot: → Προς: Δήμος Καλαμάτας"]
    assert 'data-step="task"' in page  # whose buttons are there still
    last = last_of(page)
    with listening(client) as events:
        assert next(events) == f"{last} 0"
        answer(deployment)
        assert next(events) == f"{last} 1"
        new = later(client, last)
    assert bubbles(new.text)[-1].startswith("bot: Μήνυμα από: Δήμος Καλαμάτας")
    assert '<p class="title">Μήνυμα από: Δήμος Καλαμάτας</p>' in new.text
    assert "&lt;b&gt;κάθε" in new.text
    assert later(client, last_of(new.text)).status_code == 204


@pytest.mark.parametrize("in_task", [False, True])
def test_the_button_that_ends_a_thread_is_on_the_page_while_the_thread_is_open(
    client: httpx.Client, deployment: Deployment, in_task: bool
) -> None:
    shown = say(client, text=QUESTION).text
    if in_task:
        say(client, text="Νέο ραντεβού")
        shown = say(client, text="Καλαμάτας").text
    assert END in shown
    for act, is_open in ((close, False), (write_first, True), (close, False), (write_first, True)):
        deployment.clock.forward(minutes=1)
        act(deployment)
        new = later(client, last_of(shown)).text
        assert 'id="ask"' not in new  # its citizen may be writing in it just now
        assert 'id="commands"' in new
        assert (END in new) == is_open
        shown = client.get("/").text
        assert 'id="ask"' in shown
        assert (END in shown) == is_open
    said = say(client, choice=button(shown, END)).text
    assert "Τελειώσατε τη συνομιλία" in said
    assert END not in client.get("/").text.rpartition('id="ask"')[2]


def test_the_room_is_told_that_nobody_opened_the_page_and_only_once(
    client: httpx.Client, deployment: Deployment
) -> None:
    say(client, text=QUESTION)
    answer(deployment)
    maintain(deployment, minutes=59)
    maintain(deployment, minutes=2)
    maintain(deployment, minutes=2)
    told = select(OutboxRow.kind).where(OutboxRow.room_id.is_not(None)).order_by(OutboxRow.id)
    kinds = deployment.database.write_sync(lambda s: s.scalars(told).all())
    assert kinds == ["relay", "relay_undelivered"]
    assert bubbles(client.get("/").text)[-1].startswith("bot: Μήνυμα από:")


def test_what_a_page_fetched_late_is_erased_with_the_thread(
    client: httpx.Client, deployment: Deployment
) -> None:
    say(client, text=QUESTION)
    answer(deployment)
    maintain(deployment, hours=28)  # which closes it, as they open at 12:30
    maintain(deployment, hours=40)
    assert "Τετάρτη" in client.get("/").text
    maintain(deployment, hours=9)

    def kept(session: Session) -> str:
        texts = session.scalars(select(RelayMessage.text.label("text"))).all()
        replies = session.scalars(select(InboundRow.replies.label("replies"))).all()
        return f"{texts} {replies}"

    stored = deployment.database.write_sync(kept)
    assert "Τετάρτη" not in stored
    assert stored.startswith("[None, None]")


@pytest.mark.parametrize("whose", [None, "Για υπάλληλο"])
def test_what_a_citizen_wrote_to_the_office_on_a_page_is_erased_with_the_thread(
    client: httpx.Client, deployment: Deployment, whose: str | None
) -> None:
    """However long the page keeps the rest: no message is deleted here."""
    deployment.clock.forward(seconds=1)
    if whose:
        say(client, text="Νέο ραντεβού")
        deployment.clock.forward(seconds=1)
    say(client, text=QUESTION)
    if whose:
        deployment.clock.forward(seconds=1)
        say(client, text=whose)
    maintain(deployment, hours=28)  # which closes it, as they open at 12:30

    def said(session: Session) -> list[str | None]:
        query = select(InboundRow.said.label("said")).order_by(InboundRow.id)
        return list(session.scalars(query).all())

    maintain(deployment, hours=47)
    assert QUESTION in deployment.database.write_sync(said)
    maintain(deployment, hours=2)
    left = deployment.database.write_sync(said)
    assert QUESTION not in left
    assert {"Γεια", "υπάλληλος", whose} - {None} <= set(left)
    assert QUESTION not in client.get("/").text


def test_what_a_citizen_left_unsent_is_erased_from_the_page_too(
    client: httpx.Client, deployment: Deployment
) -> None:
    for text in ("Νέο ραντεβού", QUESTION, "μενού"):
        deployment.clock.forward(seconds=1)
        page = say(client, text=text).text
    assert "δεν το έστειλα" in page
    assert "απόγευμα" not in deployment.everything()


def test_forgetting_the_device_erases_what_was_written(
    client: httpx.Client, deployment: Deployment
) -> None:
    say(client, text=QUESTION)
    answer(deployment)
    client.get("/")
    assert client.post("/forget").status_code == 303
    everything = deployment.everything()
    assert "απόγευμα" not in everything
    assert "Τετάρτη" not in everything
    assert deployment.rows("SELECT count(*) FROM relay_threads WHERE closed_at IS NULL") == [(0,)]


def test_over_http_the_office_is_heard_with_the_next_answer(
    client: httpx.Client, deployment: Deployment
) -> None:
    def turn(text: str, conversation: str | None) -> dict[str, object]:
        body = {"conversation": conversation, "message_id": str(uuid4()), "text": text}
        answered: dict[str, object] = client.post("/chat/turns", json=body).json()
        return answered

    def texts_of(answered: dict[str, object]) -> list[str]:
        replies = answered["replies"]
        assert isinstance(replies, list)
        assert replies[-1]["step"]
        return [reply["text"] for reply in replies]

    token = str(turn("Γεια", None)["conversation"])
    turn("υπάλληλος", token)
    turn("Καλαμάτας", token)
    assert texts_of(turn(QUESTION, token)) == ["→ Προς: Δήμος Καλαμάτας"]

    def close_the_pages(session: Session) -> None:
        page = session.scalars(select(RelayThread).order_by(RelayThread.id)).first()
        assert page
        session.delete(page)

    deployment.database.write_sync(close_the_pages)
    answer(deployment)
    heard = texts_of(turn("Ευχαριστώ", token))
    assert heard[0].startswith("Μήνυμα από: Δήμος Καλαμάτας")
    assert heard[1:] == ["→ Προς: Δήμος Καλαμάτας"]
    assert texts_of(turn("Ευχαριστώ", token)) == ["→ Προς: Δήμος Καλαμάτας"]

    def ends(answered: dict[str, object]) -> list[bool]:
        """Return which replies have the button that ends the thread."""
        replies = answered["replies"]
        assert isinstance(replies, list)
        return [END in str(reply["choices"]) for reply in replies]

    close(deployment)
    assert not any(ends(turn("Γεια", token)))
    write_first(deployment)
    assert ends(turn("Ευχαριστώ", token)) == [False, True]


def test_the_answer_of_a_repeated_message_is_the_same_beside_a_thread(
    client: httpx.Client, deployment: Deployment
) -> None:
    def turn(text: str, conversation: str | None, number: str | None = None) -> dict[str, object]:
        body = {"conversation": conversation, "message_id": number or str(uuid4()), "text": text}
        answered: dict[str, object] = client.post("/chat/turns", json=body).json()
        return answered

    token = str(turn("Γεια", None)["conversation"])
    turn("υπάλληλος", token)
    turn("Καλαμάτας", token)
    turn(QUESTION, token)

    def close_the_pages(session: Session) -> None:
        page = session.scalars(select(RelayThread).order_by(RelayThread.id)).first()
        assert page
        session.delete(page)

    deployment.database.write_sync(close_the_pages)
    answer(deployment)
    once, again = (turn("Ευχαριστώ", token, "a") for _time in range(2))
    assert once == again


@mostly_on("postgresql")
@pytest.mark.parametrize("to_task", [False, True])
def test_a_page_is_shown_while_another_has_the_thread_locked(
    client: httpx.Client, deployment: Deployment, to_task: bool
) -> None:
    """`read` waits for no writer; the control, without a text for the task, passes."""
    say(client, text="Νέο ραντεβού")
    say(client, text=QUESTION)
    if to_task:
        say(client, text="Απάντηση στην ερώτηση")
    with Session(deployment.database.engine) as other:
        other.scalars(select(RelayThread).with_for_update()).all()
        start = time.monotonic()
        try:
            client.get("/", timeout=4)
        finally:
            other.rollback()
    assert time.monotonic() - start < 3
