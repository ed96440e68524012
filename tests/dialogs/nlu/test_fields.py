"""Typed details: names, email, phone, ΑΦΜ, identity card, passport."""

from collections.abc import Callable

import pytest

from bot.i18n.translator import Translator
from core.catalogue.model import FieldType
from core.i18n import TextTemplate
from dialogs.nlu import fields
from dialogs.nlu.field_types import FIELD_TYPES, LONGEST_NOTES, check_complete
from dialogs.nlu.normalize import clean
from dialogs.nlu.parsed import Parsed, ParseFailure

Parser = Callable[[str], Parsed]


def parsed_text(parser: Parser, typed: str) -> str:
    """Return the value parsed, or "WRONG" and the message of the failure."""
    parsed = parser(clean(typed))
    if isinstance(parsed, ParseFailure):
        assert isinstance(parsed.text, TextTemplate)
        return f"WRONG {parsed.text.message}"
    return parsed.value


def value_of(parsed: Parsed) -> str:
    assert not isinstance(parsed, ParseFailure)
    return parsed.value


@pytest.mark.parametrize(
    "typed",
    [
        "Μαρία Παπαδοπούλου",
        "ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΥ",
        "μαρια παπαδοπουλου",
        "Maria Papadopoulou",
        "Μαρία-Ελένη Παπαδοπούλου",
        "Μαρία Παπαδοπούλου-Κυριακού",
        "Ιωάννης Δ. Παπάς",
        "Μαρία Π.",
        "John O'Brien",
        "Jean-Luc d’Artagnan",
        "Παπαδοπούλου, Μαρία",
        "Άννα (Νανά) Παππά",
        "José Núñez",
        "Владимир Иванов",
        "李 小龙",
        "محمد علي",
        "रवि कुमार",
        "Zoë van der Berg",
        "Α" * 50 + " " + "Β" * 49,
    ],
)
def test_a_name_in_any_alphabet_is_returned_as_typed(typed: str) -> None:
    assert parsed_text(fields.parse_name, typed) == typed


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("6912345678", "A name has letters only."),
        ("Μαρία 2", "A name has letters only."),
        ("Μαρ1α Παππά", "A name has letters only."),
        ("<b>Μαρία</b> Παππά", "A name has letters only."),
        ("<script>alert(1)</script> x", "A name has letters only."),
        ("Μαρία & Γιώργος", "A name has letters only."),
        ("maria@example.gr Παππά", "A name has letters only."),
        ("https://example.gr Παππά", "A name has letters only."),
        ("Μαρία_Παππά x", "A name has letters only."),
        ("Μαρία | Παππά", "A name has letters only."),
        ("Μαρία; DROP TABLE bookings", "A name has letters only."),
        ("Μαρία Παππά 🙂", "A name has letters only."),
        ("- -", "A name has letters only."),
        ("👍", "A name has letters only."),
        ("Α" * 50 + " " + "Β" * 50, "That is too long for a name."),
    ],
)
def test_a_text_that_is_no_full_name_fails(typed: str, wrong: str) -> None:
    assert parsed_text(fields.parse_name, typed).startswith(f"WRONG {wrong}")


@pytest.mark.parametrize(
    ("typed", "is_name"),
    [
        ("λάθος Τετάρτη, θέλω Πέμπτη", False),
        ("lathos tetarti, thelw pempti", False),
        ("8elw na to allaksw", False),
        ("Pio Rossi", True),
        ("Den Brown", True),
    ],
)
def test_a_correction_is_no_name(typed: str, is_name: bool, texts: Translator) -> None:
    parsed = FIELD_TYPES[FieldType.NAME].parse(clean(typed), texts)
    assert isinstance(parsed, ParseFailure) != is_name


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("maria@example.gr", "maria@example.gr"),
        ("Maria.P@Example.GR", "Maria.P@example.gr"),
        ("maria+dimos@mail.example.gr", "maria+dimos@mail.example.gr"),
        ("maria_p-1@example.co.uk", "maria_p-1@example.co.uk"),
        ("maria @ example.gr", "maria@example.gr"),
        ("mailto:maria@example.gr", "maria@example.gr"),
        ("MAILTO:maria@example.gr", "maria@example.gr"),
        ("<maria@example.gr>", "maria@example.gr"),
        ("Μαρία <maria@example.gr>", "maria@example.gr"),
        ("το email μου είναι maria@example.gr.", "maria@example.gr"),
        ("email: maria@example.gr", "maria@example.gr"),
        ("email:maria@example.gr", "maria@example.gr"),
        ("maria@example.gr;", "maria@example.gr"),
    ],
)
def test_an_email_address_is_found_in_what_is_typed(typed: str, address: str) -> None:
    assert parsed_text(fields.parse_email, typed) == address


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("maria", "An email address has one @."),
        ("maria.example.gr", "An email address has one @."),
        ("maria@@example.gr", "An email address has one @."),
        ("maria@example.gr, nikos@example.gr", "An email address has one @."),
        ("δεν έχω", "An email address has one @."),
        ("μαρία@example.gr", "An email address has Latin letters only."),
        ("μaria@example.gr", "An email address has Latin letters only."),
        ("maria@εξαμπλ.γρ", "An email address has Latin letters only."),
        ("maria@", "This email address doesn't look right."),
        ("@example.gr", "This email address doesn't look right."),
        ("maria@example", "This email address doesn't look right."),
        ("maria@example,gr", "This email address doesn't look right."),
        ("maria@example..gr", "This email address doesn't look right."),
        ("maria..p@example.gr", "This email address doesn't look right."),
        ("maria@-example.gr", "This email address doesn't look right."),
        ("maria@localhost", "This email address doesn't look right."),
        ("maria@127.0.0.1", "This email address doesn't look right."),
        ("maria@example gr", "This email address doesn't look right."),
        ("a" * 65 + "@example.gr", "This email address doesn't look right."),
        ("@", "This email address doesn't look right."),
    ],
)
def test_a_text_that_is_no_email_address_fails(typed: str, wrong: str) -> None:
    assert parsed_text(fields.parse_email, typed).startswith(f"WRONG {wrong}")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("6912345678", "+306912345678"),
        ("691 234 5678", "+306912345678"),
        ("69 12 34 56 78", "+306912345678"),
        ("691-234-5678", "+306912345678"),
        ("691.234.5678", "+306912345678"),
        ("(691) 2345678", "+306912345678"),
        ("+30 691 234 5678", "+306912345678"),
        ("(+30) 6912345678", "+306912345678"),
        ("0030 6912345678", "+306912345678"),
        ("306912345678", "+306912345678"),
        ("τηλ. 6912345678", "+306912345678"),
        ("το κινητό μου είναι 6912345678.", "+306912345678"),
        ("my phone: 6912345678", "+306912345678"),
        ("６９１２３４５６７８", "+306912345678"),
        ("2271350004", "+302271350004"),
        ("22713 50004", "+302271350004"),
        ("210 1234567", "+302101234567"),
        ("+61 412 345 678", "+61412345678"),
        ("0061 412 345 678", "+61412345678"),
        ("+1 (202) 555-0143", "+12025550143"),
        ("+44 7911 123456", "+447911123456"),
        ("+357 99 123456", "+35799123456"),
    ],
)
def test_a_phone_number_is_returned_in_e164_form(typed: str, number: str) -> None:
    assert parsed_text(fields.parse_phone, typed) == number


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("", "A telephone number has digits only."),
        ("+", "A telephone number has digits only."),
        ("δεν έχω", "A telephone number has digits only."),
        ("691234567O", "A telephone number has digits only."),
        ("691234567ο", "A telephone number has digits only."),
        ("maria1@example.gr", "A telephone number has digits only."),
        ("112", "A Greek telephone number has 10 digits"),
        ("691234567", "A Greek telephone number has 10 digits"),
        ("69123456789", "A Greek telephone number has 10 digits"),
        ("+30691234567", "A Greek telephone number has 10 digits"),
        ("0412 345 678", "A Greek telephone number has 10 digits"),
        ("6912345678 ή 2271350004", "This telephone number doesn't look right."),
        ("+30", "This telephone number doesn't look right."),
        ("+999 123456", "This telephone number doesn't look right."),
        ("1234567890", "There is no such telephone number."),
        ("6112345678", "There is no such telephone number."),
        ("+61 412 345", "There is no such telephone number."),
    ],
)
def test_a_text_that_is_no_phone_number_fails(typed: str, wrong: str) -> None:
    assert parsed_text(fields.parse_phone, typed).startswith(f"WRONG {wrong}")


def test_the_failure_says_how_many_digits_the_phone_number_has(texts: Translator) -> None:
    failure = fields.parse_phone("69123456")
    assert isinstance(failure, ParseFailure)
    assert "αυτός έχει 8" in texts.say(failure.text, "el")


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("+306912345678", "691 234 5678"),
        ("+61412345678", "+61 412 345 678"),
        ("not one", "not one"),
    ],
)
def test_a_phone_number_is_formatted_as_people_write_it(number: str, spoken: str) -> None:
    assert fields.format_phone(number) == spoken


@pytest.mark.parametrize("number", ["+306912345678", "+302271350004", "+61412345678"])
def test_a_formatted_phone_number_can_be_parsed_again(number: str) -> None:
    assert value_of(fields.parse_phone(fields.format_phone(number))) == number


@pytest.mark.parametrize(
    "typed",
    [
        "068933130",
        "068 933 130",
        "068-933-130",
        "068.933.130",
        "EL068933130",
        "EL 068933130",
        "el068933130",
        "GR068933130",
        "ΕΛ068933130",
        "ΑΦΜ 068933130",
        "ΑΦΜ: 068933130",
        "Α.Φ.Μ. 068933130",
        "αφμ068933130",
        "afm 068933130",
        "ο ΑΦΜ μου είναι 068933130",
        "０６８９３３１３０",
    ],
)
def test_a_tax_number_is_found_in_what_is_typed(typed: str) -> None:
    assert parsed_text(fields.parse_tax_number, typed) == "068933130"


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("000000000", "This tax number (ΑΦΜ) isn't valid."),
        ("068933131", "This tax number (ΑΦΜ) isn't valid."),
        ("168933130", "This tax number (ΑΦΜ) isn't valid."),
        ("123456789", "This tax number (ΑΦΜ) isn't valid."),
        ("68933130", "A tax number (ΑΦΜ) has 9 digits."),
        ("0689331300", "A tax number (ΑΦΜ) has 9 digits."),
        ("o68933130", "A tax number (ΑΦΜ) has 9 digits."),
        ("DE068933130", "A tax number (ΑΦΜ) has 9 digits."),
        ("068933130 068933130", "A tax number (ΑΦΜ) has 9 digits."),
        ("δεν τον θυμάμαι", "A tax number (ΑΦΜ) has 9 digits."),
        ("", "A tax number (ΑΦΜ) has 9 digits."),
    ],
)
def test_a_wrong_tax_number_fails(typed: str, wrong: str) -> None:
    assert parsed_text(fields.parse_tax_number, typed).startswith(f"WRONG {wrong}")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("ΑΒ 123456", "AB123456"),
        ("ΑΒ123456", "AB123456"),
        ("AB 123456", "AB123456"),
        ("αβ-123456", "AB123456"),
        ("ab.123.456", "AB123456"),
        ("Α 123456", "A123456"),
        ("Χ654321", "X654321"),
        ("Ξ 123456", "Ξ123456"),
        ("ΑΔΤ ΑΒ 123456", "AB123456"),
        ("Α.Δ.Τ. ΑΒ123456", "AB123456"),
        ("ΑΑ0123456", "AA0123456"),
        ("A00123456", "A00123456"),
        ("ΑΚ123456789", "AK123456789"),
    ],
)
def test_an_old_or_new_identity_card_is_parsed(typed: str, number: str) -> None:
    assert parsed_text(fields.parse_identity_card, typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "123456", "ΑΒ 12345", "ΑΒ", "ΠΑΠΑΔΟΠΟΥΛΟΥ", "ΑΒ123456 ΑΤ Χίου", "δεν έχω", "<b>"],
)
def test_a_text_that_is_no_identity_card_fails(typed: str) -> None:
    assert parsed_text(fields.parse_identity_card, typed).startswith(
        "WRONG An identity card's number has"
    )


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("AE1234567", "AE1234567"),
        ("ΑΕ1234567", "AE1234567"),
        ("ae 123 4567", "AE1234567"),
        ("123456789", "123456789"),
        ("C01X00T47", "C01X00T47"),
        ("P-123456", "P123456"),
    ],
)
def test_a_passport_of_any_country_is_parsed(typed: str, number: str) -> None:
    assert parsed_text(fields.parse_passport, typed) == number


@pytest.mark.parametrize("typed", ["", "12345", "ABCDEFGH", "A1B2C3", "AB12345678901", "χαμένο"])
def test_a_text_that_is_no_passport_fails(typed: str) -> None:
    assert parsed_text(fields.parse_passport, typed).startswith("WRONG A passport's number has")


def test_a_document_number_is_the_same_in_either_alphabet() -> None:
    for greek, latin in (("ΑΒΕΖ", "ABEZ"), ("ΗΙΚΜ", "HIKM"), ("ΝΟΡΤ", "NOPT"), ("ΥΧ", "YX")):
        of_greek, of_latin = (
            fields.parse_passport(f"{letters}123456") for letters in (greek, latin)
        )
        assert value_of(of_greek) == value_of(of_latin)


@pytest.mark.parametrize(("kind", "longest"), [(FieldType.TEXT, 200), (FieldType.NOTES, 500)])
def test_a_text_has_a_maximum_length(kind: FieldType, longest: int, texts: Translator) -> None:
    assert value_of(FIELD_TYPES[kind].parse("α" * longest, texts)) == "α" * longest
    failure = FIELD_TYPES[kind].parse("α" * (longest + 1), texts)
    assert isinstance(failure, ParseFailure)
    assert str(longest) in texts.say(failure.text, "el")


@pytest.mark.parametrize("kind", [FieldType.CHOICE, FieldType.YES_NO])
def test_a_choice_takes_no_free_text(kind: FieldType, texts: Translator) -> None:
    assert isinstance(FIELD_TYPES[kind].parse("κάτι άλλο", texts), ParseFailure)


def test_a_type_without_a_record_is_named() -> None:
    without = set(FieldType) - {FieldType.PASSPORT, FieldType.NOTES}
    with pytest.raises(RuntimeError, match="no record for: notes, passport"):
        check_complete(without)


def test_the_catalogue_and_the_conversation_know_the_same_fixed_values() -> None:
    for field_type, spec in FIELD_TYPES.items():
        assert {choice.value for choice in spec.choices} == field_type.fixed_values


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize(
    "typed", ["", "👍", "\u200b", "<script>", "%s %d {count} {0}", "'; --", "٣٤٥", "a" * 5000]
)
def test_no_text_makes_a_parser_raise(kind: FieldType, typed: str, texts: Translator) -> None:
    parsed = FIELD_TYPES[kind].parse(clean(typed), texts)
    if isinstance(parsed, ParseFailure):
        assert all(texts.say(parsed.text, language) for language in ("el", "en"))
    else:
        assert len(parsed.value) <= LONGEST_NOTES


@pytest.mark.parametrize(
    ("kind", "typed", "value", "part"),
    [
        (FieldType.NAME, "με λένε Μαρία Παππά", "Μαρία Παππά", "Μαρία Παππά"),
        (
            FieldType.EMAIL,
            "στο maria @ example.gr.",
            "maria@example.gr",
            "maria @ example.gr",
        ),
        (FieldType.PHONE, "το κινητό μου: 691 234 5678", "+306912345678", "691 234 5678"),
        (FieldType.PHONE, "+ 30 691 234 5678", "+306912345678", "+ 30 691 234 5678"),
        (FieldType.PHONE, "c++ (+30) 691 234 5678, ναι", "+306912345678", "(+30) 691 234 5678"),
        (FieldType.PHONE, "τηλ. (6912345678).", "+306912345678", "(6912345678)"),
        (FieldType.TAX_NUMBER, "το ΑΦΜ μου είναι 068933130.", "068933130", "068933130"),
        (FieldType.TAX_NUMBER, "ΑΦΜ:068 933 130", "068933130", "068 933 130"),
        (FieldType.TAX_NUMBER, "+Α.Φ.Μ.068933130", "068933130", "068933130"),
        (FieldType.TAX_NUMBER, "EL068933130", "068933130", "068933130"),
        (FieldType.IDENTITY_CARD, "«ΑΒ 123456»", "AB123456", "ΑΒ 123456"),
        (FieldType.IDENTITY_CARD, "Α.Δ.Τ.: ΑΒ-123456", "AB123456", "ΑΒ-123456"),
        (FieldType.IDENTITY_CARD, "ΑΔΤΑΒ123456", "AB123456", "ΑΒ123456"),
        (FieldType.IDENTITY_CARD, "ο αριθμός είναι ΑΒ 123456.", "AB123456", "ΑΒ 123456"),
        (FieldType.PASSPORT, "(AE 1234567)", "AE1234567", "AE 1234567"),
        (FieldType.NOTES, "ό,τι να 'ναι", "ό,τι να 'ναι", "ό,τι να 'ναι"),
    ],
)
def test_an_answer_has_its_span(
    kind: FieldType, typed: str, value: str, part: str, texts: Translator
) -> None:
    found = FIELD_TYPES[kind].parse(typed, texts)
    assert not isinstance(found, ParseFailure)
    assert (found.value, typed[found.span.start : found.span.end]) == (value, part)
