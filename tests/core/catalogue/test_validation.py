"""Contradictions in a catalogue are refused, each with its line."""

from pathlib import Path

import pytest

from core.catalogue.loader import read_catalogue
from tests.core.catalogue.broken_catalogue import DESK, EMAIL, GOOD, PAPERS, line_of, wrong

YES = "              - {id: yes, label: {el: Ναι, en: Yes}}"
NO = "              - {id: no, label: {el: Όχι, en: No}}"
NO_ID = "an id of its own, not that of a question, nor channel"
STAMPS = """\
groups:
  - id: other
    name: {el: Άλλο, en: Other}
    services:
      - id: stamps
        name: {el: Ένσημα, en: Stamps}
        channels: [in_person]
        duration: 30
        interval: 40
"""


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ("rules:", "timezone: Europe/Chios\nrules:", "timezone", "a zone of the IANA database"),
        ("rules:", "timezone: Europe\nrules:", "timezone", "a zone of the IANA database"),
        (
            "hold_minutes: 10",
            "hold_minutes: 40, hold_max_minutes: 30",
            "rules.hold_max_minutes",
            "no less than hold_minutes",
        ),
        (
            "interval: 40",
            "interval: 40\n        notice_hours: 24\n        horizon_days: 1",
            f"{PAPERS}.notice_hours",
            "less than horizon_days",
        ),
        (
            "video]\n        duration",
            "phone]\n        duration",
            f"{PAPERS}.channels",
            "some desk with 30 minutes for papers over phone",
        ),
        (
            "consent: details",
            "consent: video",
            f"{PAPERS}.consent",
            "a consent of this file; video is not",
        ),
        (
            "consent: details",
            "consent: {video: film}",
            f"{PAPERS}.consent",
            "a consent of this file; film is not",
        ),
        (
            "consent: details",
            "consent: {in_person: details, phone: details}",
            f"{PAPERS}.consent.phone",
            "a channel of the service; phone is not",
        ),
        (
            "consent: details",
            "instructions: {phone: {el: Π, en: W}, video: {el: Π, en: W}}",
            f"{PAPERS}.instructions.phone",
            "a channel of the service; phone is not",
        ),
        (
            "video]\n        duration",
            "video, in_person]\n        duration",
            f"{PAPERS}.channels",
            "each channel once",
        ),
        (
            f"{YES}\n{NO}",
            f"{YES[:-1]}, stop: {{reason: {{el: Λ, en: R}}}}}}\n"
            f"{NO[:-1]}, stop: {{reason: {{el: Λ, en: R}}}}}}",
            f"{PAPERS}.screening.0.options",
            "an answer without stop",
        ),
        (
            "duration: 30",
            "duration: 120",
            f"{PAPERS}.channels",
            "some desk with 120 minutes for papers over video",
        ),
        (
            "end: 14:20",
            "end: 14:20, channels: [video]",
            f"{PAPERS}.channels",
            "some desk with 30 minutes for papers over in_person",
        ),
        ("phone, type", "mobile, type", f"{PAPERS}.fields", "a phone that is always asked"),
        (
            "type: phone,",
            "type: phone, required: false,",
            f"{PAPERS}.fields",
            "a phone that is always asked and required",
        ),
        (
            "type: phone,",
            "type: phone, when: {channel: video},",
            f"{PAPERS}.fields",
            "a phone that is always asked and required",
        ),
        (
            "services: [papers]\n",
            "services: [papers, stamps]\n",
            f"{DESK}.services",
            "services of this file; stamps is not",
        ),
        (
            "services: [papers]}",
            "services: [stamps]}",
            f"{DESK}.openings.1.services",
            "services of its desk; stamps is not",
        ),
        (
            "channels: [video], services",
            "channels: [phone], services",
            f"{DESK}.openings.1.channels",
            "channels of its desk; phone is not",
        ),
        ("end: 14:20", "end: 12:30", f"{DESK}.openings.0.end", "later than start"),
        ("end: 14:20", "end: 12:00", f"{DESK}.openings.0.end", "later than start"),
        (
            "end: 14:20",
            "end: 12:59",
            f"{DESK}.openings.0.end",
            "room for one appointment (30 minutes)",
        ),
        (
            "end: 14:20",
            "end: 14:20, from: 2027-02-01, to: 2027-01-31",
            f"{DESK}.openings.0.to",
            "no earlier than from",
        ),
        ("to: 2027-01-05", "to: 2027-01-03", "closures.0.to", "no earlier than from"),
        (
            "to: 2027-01-05",
            "to: 2027-01-05, start: 09:00",
            "closures.0",
            "both start and end, or neither",
        ),
        (
            "to: 2027-01-05",
            "to: 2027-01-05, end: 09:00",
            "closures.0",
            "both start and end, or neither",
        ),
        (
            "to: 2027-01-05",
            "to: 2027-01-05, start: 09:00, end: 09:00",
            "closures.0.end",
            "later than start",
        ),
        (
            "{third: yes, channel: video}",
            "{fourth: yes}",
            "fields.3.when",
            "channel or an earlier answer, not fourth",
        ),
        (
            "{third: yes, channel: video}",
            "{third_email: a}",
            "fields.3.when",
            "channel or an earlier answer, not third_email",
        ),
        (
            "{third: yes, channel: video}",
            "{third: maybe}",
            "fields.3.when",
            "an answer of third, not maybe",
        ),
        (
            "{third: yes, channel: video}",
            "{third: [yes, maybe]}",
            "fields.3.when",
            "an answer of third, not maybe",
        ),
        ("{third: yes, channel: video}", "{channel: fax}", "fields.3.when", "a channel, not fax"),
        (
            "when: {first: yes}",
            "when: {first: perhaps}",
            f"{PAPERS}.screening.1.when",
            "an answer of first, not perhaps",
        ),
        (
            "when: {first: yes}",
            "when: {second: a}",
            f"{PAPERS}.screening.1.when",
            "channel or an earlier answer, not second",
        ),
        (
            "when: {first: yes}",
            "when: {third: yes}",
            f"{PAPERS}.screening.1.when",
            "channel or an earlier answer, not third",
        ),
        (
            "id: second",
            "id: first",
            f"{PAPERS}.screening.1.id",
            "an id of its own; first is there already",
        ),
        ("id: second", "id: channel", f"{PAPERS}.screening.1.id", NO_ID),
        ("id: second", "id: third", "fields.2.id", NO_ID),
        ("id: third\n", "id: channel\n", "fields.2.id", NO_ID),
        (
            "{id: b,",
            "{id: a,",
            f"{PAPERS}.screening.1.options.1.id",
            "an id of its own; a is there already",
        ),
        (
            "  - {id: phone,",
            f"  - {EMAIL}\n  - {EMAIL}\n  - {{id: phone,",
            "fields.2.id",
            "an id of its own; email is there already",
        ),
        ("type: phone,", "type: text,", "fields.1.type", "phone"),
        (
            "id: third_email\n    type: email",
            "id: email\n    type: notes",
            "fields.3.type",
            "email",
        ),
        ("type: yes_no", "type: choice", "fields.2.options", "at least one option"),
        (
            "type: yes_no",
            "type: choice\n    options: []",
            "fields.2.options",
            "at least one option",
        ),
        (
            "type: yes_no",
            "type: yes_no\n    options: [{id: a, label: {el: Α, en: A}}]",
            "fields.2.options",
            "no options, which yes_no doesn't have",
        ),
        (
            "type: yes_no",
            "type: choice\n    options:\n      - id: y\n        label: {el: Ν, en: Y}\n"
            "        stop: {reason: {el: Λ, en: R}}",
            "fields.2.options",
            "no stop, which only a question of screening has",
        ),
        (
            "  - {id: details,",
            "  - {id: details, version: '2', title: {el: Σ, en: C}, text: {el: Όχι, en: No}}\n"
            "  - {id: details,",
            "consents.1.id",
            "an id of its own; details is there already",
        ),
    ],
)
def test_a_contradiction_is_named_by_field_and_expectation(
    tmp_path: Path, old: str, new: str, field: str, expected: str
) -> None:
    assert GOOD.count(old) == 1
    found = wrong(tmp_path, GOOD.replace(old, new))
    assert [said for _, where, said in found if where == field and expected in said]


@pytest.mark.parametrize(
    ("changes", "channels"),
    [
        ({"duration: 30": "duration: 110"}, []),
        ({"duration: 30": "duration: 111"}, ["in_person", "video"]),
        # Long enough is only an opening for the other channel, or for another service.
        ({"duration: 30": "duration: 61", "14:20}": "14:20, channels: [in_person]}"}, ["video"]),
        (
            {
                "duration: 30": "duration: 61",
                "14:20}": "14:20, services: [stamps]}",
                "services: [papers]\n": "services: [papers, stamps]\n",
                "groups:\n": STAMPS,
            },
            ["in_person", "video"],
        ),
    ],
    ids=["just fits", "a minute too long", "another channel's", "another service's"],
)
def test_a_service_longer_than_every_opening_of_its_desks_is_named(
    tmp_path: Path, changes: dict[str, str], channels: list[str]
) -> None:
    text = GOOD
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    # The short opening is wrong too, for another reason.
    said = [expected for _, _, expected in wrong(tmp_path, text) if "some desk with" in expected]
    assert sorted(expected.rpartition(" ")[2] for expected in said) == channels
    assert all("for papers over" in expected for expected in said)


@pytest.mark.parametrize("stops", [YES, NO])
def test_a_question_with_one_answer_that_stops_is_right(tmp_path: Path, stops: str) -> None:
    file = tmp_path / "town.yaml"
    stopping = f"{stops[:-1]}, stop: {{reason: {{el: Λ, en: R}}}}}}"
    file.write_text(GOOD.replace(stops, stopping))
    assert read_catalogue(file).services["papers"].screening


DOUBLES = {
    "service": ("      - id: papers", "groups.0.services.1.id", "an id that no other service"),
    "group": ("  - id: group", "groups.1.id", "an id of its own; group is there already"),
    "branch": ("  - id: office", "branches.1.id", "an id of its own; office is there already"),
    "desk": ("      - id: one", f"{DESK[:-1]}1.id", "an id of its own; one is there already"),
}


@pytest.mark.parametrize("kind", DOUBLES)
def test_an_id_is_given_only_once(tmp_path: Path, kind: str) -> None:
    begin, field, expected = DOUBLES[kind]
    lines = GOOD.splitlines(keepends=True)
    first = line_of(GOOD, begin) - 1
    depth = len(begin) - len(begin.lstrip())
    rest = range(first + 1, len(lines))
    inner = (n for n in rest if len(lines[n]) - len(lines[n].lstrip()) <= depth)
    last = next(inner, len(lines))
    doubled = "".join([*lines[:last], *lines[first:last], *lines[last:]])
    assert any(
        where.startswith(field) and expected in said for _, where, said in wrong(tmp_path, doubled)
    )


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("to: 2027-01-05", "to: 2027-01-03", "- {from: 2027"),
        ("services: [papers]\n", "services: [papers, stamps]\n", "services: [papers]\n"),
        ("id: second", "id: third", "id: third"),
        ("when: {first: yes}", "when: {first: maybe}", "when: {first: yes}"),
        ("consent: details", "consent: film", "consent: details"),
        ("id: town\n", "timezone: Mars\nid: town\n", "id: town"),
    ],
)
def test_a_contradiction_has_its_line_too(tmp_path: Path, old: str, new: str, at: str) -> None:
    ((line, _, _),) = wrong(tmp_path, GOOD.replace(old, new))
    assert line == line_of(GOOD, at)
