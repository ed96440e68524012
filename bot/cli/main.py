"""The command `rantevou`. Each command imports what it needs itself, so that --help is fast."""

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import tempfile
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.outbox import outbox
from bot.cli.platforms import PlatformGroup, address_of, doctor
from bot.platforms import PLATFORMS
from core.errors import ConfigurationError

app = typer.Typer(
    cls=PlatformGroup,
    help="Books appointments with Greek municipalities by conversation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
catalogue = typer.Typer(help="The municipalities' catalogues.", no_args_is_help=True)
app.add_typer(catalogue, name="catalogue")
app.add_typer(outbox, name="outbox")
app.command()(doctor)

Workers = Annotated[int, typer.Option(min=1, help="Number of processes.")]
Files = Annotated[list[Path], typer.Argument(help="Catalogues, one YAML file each.")]


def main() -> None:
    """Run a command; a configuration error is printed without a stack trace."""
    # At Python's default, collecting garbage takes a fifth of the start.
    gc.set_threshold(50_000)
    try:
        app()
    except ConfigurationError as reason:
        typer.secho(str(reason), fg="red", err=True)
        sys.exit(1)


@app.command()
def serve(workers: Workers = 1) -> None:
    """Serve the pages and the HTTP API, and deliver messages.

    On an empty database, load the shipped catalogues first.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if workers == 1:
        _serve(*_prepare())
        return
    from bot.ops.supervisor import supervise

    with tempfile.TemporaryDirectory(prefix="rantevou-") as folder:
        # The folder in which they share their metrics; set before prometheus_client is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        listeners = _prepare()
        supervise(workers, lambda: _serve(*listeners))


def _prepare() -> tuple[socket.socket, socket.socket]:
    """Prepare the database; return the sockets to serve on, the second for the monitoring.

    All processes share both: each reports the numbers of all.
    """
    from bot.bootstrap import bootstrap, load_shipped
    from bot.settings import read_settings
    from bot.telemetry.logging import configure

    settings = read_settings(PLATFORMS)
    configure()
    listener = _listen(settings.host, settings.port)
    management = _listen(settings.management_host, settings.management_port, "MANAGEMENT_")
    application = bootstrap(settings)
    load_shipped(application)
    application.check_municipalities()
    application.database.close()
    address = address_of(settings.host, settings.port)
    docs = f" (API: {address}/docs)" if settings.api_docs else ""
    typer.echo(f"Rantevou: open {address}{docs}. Ctrl-C stops it.")
    return listener, management


def _serve(listener: socket.socket, management: socket.socket) -> None:
    from uvicorn.importer import import_from_string

    create_server = import_from_string("webhooks.server:create_server")  # not for bot to import
    server = create_server(management)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@app.command()
def worker() -> None:
    """Deliver messages, beside the server or on another machine."""
    import structlog

    from bot.bootstrap import bootstrap
    from bot.settings import read_settings
    from bot.telemetry.logging import configure

    settings = read_settings(PLATFORMS)
    configure()
    application = bootstrap(settings)
    if not application.services.platforms:
        raise ConfigurationError(
            "There is nothing to deliver: no platform is configured that we write to."
        )

    if settings.metrics_port:
        try:
            application.metrics.serve(settings.management_host, settings.metrics_port)
        except OSError as error:
            raise ConfigurationError(
                f"RANTEVOU_METRICS_PORT={settings.metrics_port}: can't listen there "
                f"({error.strerror})."
            ) from None
    log = structlog.get_logger()

    async def deliver() -> None:
        worker, loop = application.delivery_worker(), asyncio.get_running_loop()
        on_signal = iter((worker.stop,))

        def end() -> None:
            next(on_signal, partial(os._exit, 1))()  # the second one ends the process at once

        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, end)
        typer.echo("Rantevou delivers. Ctrl-C stops it.")
        log.info("worker started", process=os.getpid())
        await worker.run()

    asyncio.run(deliver())
    application.database.close()
    log.info("worker stopped", process=os.getpid())


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to; not there yet.")]) -> None:
    """Copy the SQLite file and its secret, also while Rantevou runs."""
    from bot.ops.backup import backup
    from bot.settings import read_settings

    copies = backup(read_settings(PLATFORMS), file)
    typer.echo(f"Copied to {' and '.join(map(str, copies))}")


@app.command()
def chat() -> None:
    """Chat in the terminal, on the same database."""
    from bot.bootstrap import bootstrap, load_shipped
    from bot.platforms import console
    from bot.settings import read_settings

    application = bootstrap(read_settings(PLATFORMS))
    load_shipped(application)
    console.chat(application.handle_message_sync, "/start")


@catalogue.command()
def check(files: Files) -> None:
    """Check files; print each error with its line, its field and what was expected.

    A text that lacks a language is only warned of.
    """
    from core.catalogue.loader import CatalogueInvalid, check_catalogue

    wrong: list[str] = []
    seen: dict[str, Path] = {}
    for file in files:
        try:
            body, warnings = check_catalogue(file)
        except CatalogueInvalid as bad:
            wrong.append(str(bad))
            continue
        for warning in warnings:
            typer.secho(f"warning: {warning}", fg="yellow", err=True)
        if other := _duplicate(seen, body.id, file):
            wrong.append(other)
        else:
            typer.echo(f"{file}: OK ({body.id}, {len(body.services)} services)")
    if wrong:
        raise ConfigurationError("\n".join(wrong))


@catalogue.command()
def load(files: Files) -> None:
    """Load catalogues into the database, all or none; existing municipalities are updated."""
    from sqlalchemy.orm import Session

    from bot.bootstrap import bootstrap
    from bot.settings import read_settings
    from core.bookings.catalogue_update import load_catalogue as load_one
    from core.catalogue.loader import read_catalogue

    bodies = [read_catalogue(file) for file in files]
    seen: dict[str, Path] = {}
    for body, file in zip(bodies, files, strict=True):
        if duplicate := _duplicate(seen, body.id, file):
            raise ConfigurationError(duplicate)
    application = bootstrap(read_settings(PLATFORMS))

    def load_all(session: Session) -> list[str]:
        return [load_one(session, body, application.services.clock()) for body in bodies]

    with closing(application.database) as database:
        outcomes = database.write_sync(load_all)
    for body, outcome in zip(bodies, outcomes, strict=True):
        typer.echo(f"{body.id}: {outcome}")


def _duplicate(seen: dict[str, Path], body_id: str, file: Path) -> str | None:
    """Return an error where another of the files has that id: one would overwrite the other."""
    other = seen.setdefault(body_id, file)
    if other == file:
        return None
    return f"{file}: id: an id that no other file has; {other} has {body_id} too"


def _listen(host: str, port: int, which: str = "") -> socket.socket:
    """Return a socket that listens, opened before anything else is done.

    `which` is the beginning of its settings' names, after RANTEVOU_.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol, asyncio wouldn't set TCP_NODELAY, and answers would take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        another = " Another program uses it, perhaps a second Rantevou."
        raise ConfigurationError(
            f"RANTEVOU_{which}HOST={host}, RANTEVOU_{which}PORT={port}: "
            f"can't listen there ({error.strerror})."
            + (another if error.errno == errno.EADDRINUSE else "")
        ) from None
    return listener


if __name__ == "__main__":
    main()
