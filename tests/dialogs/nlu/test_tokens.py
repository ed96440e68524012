"""The words of a text, and the keys by which they are compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.nlu.normalize import clean
from dialogs.nlu.tokens import tokenize


@pytest.mark.parametrize(
    ("greek", "spellings"),
    [
        ("πρώτη", "prwth proti prwti proth PRWTH"),
        ("ηλεκτροδότηση", "hlektrodothsh ilektrodotisi hlektrodotisi"),
        ("θέλω", "thelw 8elw 9elo thelo"),
        ("ξανά", "3ana xana ksana"),
        ("αριθμός", "ari8mos arithmos ari9mos"),
        ("άνθρωπος", "an8rwpos anthropos"),
        ("χρόνια", "xronia chronia"),
        ("χαρτί", "xarti harti charti"),
        ("ψηφίζω", "4hfizw psifizo pshfizw"),
        ("Δευτέρα", "deytera deutera deftera devtera ΔΕΥΤΕΡΑ"),
        ("βδομάδα", "vdomada bdomada"),
        ("αύριο", "aurio avrio ayrio"),
        ("Κυριακή", "kyriakh kuriaki kyriaki"),
        ("μου", "mou moy mu"),
        ("ραντεβού", "rantevou randevou rantebou radevu"),
    ],
)
def test_a_word_has_the_key_of_each_of_its_spellings(greek: str, spellings: str) -> None:
    (word,) = tokenize(greek)
    missed = [s for s in spellings.split() if word.key not in tokenize(s)[0].keys]
    assert missed == []


def test_endings_are_cut() -> None:
    stems = {tokenize(word)[0].stems[0] for word in ("Δεκέμβριος", "Δεκεμβρίου", "Δεκέμβρη")}
    assert len(stems) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10πμ", "10 πμ"),
        ("10am", "10 am"),
        ("3δεκ", "3 δεκ"),
        ("3dec", "3 dec"),
        ("8h", "8h"),
        ("21ης", "21ησ"),
        ("στις 10:30, 3/12!", "στισ 10:30 3/12"),
        ("9-11", "9-11"),
        ("8elw", "8elw"),
        ("8a", "8a"),
        ("...", ""),
    ],
)
def test_numbers_are_split_from_words(text: str, words: str) -> None:
    assert " ".join(token.text for token in tokenize(text)) == words


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    text = clean(text)
    end = 0
    for token in tokenize(text):
        assert token.text
        assert token.keys
        assert end <= token.span.start < token.span.end <= len(text)
        end = token.span.end
