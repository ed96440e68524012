"""A municipality's bookings are taken out whole, as a file that is safe to open."""

import asyncio
import csv
import io
import json
from contextlib import aclosing
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.actor import Role, Staff
from core.bookings import exports
from core.bookings.export_formats import FIELDS, FORMULA, ExportFormat, head, lines
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.encryption import EncryptionKey
from core.db.models import StaffAction
from core.errors import StaffRefusalKind, StaffRefused
from core.staff.rights import Action
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import MONDAY, NOW, TUESDAY
from tests.core.staff.two_towns import OPERATOR

RISKY = {
    "=1+1": "'=1+1",
    "+30": "'+30",
    "-2": "'-2",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "\n=1": "'\n'=1",
    "＝1": "'＝1",
    "x;=1": "x;'=1",
    "x;＋1;-1": "x;'＋1;'-1",
    'x,;"=1': "x,;\"'=1",
    'x;""@1': 'x;""\'@1',
    "x\t=1": "x\t'=1",
    "x\r\n-1": "x\r\n'-1",
    "x; 1-2\n\nΑθηνών 5, -1": "x; 1-2\n\nΑθηνών 5, -1",
}
"""Texts, and what a cell has of them."""


class Office:
    """A database with bookings of two days, which are exported."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.registry = Registry("secret")
        database.write_sync(self._book)

    def _book(self, session: Any) -> None:
        env = BookingEnvironment(session)
        self.body = env.body
        self.registry.refresh(session)
        late, early = env.book("10:00"), env.book("09:00")
        env.hold("09:30")
        cancelled, tomorrow = env.book("10:30"), env.book("09:00", day=TUESDAY)
        env.cancel(cancelled)
        session.flush()
        self.ids = [each.id for each in (early, late, cancelled, tomorrow)]

    def export(
        self,
        file_format: ExportFormat = ExportFormat.NDJSON,
        *,
        staff: Staff = OPERATOR,
        first: date | None = None,
        last: date | None = None,
        details: bool = False,
    ) -> bytes:
        async def read() -> bytes:
            begun = await self.database.write(
                lambda s: exports.begin(
                    s, self.registry, staff, self.body.id, first, last, NOW, details=details
                )
            )
            async with aclosing(exports.export(self.database, begun, file_format)) as parts:
                return b"".join([part async for part in parts])

        return asyncio.run(read())

    def records(self, **given: Any) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.export(**given).splitlines()]


@pytest.fixture
def office(empty: Database) -> Office:
    return Office(empty)


def test_bookings_come_by_start_without_holds_and_without_details(office: Office) -> None:
    found = office.records()
    assert [each["id"] for each in found] == office.ids
    assert [each["state"] for each in found] == ["confirmed"] * 2 + ["cancelled", "confirmed"]
    assert all(tuple(each) == FIELDS for each in found)
    first = found[0]
    assert (first["starts_at"], first["ends_at"]) == (
        "2026-12-07T09:00:00+02:00",
        "2026-12-07T09:30:00+02:00",
    )
    assert (first["branch"], first["desk"], first["arrived_at"]) == ("office", "office/desk", None)


def test_no_detail_is_decrypted_unless_it_was_asked_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise AssertionError("nothing may be decrypted")

    monkeypatch.setattr(EncryptionKey, "decrypt", refuse)
    assert "Μαρία" not in office.export().decode()
    with pytest.raises(AssertionError):
        office.export(details=True)


def test_details_come_where_they_were_asked_for(office: Office) -> None:
    found = office.records(details=True)
    assert found[0]["details"]["name"] == "Μαρία Παπαδοπούλου"
    assert found[0]["details"]["email"] == "maria@example.gr"


def test_only_the_bookings_of_the_days_come(office: Office) -> None:
    days = {
        (MONDAY, MONDAY): office.ids[:3],
        (TUESDAY, TUESDAY): office.ids[3:],
        (None, MONDAY): office.ids[:3],
        (TUESDAY, None): office.ids[3:],
        (TUESDAY + timedelta(days=1), None): [],
        (TUESDAY, MONDAY): [],
    }
    for (first, last), expected in days.items():
        assert [each["id"] for each in office.records(first=first, last=last)] == expected


def test_a_csv_has_the_same_bookings_for_a_spreadsheet(office: Office) -> None:
    text = office.export(ExportFormat.CSV, details=True).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(row["id"]) for row in rows] == office.ids
    plain = office.records(details=True)
    assert [row["code"] for row in rows] == [each["code"] for each in plain]
    assert rows[0]["name"] == "Μαρία Παπαδοπούλου"
    assert rows[0]["phone"] == f"'{plain[0]['details']['phone']}"
    assert text.endswith("\r\n")


@pytest.mark.parametrize("value", RISKY)
def test_no_cell_is_a_formula(value: str) -> None:
    record = dict.fromkeys(FIELDS, value) | {"details": {"name": value, value: value}}
    text = lines(ExportFormat.CSV, [record], ["name"]).decode()
    (cells,) = csv.reader(io.StringIO(text, newline=""))
    assert cells[:-1] == [RISKY[value]] * (len(FIELDS) + 1)
    assert len(json.loads(cells[-1])) == 1
    for separator in ",;\t":  # as a spreadsheet has it
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not FORMULA & {cell[:1] for cell in row}, row


def test_what_the_catalogue_asks_for_no_more_stays_in_a_column_of_its_own() -> None:
    record = dict.fromkeys(FIELDS, 1) | {"details": {"name": "Μαρία", "old": "x"}}
    text = (
        head(ExportFormat.CSV, ["name", "new"]) + lines(ExportFormat.CSV, [record], ["name", "new"])
    ).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["name"], row["new"], row["other_details"]) == ("Μαρία", "", '{"old":"x"}')


def test_an_export_is_recorded_and_says_whether_with_details(office: Office) -> None:
    office.export()
    office.export(details=True)
    actions = office.database.write_sync(
        lambda s: s.scalars(select(StaffAction.action).order_by(StaffAction.id)).all()
    )
    assert actions == [Action.EXPORT, Action.EXPORT_DETAILS]


def test_nobody_takes_out_what_is_another_municipalitys(office: Office) -> None:
    stranger = Staff(Role.MANAGER, "cli", municipality_id="another")
    with pytest.raises(StaffRefused) as refused:
        office.export(staff=stranger)
    assert refused.value.kind is StaffRefusalKind.NOT_FOUND


def test_an_employee_takes_out_only_what_they_serve(office: Office) -> None:
    employee = Staff(Role.EMPLOYEE, "cli", municipality_id=office.body.id)
    assert office.records(staff=employee) == []
