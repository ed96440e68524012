"""Typed text, made comparable: as it is written, and as it sounds."""

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
def test_what_cannot_be_seen_is_left_out(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "folded"),
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
def test_spelling_that_says_nothing_is_folded_away(typed: str, folded: str) -> None:
    assert normalize(typed) == folded
    assert normalize(folded) == folded


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
def test_greek_sounds_like_every_greeklish_spelling_of_it(greek: str, greeklish: list[str]) -> None:
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
def test_what_differs_to_the_ear_stays_apart(one: str, other: str) -> None:
    assert phonetic_key(normalize(one)) != phonetic_key(normalize(other))


@pytest.mark.parametrize("number", ["8", "28", "8:30", "9 12", "2026", "8pm", "18h"])
def test_a_number_is_not_taken_for_a_letter(number: str) -> None:
    digits = "".join(sign for sign in number if sign.isdigit())
    assert "".join(sign for sign in phonetic_key(normalize(number)) if sign.isdigit()) == digits
