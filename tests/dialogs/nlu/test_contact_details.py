"""Telephone numbers, e-mail addresses and tax numbers where they stand in a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.nlu.contact_details import find_emails, find_phones, find_tax_numbers
from dialogs.nlu.normalize import clean


@pytest.mark.parametrize(
    ("text", "phone", "said"),
    [
        ("6912 345 678", "+306912345678", "6912 345 678"),
        ("πάρτε με στο 69-12-34-56-78, το πρωί", "+306912345678", "69-12-34-56-78"),
        ("όχι 6912, λάθος: 6912 345 679", "+306912345679", "6912 345 679"),
        ("έξι εννέα ένα δύο, τριάντα τέσσερα, πενήντα έξι, εβδομήντα οχτώ", "+306912345678", None),
        ("εξακόσια ενενήντα ένα, διακόσια τριάντα τέσσερα, 56 78", "+306912345678", None),
        ("six nine one two, double three, four five six seven", "+306912334567", None),
        ("έχω γερμανικό, +49 170 5551234", "+491705551234", "+49 170 5551234"),
        ("+1 (617) 555-0142", "+16175550142", "+1 (617) 555-0142"),
        ("6912", None, None),
        ("στις 3/12 στις 10:30", None, None),
    ],
)
def test_a_phone_is_found(text: str, phone: str | None, said: str | None) -> None:
    found = find_phones(text)
    assert [each.value for each in found] == ([phone] if phone else [])
    if said:
        assert text[found[0].span.start : found[0].span.end] == said


@pytest.mark.parametrize(
    ("text", "email", "said"),
    [
        ("γράψτε maria.papa@example.gr, ευχαριστώ", "maria.papa@example.gr", None),
        ("maria @ example.gr", "maria@example.gr", "maria @ example.gr"),
        ("MARIA@EXAMPLE.GR", "maria@example.gr", "MARIA@EXAMPLE.GR"),
        ("είναι maria παπάκι example τελεία gr", "maria@example.gr", None),
        ("maria κάτω παύλα papa παπάκι my παύλα shop τελεία gr", "maria_papa@my-shop.gr", None),
        ("maria papaki gmail teleia com", "maria@gmail.com", "maria papaki gmail teleia com"),
        ("it's maria dot papa at gmail dot com", "maria.papa@gmail.com", None),
        ("δεν έχω", None, None),
        ("I am at home", None, None),
        ("maria@", None, None),
    ],
)
def test_an_email_address_is_found(text: str, email: str | None, said: str | None) -> None:
    found = find_emails(text)
    assert [each.value for each in found] == ([email] if email else [])
    if said:
        assert text[found[0].span.start : found[0].span.end] == said


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ο ΑΦΜ μου είναι 068 933 130", "068933130"),
        ("μηδέν έξι οχτώ εννιά τρία τρία ένα τρία μηδέν", "068933130"),
        ("068933131", None),
        ("τηλ. 6912345678 και αφμ 068933130", "068933130"),
    ],
)
def test_a_tax_number_is_found(text: str, number: str | None) -> None:
    assert [found.value for found in find_tax_numbers(text)] == ([number] if number else [])


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("0123456789 +-.,@aΑβ½٣") | st.characters(), max_size=30))
def test_any_text_is_searched(text: str) -> None:
    text = clean(text)
    for find in (find_phones, find_emails, find_tax_numbers):
        assert all(0 <= f.span.start < f.span.end <= len(text) for f in find(text))
