"""The command `rantevou`. Each command imports what it needs itself, so that --help is fast."""

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.api_keys import key
from bot.cli.bookings import bookings
from bot.cli.catalogue import catalogue
from bot.cli.closures import close, extra_opening, list_closures
from bot.cli.database import database
from bot.cli.office import echo_if_new
from bot.cli.outbox import outbox
from bot.cli.platforms import PlatformGroup, address_of, doctor
from bot.cli.progress import PREPARING, progress
from bot.cli.secret import secret
from bot.cli.sms import sms
from bot.cli.staff import staff
from bot.cli.understand import understand
from bot.cli.webhooks import webhook
from bot.platforms import PLATFORMS
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.ops.stopping import StopRequest

app = typer.Typer(
    cls=PlatformGroup,
    help="Books appointments with Greek municipalities by conversation.",
    epilog="Example: rantevou serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(catalogue, name="catalogue")
app.add_typer(database, name="database")
app.add_typer(outbox, name="outbox")
app.add_typer(secret, name="secret")
staff.add_typer(key, name="key")
app.add_typer(staff, name="staff")
app.add_typer(bookings, name="bookings")
app.add_typer(webhook, name="webhook")
app.add_typer(sms, name="sms")
app.command(epilog="Example: rantevou doctor")(doctor)
app.command(epilog="Example: rantevou close my-town 2026-12-03 --hours 10:00-12:00")(close)
app.command("open", epilog="Example: rantevou open my-town 2026-12-03 --hours 17:00-19:00")(
    extra_opening
)
app.command("closures", epilog="Example: rantevou closures my-town")(list_closures)
app.command(epilog='Example: rantevou understand "a certificate, Monday morning"')(understand)

Workers = Annotated[int, typer.Option(min=1, help="Number of processes.")]


def main() -> None:
    """Run a command; a configuration error is printed without a stack trace."""
    # At Python's default, collecting garbage takes a fifth of the start.
    gc.set_threshold(50_000)
    try:
        app()
    except ConfigurationError as reason:
        said = str(reason)
    except PermissionError as error:
        if error.filename is None:
            raise
        from core.db.file_access import cure_of

        said = f"{error.filename} can't be used: {error.strerror}{cure_of(Path(error.filename))}"
    else:
        return
    typer.secho(said, fg="red", err=True)
    sys.exit(1)


@app.command(epilog="Example: rantevou serve --workers 4")
def serve(workers: Workers = 1) -> None:
    """Serve the pages and the HTTP API, and deliver messages.

    On an empty database, load the shipped catalogues first.
    """
    from bot.ops.stopping import StopRequest

    stop = StopRequest()
    stop.listen(signal.SIGTERM)
    from bot.telemetry.logging import configure

    if workers == 1:
        configure()
        _serve(*_prepare(), stop)
        return
    from bot.ops.supervisor import supervise

    with tempfile.TemporaryDirectory(prefix="rantevou-") as folder:
        # The folder in which they share their metrics; set before prometheus_client is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        write_left_out = configure()
        listeners = _prepare()
        supervise(workers, lambda: _serve(*listeners, stop), write_left_out, stop)


def _prepare() -> tuple[socket.socket, socket.socket]:
    """Prepare the database; return the sockets to serve on, the second for the monitoring.

    All processes share both: each reports the numbers of all.
    """
    from bot.bootstrap import bootstrap, load_shipped
    from bot.settings import read_settings

    settings = read_settings(PLATFORMS)
    with ExitStack() as opened:
        listener = opened.enter_context(_listen(settings.host, settings.port))
        management = opened.enter_context(
            _listen(settings.management_host, settings.management_port, "MANAGEMENT_")
        )
        with progress(PREPARING):
            application = bootstrap(settings, create=True)
            load_shipped(application)
            application.check_municipalities()
            application.database.close()
        opened.pop_all()  # they stay open unless something is refused
    echo_if_new(application)
    address = f"{address_of(settings.host, settings.port)}{settings.root_path}"
    docs = f" (API: {address}/docs)" if settings.api_docs else ""
    typer.echo(f"Rantevou: open {address}{docs}. Ctrl-C stops it.")
    return listener, management


def _serve(listener: socket.socket, management: socket.socket, stop: "StopRequest") -> None:
    from uvicorn.importer import import_from_string

    create_server = import_from_string("webhooks.server:create_server")  # not for bot to import
    server = create_server(management, stop)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@app.command(epilog="Example: rantevou worker")
def worker() -> None:
    """Deliver messages, beside the server or on another machine."""
    import structlog

    from bot.bootstrap import bootstrap
    from bot.settings import read_settings
    from bot.telemetry.logging import configure
    from core.actor import OPERATOR
    from core.staff.webhooks import list_endpoints

    settings = read_settings(PLATFORMS)
    configure()
    with progress(PREPARING):
        application = bootstrap(settings)
    endpoints = application.database.write_sync(lambda s: list_endpoints(s, OPERATOR))
    if not application.services.platforms and not endpoints:
        raise ConfigurationError(
            "There is nothing to deliver: no platform is configured that we write to, and there "
            "is no webhook endpoint."
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


@app.command(epilog="Example: rantevou backup /var/backups/rantevou-monday.db")
def backup(file: Annotated[str, typer.Argument(help="Where to; not there yet.")]) -> None:
    """Copy the SQLite file, its secret and its encryption key, also while Rantevou runs.

    Fails after copying the file where it is of little use without a missing secret or key.
    """
    from bot.ops.backup import backup
    from bot.settings import read_settings

    # A path that ends with a slash is a folder's, which Path forgets.
    target = Path(file) / "rantevou.db" if file.endswith(os.sep) else Path(file)
    with progress("Copying") as report:
        copied = backup(read_settings(PLATFORMS), target, report)
    *beside, last = (str(each.absolute()) for each in copied.files)
    typer.echo(f"Copied to {', '.join(beside)}{' and ' if beside else ''}{last}")
    typer.echo(f"Bookings in the copy: {copied.bookings}")
    if copied.wrong:
        raise ConfigurationError("\n".join(copied.wrong))


@app.command(epilog="Example: rantevou chat")
def chat() -> None:
    """Chat in the terminal, on the same database."""
    from bot.bootstrap import bootstrap, load_shipped
    from bot.platforms import console
    from bot.settings import read_settings

    with progress(PREPARING):
        application = bootstrap(read_settings(PLATFORMS), create=True)
        load_shipped(application)
    echo_if_new(application)
    console.chat(application.handle_message_sync, application.fetch_sync, "/start")


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
