"""The steps that ask for the attendee's details, made from the catalogue's form fields."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from core.catalogue.model import (
    CONTACT_TYPES,
    Channel,
    Condition,
    FieldType,
    FormField,
    Municipality,
)
from core.i18n import Text, _, lines
from dialogs.booking.sentence import names_service
from dialogs.context import Context, Step
from dialogs.engine.outcomes import AnswersForOtherSteps, EffectOutcome, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.state import PromptView
from dialogs.engine.steps import VERSION
from dialogs.messages.appointment import shown_value
from dialogs.nlu.contact_details import find_emails, find_phones, find_tax_numbers
from dialogs.nlu.corrections import the_one
from dialogs.nlu.field_types import FIELD_TYPES
from dialogs.nlu.lexicon import POLITE, YES
from dialogs.nlu.matching import find_phrase
from dialogs.nlu.normalize import clean, normalize
from dialogs.nlu.parsed import ParseFailure
from dialogs.nlu.person_names import PersonName, find_name
from dialogs.nlu.spans import Found
from dialogs.nlu.tokens import sound_keys, tokenize

SKIP = _("skip, no, none, nothing, nothing else, i don't have one, i have none, i don't want to, -")
"""Words that skip an optional field."""

HAS_NONE = _("i don't have, i have no")
"""Beginnings of an answer that says that the citizen has no such detail."""

SAME_AS_BEFORE = _("yes, the same, same, same as before, ok")
"""Words for the only previous value that is offered."""


MAY_WRITE = _("At which email address may the office write to you, if need be?")
LINK_TO = _("To which email address shall the office send the link for the call?")
"""The questions for an e-mail address where no e-mails are sent: the catalogue's promise one."""

STEP_PREFIX = "details."
"""The beginning of the names of the steps that ask for a field."""

FormOf = Callable[[Context], tuple[Municipality, str]]
"""Returns the municipality and the channel of the appointment that a detail is asked for."""


def _being_booked(ctx: Context) -> tuple[Municipality, str]:
    return ctx.office.loaded(ctx.answers["municipality"]).body, ctx.answers["channel"]


def step_name(field: FormField) -> str:
    """Return the name of a field's step."""
    return f"{STEP_PREFIX}{field.id}"


def detail_step(
    field: FormField,
    *,
    always_asked: bool = False,
    effect: Callable[[Context, str], EffectOutcome] | None = None,
    offers: Callable[[Context, str], bool] | None = None,
    form_of: FormOf = _being_booked,
) -> Step:
    """Return the step that asks for one field, if its condition holds or it is `always_asked`.

    `offers` returns whether a value that was given before is offered again; by default, all are.
    `form_of` tells for what it is asked; by default, for what is being booked.
    """
    name = step_name(field)

    def is_demanded(ctx: Context) -> bool:
        body, channel = form_of(ctx)
        return body.demands(field, channel, sends_email=ctx.office.sends_email(body.id))

    def ask(ctx: Context) -> Prompt:
        if field.id == "phone" and ctx.office.calls_from and not always_asked:
            return _ask_callers_number(ctx.office.calls_from)
        return _ask(ctx, field, _question(ctx, field, form_of), is_demanded(ctx), offers)

    def take(ctx: Context, text: str) -> TakeOutcome:
        body, _channel = form_of(ctx)
        others, rest = _others_named(ctx, body, field, text)
        if others and not rest:
            return AnswersForOtherSteps(others)
        taken = _take(ctx, field, rest if others else text, is_demanded(ctx))
        if not others:
            return taken
        if isinstance(taken, str):
            return AnswersForOtherSteps({name: taken, **others})
        return AnswersForOtherSteps(others, taken if isinstance(taken, InvalidAnswer) else None)

    def keep(ctx: Context, value: str) -> bool:
        fixed = FIELD_TYPES[field.type].closed and field.options
        return not fixed or value in {option.id for option in field.options}

    def known(ctx: Context) -> str | None:
        if field.id == "phone":
            return ctx.office.own_phone or None  # a caller's is asked, whether it is right
        is_left_out = ctx.is_brief and not field.sms and not is_demanded(ctx)
        return "" if is_left_out else None  # each question costs both sides a text

    return Step(
        name,
        field.label,
        ask,
        take,
        applies=lambda ctx: always_asked or condition_holds(ctx.answers, field.when),
        depends=("service", VERSION, *_steps_of_condition(field)),
        effect=effect,
        keep=keep,
        automatic=False,
        reusable=True,
        known=None if always_asked else known,
        take_wish=lambda _ctx, said: said,
        free_text=FIELD_TYPES[field.type].free_text,
    )


FINDERS: Mapping[FieldType, Callable[[str], Sequence[Found[str]]]] = {
    FieldType.PHONE: find_phones,
    FieldType.EMAIL: find_emails,
    FieldType.TAX_NUMBER: find_tax_numbers,
}
"""The functions that find details known by their form, wherever they stand."""


def _others_named(
    ctx: Context, body: Municipality, field: FormField, text: str
) -> tuple[dict[str, str], str]:
    """Return the other details of the form that a text gives, by step, and the rest of the text.

    Only those of the attendee: without an answer yet, or with another one, which is said.
    """
    service = ctx.answers.get("service")
    if FIELD_TYPES[field.type].free_text or service not in body.services:
        return {}, text
    others: dict[str, str] = {}
    first_time: list[Text] = []
    rest = text
    for other in body.fields_of(body.services[service]):
        find = FINDERS.get(other.type)
        is_own = other.id == other.type and other.type != field.type
        if find and is_own and condition_holds(ctx.answers, other.when):
            found = find(text)
            if one := the_one(text, found):
                value, before = one.value, ctx.answers.get(step_name(other))
                if value != before:
                    others[step_name(other)] = value
                    label = shown_value(other, value)
                    said = _("{label}: {value}.", label=other.label, value=label)
                    ctx.say(said) if before is not None else first_time.append(said)
                for each in found:
                    rest = rest.replace(text[each.span.start : each.span.end], " ")
    names = [each for each in body.fields_of(body.services[service]) if each.id == FieldType.NAME]
    if others and names and field.type != FieldType.NAME:
        name = find_name(re.sub(r"\S*\d\S*", ",", rest))
        if name and name.sure and name.value.istitle() and " " in name.value:
            rest = rest.replace(name.value, " ")
            if _is_another(ctx, step_name(names[0]), name.value):
                others[step_name(names[0])] = name.value
                ctx.say(_("{label}: {value}.", label=names[0].label, value=name.value))
    rest = clean(rest).strip(" ,.;")
    for told in () if rest else first_time:  # else the same question comes again without a word
        ctx.say(told)
    return others, rest


def _is_another(ctx: Context, step: str, value: str) -> bool:
    """Return whether a step has an answer, which isn't this one."""
    return ctx.answers.get(step, value) != value


def _steps_of_condition(field: FormField) -> list[str]:
    """Return the steps that the field's condition may refer to."""
    return [
        step
        for name in field.when
        for step in (["channel"] if name == "channel" else [f"details.{name}", f"screening.{name}"])
    ]


def is_remembered(field: FormField) -> bool:
    """Return whether a field's answer is offered at the next booking.

    A contact detail of somebody else isn't, such as a representative's telephone number.
    """
    is_of_another = field.type in CONTACT_TYPES and field.id != field.type
    return FIELD_TYPES[field.type].remembered and not is_of_another


def condition_holds(answers: Mapping[str, str], when: Condition) -> bool:
    """Return whether the answers so far, by step, fulfil a condition."""
    for name, wanted in when.items():
        step = name if name == "channel" else f"details.{name}"
        given = answers.get(step, answers.get(f"screening.{name}"))
        if given is None or given not in ((wanted,) if isinstance(wanted, str) else wanted):
            return False
    return True


def collected_details(ctx: Context, fields: list[FormField]) -> dict[str, str]:
    """Return the details given, by field, without those skipped or not applicable."""
    given = {
        f.id: ctx.answers.get(step_name(f), "")
        for f in fields
        if condition_holds(ctx.answers, f.when)
    }
    return {name: value for name, value in given.items() if value}


def _question(ctx: Context, field: FormField, form_of: FormOf) -> Text:
    """Return the question and help of a field; of the catalogue's, where what they say is so."""
    body, channel = form_of(ctx)
    if field.is_email_of_attendee and not ctx.office.sends_email(body.id):
        return LINK_TO if channel == Channel.VIDEO else MAY_WRITE
    is_told = ctx.is_brief and ctx.state.failures  # by what was said of the wrong answer
    return field.question if is_told else lines(field.question, field.help)


def _ask_callers_number(number: str) -> Prompt:
    """Return the question whether the number that somebody calls from is right."""
    return Prompt(
        _("Shall we call you, if need be, at the number that you call from? If not, key another."),
        [Choice(number, _("Yes"), YES)],
        free=True,
        names="whole",
        input="phone",
    )


def _ask(
    ctx: Context,
    field: FormField,
    question: Text,
    is_demanded: bool,
    offers: Callable[[Context, str], bool] | None,
) -> Prompt:
    spec = FIELD_TYPES[field.type]
    choices = [Choice(o.id, o.label, ", ".join(o.aliases)) for o in field.options]
    choices += [Choice(c.value, c.label, c.words) for c in spec.choices]
    if is_remembered(field):
        previous = [v for v in _previous_values(ctx, field) if offers is None or offers(ctx, v)]
        words = SAME_AS_BEFORE if len(previous) == 1 else ""
        choices = [Choice(value, shown_value(field, value), words) for value in previous]
    if name := _name_read(ctx, field):
        question = _question_of_name(name)
        choices = [c for c in choices if c.value != name] + [Choice(name, name, YES)]
    skippable = not is_demanded and not spec.choices  # to yes or no, "no" is enough
    if skippable:
        choices.append(Choice("", _("Skip"), SKIP))
    optional: Text = _("(optional)") if skippable else ""
    return Prompt(
        lines(question, optional),
        choices,
        free=not spec.closed,
        names="any" if spec.closed else "prefix" if field.options else "whole",
        expected=_("Please pick one of the answers below."),
        # "phone" offers to send the number of whoever types, who isn't the caller.
        input="text" if spec.input == "phone" and ctx.office.is_for_caller else spec.input,
    )


def _take(ctx: Context, field: FormField, text: str, is_demanded: bool) -> TakeOutcome:
    spec = FIELD_TYPES[field.type]
    words, polite, normalized = ctx.lexicon.words, ctx.lexicon.words(POLITE), normalize(text)
    if field.type in FINDERS and not isinstance(
        parsed := spec.parse(text, ctx.lexicon), ParseFailure
    ):
        return parsed.value  # "I have no mobile phone, here is …"
    if (not spec.free_text and _begins_with(text, words(HAS_NONE))) or (
        normalized and find_phrase(text, words(SKIP), polite)
    ):
        if not is_demanded:
            return ""
        return InvalidAnswer(
            _(
                "The office needs this for the appointment. If you can't give it, talk to an "
                "employee: write “human”."
            )
        )
    if spec.free_text and normalized and find_phrase(text, words(YES), polite):
        return InvalidAnswer(_("Please write it here."))
    parsed = spec.parse(text, ctx.lexicon)
    if isinstance(parsed, PersonName):
        return _name_or_question(ctx, field, parsed)
    return InvalidAnswer(parsed.text) if isinstance(parsed, ParseFailure) else parsed.value


def _begins_with(text: str, phrases: Collection[str]) -> bool:
    """Return whether a text begins with a phrase, as written or, in Greeklish, as it sounds."""
    tokens = tokenize(text)
    return any(
        len(tokens) >= len(words)
        and all(
            word == token.text or (token.text.isascii() and sound_keys(word)[0] in token.keys)
            for word, token in zip(words, tokens, strict=False)
        )
        for words in map(str.split, phrases)
    )


def _name_or_question(ctx: Context, field: FormField, name: PersonName) -> TakeOutcome:
    """Return a name that is sure, or ask whether it is one; two single ones are name and surname.

    What is a word of the services as well is asked about, unless it is written as names are.
    """
    read = _name_read(ctx, field)
    if read == name.value:
        return read
    if read and not {" "} & {*read, *name.value}:
        return f"{read} {name.value}"
    if name.sure and (name.value.istitle() or not names_service(ctx, name.value)):
        return name.value
    ctx.update(view=PromptView(step=step_name(field), only=(name.value,)))
    return AnswersForOtherSteps()


def _name_read(ctx: Context, field: FormField) -> str | None:
    """Return the name that is being asked about, if any."""
    view = ctx.state.view
    return view.only[0] if view.step == step_name(field) and view.only else None


def _question_of_name(name: str) -> Text:
    if " " in name:
        return _("Is the name “{name}”?", name=name)
    return _("Is the name only “{name}”? Else please write name and surname.", name=name)


def _previous_values(ctx: Context, field: FormField) -> list[str]:
    """Return the values given before, in this conversation or at an earlier booking."""
    known = (ctx.state.previous(step_name(field)), ctx.office.known_details.get(field.id))
    return list(dict.fromkeys(value for value in known if value))
