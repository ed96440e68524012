"""The recurring jobs of a served application."""

import pytest
from sqlalchemy import text

from bot.ops import cleanup, day_lists
from tests.bot.conftest import staff_chat, telegram_api  # noqa: F401 fixtures here too
from tests.bot.delivery.test_delivery_reports import Receipts
from tests.bot.ops.test_day_lists import MORNING
from tests.bot.push_deployment import settled
from tests.bot.staff_chat import StaffChat
from tests.conftest import Deployment, on_sqlite
from tests.core.wait_until import until
from tests.webhooks.chat_client import GREEK, ChatClient
from tests.webhooks.conftest import Serve
from webhooks import app


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what recurs each minute recur at once."""
    monkeypatch.setattr(app, "START_SECONDS", 0)
    monkeypatch.setattr(cleanup, "CLEANUP_SECONDS", 0.01)
    monkeypatch.setattr(day_lists, "LOOK_SECONDS", 0.01)


def states(deployment: Deployment) -> list[str]:
    """The bookings' states, as another process would see them."""
    return [state for (state,) in deployment.rows("SELECT state FROM bookings ORDER BY id")]


def hold(serve: Serve) -> None:
    citizen = ChatClient(serve())
    citizen.say("Γεια")
    citizen.answer(GREEK, taps=True, until="details.name")


@pytest.mark.usefixtures("often")
def test_holds_that_ran_out_expire_though_nobody_writes(
    deployment: Deployment, serve: Serve
) -> None:
    hold(serve)
    assert states(deployment) == ["held"]
    deployment.clock.forward(minutes=11)
    until(lambda: states(deployment) == ["expired"])


def test_holds_that_ran_out_while_nothing_was_served_expire_at_the_start(
    deployment: Deployment, serve: Serve
) -> None:
    deployment.talk("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
    deployment.clock.forward(minutes=11)
    serve()
    until(lambda: states(deployment) == ["expired"])


@pytest.mark.usefixtures("often")
def test_receipts_are_looked_for(deployment: Deployment, serve: Serve) -> None:
    account = Receipts()
    deployment.connect({"email": account})
    serve()
    until(account.looked.is_set)


@pytest.mark.usefixtures("often")
def test_staff_get_the_day_s_list_in_the_morning(
    staff_chat: StaffChat,  # noqa: F811
    serve: Serve,
) -> None:
    staff_chat.bind()
    staff_chat.book()
    serve()
    until(lambda: len(staff_chat.texts()) == 1 and settled(staff_chat.deployment))
    staff_chat.deployment.clock.now = MORNING
    until(lambda: len(staff_chat.texts()) == 2)
    assert staff_chat.texts()[1].startswith("Δευτέρα 7 Δεκεμβρίου: 1 ραντεβού\n10:00 · permit")


@on_sqlite  # it is broken by a trigger
@pytest.mark.usefixtures("often")
def test_a_failure_does_not_end_it(
    deployment: Deployment, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(serve)
    with deployment.database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER broken BEFORE UPDATE ON bookings "
                "BEGIN SELECT RAISE(ABORT, 'forced'); END"
            )
        )
    deployment.clock.forward(minutes=11)
    said = ""

    def told() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "sweep failed" in said

    until(told)
    assert "forced" not in said
    with deployment.database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER broken"))
    until(lambda: states(deployment) == ["expired"])
