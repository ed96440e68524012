"""Choices and phrases found in typed texts."""

from collections.abc import Collection, Sequence

import pytest

from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from core.i18n import _
from dialogs.nlu.lexicon import FILLER, POLITE
from dialogs.nlu.matching import Candidate, find_phrase, guess, pick


def picked_values(
    text: str, choices: Sequence[Candidate], filler: Collection[str] = (), *, typos: bool = True
) -> list[str]:
    return [found.value for found in pick(text, choices, filler, typos=typos)]


@pytest.fixture(scope="module")
def filler(texts: Translator) -> frozenset[str]:
    return texts.words(FILLER)


def candidates_of(bodies: object, *, aliases: bool = True) -> list[Candidate]:
    assert isinstance(bodies, list)
    return [(one.id, [*one.name.values(), *(one.aliases if aliases else ())]) for one in bodies]


@pytest.fixture(scope="module")
def towns(shipped: dict[str, Municipality]) -> list[Candidate]:
    return candidates_of(list(shipped.values()), aliases=False)


@pytest.fixture(scope="module")
def keps(shipped: dict[str, Municipality]) -> list[Candidate]:
    return candidates_of(shipped["kep"].branches_of("dimos"), aliases=False)


@pytest.fixture(scope="module")
def services(shipped: dict[str, Municipality]) -> list[Candidate]:
    larissa = shipped["larissa"]
    return [(name, s.name.values()) for name, s in larissa.services.items()]


CHANNELS: list[Candidate] = [
    ("in_person", ["Με φυσική παρουσία", "In person"]),
    ("video", ["Με τηλεδιάσκεψη", "By video call"]),
    ("phone", ["Τηλεφωνικά", "By phone"]),
]
DAYS: list[Candidate] = [
    ("3", ["Πεμ 3 Δεκ", "Thu 3 Dec"]),
    ("4", ["Παρ 4 Δεκ", "Fri 4 Dec"]),
    ("30", ["Τετ 30 Δεκ", "Wed 30 Dec"]),
    ("31", ["Πεμ 31 Δεκ", "Thu 31 Dec"]),
]
TIMES: list[Candidate] = [("a", ["12:30"]), ("b", ["13:10"]), ("c", ["13:50"])]


@pytest.mark.parametrize(
    ("typed", "town"),
    [
        ("Δήμος Καλαμάτας", "kalamata"),
        ("δήμος καλαμάτας", "kalamata"),
        ("ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ", "kalamata"),
        ("ΚΑΛΑΜΑΤΑ", "kalamata"),
        ("καλαματα", "kalamata"),
        ("Καλαμάτα", "kalamata"),
        ("καλα", "kalamata"),
        ("στον Δήμο Καλαμάτας", "kalamata"),
        ("Θέλω ραντεβού στην Καλαμάτα, παρακαλώ", "kalamata"),
        ("kalamata", "kalamata"),
        ("dimos kalamatas", "kalamata"),
        ("thelo rantevou stin kalamata", "kalamata"),
        ("Municipality of Kalamata", "kalamata"),
        ("I want an appointment in Kalamata please", "kalamata"),
        ("καλμαατα", "kalamata"),
        ("κλαματα", "kalamata"),
        ("καλαματτα", "kalamata"),
        ("kalamta", "kalamata"),
        ("Χίος", "chios"),
        ("χιου", "chios"),
        ("Xios", "chios"),
        ("xiou", "chios"),
        ("Chios", "chios"),
        ("Hios", "chios"),
        ("Λάρισα", "larissa"),
        ("Λαρισαίων", "larissa"),
        ("λαρισης", "larissa"),
        ("Larisa", "larissa"),
        ("larissa", "larissa"),
        ("ΚΕΠ", "kep"),
        ("κεπ", "kep"),
        ("KEP", "kep"),
        ("Κέντρα Εξυπηρέτησης Πολιτών", "kep"),
        ("κεντρο εξυπηρετησης πολιτων", "kep"),
        ("kentra eksipiretisis politon", "kep"),
    ],
)
def test_a_municipality_is_found_in_any_spelling(
    towns: list[Candidate], filler: frozenset[str], typed: str, town: str
) -> None:
    assert picked_values(typed, towns, filler) == [town]


@pytest.mark.parametrize(
    ("typed", "branches"),
    [
        ("Ρόδος", ["rodos"]),
        ("Ρόδο", ["rodos"]),
        ("rodos", ["rodos"]),
        ("ροδοου", ["rodos"]),
        ("Ναύπλιο", ["nafplio"]),
        ("nauplio", ["nafplio"]),
        ("Τρίκαλα", ["trikala"]),
        ("Ηράκλειο", ["irakleio-kritis"]),
        ("iraklio", ["irakleio-kritis"]),
        ("Άγιοι Ανάργυροι", ["agioi-anargyroi"]),
        ("νέα σμύρνη", ["nea-smyrni"]),
        ("ψυχικό", ["filothei-psychiko"]),
        ("Εύοσμος", ["kordelio-evosmos"]),
        ("χαλκίδα", ["chalkida"]),
        ("Χανιά", ["chania"]),
        ("xania", ["chania"]),
        ("χι", ["chios"]),
        ("ΚΕΠ Χίου", ["chios"]),
        ("κα", ["kavala", "kallithea"]),
        ("Νέα", ["neapoli-sykies", "nea-smyrni"]),
        ("δήμος", None),
        ("Πάτρα", []),
        ("Σπάρτη", []),
    ],
)
def test_a_branch_is_found_or_the_few_that_may_be_meant(
    keps: list[Candidate], filler: frozenset[str], typed: str, branches: list[str] | None
) -> None:
    expected = [value for value, _ in keps] if branches is None else branches
    assert picked_values(typed, keps, filler) == expected


@pytest.mark.parametrize(
    ("typed", "picked"),
    [
        ("σύμφωνο συμβίωσης", ["symfono-symviosis"]),
        ("συμφωνο", ["symfono-symviosis"]),
        ("symfono simviosis", ["symfono-symviosis"]),
        ("μεταδημότευση", ["metadimotefsi"]),
        ("metadimoteusi", ["metadimotefsi"]),
        ("φωτοβολταϊκά", ["ilektrodotisi-fotovoltaikou"]),
        ("fotovoltaika", ["ilektrodotisi-fotovoltaikou"]),
        ("solar panels", ["ilektrodotisi-fotovoltaikou"]),
        ("νέα παροχή", ["nea-parochi"]),
        ("βεβαίωση ΤΑΠ", ["mi-ofeili-ktismatos", "mi-ofeili-oikopedou"]),
        ("βεβαιωση ταπ οικοπεδου", ["mi-ofeili-oikopedou"]),
        ("μη οφειλής", ["mi-ofeili-ktismatos", "mi-ofeili-oikopedou"]),
        ("τετραγωνικα", ["diorthosi-tetragonikon"]),
        ("συνένωση", ["synenosi-parochon"]),
        ("διαβατήριο", []),
        ("γάμος", []),
    ],
)
def test_two_services_that_match_equally_are_both_returned(
    services: list[Candidate], filler: frozenset[str], typed: str, picked: list[str]
) -> None:
    assert picked_values(typed, services, filler) == picked


@pytest.mark.parametrize(
    ("typed", "picked"),
    [
        ("με τηλεδιάσκεψη", ["video"]),
        ("τηλεδιασκεψη", ["video"]),
        ("τηλεδιάσκεψι", ["video"]),
        ("tilediaskepsi", ["video"]),
        ("βίντεο", ["video"]),
        ("video", ["video"]),
        ("a video call please", ["video"]),
        ("φυσική", ["in_person"]),
        ("fisiki parousia", ["in_person"]),
        ("in person", ["in_person"]),
        ("τηλέφωνο", ["phone"]),
        ("phone", ["phone"]),
        ("τηλε", ["video", "phone"]),
        ("fax", []),
        ("δεν ξέρω", []),
    ],
)
def test_a_channel_is_found(filler: frozenset[str], typed: str, picked: list[str]) -> None:
    assert picked_values(typed, CHANNELS, filler) == picked


@pytest.mark.parametrize(
    ("choices", "typed", "picked"),
    [
        (DAYS, "3 Δεκ", ["3"]),
        (DAYS, "30 Δεκ", ["30"]),
        (DAYS, "Πεμ 3", ["3"]),
        (DAYS, "Πεμ", ["3", "31"]),
        (DAYS, "Παρ", ["4"]),
        (DAYS, "5 Δεκ", []),
        (DAYS, "έχω 3 παιδιά", []),
        (DAYS, "μένω στον αριθμό 4", []),
        (DAYS, "θέλω 3 ραντεβού για 4 άτομα", []),
        (TIMES, "12:30", ["a"]),
        (TIMES, "στις 13:10", ["b"]),
        (TIMES, "13", []),
        (TIMES, "με 50 ευρώ", []),
        (CHANNELS, "2", []),
        (CHANNELS, "είμαι 30 χρονών", []),
    ],
)
def test_a_number_picks_only_with_the_words_of_its_label(
    filler: frozenset[str], choices: list[Candidate], typed: str, picked: list[str]
) -> None:
    assert picked_values(typed, choices, filler) == picked


@pytest.mark.parametrize("typed", ["", " ", "…", "👍", "α", "x", "θ", "!!", "ναι ή όχι;"])
def test_a_text_without_meaning_picks_nothing(
    towns: list[Candidate], filler: frozenset[str], typed: str
) -> None:
    assert picked_values(typed, towns, filler) == []


@pytest.mark.parametrize(
    ("typed", "picked"),
    [
        ("Καλαμάτα", ["kalamata"]),
        ("καλα", ["kalamata"]),
        ("κλαματα", []),
    ],
)
def test_typing_slips_can_be_disallowed(
    towns: list[Candidate], filler: frozenset[str], typed: str, picked: list[str]
) -> None:
    assert picked_values(typed, towns, filler, typos=False) == picked


@pytest.mark.parametrize("typed", ["θέλω", "το ραντεβού μου", "please", "για"])
def test_filler_counts_if_there_are_no_other_words(filler: frozenset[str], typed: str) -> None:
    choices: list[Candidate] = [("mine", ["Το ραντεβού μου"]), ("other", ["Άλλο"])]
    assert picked_values(typed, choices, filler) == (["mine"] if "ραντεβού" in typed else [])


def test_a_whole_label_is_preferred_to_labels_that_begin_with_it() -> None:
    choices: list[Candidate] = [("one", ["Άδεια"]), ("two", ["Άδεια οδήγησης"])]
    assert picked_values("άδεια", choices) == ["one"]
    assert picked_values("αδει", choices) == ["one", "two"]
    assert picked_values("άδεια οδηγ", choices) == ["two"]


@pytest.mark.parametrize(
    ("typed", "picked"),
    [
        ("κωνσταμτινιδη", ["one", "two"]),
        ("κωνσταντινιδη", ["one"]),
        ("κωνσταντινιδης", ["two"]),
        ("παπαδοπουλλος", ["three"]),
    ],
)
def test_two_choices_equally_similar_to_a_slip_are_both_returned(
    typed: str, picked: list[str]
) -> None:
    choices: list[Candidate] = [
        ("one", ["Κωνσταντινίδη"]),
        ("two", ["Κωνσταντινίδης"]),
        ("three", ["Παπαδόπουλος"]),
    ]
    assert picked_values(typed, choices) == picked


def test_every_label_picks_itself_and_nothing_else(
    shipped: dict[str, Municipality], filler: frozenset[str]
) -> None:
    for body in shipped.values():
        places: list[Candidate] = [(b.id, b.name.values()) for b in body.branches]
        offered: list[Candidate] = [(k, s.name.values()) for k, s in body.services.items()]
        for choices in (places, offered):
            for value, names in choices:
                for name in names:
                    assert picked_values(name, choices, filler) == [value]
                    assert picked_values(name.upper(), choices, filler) == [value]


@pytest.mark.parametrize("typed", ["Πειραιάς", "Peiraias"])
def test_a_choice_that_only_sounds_similar_is_guessed_not_picked(
    keps: list[Candidate], filler: frozenset[str], typed: str
) -> None:
    assert picked_values(typed, keps, filler) == []
    assert [one.value for one in guess(typed, keps, filler)] == ["pylaia-chortiatis"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("βοήθεια παρακαλώ", True),
        ("voithia parakalw", True),
        ("θα ήθελα βοήθεια", True),
        ("βοηθια", True),
        ("help me please", True),
        ("βοήθεια με το αμαξίδιο", False),
        ("helpers", False),
        ("παρακαλώ", False),
    ],
)
def test_a_phrase_is_found_with_polite_words_and_in_greeklish(
    texts: Translator, typed: str, meant: bool
) -> None:
    assert (
        find_phrase(
            typed,
            texts.words(_("help, ?, what can i do, options, menu, main menu")),
            texts.words(POLITE),
        )
        is not None
    ) is meant
