"""The command `rantevou understand`: what is understood of a text, and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import LANGUAGE, office_command

if TYPE_CHECKING:
    from datetime import datetime

    from bot.i18n.translator import Translator
    from dialogs.booking.sentence import Understood
    from dialogs.nlu.spans import Span

Said = Annotated[str, typer.Argument(help="What a citizen writes, in quotation marks.")]
Town = Annotated[
    str | None, typer.Option(help="The municipality that was picked before, unless none was.")
]

MAX_NAMED = 3
"""The most municipalities of a service that are named."""

STYLES = {"name": "cyan", "service": "green", "when": "yellow", "unexplained": "red"}
"""The colours of the parts of a text."""


def understand(text: Said, municipality: Town = None) -> None:
    """Show what is understood of a text, and why, in the loaded municipalities.

    Names are cyan, words of the service green, days and times yellow; what isn't understood is red.
    """
    from rich.console import Console
    from rich.text import Text

    from dialogs.booking.sentence import index_of, read_sentence
    from dialogs.nlu.normalize import clean

    with office_command() as office:
        now = office.run(lambda _session, now: now)
        known = office.municipality(municipality) if municipality else None
        bodies, texts = office.registry.municipalities, office.application.services.texts
    cleaned = clean(text)
    offered = {body.id for body in bodies}
    said = read_sentence(cleaned, index_of(bodies, texts), offered, now.date(), known)
    shown = Text(cleaned)
    for style, span in _parts(said):
        shown.stylize(STYLES[style], span.start, span.end)
    console = Console(highlight=False, soft_wrap=True)
    console.print(shown)
    for line in _lines(cleaned, said, now, texts):
        console.print(Text(line))


def _parts(said: "Understood") -> "Iterator[tuple[str, Span]]":
    request = said.request
    yield from (("unexplained", word.span) for word in request.unexplained)
    yield from (("name", each.span) for each in request.names)
    yield from (("service", word.span) for word in request.services.words)
    yield from (("when", span) for span in said.when.spans)


def _lines(text: str, said: "Understood", now: "datetime", texts: "Translator") -> Iterator[str]:
    """Yield what is understood, one thing a line."""
    request, wish = said.request, said.wish
    for name in ("municipality", "branch", "group", "channel"):
        if value := getattr(request, name):
            yield f"{name}: {value}"
    if at := request.elsewhere:
        yield f"not served here: {text[at.start : at.end]}"
    match = request.services
    for number, each in enumerate(match.candidates):
        named = ", ".join(
            f"{name.municipality}/{name.service}" for name in each.services[:MAX_NAMED]
        )
        others = len(each.services) - MAX_NAMED
        more = f" and {others} more" if others > 0 else ""
        verdict = "taken" if match.sure and not number else "asked about"
        yield f"service: {named}{more}: {each.score:.2f}, {verdict}"
    if wish:
        yield f"when: {texts.say(wish.label(now), LANGUAGE)}"
    if request.unexplained:
        yield f"not understood: {' '.join(word.text for word in request.unexplained)}"
