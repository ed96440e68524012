"""The sample talk answers every type of form field."""

from bot.i18n.translator import Translator
from bot.ops.sample_talk import TYPED
from dialogs.nlu.field_types import FIELD_TYPES
from dialogs.nlu.normalize import clean
from dialogs.nlu.parsed import ParseFailure


def test_each_type_that_is_typed_has_an_answer_that_it_takes(texts: Translator) -> None:
    typed = {kind for kind, spec in FIELD_TYPES.items() if not spec.closed}
    assert set(TYPED) == typed
    for kind, answer in TYPED.items():
        parsed = FIELD_TYPES[kind].parse(clean(answer), texts)
        assert not isinstance(parsed, ParseFailure), kind
