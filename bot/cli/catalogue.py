"""The commands `rantevou catalogue`: check and load files, list and remove municipalities."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli.in_way import Yes, ask, plan_lines
from bot.cli.office import echo_if_new
from bot.cli.platforms import address_of
from bot.cli.progress import PREPARING, progress
from bot.cli.table import echo_table
from bot.platforms import PLATFORMS
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.bootstrap import Application
    from bot.settings import Settings
    from core.bookings.catalogue_update import BookingsInWay
    from core.catalogue.model import Municipality
    from core.catalogue.registry import Registry
    from core.db.models import MunicipalityRow
    from core.i18n import LocalizedText

T = TypeVar("T")

catalogue = typer.Typer(
    help="The municipalities' catalogues.",
    epilog="Example: rantevou catalogue check my-town.yaml",
    no_args_is_help=True,
)

Files = Annotated[list[Path], typer.Argument(help="Catalogues, one YAML file each.")]
NewId = Annotated[str, typer.Argument(help="The id of your municipality, such as my-town.")]
Id = Annotated[str, typer.Argument(help="A municipality, as `list` shows them.")]
Ids = Annotated[list[str], typer.Argument(help="Municipalities, as `list` shows them.")]


@catalogue.command(epilog="Example: rantevou catalogue new my-town")
def new(municipality: NewId) -> None:
    """Write a file for a municipality, with comments, to be changed: MUNICIPALITY.yaml."""
    import re

    from core.catalogue.loader import TEMPLATE, TEMPLATE_ID
    from core.catalogue.model import ID, ID_RULE, MAX_ID

    if not re.fullmatch(ID, municipality) or len(municipality) > MAX_ID:
        raise ConfigurationError(f"{municipality!r}: an id of {ID_RULE}, such as my-town")
    file = Path(f"{municipality}.yaml")
    text = TEMPLATE.read_text("utf-8").replace(TEMPLATE_ID, municipality)
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        reason = "is there already" if isinstance(error, FileExistsError) else error.strerror
        raise ConfigurationError(f"{file}: {reason}; nothing was written") from None
    typer.echo(f"{file}: change it, then: rantevou catalogue check {file}")


@catalogue.command(epilog="Example: rantevou catalogue check my-town.yaml")
def check(files: Files) -> None:
    """Check files; print each error with its line, its field and what was expected.

    What may be meant so is only warned of, such as a text that lacks a language, or a phrase that
    fits two services equally.
    """
    right, wrong = _read(files)
    for file, body in right:
        count = len(body.services)
        typer.echo(f"{file}: OK ({body.id}, {count} service{'s' if count != 1 else ''})")
    _warn_of_names(right, {})
    _warn_of_long_names(right)
    if wrong:
        raise ConfigurationError("\n".join(wrong))


@catalogue.command(epilog="Example: rantevou catalogue load my-town.yaml")
def load(files: Files, yes: Yes = False) -> None:
    """Load catalogues into the database, all or none; existing municipalities are updated.

    Those that come with Rantevou are loaded as samples. Bookings for which the new one has no desk
    or opening are shown, and you are asked: they go to another desk, or another time is offered to
    the citizens. Where their service is gone from its branch or channel, it isn't loaded. Those of
    a sample are cancelled. Warns as `check` does. Prints the address of each one's page.
    """
    from core.bookings.catalogue_update import BookingsInWay, count_awaited, load_catalogue
    from core.catalogue.loader import SHIPPED

    right, wrong = _read(files)
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    samples = SHIPPED.resolve()

    def load_all(
        session: "Session", now: datetime, settings: "Settings", registry: "Registry | None" = None
    ) -> "tuple[list[str], dict[str, LocalizedText], str]":
        outcomes: list[str] = []
        in_way: list[BookingsInWay] = []
        if registry:
            registry.refresh(session)
        for file, body in right:
            report(f"Loading {body.id}", len(outcomes), len(right))
            is_sample = file.resolve().parent == samples
            before = count_awaited(session, body.id, now)
            try:
                outcome = load_catalogue(
                    session, body, now, is_sample=is_sample, displacing=registry
                )
            except BookingsInWay as found:
                in_way.append(found)
                continue
            outcomes.append(outcome + _cancelled(before - count_awaited(session, body.id, now)))
        if in_way:
            raise _InWay("\n".join(_preview(each, now) for each in in_way))
        names = {row.id: _name(row) for row in _rows(session) if row.removed_at is None}
        here = f"{address_of(settings.host, settings.port)}{settings.root_path}"
        return outcomes, names, settings.public_address or here

    with progress(PREPARING) as report:
        application = _open(create=True)
    with closing(application.database):
        registry = application.services.registry
        try:
            if yes:
                outcomes, names, address = _run(application, partial(load_all, registry=registry))
            else:
                outcomes, names, address = _run(application, load_all)
        except _InWay as found:
            ask(str(found), "Load it all the same?")
            outcomes, names, address = _run(application, partial(load_all, registry=registry))
    echo_if_new(application)
    _warn_of_names(right, names)
    for (_file, body), outcome in zip(right, outcomes, strict=True):
        typer.echo(f"{body.id}: {outcome}; its page is {address}/m/{body.id}")


@catalogue.command("list", epilog="Example: rantevou catalogue list")
def list_loaded() -> None:
    """List the municipalities in the database."""
    from core.i18n import LANGUAGES

    def read(session: "Session", _now: datetime, _settings: "Settings") -> list[tuple[str, ...]]:
        return [
            (
                row.id,
                "removed" if row.removed_at else "sample" if row.is_sample else "loaded",
                f"{row.removed_at or row.loaded_at:%Y-%m-%d}",
                _name(row).in_language(LANGUAGES[0]),
            )
            for row in _rows(session)
        ]

    with progress(PREPARING):
        rows = _in_transaction(_open(), read)
    if rows:
        echo_table(("id", "status", "since", "name"), rows)
    else:
        typer.echo("No municipality is loaded.")


@catalogue.command(epilog="Example: rantevou catalogue export my-town")
def export(municipality: Id) -> None:
    """Print a municipality as it is loaded, as YAML, where its file is lost.

    It has all that the file had but its comments.
    """
    from core.catalogue.loader import to_yaml

    def read(session: "Session", _now: datetime, _settings: "Settings") -> str:
        rows = {row.id: row.document for row in _rows(session)}
        if municipality not in rows:
            there = ", ".join(rows) or "none"
            raise ConfigurationError(
                f"{municipality}: no municipality of that id; there are: {there}"
            )
        return rows[municipality]

    with progress(PREPARING):
        document = _in_transaction(_open(), read)
    typer.echo(to_yaml(document), nl=False)


@catalogue.command(epilog="Example: rantevou catalogue remove my-town")
def remove(ids: Ids) -> None:
    """Offer municipalities no more, all or none; their past bookings stay.

    Refused while one of them has future bookings; those of a sample are cancelled. Loading its
    catalogue offers it again.
    """
    from core.bookings.catalogue_update import count_awaited, remove_municipalities

    chosen = dict.fromkeys(ids)

    def remove_all(session: "Session", now: datetime, settings: "Settings") -> list[int]:
        for each in chosen:
            if named := settings.municipality_settings.get(each):
                raise ConfigurationError(
                    f"{each}: not removed, for {named} is {each!r}. Change that setting first."
                )
        bookings = [count_awaited(session, each, now) for each in chosen]
        remove_municipalities(session, chosen, now)
        return bookings

    with progress(PREPARING):
        cancelled = _in_transaction(_open(), remove_all)
    for each, count in zip(chosen, cancelled, strict=True):
        typer.echo(f"{each}: removed{_cancelled(count)}")


def _cancelled(count: int) -> str:
    """Return what happened to a sample's bookings that were in the way, if there were any."""
    return f"; bookings of the sample that were cancelled, which nobody is told: {count}" * bool(
        count
    )


def _open(*, create: bool = False) -> "Application":
    """Return the application on the configured database; where there is none, make it if told."""
    from bot.bootstrap import bootstrap
    from bot.settings import read_settings

    return bootstrap(read_settings(PLATFORMS), create=create)


def _in_transaction(
    application: "Application", act: "Callable[[Session, datetime, Settings], T]"
) -> T:
    """Run act(session, now, settings) as a transaction, and close the database."""
    with closing(application.database):
        return _run(application, act)


def _run(application: "Application", act: "Callable[[Session, datetime, Settings], T]") -> T:
    """Run act(session, now, settings) as a transaction."""
    clock, settings = application.services.clock, application.settings
    return application.database.write_sync(lambda session: act(session, clock(), settings))


class _InWay(Exception):
    """Bookings stand in the way of the catalogues; the text is the preview."""


def _preview(found: "BookingsInWay", now: "datetime") -> str:
    lines = plan_lines(found.plan, now, found.begun)
    return "\n".join([f"{found.municipality_id}: {line}" for line in lines])


def _rows(session: "Session") -> "Iterable[MunicipalityRow]":
    """Return the rows of all municipalities, also of those that were removed, by id."""
    from sqlalchemy import select

    from core.db.models import MunicipalityRow

    return session.scalars(select(MunicipalityRow).order_by(MunicipalityRow.id)).all()


def _name(row: "MunicipalityRow") -> "LocalizedText":
    from core.catalogue.model import Municipality

    return Municipality.model_validate_json(row.document).name


def _read(files: Sequence[Path]) -> "tuple[list[tuple[Path, Municipality]], list[str]]":
    """Return the municipalities of the files that are right, and what is wrong with the others.

    What may be meant is warned of.
    """
    from bot.i18n.translator import Translator
    from core.catalogue.loader import CatalogueInvalid, check_catalogue
    from dialogs.nlu.lexicon import FILLER
    from dialogs.nlu.phrase_check import find_phrase_issues

    find_more = partial(find_phrase_issues, filler=Translator().words(FILLER))
    right: list[tuple[Path, Municipality]] = []
    wrong: list[str] = []
    seen: dict[str, Path] = {}
    warnings: list[str] = []
    with progress("Reading") as report:
        for number, file in enumerate(files):
            report(f"Reading {file.name}", number, len(files))
            try:
                body, doubts = check_catalogue(file, datetime.now().astimezone().date(), find_more)
            except CatalogueInvalid as bad:
                wrong.append(str(bad))
                continue
            warnings += map(str, doubts)
            other = seen.setdefault(body.id, file)
            if other == file:
                right.append((file, body))
            else:  # one would overwrite the other
                wrong.append(f"{file}: id: an id that no other file has; {other} has {body.id} too")
    for warning in warnings:
        _warn(warning)
    return right, wrong


def _warn(warning: str) -> None:
    typer.secho(f"warning: {warning}", fg="yellow", err=True)


def _warn_of_names(
    read: "Sequence[tuple[Path, Municipality]]", loaded: "Mapping[str, LocalizedText]"
) -> None:
    """Warn of two municipalities whose buttons look the same in a language: each pair once."""
    from core.i18n import LANGUAGES

    names = {**loaded, **{body.id: body.name for _file, body in read}}
    for file, body in read:
        names.pop(body.id, None)
        for language in LANGUAGES:
            name = body.name.in_language(language)
            if same := [i for i, other in names.items() if other.in_language(language) == name]:
                also = f"{', '.join(same)} {'has' if len(same) == 1 else 'have'} {name!r} too"
                _warn(f"{file}: name: a name that no other municipality has; {also}")
                break


def _warn_of_long_names(read: "Sequence[tuple[Path, Municipality]]") -> None:
    """Warn of services whose confirmation by text message takes two parts."""
    from bot.i18n.translator import Translator
    from bot.views.text_samples import long_names

    texts = Translator()
    for file, body in read:
        for service, branch in long_names(texts, body):
            _warn(
                f"{file}: {service}: a `short` name, or one for the branch {branch}; a "
                "confirmation by text message takes two parts, for each of which you pay"
            )
