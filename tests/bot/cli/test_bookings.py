"""`rantevou bookings`: appointments by the technician, who acts as the operator."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.bookings.reference import format_code
from core.db.models import Booking, Contact
from tests.bot.cli.test_staff import Technician, technician  # noqa: F401 a fixture here too
from tests.conftest import mostly_on

ATHENS = ZoneInfo("Europe/Athens")
PERSONAL = ("Παπαδοπούλου", "maria@example.gr", "691", "068933130")


@pytest.fixture
def booking(technician: Technician, booked: str) -> Booking:  # noqa: F811
    """An appointment in Kalamata in some days."""

    def read(session: Session) -> Booking:
        return session.query(Booking).filter_by(code=booked).one()

    return technician.deployment.database.write_sync(read)


def shift(technician: Technician, booking: Booking, start: datetime) -> None:  # noqa: F811
    """Let an appointment begin then."""
    times = {"starts_at": start, "ends_at": start + timedelta(minutes=30)}
    statement = update(Booking).where(Booking.id == booking.id).values(**times)
    technician.deployment.database.write_sync(lambda s: s.execute(statement))


def local(at: datetime, form: str = "%Y-%m-%d %H:%M") -> str:
    return at.astimezone(ATHENS).strftime(form)


@mostly_on("sqlite")
def test_a_day_is_listed_with_initials_only(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    day = local(booking.starts_at, "%Y-%m-%d")
    shown = technician("bookings", "list", "--day", day, "--municipality", "kalamata").stdout
    times = f"{local(booking.starts_at, '%H:%M')}–{local(booking.ends_at, '%H:%M')}"
    headings, row = shown.splitlines()
    assert headings.split() == [
        *("time", "code", "service", "channel", "desk", "state", "arrived", "initials")
    ]
    assert re.split(r" {2,}", row) == [
        times,
        format_code(str(booking.code)),
        "epidoma-stegasis",
        "in_person",
        "koinoniki-arogi/stegasi",
        "confirmed",
        "-",
        "Μ.Π.",
    ]
    assert not any(value in shown for value in PERSONAL)
    empty = technician("bookings", "list", "--day", "2026-01-01", "--municipality", "chios")
    assert empty.stdout == "There is no appointment on 2026-01-01 at chios.\n"


def test_appointments_are_exported_with_details_only_where_asked(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    day = local(booking.starts_at, "%Y-%m-%d")
    command = ("bookings", "export", "--from", day, "--to", day, "--municipality", "kalamata")

    def export(*arguments: str) -> list[str]:
        return technician.asked(*arguments, typed="").stdout.splitlines()

    heading, row = export(*command)
    assert heading.startswith("\ufeffid,code,version,municipality,")
    assert row.startswith(f"{booking.id},{booking.code},{booking.version},kalamata,")
    assert not any(value in row for value in PERSONAL)
    (found,) = export(*command, "--format", "ndjson", "--details")
    assert json.loads(found)["details"]["name"] == "Μαρία Παπαδοπούλου"
    later = ("bookings", "export", "--from", "2036-01-01", "--municipality", "kalamata")
    assert export(*later) == [heading]
    assert export(*later, "--format", "ndjson") == []


@mostly_on("sqlite")
def test_an_appointment_is_shown_with_its_details_and_its_history(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    code = format_code(str(booking.code))
    shown = technician("bookings", "show", code).stdout
    assert re.search(rf"^Code +{code}$", shown, re.M)
    assert re.search(rf"^When +{local(booking.starts_at)}–", shown, re.M)
    assert all(value in shown for value in PERSONAL)
    assert re.search(r"confirmed  citizen  console  -$", shown, re.M)
    technician("bookings", "cancel", code, "--reason", "Απεργία", "--yes")
    again = technician("bookings", "show", code).stdout
    assert re.search(r"cancelled  operator  cli +-$", again, re.M)
    assert re.search(rf"operator  cli   cancel  {code} +kalamata +- +Απεργία$", again, re.M)
    assert re.search(rf"operator  cli   show    {code}", again, re.M)


@mostly_on("sqlite")
def test_an_appointment_is_moved_where_it_is_free(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    code, start = str(booking.code), booking.starts_at.astimezone(ATHENS)
    night = f"{start:%Y-%m-%d}T03:00"
    refused = technician("bookings", "move", code, night, "--yes", code=1).stderr
    (time, *_more) = re.findall(r"(\d+/\d+/\d+ \d\d:\d\d)[,.]", refused)
    assert refused.startswith("No desk is open and free then. The nearest free times: ")
    assert f"{start.day}/{start.month}/{start.year} {start:%H:%M}" not in refused
    wanted = datetime.strptime(time, "%d/%m/%Y %H:%M").replace(tzinfo=ATHENS)
    for at, said in (
        (start, "Moved. Nothing reaches the citizen: please call them."),
        (wanted, "It is at that time already: nothing was changed."),
    ):
        moved = technician("bookings", "move", code, f"{wanted:%Y-%m-%d %H:%M}", "--yes").stdout
        shown = f"kalamata, epidoma-stegasis: {local(at)}, confirmed"
        assert moved.splitlines() == [shown, said]
    shown = technician("bookings", "show", code).stdout
    assert f"{wanted:%Y-%m-%d %H:%M}" in shown
    assert re.search(rf"moved .* starts_at from {local(start)}$", shown, re.M)


@mostly_on("sqlite")
def test_the_technician_is_told_on_what_the_citizen_learns_of_it(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    page = update(Contact).values(account="webchat")
    technician.deployment.database.write_sync(lambda s: s.execute(page))
    done = technician("bookings", "cancel", str(booking.code), "--reason", "Απεργία", "--yes")
    assert done.stdout.splitlines()[-1] == "Cancelled. The citizen is told on: webchat."


def test_it_asks_before_it_cancels_or_moves(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    code = str(booking.code)
    cancel = ("bookings", "cancel", code, "--reason", "Απεργία")
    for command, question in (
        (cancel, "Cancel it? [y/N]"),
        (("bookings", "move", code, "2027-01-04T12:30"), "Move it to 2027-01-04 12:30? [y/N]"),
    ):
        asked = technician.asked(*command, typed="n\n")
        assert asked.returncode == 1
        assert question in asked.stdout
    asked = technician.asked("bookings", "cancel", code, "--reason", " ", typed="y\n")
    assert asked.returncode == 1
    assert "?" not in asked.stdout
    assert "Please give a reason" in asked.stderr
    assert re.search(r"^State +confirmed$", technician("bookings", "show", code).stdout, re.M)
    assert technician.asked(*cancel, typed="y\n").returncode == 0
    assert re.search(r"^State +cancelled$", technician("bookings", "show", code).stdout, re.M)


@mostly_on("sqlite")
def test_attendance_is_marked_and_taken_back(
    technician: Technician,  # noqa: F811
    booking: Booking,
) -> None:
    code, now = str(booking.code), datetime.now(UTC).replace(microsecond=0)
    early = technician.refused("bookings", "came", code)
    assert early.startswith("That can be marked once the appointment begins: ")
    shift(technician, booking, now)
    clock = r"\d\d:\d\d"
    for command, state in (
        ("arrived", rf"confirmed, arrived {clock}"),
        ("came", rf"completed, arrived {clock}"),
        ("undo", rf"confirmed, arrived {clock}"),
        ("no-show", rf"no_show, arrived {clock}"),
        ("undo", rf"confirmed, arrived {clock}"),
        ("undo", "confirmed"),
    ):
        assert re.fullmatch(rf"{state}\n", technician("bookings", command, code).stdout)
    assert technician.refused("bookings", "undo", code) == "Nothing is marked of this appointment."


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("list",), "--municipality: one of chios, kalamata, kep, larissa"),
        (("list", "--municipality", "x"), "There is no such municipality."),
        (("show", "KX7 M2P"), "There is no such appointment."),
        (("cancel", "KX7 M2P", "--reason", "x"), "There is no such appointment."),
        (("move", "KX7 M2P", "2027-01-04T12:30"), "There is no such appointment."),
        *(((name, "x"), "There is no such appointment.") for name in ("arrived", "came")),
        *(((name, "x"), "There is no such appointment.") for name in ("no-show", "undo")),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    technician: Technician,  # noqa: F811
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    assert technician.refused("bookings", *arguments) == reason


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--day", "3/12", "--municipality", "kalamata"),
        ("move", "KX7 M2P", "tomorrow"),
        ("cancel", "KX7 M2P"),
    ],
)
def test_what_cannot_be_read_is_refused(
    technician: Technician,  # noqa: F811
    arguments: tuple[str, ...],
) -> None:
    technician("bookings", *arguments, code=2)
