"""`rantevou close`, `open` and `closures`: by the technician, who acts as the operator."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.ops.time_offers import work_once
from core.bookings.reference import format_code
from core.db.models import Booking, TimeOffer
from tests.bot.cli.test_bookings import booking, local, shift  # noqa: F401 a fixture here too
from tests.bot.cli.test_staff import Technician, technician  # noqa: F401 a fixture here too
from tests.bot.terminal import Terminal
from tests.conftest import Deployment, mostly_on, on_sqlite

# ruff: noqa: F811 the fixtures


def offers(technician: Technician) -> list[str]:
    def read(session: Session) -> list[str]:
        return list(session.scalars(select(TimeOffer.state)))

    return technician.deployment.database.write_sync(read)


@mostly_on("sqlite")
def test_a_day_is_closed_after_a_preview_listed_and_opened_again(
    technician: Technician, booking: Booking
) -> None:
    day, code = local(booking.starts_at, "%Y-%m-%d"), booking.code
    close = ("close", "kalamata", day, "--reason", "Απεργία")
    refused = technician(*close, code=1).stderr
    line = f"Offered another time: 1 ({format_code(code or '')})"
    assert refused == f"{line}. Nothing was changed. To go on, add: --yes\n"
    assert technician.lines("closures", "kalamata") == []
    assert technician(*close, "--yes").stdout == f"The closure is made, number 1.\n{line}\n"
    assert offers(technician) == ["pending"]
    assert technician.lines("closures", "kalamata") == [
        ["1", "closure", "-", day, day, "-", "Απεργία", "operator"]
    ]
    assert "already (closure 1)" in technician(*close, "--yes", code=1).stderr
    opened = technician("open", "kalamata", day, "--hours", "10:00-12:00", code=1).stderr
    assert "(closure 1). First: rantevou open kalamata --number 1" in opened
    ended = technician("open", "kalamata", "--number", "1").stdout
    assert ended == "Number 1 has ended.\nOffers of another time that end: 1\n"
    assert offers(technician) == ["pending"]
    did = [each[3:7] for each in technician.lines("staff", "record")]
    assert [each[0] + each[3] for each in did if "number" in each[3]] == [
        f"opennumber 1: {day}",
        f"closenumber 1: {day}",
    ]
    deployment = technician.deployment
    asyncio.run(work_once(deployment.database, deployment.services))  # as the server does
    assert offers(technician) == ["withdrawn"]
    again = technician("open", "kalamata", "--number", "1", code=1).stderr
    assert again.startswith("The closure 1 was ended already, on ")


@on_sqlite
def test_who_cannot_be_offered_a_time_any_more_is_to_be_called(
    technician: Technician, booking: Booking
) -> None:
    shift(technician, booking, datetime.now(UTC) + timedelta(hours=1))
    day = local(datetime.now(UTC) + timedelta(hours=1), "%Y-%m-%d")
    refused = technician("close", "kalamata", day, code=1).stderr
    line = "Begin in less than two hours, so please call these citizens: 1"
    assert refused.startswith(f"{line} ({format_code(booking.code or '')}). Nothing was changed.")


@mostly_on("sqlite")
def test_a_desk_has_an_extra_opening(technician: Technician, booking: Booking) -> None:
    day = local(booking.starts_at + timedelta(days=1), "%Y-%m-%d")
    desk = "koinoniki-arogi/stegasi"
    made = technician("open", "kalamata", day, "--hours", "17:00-24:00", "--desk", desk)
    assert made.stdout == "The extra opening is made, number 1.\n"
    assert technician.lines("closures", "kalamata") == [
        ["1", "opening", desk, day, day, "17:00-24:00", "-", "operator"]
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("close", "kalamata", "2026-01-01"), "That is over"),
        (("close", "nowhere", "2027-01-08"), "There is no such municipality."),
        (("close", "kalamata", "2027-01-08", "--hours", "10-12"), "--hours"),
        (("close", "kalamata", "2027-01-08", "--hours", "12:00-10:00"), "12:00-10:00"),
        (("close", "kalamata", "2027-01-08", "--desk", "no/desk"), "There is no desk no/desk."),
        (("close", "kalamata", "2027-01-08", "--branch", "no"), "There is no branch no."),
        (("close", "kalamata", "2027-01-08", "2027-01-07"), "The last day"),
        (("open", "kalamata", "2027-01-08"), "Please give the hours"),
        (("open", "kalamata"), "--number"),
        (("open", "kalamata", "--number", "7"), "There is no closure or opening 7."),
        (("closures", "nowhere"), "There is no such municipality."),
    ],
)
@on_sqlite
def test_what_cannot_be_is_refused_in_a_line(
    technician: Technician, given: tuple[str, ...], said: str
) -> None:
    refused = technician(*given, code=1).stderr
    assert said in refused
    assert len(refused.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [("2026-11-31", "2026-11-31: there is no such day"), ("3/12", "a day such as 2026-12-03")],
)
@on_sqlite
def test_what_is_no_day_is_refused(technician: Technician, given: str, said: str) -> None:
    assert said in technician("close", "kalamata", given, code=2).stderr
    assert said in technician("bookings", "list", "--day", given, code=2).stderr


@on_sqlite
@pytest.mark.parametrize(("typed", "listed"), [("y", 1), ("n", 0)])
def test_on_a_terminal_the_technician_is_asked(
    technician: Technician, booking: Booking, deployment: Deployment, typed: str, listed: int
) -> None:
    day = local(booking.starts_at, "%Y-%m-%d")
    file: Path = deployment.file
    with Terminal(file, "close", "kalamata", day, until=r"Go on\? \[y/N\]: \Z") as terminal:
        os.write(terminal._screen, f"{typed}\n".encode())
        terminal.read(until=None)
    assert len(technician.lines("closures", "kalamata")) == listed
