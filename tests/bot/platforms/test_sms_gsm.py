"""Folding into GSM 03.38, and the number of parts of a text message."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.platforms.sms.gsm import BASIC, EXTENDED, count_parts, fold, is_gsm

COUNTED = Path(__file__).parents[2] / "data/sms/parts.json.gz"

GREEK = st.text(st.characters(codec="iso8859_7"), max_size=60)


@given(st.text(max_size=60) | GREEK)
@example("ΐ ΰ \u037e \u0387 \u1fef ½ ﬁ \r\n \r \x1b 😀")
def test_folded_text_is_in_the_alphabet_and_stays_as_it_is(text: str) -> None:
    folded = fold(text)
    assert set(folded) <= {*BASIC, *EXTENDED}
    assert is_gsm(folded)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Το ραντεβού σας κλείστηκε", "TO PANTEBOY ΣAΣ KΛEIΣTHKE"),
        ("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "ABΓΔEZHΘIKΛMNΞOΠPΣTYΦXΨΩ"),
        ("προϊόν, Μαΐου, πραΰς", "ΠPOION, MAIOY, ΠPAYΣ"),
        ("«ΚΕΠ» – Ορεστιάδας…", '"KEΠ" - OPEΣTIAΔAΣ...'),
        ("Γιατί\u037e Τώρα· ναι\u0387", "ΓIATI? TΩPA; NAI;"),
        ("10:30\u202fπ.μ.\u00a05 €", "10:30 Π.M. 5 €"),
        ("Müller é ñ ã 中", "Müller é ñ a ?"),
        ("Καλα\u00adμάτα\u200e\u200d\u2060\ufe0f\u2028", "KAΛAMATA\n"),
    ],
)
def test_greek_becomes_capitals_that_look_alike(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_the_parts_are_those_that_another_program_counts() -> None:
    counted = json.loads(gzip.decompress(COUNTED.read_bytes()))
    assert len(counted) > 2000
    assert {parts for _text, parts in counted} >= {1, 2, 3, 4}
    assert [text for text, parts in counted if count_parts(text) != parts] == []
