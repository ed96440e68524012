"""Requests by another hand are understood; what is out of scope decides nothing; no text fails."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from dialogs.booking.sentence import Understood, index_of, read_sentence
from dialogs.nlu.function_words import function_words
from dialogs.nlu.lexicon import FILLER, POLITE
from dialogs.nlu.normalize import clean
from dialogs.nlu.request import RequestIndex
from tests.understanding.__main__ import utterances

TODAY = date(2026, 12, 1)
FILLERS = ("{}", "γεια σας, θέλω ραντεβού στον {} παρακαλώ", "hello, with {} please", "thelw {}")


@pytest.fixture(scope="module")
def index(shipped: dict[str, Municipality], texts: Translator) -> RequestIndex:
    return index_of([*shipped.values()], texts)


def read(index: RequestIndex, shipped: Mapping[str, Municipality], text: str) -> Understood:
    return read_sentence(clean(text), index, shipped.keys(), TODAY)


def services(said: Understood) -> list[str]:
    """Return the services that would be taken or asked about, the likeliest first."""
    return [name.service for each in said.request.services.candidates for name in each.services]


def test_requests_by_another_hand_are_understood(
    index: RequestIndex, shipped: dict[str, Municipality]
) -> None:
    counts: Counter[str] = Counter()
    wrong: list[Any] = []
    requests = [each for each in utterances() if each["kind"] == "request"]
    for each in requests:
        said, expected = read(index, shipped, each["text"]), each["expect"]
        first = services(said)[:1]
        counts["taken"] += said.request.services.sure
        if said.request.services.sure and first != [expected.get("service", first[0])]:
            wrong.append((each["text"], first))
        counts["found"] += expected.get("service") in (None, *services(said))
        counts["place"] += expected.get("municipality") in (None, said.request.municipality)
    assert len(wrong) <= 0.01 * len(requests), wrong
    assert counts["taken"] >= 0.85 * len(requests), counts
    assert counts["found"] >= 0.97 * len(requests), counts
    assert counts["place"] >= 0.97 * len(requests), counts


def test_what_is_out_of_scope_is_not_taken(
    index: RequestIndex, shipped: dict[str, Municipality]
) -> None:
    for each in utterances():
        if each["kind"] == "out_of_scope":
            request = read(index, shipped, each["text"]).request
            is_taken = request.services.sure and request.municipality and not request.elsewhere
            assert not is_taken, (each["text"], request)


def test_each_municipality_is_found_with_any_words_around(
    index: RequestIndex, shipped: dict[str, Municipality]
) -> None:
    for body in shipped.values():
        for name in (*body.name.values(), *body.aliases):
            for text in (each.format(written) for each in FILLERS for written in _styles(name)):
                assert read(index, shipped, text).request.municipality == body.id, text


def test_small_words_name_nothing(
    index: RequestIndex, shipped: dict[str, Municipality], texts: Translator
) -> None:
    for word in sorted(function_words().union(texts.words(FILLER), texts.words(POLITE))):
        request = read(index, shipped, word).request
        named = (request.municipality, request.branch, request.group, request.channel)
        assert named == (None,) * 4, (word, named)


def _styles(name: str) -> tuple[str, ...]:
    return name, name.upper(), name.lower()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
@example("½ στην Κέα όχι")
@example("ΐ" * 40)
def test_no_text_fails(index: RequestIndex, shipped: dict[str, Municipality], text: str) -> None:
    said = read(index, shipped, text)
    for word in said.request.unexplained:
        assert 0 <= word.span.start <= word.span.end <= len(clean(text))
