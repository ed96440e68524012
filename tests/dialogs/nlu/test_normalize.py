"""Cleaned and normalized texts, and their phonetic keys."""

import pytest

from dialogs.nlu.normalize import clean, normalize, phonetic_key


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  δύο   λέξεις ", "δύο λέξεις"),
        ("γραμμή\nκαι\tστήλη", "γραμμή και στήλη"),
        ("α\u200bβ", "αβ"),
        ("\u202eαβγ\u202c", "αβγ"),
        ("α\x00β\x07", "αβ"),
        ("α\u00a0β\u2003γ", "α β γ"),
        ("ά".encode().decode(), "ά"),
        ("α\u0301", "ά"),
        ("\ufeffΓεια", "Γεια"),
        ("\ue000", ""),
        ("\u200b \u2060", ""),
        ("👍", "👍"),
    ],
)
def test_clean_removes_invisible_characters(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("Καλαμάτα", "καλαματα"),
        ("ΚΑΛΑΜΆΤΑ", "καλαματα"),
        ("Καλαμα\u0301τα", "καλαματα"),
        ("Γιάννης", "γιαννησ"),
        ("ΓΙΆΝΝΗΣ", "γιαννησ"),
        ("προϋπόθεση ΐ ΰ", "προυποθεση ι υ"),
        ("ὕδωρ", "υδωρ"),
        ("Δάφνης – Υμηττού", "δαφνησ υμηττου"),
        ("(ΕΕΕ/ΚΕΑ)", "εεε κεα"),
        ("Straße café", "strasse cafe"),
        ("«Ναι»!", "ναι"),
        ("10:30", "10:30"),
        ("3/12/2026", "3/12/2026"),
        ("3.12.", "3.12"),
        ("1:30 μ.μ.", "1:30 μ μ"),
        ("2026-12-03", "2026-12-03"),
        ("snake_case", "snake case"),
        ("maria+x@example.gr", "maria+x@example gr"),
        ("١٠", "١٠"),
        ("…", ""),
        ("👍", ""),
        ("", ""),
    ],
)
def test_normalize_removes_case_accents_and_punctuation(typed: str, normalized: str) -> None:
    assert normalize(typed) == normalized
    assert normalize(normalized) == normalized


@pytest.mark.parametrize(
    ("greek", "greeklish"),
    [
        ("Καλαμάτας", ["kalamatas"]),
        ("Χίου", ["xiou", "chiou", "hiou", "khiou", "xioy"]),
        ("Λαρισαίων", ["larisaion", "larisaiwn", "lariseon"]),
        ("Θέμα", ["thema", "8ema", "8EMA"]),
        ("αύριο", ["aurio", "avrio", "ayrio"]),
        ("μεθαύριο", ["methavrio", "me8aurio", "me8ayrio", "me9aurio"]),
        ("Δευτέρα", ["deftera", "deutera", "devtera", "deytera"]),
        ("Τετάρτη", ["tetarti"]),
        ("Πέμπτη", ["pempti"]),
        ("Παρασκευή", ["paraskevi", "paraskeui", "paraskeyi", "paraskefi"]),
        ("Σάββατο", ["savvato", "sabbato", "savato"]),
        ("Κυριακή", ["kiriaki", "kyriaki"]),
        ("Δεκεμβρίου", ["dekemvriou", "dekembriou", "dekemvrioy"]),
        ("Οκτώβριος", ["oktovrios", "oktwbrios"]),
        ("εξυπηρέτηση", ["eksipiretisi", "exipiretisi", "exypiretisi"]),
        ("επίδομα στέγασης", ["epidoma stegasis"]),
        ("Κέντρο", ["kentro"]),
        ("μπαμπάς", ["mpampas", "babas"]),
        ("αγγελία", ["aggelia", "angelia"]),
        ("φυσική", ["fysiki", "fisiki", "physiki"]),
        ("ψήφος", ["psifos"]),
        ("πρωί", ["prwi", "proi"]),
        ("Θεσσαλονίκη", ["thessaloniki", "8essaloniki", "thesaloniki"]),
        ("μμ", ["mm"]),
        ("τηλεδιάσκεψη", ["tilediaskepsi", "tilediaskepsy"]),
    ],
)
def test_greek_and_its_greeklish_spellings_have_one_phonetic_key(
    greek: str, greeklish: list[str]
) -> None:
    assert {phonetic_key(normalize(spelling)) for spelling in greeklish} == {
        phonetic_key(normalize(greek))
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Τρίτη", "Τετάρτη"),
        ("Ιουνίου", "Ιουλίου"),
        ("Μαρτίου", "Μαΐου"),
        ("τέμα", "θέμα"),
        ("Χίος", "Κως"),
        ("Δήμος", "τίμος"),
        ("8", "9"),
        ("18", "19"),
    ],
)
def test_words_that_sound_different_have_different_phonetic_keys(one: str, other: str) -> None:
    assert phonetic_key(normalize(one)) != phonetic_key(normalize(other))


@pytest.mark.parametrize("number", ["8", "28", "8:30", "9 12", "2026", "8pm", "18h"])
def test_a_phonetic_key_keeps_the_digits_of_a_number(number: str) -> None:
    digits = "".join(sign for sign in number if sign.isdigit())
    assert "".join(sign for sign in phonetic_key(normalize(number)) if sign.isdigit()) == digits
