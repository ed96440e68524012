"""What is taken back and said anew."""

import pytest

from dialogs.nlu.contact_details import find_emails, find_phones
from dialogs.nlu.corrections import the_one


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("6936110254 και πάλι 6936110254", "+306936110254"),
        ("6936110254 λάθος, 6936110255", "+306936110255"),
        ("69 36 11 02 54 ωχ λάθος, τελειώνει σε 55: 69 36 11 02 55", "+306936110255"),
        ("6936110254, sorry no, 6936110255", "+306936110255"),
        ("6936110254 ή 6936110255", None),
        ("6936110254 όχι λάθος, τελειώνει σε 55", None),
        ("", None),
    ],
)
def test_a_number_said_anew_replaces_the_one_before(text: str, meant: str | None) -> None:
    one = the_one(text, find_phones(text))
    assert (one and one.value) == meant


def test_an_address_said_anew_replaces_the_one_before() -> None:
    text = "nikos@gmial.com ωχ λάθος nikos@gmail.com"
    one = the_one(text, find_emails(text))
    assert one and (one.value, one.span.start) == ("nikos@gmail.com", 25)
