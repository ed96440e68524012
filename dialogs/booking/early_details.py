"""Find a person's details in a request: "my name is Maria Papa, tel. 691 234 5678"."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from dialogs.nlu.closed_words import closed_words
from dialogs.nlu.contact_details import find_emails, find_phones, find_tax_numbers
from dialogs.nlu.corrections import the_one
from dialogs.nlu.person_names import PersonName, names_within
from dialogs.nlu.spans import Found, Span
from dialogs.nlu.tokens import Token, sound_keys

NAME_STEP = "details.name"
"""The step that asks for the name."""

CONTACT_STEPS: Mapping[str, Callable[[str], Sequence[Found[str]]]] = {
    "details.phone": find_phones,
    "details.email": find_emails,
    "details.tax_number": find_tax_numbers,
}
"""The functions that find a detail of the form, by the step that asks for it."""

MAX_LABEL = 4
"""The most words of a label: "my mobile number is"."""


def contact_details(text: str) -> tuple[dict[str, str], list[Span]]:
    """Return the details by step, and where all stand that were found."""
    details: dict[str, str] = {}
    spans: list[Span] = []
    for step, find in CONTACT_STEPS.items():
        found = find(text)
        if one := the_one(text, found):
            details[step] = one.value
        spans += [each.span for each in found]
    return details, spans


def labels_before(tokens: Sequence[Token], spans: Collection[Span]) -> Iterator[Span]:
    """Yield the words that say what the numbers and addresses at these spans are: "tel."."""
    if not spans:
        return
    labels = closed_words().names["labels"]
    sounds = {sound_keys(label)[0] for label in labels if not label.isascii()}
    for span in spans:
        before = [token for token in tokens if token.span.end <= span.start][-MAX_LABEL:]
        if label := next((t for t in before if t.text in labels or t.key in sounds), None):
            yield Span(label.span.start, span.start)


def names_in(text: str, aside: Collection[Span]) -> list[PersonName]:
    """Return the names in a text, of which the words at some spans say something else."""
    for start, end in aside:
        text = text[:start] + "," * (end - start) + text[end:]
    return [*names_within(re.sub(r"\S*\d\S*", lambda word: "," * len(word[0]), text))]
