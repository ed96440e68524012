"""Spans of words and values in typed texts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.translator import Translator
from dialogs.nlu.dates import parse_day
from dialogs.nlu.lexicon import FILLER, POLITE, YES
from dialogs.nlu.matching import Candidate, find_phrase, guess, pick
from dialogs.nlu.normalize import clean, normalize, phonetic_key, words_with_spans
from dialogs.nlu.spans import Found, Span, Word, cut, joined
from dialogs.nlu.times import parse_time

TODAY = date(2026, 11, 30)  # a Monday
SHOWN = date(2026, 12, 1)


def part(typed: str, found: Found[object] | None) -> str | None:
    """Return the part of a text from which a value was read."""
    return typed[found.span.start : found.span.end] if found else None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Καλαμάτα", [("καλαματα", "Καλαμάτα")]),
        ("«Ναι», ΑΜΈΣΩΣ!", [("ναι", "Ναι"), ("αμεσωσ", "ΑΜΈΣΩΣ")]),
        ("στις 3/12, 10:30.", [("στισ", "στις"), ("3/12", "3/12"), ("10:30", "10:30")]),
        ("1:30 μ.μ.", [("1:30", "1:30"), ("μ", "μ"), ("μ", "μ")]),
        ("Straße ﬁn", [("strasse", "Straße"), ("fin", "ﬁn")]),
        ("Ώ̣ ναι", [("ω", "Ώ̣"), ("ναι", "ναι")]),
        ("👍 ok", [("ok", "ok")]),
        ("…", []),
    ],
)
def test_each_normalized_word_has_the_span_where_it_was_typed(
    typed: str, words: list[tuple[str, str]]
) -> None:
    found = words_with_spans(typed)
    assert [(word.text, typed[word.span.start : word.span.end]) for word in found] == words


@given(st.text(st.sampled_from("αΆςΣΐß ﬁ0179:./-_@+'’\u0301aBθψ👍") | st.characters()))
def test_the_words_are_those_of_the_normalized_text(text: str) -> None:
    words = words_with_spans(clean(text))
    assert joined(words) == normalize(clean(text))
    assert all(0 <= word.span.start < word.span.end <= len(clean(text)) for word in words)
    assert phonetic_key(joined(words)) == " ".join(phonetic_key(word.text) for word in words)


def test_the_span_of_a_cut_word_is_cut_if_the_lengths_agree() -> None:
    words = (Word("10am", Span(2, 6)), Word("strasse", Span(7, 13)))
    assert cut(words, 0, 2) == (Word("10", Span(2, 4)),)
    assert cut(words, 2, 7) == (Word("am", Span(4, 6)), Word("st", Span(7, 13)))
    assert cut(words, 4, 5) == ()


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3 Δεκεμβρίου", "3 Δεκεμβρίου"),
        ("στις 3/12, παρακαλώ", "3/12"),
        ("για την ΤΡΊΤΗ 8 Δεκεμβρίου!", "ΤΡΊΤΗ 8 Δεκεμβρίου"),
        ("θα ήθελα αύριο το πρωί", "αύριο"),
        ("tin alli pempti", "alli pempti"),
        ("stis 3 dekemvriou", "3 dekemvriou"),
        ("on December 3rd, 2026", "December 3rd, 2026"),
        ("δεν ξέρω", None),
    ],
)
def test_a_day_has_its_span(texts: Translator, typed: str, day: str | None) -> None:
    assert part(typed, parse_day(typed, texts, TODAY, SHOWN)) == day


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("10:30", "10:30"),
        ("στις 10 και μισή", "10 και μισή"),
        ("το βράδυ στις 8", "βράδυ στις 8"),
        ("1:30 μ.μ.", "1:30 μ.μ"),
        ("stis deka", "deka"),
        ("10,30", "10,30"),
        ("at half past 10.", "half past 10"),
        ("αύριο", None),
    ],
)
def test_a_time_has_its_span(texts: Translator, typed: str, time: str | None) -> None:
    assert part(typed, parse_time(typed, texts)) == time


TOWNS: list[Candidate] = [("chios", ["Δήμος Χίου"]), ("kalamata", ["Δήμος Καλαμάτας"])]


@pytest.mark.parametrize(
    ("typed", "value", "said"),
    [
        ("Δήμος Χίου", "chios", "Δήμος Χίου"),
        ("στον ΔΉΜΟ της ΧΊΟΥ, παρακαλώ!", "chios", "ΔΉΜΟ της ΧΊΟΥ"),
        ("θέλω την «Καλαμάτα».", "kalamata", "Καλαμάτα"),
        ("thelo kalamatas", "kalamata", "kalamatas"),
        ("xiou", "chios", "xiou"),
    ],
)
def test_a_choice_has_its_span(texts: Translator, typed: str, value: str, said: str) -> None:
    (found,) = pick(typed, TOWNS, texts.words(FILLER))
    assert (found.value, part(typed, found)) == (value, said)


def test_a_guess_has_its_span(texts: Translator) -> None:
    (found,) = guess("για την Καλαμότα;", TOWNS, texts.words(FILLER))
    assert (found.value, part("για την Καλαμότα;", found)) == ("kalamata", "Καλαμότα")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Ναι!", "Ναι"),
        ("ναι, παρακαλώ", "ναι"),
        ("θα ήθελα ΝΑΊ", "ΝΑΊ"),
        ("👍", "👍"),
        ("ίσως", None),
    ],
)
def test_a_phrase_has_its_span(texts: Translator, typed: str, said: str | None) -> None:
    span = find_phrase(typed, texts.words(YES), texts.words(POLITE))
    assert (typed[span.start : span.end] if span else None) == said
