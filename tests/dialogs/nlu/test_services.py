"""A service is found by its phrases in any spelling, and never taken in doubt."""

from collections.abc import Sequence

import pytest

from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from dialogs.nlu.lexicon import FILLER
from dialogs.nlu.phrase_check import find_phrase_issues
from dialogs.nlu.services import ServiceIndex, ServiceMatch
from dialogs.nlu.tokens import tokenize

FILLER_WORDS = Translator().words(FILLER)


@pytest.fixture(scope="module")
def index(shipped: dict[str, Municipality]) -> ServiceIndex:
    return ServiceIndex(shipped.values(), FILLER_WORDS)


def best(match: ServiceMatch) -> list[str]:
    """Return the services of the best candidate."""
    return [name.service for each in match.candidates[:1] for name in each.services]


def changed(body: Municipality, service_id: str, **values: object) -> Municipality:
    """Return a municipality one of whose services has other values."""
    groups = [
        group.model_copy(
            update={
                "services": tuple(
                    service.model_copy(update=values) if service.id == service_id else service
                    for service in group.services
                )
            }
        )
        for group in body.groups
    ]
    return Municipality.model_construct(**{**dict(body), "groups": tuple(groups)})


def test_a_service_is_taken_in_any_spelling(index: ServiceIndex) -> None:
    asked = {
        "ΕΠΙΔΟΜΑ ΣΤΕΓΑΣΗΣ": "epidoma-stegasis",
        "για επιδόματος στέγασης": "epidoma-stegasis",
        "epidoma stegashs": "epidoma-stegasis",
        "epidoma enoikiou": "epidoma-stegasis",
        "επίδομα στέγασσης": "epidoma-stegasis",
        "houssing benefit": "epidoma-stegasis",
        "metadimoteusi": "metadimotefsi",
        "metadhmoteysh": "metadimotefsi",
        "μεταδιμότευση": "metadimotefsi",
        "sumfwno sumviwshs": "symfono-symviosis",
        "symfono symbioshs": "symfono-symviosis",
        "hlektrodothsh fwtovoltaikou": "ilektrodotisi-fotovoltaikou",
        "bebaiwsh TAP gia oikopedo": "mi-ofeili-oikopedou",
        "να διορθωθούν τα τετραγωνικά": "diorthosi-tetragonikon",
        "ρεύμα στα κοινόχρηστα": "ilektrodotisi-koinochristou",
    }
    found = {text: index.find(tokenize(text)) for text in asked}
    assert {text: (best(match), match.sure) for text, match in found.items()} == {
        text: ([service], True) for text, service in asked.items()
    }


def test_what_is_something_else_or_in_doubt_is_not_taken(index: ServiceIndex) -> None:
    for text in (
        "επίδομα παιδιού",
        "επίδομα θέρμανσης",
        "epidoma thermanshs",
        "κάρτα αναπηρίας",
        "βεβαίωση ΤΑΠ",
        "επίδομα",
        "παροχή",
        "σύνταξη",
        "τι καιρό κάνει",
        "",
        "7",
    ):
        assert not index.find(tokenize(text)).sure, text
    match = index.find(tokenize("βεβαίωση ΤΑΠ"), {"larissa"})
    asked = {name.service for each in match.candidates for name in each.services}
    assert asked == {"mi-ofeili-ktismatos", "mi-ofeili-oikopedou"}


def test_only_possible_municipalities_and_the_words_that_name_it(index: ServiceIndex) -> None:
    words = tokenize("καλημέρα, μεταδημότευση παρακαλώ")
    assert index.find(words, {"kalamata"}).candidates == ()
    match = index.find(words, {"larissa"})
    assert [word.text for word in match.words] == ["μεταδημοτευση"]


def test_municipalities_with_the_same_services_share_a_candidate(
    shipped: dict[str, Municipality],
) -> None:
    towns = [shipped["kalamata"].model_copy(update={"id": f"town-{i}"}) for i in range(3)]
    match = ServiceIndex(towns, FILLER_WORDS).find(tokenize("επίδομα ενοικίου"))
    assert [name.municipality for name in match.candidates[0].services] == [t.id for t in towns]
    assert match.sure


def test_what_one_municipality_calls_a_service_is_known_to_all_that_have_it(
    shipped: dict[str, Municipality],
) -> None:
    towns = [
        changed(shipped["kalamata"], "epidoma-stegasis", phrases=phrases)
        for phrases in (("λεφτά για το σπίτι",), ("βοήθεια ενοικίου",), ())
    ]
    for number, town in enumerate(towns):
        towns[number] = Municipality.model_construct(**{**dict(town), "id": f"town-{number}"})
    index = ServiceIndex(towns, FILLER_WORDS)
    match = index.find(tokenize("λεφτά για το σπίτι"))
    assert match.sure
    assert [name.municipality for name in match.candidates[0].services] == [t.id for t in towns]
    [candidate] = index.find(tokenize("βοήθεια ενοικίου"), {"town-2"}).candidates
    assert [name.municipality for name in candidate.services] == ["town-2"]


def test_a_phrase_that_was_left_out_is_rarely_taken_for_another_service(
    shipped: dict[str, Municipality],
) -> None:
    """Cross-validation: the thresholds of `services` are those with 2% wrong at most.

    Each phrase is looked for without itself, among its municipality's services, so that often
    the very words that tell it are missing: half are taken then, another quarter asked about.
    """
    taken: list[bool] = []
    asked = count = 0
    for body in shipped.values():
        for service in body.services.values():
            for phrase in service.phrases:
                others = tuple(other for other in service.phrases if other != phrase)
                reduced = ServiceIndex([changed(body, service.id, phrases=others)], FILLER_WORDS)
                match = reduced.find(tokenize(phrase))
                count += 1
                if match.sure:
                    taken.append(best(match) == [service.id])
                else:
                    asked += service.id in _names(match)
    assert taken.count(False) <= 0.02 * count
    assert taken.count(True) >= 0.48 * count
    assert taken.count(True) + asked >= 0.75 * count


def _names(match: ServiceMatch) -> Sequence[str]:
    return [name.service for each in match.candidates for name in each.services]


def test_phrases_that_do_not_tell_their_service_are_warned_of(
    shipped: dict[str, Municipality],
) -> None:
    for body in shipped.values():
        assert list(find_phrase_issues(body, FILLER_WORDS)) == []
    body = shipped["kalamata"]
    housing, income = body.services.values()
    cases = {
        (housing.phrases[:7], "phrases"): "at least 8, as citizens ask for it",
        (
            (*housing.phrases, "ελάχιστο εισόδημα"),
            str(len(housing.phrases)),
        ): f"it fits {income.id} equally",
        ((*housing.phrases, "για το"), str(len(housing.phrases))): "it leads to none",
        ((*housing.phrases, "επίδομα παιδιού"), str(len(housing.phrases))): "it leads to none",
    }
    for (phrases, where), expected in cases.items():
        town = changed(body, housing.id, phrases=phrases)
        said = [
            (str(each.where[-1]), each.expected) for each in find_phrase_issues(town, FILLER_WORDS)
        ]
        assert any(at == where and expected in text for at, text in said), (phrases, said)
