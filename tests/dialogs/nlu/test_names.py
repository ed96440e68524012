"""Closed names are found anywhere in a text, in any spelling, and never another place's."""

import pytest

from core.catalogue.model import Municipality
from core.catalogue.places import FILE, place_names
from dialogs.nlu.names import Name, NameIndex, NameKind, names_of
from dialogs.nlu.tokens import tokenize

PLACE, BRANCH, OTHER = NameKind.MUNICIPALITY, NameKind.BRANCH, NameKind.OTHER_PLACE


@pytest.fixture(scope="module")
def index(shipped: dict[str, Municipality]) -> NameIndex:
    return NameIndex(names_of(shipped.values()), place_names())


def found(index: NameIndex, text: str) -> list[tuple[str, set[str]]]:
    """Return the words that name something, with the kinds and values."""
    return [
        (text[each.span.start : each.span.end], {f"{n.kind} {n.value}" for n in each.value})
        for each in index.find(tokenize(text))
    ]


def test_the_332_municipalities_are_listed() -> None:
    lines = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines)) == 332


def test_municipalities_are_found_in_any_spelling(index: NameIndex) -> None:
    for text in (
        "Καλαμάτα",
        "του Δήμου Καλαμάτας",
        "KALAMATA",
        "sthn kalamata",
        "Καλαμτάα",
        "ραντεβού στην Καλαματα για αύριο",
        "municipality of Kalamata",
    ):
        names = [name for _words, several in found(index, text) for name in several]
        assert names == ["municipality kalamata"], text
    assert found(index, "ραντεβού στη Λάρησα την Τρίτη") == [("Λάρησα", {"municipality larissa"})]
    assert found(index, "στο ΚΕΠ Δήμου Ρόδου")[0] == ("ΚΕΠ Δήμου Ρόδου", {"branch rodos"})
    for text in ("στο κεπ", "Κ.Ε.Π.", "kep"):
        assert [several for _words, several in found(index, text)] == [{"municipality kep"}], text
    assert ("Χίος", {"municipality chios", "branch chios"}) in found(index, "Χίος")


def test_another_place_is_never_taken_for_one_that_is_served(index: NameIndex) -> None:
    for text in ("Κάλυμνος", "Καλαμαριά", "Καλαμπάκα", "Καλαμάκι", "Λαμία", "Κως", "Κέα", "κεφ"):
        names = {name for _words, several in found(index, text) for name in several}
        assert all(name.startswith(str(OTHER)) for name in names), (text, names)
    assert found(index, "στον Δήμο Λαμιέων")[-1] == ("Λαμιέων", {"other_place Λαμιέων"})
    assert found(index, "στην Κάλυμνο")[-1] == ("Κάλυμνο", {"other_place Κάλυμνος"})


def test_longest_first_and_acronyms_to_the_letter() -> None:
    one, two = Name(NameKind.GROUP, "one"), Name(NameKind.GROUP, "two")
    index = NameIndex([(one, ["Νέα Σμύρνη", "ΕΕΕ"]), (two, ["Νέα Σμύρνη Κέντρο"])])
    assert [each.value for each in index.find(tokenize("Νέα Σμύρνη κέντρο, νέα σμύρνη"))] == [
        {two},
        {one},
    ]
    assert [len(index.find(tokenize(text))) for text in ("ΕΕΕ", "eee", "ΕΕ", "ΚΕΑ")] == [1, 1, 0, 0]
