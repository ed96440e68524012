"""The language that is spoken to whoever states one."""

import pytest

from bot.i18n.stated_language import stated_language


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        ("el", "el"),
        ("el-GR", "el"),
        ("EL_gr", "el"),
        ("en-AU", "en"),
        ("la", "en"),
        ("la-VA,la;q=0.9", "en"),
        ("la,el;q=0.5", "el"),
        ("en-US,en;q=0.9,el;q=0.5", "el"),
        ("en, el;q=0", "en"),
        ("el;q=0.000, la", "en"),
        ("la-VA; q=0.8", "en"),
        ("*", None),
        ("", None),
        (None, None),
        (";;,q=", None),
    ],
)
def test_greek_where_accepted_english_for_others(stated: str | None, language: str | None) -> None:
    assert stated_language(stated) == language
