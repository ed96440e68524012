"""What the catalogues have said on the telephone: short, and made for the ear."""

import re

import pytest

from bot.i18n.spoken import SpokenTranslator, parts_for_ear
from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from core.i18n import LANGUAGES, Text, TextTemplate
from dialogs.messages.appointment import CHANNELS
from dialogs.messages.spoken import SPOKEN
from tests.bot.i18n.test_locales import placeholders
from tests.stories.call_story_runner import check_heard


def asked(body: Municipality) -> list[Text]:
    """Return what a booking by telephone reads of a catalogue."""
    found: list[Text] = [body.name, *CHANNELS.values(), body.contact.hours or ""]
    for consent in body.consents:
        found.append(consent.sms or consent.text)
    for branch in body.branches:
        found += [branch.short or branch.name, branch.address or ""]
    for group in body.groups:
        found.append(group.name)
        for service in group.services:
            found.append(service.short or service.name)
            for field in body.fields_of(service):
                found += [field.question, field.help or ""]
                found += [option.label for option in field.options]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_a_booking_reads_of_a_catalogue_is_short_and_for_the_ear(
    shipped: dict[str, Municipality], texts: Translator, language: str
) -> None:
    spoken = SpokenTranslator(texts)
    for body in shipped.values():
        for text in asked(body):
            for part in parts_for_ear(spoken.say(text, language), language):
                check_heard(part)


@pytest.mark.parametrize("language", LANGUAGES)
def test_spoken_texts_are_short_and_have_only_placeholders_of_the_written_ones(
    texts: Translator, language: str
) -> None:
    for written, said in SPOKEN.items():
        assert placeholders(said.message) <= placeholders(written), written
        given = dict.fromkeys(placeholders(said.message), "Δεκεμβρίου")
        text = texts.say(TextTemplate(said.message, args=given), language)
        for part in parts_for_ear(text, language):
            check_heard(part)
        assert not re.search(r"\b(write|γράψτε|tap)\b", text, re.IGNORECASE), text
