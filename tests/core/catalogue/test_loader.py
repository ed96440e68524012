"""A catalogue that can't be read is refused by file, line, field and expectation."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from core.catalogue.loader import TEMPLATE, CatalogueInvalid, check_catalogue, read_catalogue
from tests.core.catalogue.broken_catalogue import DESK, GOOD, PAPERS, line_of, wrong


def test_the_good_one_is_good(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD)
    body = read_catalogue(file)
    first = body.branches[0].desks[0].openings[0]
    assert (f"{first.start:%H:%M}", f"{first.end:%H:%M}") == ("12:30", "14:20")
    assert [option.id for option in body.services["papers"].screening[0].options] == ["yes", "no"]
    assert body.contact.phone == "2100000000"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_catalogue(file) == body


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ("rules:", "rulez:", "rulez", "no such field here"),
        ("duration: 30", "durration: 30", f"{PAPERS}.durration", "no such field here"),
        ("        duration: 30\n", "", f"{PAPERS}.duration", "this field, which is missing"),
        ("{el: Χαρτιά, en: Papers}", "{en: Papers}", f"{PAPERS}.name.el", "which is missing"),
        (
            "{el: Χαρτιά, en: Papers}",
            "{el: Χαρτιά, xx: Papers}",
            f"{PAPERS}.name.xx",
            "no such field here",
        ),
        ("{el: Χαρτιά, en: Papers}", "{el: Χαρτιά, en: ''}", f"{PAPERS}.name.en", "a text"),
        ("{el: Χαρτιά, en: Papers}", "{el: '', en: Papers}", f"{PAPERS}.name.el", "a text"),
        ("{el: Χαρτιά, en: Papers}", "Papers", f"{PAPERS}.name", "a text as el and en"),
        ("{el: Χαρτιά, en: Papers}", "", f"{PAPERS}.name", "a text as el and en"),
        (
            "en: Office}\n",
            "en: Office}\n    place: {latitude: 371, longitude: 22}\n",
            "branches.0.place.latitude",
            "less than or equal to 90",
        ),
        (
            "en: Office}\n",
            "en: Office}\n    place: {latitude: 37}\n",
            "branches.0.place.longitude",
            "which is missing",
        ),
        (
            "en: Office}\n",
            "en: Office}\n    place: {latitude: 37,5, longitude: 22}\n",
            "branches.0.place.latitude",
            "a number has a point, no comma; write {latitude: 37.5}",
        ),
        ("duration: 30", "duration: half an hour", f"{PAPERS}.duration", "a whole number alone"),
        ("duration: 30", "duration: 3", f"{PAPERS}.duration", "greater than or equal to 5"),
        ("interval: 40", "interval: 1500", f"{PAPERS}.interval", "less than or equal to 1440"),
        ("id: papers\n", "id: Χαρτιά\n", f"{PAPERS}.id", "an id of small Latin letters"),
        ("id: town", "id: my town", "id", "an id of small Latin letters and digits, with"),
        ("{phone: ", "{website: x.gr, phone: ", "contact.website", "a link that begins with http"),
        (
            "channels: [in_person, video]\n        opening",
            "channels: []\n        opening",
            f"{DESK}.channels",
            "at least one",
        ),
        (
            "channels: [in_person, video]\n        opening",
            "channels: [fax]\n        opening",
            f"{DESK}.channels.0",
            "'in_person', 'video' or 'phone'",
        ),
        ("services: [papers]\n", "services: []\n", f"{DESK}.services", "at least one or 'all'"),
        ("services: [papers]\n", "services: papers\n", f"{DESK}.services", "a list or 'all'"),
        (
            "services: [papers]\n",
            "services: [Papers]\n",
            f"{DESK}.services.0",
            "an id of small Latin letters",
        ),
        ("services: [papers]}", "services: []}", f"{DESK}.openings.1.services", "at least one"),
        ("[mon, tue]", "[monday, tue]", f"{DESK}.openings.0.days.0", "'mon', 'tue'"),
        ("[mon, tue]", "[]", f"{DESK}.openings.0.days", "at least one"),
        ("start: 12:30", "start: 12.30", f"{DESK}.openings.0.start", "HH:MM, such as 12:30"),
        ("start: 12:30", "start: 9:30", f"{DESK}.openings.0.start", "HH:MM, such as 09:30"),
        ("start: 12:30", "start: 24:00", f"{DESK}.openings.0.start", "a time as HH:MM"),
        ("end: 14:20", "end: 14:20:30", f"{DESK}.openings.0.end", "a time as HH:MM"),
        ("from: 2027-01-04", "from: 4/1/2027", "closures.0.from", "such as 2027-01-04"),
        ("from: 2027-01-04", "from: 2027-02-30", "closures.0.from", "in the calendar"),
        ("from: 2027-01-04", "from: 26.2.2027", "closures.0.from", "such as 2027-02-26"),
        ("from: 2027-01-04", "from: 30/2/2027", "closures.0.from", "in the calendar, as year"),
        ("duration: 30", "duration: 20 λεπτά", f"{PAPERS}.duration", "alone, such as 20"),
        ("duration: 30", "duration: 0:20", f"{PAPERS}.duration", "alone, such as 20"),
        ("duration: 30", "duration: 1:30", f"{PAPERS}.duration", "alone, such as 90"),
        ("duration: 30", "duration: 0 λεπτά", f"{PAPERS}.duration", "alone, such as 20"),
        ("duration: 30", "duration: 45λ", f"{PAPERS}.duration", "alone, such as 45"),
        ("{hold_minutes: 10}", "{open_bookings: 0 το πολύ}", "rules.open_bookings", "such as 20"),
        ("{hold_minutes: 10}", "{reminder_hours: 0 ώρες}", "rules.reminder_hours", "such as 0"),
        ("end: 14:20", "end: 00:00", f"{DESK}.openings.0.end", "such as 24:00 for the end of"),
        ("end: 14:20", "end: 0:00", f"{DESK}.openings.0.end", "such as 24:00 for the end of"),
        ("end: 14:20", "end: 24.00", f"{DESK}.openings.0.end", "such as 24:00 for the end of"),
        (
            "to: 2027-01-05",
            "to: 2027-01-05, start: 20:00, end: 00:00",
            "closures.0.end",
            "such as 24:00 for the end of the day",
        ),
        ("[mon, tue]", "Δευτέρα-Παρασκευή", f"{DESK}.openings.0.days", "such as [mon, tue]"),
        (
            "channels: [in_person, video]\n        opening",
            "channels: in_person\n        opening",
            f"{DESK}.channels",
            "a list, such as [in_person, phone]",
        ),
        ("id: town\n", "id: town\naliases: Χωριό\n", "aliases", "such as [Village, Hamlet]"),
        ("{el: Δήμος, en: Town}", "Δήμος", "name", "a text as el and en, such as {el: …, en: …}"),
        ("name: {el: Δήμος, en: Town}", "name: [Δήμος]", "name", "a text as el and en"),
        ('contact: {phone: "2100000000"}', "contact: 2100000000", "contact", "fields, each"),
        (
            "en: Office}\n",
            "en: Office}\n    place: {latitude: '37,98', longitude: 22}\n",
            "branches.0.place.latitude",
            "a number, such as 37.98",
        ),
        ("id: town", f"id: {'a' * 41}", "id", "at most 40 characters"),
        ("type: yes_no", "type: bool", "fields.2.type", "'name', 'email'"),
        ("id: town\n", "id: town\nid: city\n", "id", "this key only once"),
    ],
)
def test_a_slip_is_named_by_field_and_expectation(
    tmp_path: Path, old: str, new: str, field: str, expected: str
) -> None:
    assert GOOD.count(old) == 1
    found = wrong(tmp_path, GOOD.replace(old, new))
    assert [said for _, where, said in found if where == field and expected in said]


def test_every_slip_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    broken = GOOD.replace("id: town", "id: Town").replace("{el: Δήμος, en", "{en")
    broken = broken.replace("{id: b,", "{id: b, color: red,").replace("interval: 40\n", "\n")
    broken = broken.replace("end: 14:20", "end: 1420")
    assert [(line, field) for line, field, _ in wrong(tmp_path, broken)] == [
        (1, "id"),
        (2, "name.el"),
        (line_of(GOOD, "end: 14:20"), f"{DESK}.openings.0.end"),
        (line_of(GOOD, "- id: papers"), f"{PAPERS}.interval"),
        (line_of(GOOD, "{id: b,"), f"{PAPERS}.screening.1.options.1.color"),
    ]


def test_a_missing_language_is_warned_of_and_greek_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    one = GOOD.replace("{el: Χαρτιά, en: Papers}", "{el: Χαρτιά}")
    file.write_text(one)
    body, warnings = check_catalogue(file)
    assert [str(found) for found in warnings] == [
        f"{file}:{line_of(one, 'el: Χαρτιά')}: {PAPERS}.name.en: "
        "a text, which is missing; el is shown instead"
    ]
    name = body.services["papers"].name
    assert (name.in_language("en"), name.values()) == ("Χαρτιά", ["Χαρτιά"])
    assert body.model_validate_json(body.model_dump_json(by_alias=True)) == body
    file.write_text(GOOD)
    assert check_catalogue(file)[1] == []


def test_several_texts_that_lack_a_language_are_one_warning(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    partly = GOOD.replace("{el: Χαρτιά, en: Papers}", "{el: Χαρτιά}")
    partly = partly.replace("desks:\n", "desks: &desks\n").replace(
        ", reason: {el: Γ, en: F}", ", reason: {el: Γ}"
    )
    partly = partly.replace("groups:\n", "  - {id: b, name: {el: Β}, desks: *desks}\ngroups:\n")
    file.write_text(partly)
    lines = [line_of(partly, each) for each in ("from: 2027-01-04", "- {id: b, name", "el: Χαρτιά")]
    assert [str(found) for found in check_catalogue(file)[1]] == [
        f"{file}:{lines[0]}: en: 3 texts, which are missing (lines {lines[0]}, {lines[1]}, "
        f"{lines[2]}); el is shown instead"
    ]
    file.write_text(re.sub(r", en: [^},]*}", "}", GOOD))
    ((warning),) = check_catalogue(file)[1]
    assert re.match(
        r"\d\d texts, which are missing \(lines 2, 6, 8, 9, 12 …\); el", warning.expected
    )


def test_a_texts_languages_are_stored_in_the_tables_order(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD.replace("{el: Χαρτιά, en: Papers}", "{en: Papers, el: Χαρτιά}"))
    dumped = read_catalogue(file).model_dump_json(by_alias=True, exclude_defaults=True)
    assert '{"el":"Χαρτιά","en":"Papers"}' in dumped


def test_an_opening_with_room_for_just_one_is_right(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD.replace("end: 14:20", "end: 13:00"))
    assert read_catalogue(file).branches[0].desks[0].openings[0].end.hour == 13


def test_a_slip_that_an_alias_repeats_is_told_once(tmp_path: Path) -> None:
    two = GOOD.replace("desks:\n", "desks: &desks\n").replace("end: 14:20", "end: 11:00")
    two = two.replace("groups:\n", "  - {id: b, name: {el: Β, en: B}, desks: *desks}\ngroups:\n")
    assert wrong(tmp_path, two) == [
        (line_of(GOOD, "end: 14:20"), f"{DESK}.openings.0.end", "later than start")
    ]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", 1, "a municipality: id, name, groups …"),
        ("# nothing yet\n", 1, "a municipality: id, name, groups …"),
        ("- a\n- b\n", 1, "a municipality: id, name, groups …"),
        ("just words", 1, "a municipality: id, name, groups …"),
        ("id: [town\nname: {", 1, "the [ of this line isn't closed before line 2; write the ]"),
        ("id: town\n\tname: x", 2, "there is a tab character; write spaces instead"),
        ("id: a\n---\nid: b", 2, "YAML (but found another document"),
        ("id: *town", 1, "a text can't begin with *; write quotes around it"),
        ("id: \x01", 1, "YAML (unacceptable character #x0001"),
        ("id: &a [*a]", 1, "YAML without an *alias inside itself"),
        (GOOD + "links: &a {b: *a}", 1, "YAML without an *alias inside itself"),
        (b"id: \xff\xfe", 1, "save the file as UTF-8"),
        (GOOD.encode("utf-16"), 1, "save the file as UTF-8"),
        (GOOD.encode("cp1253"), 2, "such as Windows-1253; save the file as UTF-8"),
    ],
    ids=[
        "empty",
        "comments only",
        "a list",
        "text",
        "brackets",
        "a tab",
        "two documents",
        "an unknown alias",
        "a control sign",
        "an alias in itself",
        "an alias in itself, further down",
        "bytes",
        "UTF-16",
        "Greek of old Windows",
    ],
)
def test_what_is_no_yaml_is_refused_with_the_line(
    tmp_path: Path, text: str | bytes, line: int, expected: str
) -> None:
    ((found, field, said),) = wrong(tmp_path, text)
    assert (found, field) == (line, "")
    assert expected in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("id: town\n", 'id: "town\n', 1, "and none ends it before line 3; write it"),
        ("{el: Δήμος, ", '{el: "Δήμος, ', 2, "and none ends it before line 3; write it"),
        ("{el: Χαρτιά, ", "{el: 'Χαρτιά, ", 36, "and none ends it; write the second one"),
        ("en: Papers}", "en: Papers", 36, "the { of this line isn't closed before line 37; wri"),
        ("en: Papers}", "en: 'Peoples' Papers'}", 36, "quotes around a text with a comma"),
        ("en: Town}", "en: 'Town\n  Hall'}\n\taliases: [a]", 4, "a tab character; write spaces"),
    ],
)
def test_a_quote_or_bracket_that_is_open_since_an_earlier_line_is_named(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    assert GOOD.count(old) == 1
    ((found, field, said),) = wrong(tmp_path, GOOD.replace(old, new))
    assert (found, field) == (line, "")
    assert expected in said


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        # A space too few or too many: before a field, an item, and the first of several.
        ("    type: yes_no", "   type: yes_no", 11, "it begins with 3 spaces; write 4, to be"),
        ("    type: yes_no", "     type: yes_no", 11, "it begins with 5 spaces; write 4, to be"),
        ("    type: yes_no", "  type: yes_no", 11, "it begins with 2 spaces; write 4, to be"),
        ("  - id: third_email", " - id: third_email", 14, "it begins with 1 space; write 2, to be"),
        ("  - id: third_email", "   - id: third_email", 14, "begins with 3 spaces; write 2, to be"),
        (
            "      - id: papers",
            "     - id: papers",
            35,
            "5 spaces; write 6, to be in line with line 36",
        ),
        (
            "      - id: one",
            "       - id: one",
            25,
            "7 spaces; write 6, to be in line with line 26",
        ),
        ("fields:\n", " fields:\n", 7, "it begins with 1 space; write none, to be in line"),
        (
            "        duration: 30",
            "       duration: 30",
            38,
            "7 spaces; write 8, to be in line with",
        ),
        (
            "  - id: third\n",
            "  -id: third\n",
            10,
            "the space after the dash is missing; write - id:",
        ),
        # A colon that is missing, or of which the space is.
        ("id: town", "id:town # its id", 1, "write id: town"),
        ("    type: yes_no", "    type:yes_no", 11, "write type: yes_no"),
        ("    type: yes_no", "    type yes_no", 11, "write type: yes_no"),
        ("        duration: 30", "        duration:30", 38, "write duration: 30"),
        # Texts that need quotes.
        (
            "type: yes_no",
            "type: yes: no",
            11,
            'a text with a colon needs quotes; write type: "yes: no"',
        ),
        ("{el: Δήμος, ", "{el: Δήμος: α, ", 2, "quotes around a text with a comma, a colon"),
        ("{el: Δήμος, ", "{el: Δήμος:, ", 2, "quotes around a text with a comma, a colon"),
        ("{el: Δήμος, ", "{el: [1] Δήμος, ", 2, "quotes around a text with a comma, a colon"),
        ("{el: Δήμος, ", "{el: Δήμος ", 2, "and a comma between two fields"),
        ("{el: Δήμος, ", "{el: %Δήμος, ", 2, "a text can't begin with %; write quotes around it"),
        ("{el: Δήμος, ", "{el: *, ", 2, "a text can't begin with *; write quotes around it"),
        ("id: town", "id: @town", 1, "a text can't begin with @; write quotes around it"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_slip_of_yaml_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    assert GOOD.count(old) == 1
    ((found, field, said),) = wrong(tmp_path, GOOD.replace(old, new))
    assert (found, field) == (line, "")
    assert expected in said


SLIPS: dict[str, Callable[[str], str]] = {
    "a space too few": lambda line: line.removeprefix(" "),
    "a space too many": lambda line: f" {line}",
    "no space after the colon": lambda line: line.replace(": ", ":", 1),
    "no colon": lambda line: line.replace(": ", " ", 1),
    "a comma in braces": lambda line: re.sub(r"{el: ([^\",}]+)", r"{el: \1, Α", line),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_any_line_of_a_new_file_is_told_at_that_line(tmp_path: Path, slip: str) -> None:
    right, file, told = TEMPLATE.read_text("utf-8").split("\n"), tmp_path / "town.yaml", 0
    for number, line in enumerate(right, 1):
        wrong = SLIPS[slip](line)
        if wrong == line or not line.strip() or line.lstrip().startswith("#"):
            continue
        file.write_text("\n".join([*right[: number - 1], wrong, *right[number:]]), "utf-8")
        try:
            check_catalogue(file)
        except CatalogueInvalid as bad:
            assert number in [problem.line for problem in bad.problems], str(bad)
            told += 1
    assert told > 9


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{el: Δημαρχείο, Χωριό, en: Town}", '{el: "Δημαρχείο, Χωριό"}'),
        ("{el: Δήμος, en: Town, 1st floor}", '{en: "Town, 1st floor"}'),
        ("{en: Town, el: Δευτέρα, 08:00–14:30}", '{el: "Δευτέρα, 08:00–14:30"}'),
    ],
)
def test_a_comma_in_braces_needs_quotes(tmp_path: Path, text: str, meant: str) -> None:
    found = wrong(tmp_path, GOOD.replace("{el: Δήμος, en: Town}", text))
    language = meant[1:3]
    assert found == [(2, f"name.{language}", f"a text with a comma needs quotes; write {meant}")]


def test_a_colon_in_a_list_of_words_needs_quotes(tmp_path: Path) -> None:
    found = wrong(tmp_path, GOOD.replace("id: town\n", "id: town\naliases: [Χωριό, Κάτω: Χωριό]\n"))
    assert found == [(2, "aliases.1", 'a text; with a colon it needs quotes; write "Κάτω: Χωριό"')]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueInvalid, match=r"none\.yaml: there is no such file"):
        read_catalogue(tmp_path / "none.yaml")
    with pytest.raises(CatalogueInvalid, match="is a folder; name a file in it"):
        read_catalogue(tmp_path)


@pytest.mark.parametrize("nothing", ["null", "~"])
def test_nothing_is_taken_where_a_field_may_have_no_value(tmp_path: Path, nothing: str) -> None:
    file = tmp_path / "town.yaml"
    given = f"staff_chat: {{day_list_at: {nothing}}}\n"
    file.write_text(GOOD.replace("rules:", f"{given}rules:"))
    assert read_catalogue(file).staff_chat.day_list_at is None


def test_null_in_quotes_is_a_text(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD.replace("en: Papers", 'en: "null"'))
    assert "null" in read_catalogue(file).services["papers"].name.values()


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ("el: Χαρτιά", "el: null", f"{PAPERS}.name.el", "a text; null and ~ need quotes"),
        ("id: town", "id: ~", "id", "a text; null and ~ need quotes"),
        ("start: 12:30", "start: null", "start", "a time as HH:MM, such as 09:30"),
        ("duration: 30", "duration: null", f"{PAPERS}.duration", "a whole number alone"),
        (
            "channels: [in_person, video]\n        openings",
            "channels: ~\n        openings",
            "channels",
            "a list, such as",
        ),
    ],
)
def test_nothing_is_refused_where_a_value_is_required(
    tmp_path: Path, old: str, new: str, field: str, expected: str
) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(CatalogueInvalid) as caught:
        read_catalogue(file)
    (problem,) = caught.value.problems
    assert problem.field.endswith(field)
    assert expected in problem.expected
    assert "None" not in problem.expected
