"""The lexicons: loaded, free of clashes, found in every spelling."""

import pytest

from dialogs.nlu.closed_words import Kind, LexiconError, Marked, build, closed_words
from dialogs.nlu.spans import Span
from dialogs.nlu.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Δευτέρα", Kind.WEEKDAY, 0),
        ("deutera", Kind.WEEKDAY, 0),
        ("δεύτερη", Kind.ORDINAL, 2),
        ("paraskeuh", Kind.WEEKDAY, 4),
        ("Φλεβάρη", Kind.MONTH, 2),
        ("dekemvriou", Kind.MONTH, 12),
        ("two", Kind.NUMBER, 2),
        ("pente", Kind.NUMBER, 5),
        ("όσο γίνεται πιο σύντομα", Kind.OPEN, "soonest"),
        ("oso ginetai pio syntoma", Kind.OPEN, "soonest"),
        ("evdomada", Kind.UNIT, 7),
        ("Kalamata", None, None),
        ("methaurio", Kind.RELATIVE, 2),
        ("as soon as possible", Kind.OPEN, "soonest"),
    ],
)
def test_a_closed_word_is_found(text: str, kind: Kind | None, value: object) -> None:
    found = closed_words().at(tokenize(text), 0)
    assert found == (
        kind and Marked((kind, value), len(text.split()), Span(0, len(text)))  # type: ignore[arg-type]
    )


def test_a_word_in_two_places_is_refused_unless_it_is_shared() -> None:
    fields: dict[str, dict[int | str, list[str]]] = {"and": {1: ["και"]}, "or": {1: ["και"]}}
    with pytest.raises(LexiconError, match="is and and or"):
        build([fields])
    assert len(build([fields | {"shared": ["και"]}]).written) == 1  # type: ignore[dict-item]
    with pytest.raises(LexiconError, match="no kind"):
        build([{"colour": {1: ["red"]}}])
