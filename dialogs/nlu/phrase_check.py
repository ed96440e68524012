"""Warn of phrases of a catalogue by which its services can't be told apart."""

from collections.abc import Collection

from core.catalogue.model import Municipality
from core.catalogue.validation import Issues, ValidationIssue
from dialogs.nlu.services import ServiceIndex
from dialogs.nlu.tokens import tokenize

MIN_PHRASES = 8
"""With so many phrases a service is found by what most people write."""


def find_phrase_issues(body: Municipality, filler: Collection[str]) -> Issues:
    """Yield services with too few phrases, and phrases that don't lead to their own service.

    `filler` are the words that don't matter for which service is meant.
    """
    index = ServiceIndex([body], filler)
    for g, group in enumerate(body.groups):
        for s, service in enumerate(group.services):
            at = ("groups", g, "services", s)
            if len(service.phrases) < MIN_PHRASES:
                expected = f"at least {MIN_PHRASES}, as citizens ask for it"
                yield ValidationIssue((*at, "phrases"), expected)
            for p, phrase in enumerate(service.phrases):
                found = index.find(tokenize(phrase)).candidates
                best = [each for each in found if each.score == found[0].score]
                names = [name.service for each in best for name in each.services]
                if service.id not in names:
                    led = f"it leads to {names[0]}" if names else "it leads to none"
                    expected = f"words that tell this service from the others; {led}"
                    yield ValidationIssue((*at, "phrases", p), expected)
                elif len(names) > 1:
                    others = ", ".join(name for name in names if name != service.id)
                    expected = f"words of this service alone; it fits {others} equally"
                    yield ValidationIssue((*at, "phrases", p), expected)
            for o, phrase in enumerate(service.others):
                match = index.find(tokenize(phrase))
                if match.sure and service.id in [n.service for n in match.candidates[0].services]:
                    expected = "something else; a phrase of this service says the same"
                    yield ValidationIssue((*at, "not", o), expected)
