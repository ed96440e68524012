"""The answers of a booking that are given all at once, checked as those that are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.catalogue.model import FormField, Municipality, Service
from core.i18n import Text, TextTemplate, _
from dialogs.booking.details import condition_holds, step_name
from dialogs.nlu.field_types import FIELD_TYPES
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import clean
from dialogs.nlu.parsed import ParseFailure


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer: whether it is a `question`'s or a detail, its id, and the reason."""

    is_question: bool
    name: str
    reason: Text


NEEDED = _("This is needed for the appointment.")
NOT_ASKED = _("This isn't asked for here, or not with the other answers.")


def check_given(
    body: Municipality,
    service: Service,
    channel: str,
    lexicon: Lexicon,
    *,
    questions: Mapping[str, str],
    details: Mapping[str, str],
    sends_email: bool,
) -> tuple[Mapping[str, str], Sequence[WrongAnswer]]:
    """Return the details as they are stored, and what is wrong with the answers that were given.

    `questions` has the options picked, by question; an answer may stop the booking.
    `sends_email`: e-mails about the appointment are sent.
    """
    answers, wrong = {"channel": channel}, []
    asked: set[tuple[bool, str]] = set()
    for question in service.screening:
        if not condition_holds(answers, question.when):
            continue
        asked.add((True, question.id))
        given = questions.get(question.id)
        option = next((each for each in question.options if each.id == given), None)
        if option is None:
            of = no_option([each.id for each in question.options])
            wrong.append(WrongAnswer(True, question.id, NEEDED if given is None else of))
            continue
        answers[f"screening.{question.id}"] = option.id
        if option.stop:
            wrong.append(WrongAnswer(True, question.id, option.stop.reason))
    taken: dict[str, str] = {}
    for field in body.fields_of(service):
        if not condition_holds(answers, field.when):
            continue
        asked.add((False, field.id))
        needed = body.demands(field, channel, sends_email=sends_email)
        read = read_detail(field, details.get(field.id, ""), lexicon, is_demanded=needed)
        if not isinstance(read, str):
            wrong.append(WrongAnswer(False, field.id, read.text))
        elif read:
            taken[field.id] = answers[step_name(field)] = read
    for is_question, given_ids in ((True, questions), (False, details)):
        wrong += [
            WrongAnswer(is_question, name, NOT_ASKED)
            for name in given_ids
            if (is_question, name) not in asked
        ]
    return taken, wrong


def no_option(ids: Sequence[str]) -> TextTemplate:
    """Return what is said to a program whose answer is none of these."""
    return _("Please send one of: {ids}.", ids=", ".join(ids))


def read_detail(
    field: FormField, given: str, lexicon: Lexicon, *, is_demanded: bool
) -> str | ParseFailure:
    """Return the value of a detail as it is stored, "" for none."""
    spec = FIELD_TYPES[field.type]
    text = clean(given)
    if not text:
        return ParseFailure(NEEDED) if is_demanded else ""
    values = [*(each.id for each in field.options), *sorted(field.type.fixed_values)]
    if text in values:
        return text
    if spec.closed:
        return ParseFailure(no_option(values))
    parsed = spec.parse(text, lexicon)
    return parsed if isinstance(parsed, ParseFailure) else parsed.value
