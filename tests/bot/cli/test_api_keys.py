"""`rantevou staff key`: the keys of programs, by the technician."""

import re
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from core.bookings import by_staff
from core.catalogue.registry import Registry
from core.staff import api_keys
from core.staff.rights import Action
from tests.bot.cli.test_staff import Technician, technician  # noqa: F401 a fixture here too
from tests.conftest import mostly_on
from tests.preloaded import SECRET


@mostly_on("sqlite")
def test_a_key_is_shown_once_listed_by_its_beginning_and_revoked(
    technician: Technician,  # noqa: F811
) -> None:
    assert technician("staff", "key", "list").stdout == "There is no key.\n"
    technician("staff", "add", "Οθόνη", "--role", "manager", "--municipality", "kalamata")
    made = technician(
        *("staff", "key", "add", "1", "Screen in the hall", "--days", "90"),
        *("--scope", "read", "--scope", "statistics"),
    )
    key, said = made.stdout.splitlines()
    assert re.fullmatch(r"rantevou_[0-9A-Za-z]{38}", key)
    assert said.startswith("Key 1, valid for 90 days.")
    ((number, name, begins, *rest),) = technician.lines("staff", "key", "list")
    assert (number, name, begins) == ("1", "Screen in the hall", f"{key[:13]}…")
    assert rest[:3] == ["Οθόνη", "kalamata", "read, statistics"]
    assert re.fullmatch(r"until \d{4}-\d\d-\d\d", rest[3])
    assert technician("staff", "key", "revoke", "1").stdout == "Revoked: 1\n"
    assert technician.lines("staff", "key", "list")[0][6].startswith("revoked ")
    assert technician.refused("staff", "key", "revoke", "1") == "This key is revoked already."
    assert technician.refused("staff", "key", "revoke", "2") == "There is no such key."
    of_record = technician("staff", "key", "add", "1", "Record", "--scope", "personal").stdout
    assert of_record.endswith("It can't list or read appointments: that needs --scope read too.\n")
    technician("staff", "disable", "1")
    assert technician.lines("staff", "key", "list")[1][6] == "member disabled"
    assert key not in technician.deployment.everything()


def test_a_key_without_a_scope_or_a_member_is_refused(technician: Technician) -> None:  # noqa: F811
    technician("staff", "key", "add", "1", "Screen", code=2)
    unknown = technician("staff", "key", "add", "1", "Screen", "--scope", "nope", code=2).stderr
    assert "Invalid value for '--scope': 'nope' is not one of" in unknown
    refused = technician.refused("staff", "key", "add", "1", "Screen", "--scope", "read")
    assert refused == "There is no such member of staff."
    employee = ("--role", "employee", "--municipality", "kalamata", "--group", "koinoniki-arogi")
    technician("staff", "add", "Οθόνη", *employee)
    for name, scope, why in (
        ("", "read", "A key needs a name that says what it is for."),
        ("Counts", "statistics", "Only a manager can have a key with the scope statistics."),
    ):
        assert technician.refused("staff", "key", "add", "1", name, "--scope", scope) == why


@mostly_on("sqlite")
def test_the_technician_sees_what_a_program_noted_and_with_which_key(
    technician: Technician,  # noqa: F811
    booked: str,
) -> None:
    technician("staff", "add", "Οθόνη", "--role", "manager", "--municipality", "kalamata")
    key = technician("staff", "key", "add", "1", "Counter 1", "--scope", "write").stdout.split()[0]
    registry, now = Registry(SECRET), datetime.now(UTC)

    def note(session: Session) -> None:
        registry.refresh(session)
        use = api_keys.find_use(session, api_keys.hashed(registry, key), now)
        assert use
        booking = by_staff.find(session, registry, use.staff, Action.EDIT, booked)
        by_staff.note(session, registry, use.staff, booking, "Με διερμηνέα", now)

    technician.deployment.database.write_sync(note)
    shown = technician("bookings", "show", booked).stdout
    assert re.search(r"^Note +Με διερμηνέα$", shown, re.MULTILINE)
    (noted,) = [row for row in technician.lines("staff", "record") if row[3] == "edit"]
    assert noted[1:3] == ["Οθόνη", "api: Counter 1"]
