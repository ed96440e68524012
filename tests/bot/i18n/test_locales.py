"""The texts: all there in both languages, in sound Greek, and nowhere else."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
ROOMS = ("core", "dialogs", "bot", "webhooks")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "_n": (1, 2)}

WORD_LISTS = re.compile(r"^[^.?!:;{}]+(, [^.?!:;{}]+)+$|^no, n,|, \?,|/start|👍")
"""The msgids that list words to be typed: their English holds more than the msgid, or not."""

GREEK = r"[\u0370-\u03ff\u1f00-\u1fff]"


@cache
def catalogue(name: str) -> Catalog:
    """`messages.pot`, or a language's texts."""
    path = (
        ROOT / "locales" / ("messages.pot" if name == "pot" else f"{name}/LC_MESSAGES/messages.po")
    )
    with path.open("rb") as file:
        return read_po(file, locale=None if name == "pot" else name)


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A message's singular and plural, or its only form."""
    return [text] if isinstance(text, str) else list(text or ())


def messages(name: str) -> list[Message]:
    return [message for message in catalogue(name) if message.id]


def extracted() -> set[str]:
    """The msgids of the code, as `make texts` collects them: for one test, in 2 seconds."""
    found = set()
    for room in ROOMS:
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT / room, METHODS, keywords=KEYWORDS
        ):
            found.add(forms(message)[0])
    return found - {""}


@cache
def listed() -> frozenset[str]:
    """The msgids of `messages.pot`, which are those of the code."""
    return frozenset(forms(message.id)[0] for message in messages("pot"))


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name}


def test_the_template_is_what_the_code_says() -> None:
    assert listed() == extracted(), "run `make texts`"


@pytest.mark.parametrize("language", ["el", "en"])
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    translated = {forms(message.id)[0] for message in messages(language)}
    assert translated == listed(), "run `make texts`, and translate"
    assert not catalogue(language).obsolete
    assert [m.id for m in messages(language) if m.fuzzy] == []
    assert [m.id for m in messages(language) if not all(forms(m.string))] == []


@pytest.mark.parametrize("language", ["el", "en"])
def test_plural_forms_are_complete(language: str) -> None:
    for message in messages(language):
        if message.pluralizable:
            assert len(forms(message.string)) == catalogue(language).num_plurals == 2
        else:
            assert isinstance(message.string, str)


@pytest.mark.parametrize("language", ["el", "en"])
def test_placeholders_agree(language: str) -> None:
    for message in messages(language):
        wanted = {frozenset(placeholders(form)) for form in forms(message.id)}
        given = {frozenset(placeholders(form)) for form in forms(message.string)}
        assert wanted == given, message.id


def test_texts_are_neat_and_end_as_their_msgid() -> None:
    ends = {"?": ";", ".": ".", "!": "!", ":": ":"}
    for message in messages("el"):
        for source, said in zip(forms(message.id), forms(message.string), strict=True):
            assert source == source.strip(), source
            assert said == said.strip(), said
            assert "  " not in said, said
            if not is_word_list(message):
                assert said.endswith(ends.get(source[-1], "")), said


def is_word_list(message: Message) -> bool:
    return isinstance(message.id, str) and bool(WORD_LISTS.search(message.id))


def test_english_texts_are_their_msgids_but_word_lists_may_hold_more() -> None:
    for message in messages("en"):
        if is_word_list(message):
            assert set(words(message.id)) <= set(words(message.string))
        else:
            assert forms(message.string) == forms(message.id)


def words(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [word.strip() for word in forms(text)[0].split(",")]


@pytest.mark.parametrize("language", ["el", "en"])
def test_word_lists_have_no_empty_and_no_repeated_word(language: str) -> None:
    for message in messages(language):
        if is_word_list(message):
            listed = words(message.string)
            assert all(listed), message.id
            assert len(listed) == len(set(listed)), message.id


def greek_texts() -> list[str]:
    return [
        re.sub(r"\{\w+\}", "", form) for message in messages("el") for form in forms(message.string)
    ]


def test_no_latin_letter_hides_in_a_greek_word() -> None:
    mixed = re.compile(rf"{GREEK}[A-Za-z\u00b5]|[A-Za-z\u00b5]{GREEK}")
    assert [text for text in greek_texts() if mixed.search(text)] == []


def test_greek_letters_are_composed_and_of_one_kind() -> None:
    """Accents as one character, and the tonos, not the oxia, so that a search finds them."""
    odd = re.compile(r"[\u0300-\u036f\u1f00-\u1fff\u037e\u0387]")
    assert [text for text in greek_texts() if odd.search(text)] == []


def test_greek_texts_ask_and_quote_as_greek_does() -> None:
    for message in messages("el"):
        if not is_word_list(message):
            for text in forms(message.string):
                assert "?" not in text, text
                assert not re.search("[“”\"']", text), text
                assert text.count("«") == text.count("»"), text
                assert len(re.findall("[«]", text)) == len(re.findall("“", forms(message.id)[0])), (
                    text
                )


def test_greek_words_have_their_accents() -> None:
    """A Greek word of more than one syllable has an accent, unless it is all capitals."""
    vowels = re.compile("[αεηιουω]+", re.IGNORECASE)
    accented = re.compile("[άέήίόύώΐΰΆΈΉΊΌΎΏ]")
    for message in messages("el"):
        if is_word_list(message):
            continue
        for text in forms(message.string):
            for word in re.findall(rf"{GREEK}+", text):
                if len(vowels.findall(word)) > 1 and not word.isupper():
                    assert accented.search(word), (word, text)


def said_strings(file: Path) -> list[tuple[int, str]]:
    """Every string of a module that isn't a docstring, with its line."""
    tree = ast.parse(file.read_text("utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


OF_LETTERS = {
    "bot/platforms/sms/gsm.py",
    "core/bookings/reference.py",
    "dialogs/nlu/normalize.py",
    "dialogs/nlu/dates.py",
    "dialogs/nlu/fields.py",
    "dialogs/nlu/tokens.py",
    "dialogs/nlu/when_tags.py",
}
"""The rooms' tables and patterns of letters."""

OF_THE_API = {"webhooks/api/reference_page.py", "webhooks/api/staff/catalogue_models.py"}
"""The API's documentation, with examples of a catalogue."""

OF_A_CITIZEN = {"bot/ops/sample_talk.py"}
"""What a citizen writes in a talk that is counted in text messages."""


def test_no_greek_text_is_written_in_the_code() -> None:
    """But for examples inside msgids, such as “ΑΦΜ”, and inside the API's documentation."""
    msgids = "\n".join(listed())
    found = [
        f"{name}:{line}: {text}"
        for room in ROOMS
        for file in sorted((ROOT / room).rglob("*.py"))
        if (name := str(file.relative_to(ROOT))) not in OF_LETTERS | OF_THE_API | OF_A_CITIZEN
        for line, text in said_strings(file)
        if re.search(GREEK, text) and text not in msgids
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(OF_LETTERS))
def test_tables_of_letters_hold_no_sentence(name: str) -> None:
    sentence = re.compile(rf"{GREEK}{{3,}}[ ,.;]+{GREEK}{{3,}}[ ,.;]+{GREEK}{{3,}}")
    msgids = "\n".join(listed())
    found = [text for _line, text in said_strings(ROOT / name) if sentence.search(text)]
    assert [text for text in found if text not in msgids] == []


def test_pybabel_compiles_both_languages(tmp_path: Path) -> None:
    for language in ("el", "en"):
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("pybabel")),
                *("compile", "--statistics", "-l", language),
                *("-i", str(ROOT / "locales" / language / "LC_MESSAGES" / "messages.po")),
                *("-o", str(tmp_path / f"{language}.mo")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
        assert "error:" not in done.stderr
