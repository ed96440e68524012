"""Slips are warned of; what can't be meant is refused; 24:00 is an end."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.availability import schedule
from core.catalogue.loader import SHIPPED, check_catalogue
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from tests.core.catalogue.broken_catalogue import DESK, GOOD, PAPERS, wrong

TODAY = date(2026, 11, 30)
OPENING = "{days: [mon, tue], start: 12:30, end: 14:20}"
CLOSURE = "{from: 2027-01-04, to: 2027-01-05, reason: {el: Γ, en: F}}"


def warnings(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    """Return the field and the expectation of each warning."""
    file = tmp_path / "town.yaml"
    file.write_text(text)
    return [(each.field, each.expected) for each in check_catalogue(file, TODAY)[1]]


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_shipped_ones_have_none(file: Path) -> None:
    assert check_catalogue(file, TODAY)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        (
            "- {days: [wed], start: 09:00, end: 10:00,",
            "- {days: [tue], start: 14:00, end: 15:00,",
            f"{DESK}.openings.1",
            "overlaps an earlier opening",
        ),
        (
            "start: 09:00, end: 10:00,",
            "start: 09:00, end: 10:00, to: 2026-11-29,",
            f"{DESK}.openings.1.to",
            "it ended on 2026-11-29",
        ),
        (
            CLOSURE,
            "{from: 2026-11-01, to: 2027-02-26, reason: {el: Γ, en: F}}",
            PAPERS,
            "a day until 2027-01-29 on which a desk is open for it",
        ),
    ],
)
def test_what_may_be_meant_is_warned_of(
    tmp_path: Path, old: str, new: str, field: str, expected: str
) -> None:
    assert warnings(tmp_path, GOOD) == []
    assert GOOD.count(old) == 1
    ((where, said),) = warnings(tmp_path, GOOD.replace(old, new))
    assert where == field
    assert expected in said


@pytest.mark.parametrize(
    "new",
    [
        "start: 14:20, end: 15:00",  # begins when the other ends
        "start: 14:00, end: 15:00, from: 2027-01-01, to: 2027-02-01",
    ],
)
def test_openings_that_do_not_overlap_are_not_warned_of(tmp_path: Path, new: str) -> None:
    first = OPENING.replace("}", ", to: 2026-12-31}")
    other = GOOD.replace(OPENING, first).replace("[wed], start: 09:00, end: 10:00", f"[tue], {new}")
    assert warnings(tmp_path, other) == []


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ('phone: "Τηλέφωνο"', "phone"),
        ('phone: "21012"x', "phone"),
        ('phone: "12"', "phone"),
        ('phone: "02721000000"', "phone"),
        ('phone: "123456789012"', "phone"),
        ('phone: "27210"', "phone"),
        ("email: info@@town", "email"),
        ("email: info@town", "email"),
        ("email: info", "email"),
    ],
)
def test_what_is_no_telephone_or_address_is_refused(
    tmp_path: Path, contact: str, field: str
) -> None:
    contact = contact.replace('"x', 'x"')
    ((_line, where, said),) = wrong(tmp_path, GOOD.replace('phone: "2100000000"', contact))
    assert where == f"contact.{field}"
    assert "such as" in said


PHONES = (
    *("1520", "15500", "210 123 4567", "+302101234567", "0030 27213 60700", "2721360700"),
    *("6912345678", "800 123 4567", "801 123 4567", "+49 30 123456"),
)


@pytest.mark.parametrize("phone", PHONES)
def test_telephones_as_they_are_written_are_right(tmp_path: Path, phone: str) -> None:
    assert warnings(tmp_path, GOOD.replace("2100000000", phone)) == []


def test_an_opening_may_end_at_24_00(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD.replace("start: 12:30, end: 14:20", "start: 22:00, end: 24:00"))
    read = check_catalogue(file, TODAY)[0]
    document = read.model_dump_json(by_alias=True, exclude_defaults=True)
    assert '"end":"24:00"' in document
    body = Municipality.model_validate_json(document)
    assert body == read
    offer = LoadedMunicipality(
        "", body, {("office", "one"): 1}, datetime(2026, 11, 30, tzinfo=UTC)
    ).offer("papers", "office", "in_person")
    at = datetime(2026, 12, 7, tzinfo=UTC)
    starts = schedule.free_starts(offer, {}, at, at.replace(day=8), at.replace(day=1))
    shown = [f"{datetime.fromtimestamp(start, offer.zone):%H:%M}" for start in starts]
    assert shown == ["22:00", "22:40", "23:20"]
    last = datetime.fromtimestamp(starts[-1], offer.zone)
    desk = body.branches[0].desks[0]
    assert schedule.is_open_through(offer, desk, last, datetime(2026, 12, 7, 22, tzinfo=UTC))
