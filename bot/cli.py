"""The command `rantevou`. Imports what a command needs only when it runs: --help is instant."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import Unusable

if TYPE_CHECKING:
    import socket

app = typer.Typer(
    help="Books appointments with Greek municipalities by conversation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
catalogue = typer.Typer(help="The municipalities' catalogues.", no_args_is_help=True)
app.add_typer(catalogue, name="catalogue")

Files = Annotated[list[Path], typer.Argument(help="Catalogues, one YAML file each.")]


def main() -> None:
    """Run a command; what stops it is told in one line, without a stack trace."""
    try:
        app()
    except Unusable as reason:
        typer.secho(str(reason), fg="red", err=True)
        sys.exit(1)


@app.command()
def serve() -> None:
    """Serve the HTTP API (and, on an empty database, load the shipped catalogues first)."""
    import signal  # noqa: PLC0415

    from uvicorn.importer import import_from_string  # noqa: PLC0415

    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import read_settings  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read_settings()
    configure()
    listener = _listen(settings.host, settings.port)
    server = import_from_string("webhooks.server:make")()  # bot may not import webhooks
    address = _address(settings.host, settings.port)
    typer.echo(f"Rantevou: open {address} (API: {address}/docs). Ctrl-C stops it.")
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@app.command()
def chat() -> None:
    """Talk in the terminal, on the same database."""
    from bot.platforms import console  # noqa: PLC0415
    from bot.settings import read_settings  # noqa: PLC0415
    from bot.wiring import load_shipped, wire  # noqa: PLC0415

    wiring = wire(read_settings())
    load_shipped(wiring)
    console.chat(wiring.answer_now, "/start")


@catalogue.command()
def check(files: Files) -> None:
    """Say of each file what is wrong in it: file, line, field and what was expected."""
    from core.catalogue_files import BadCatalogue, read_catalogue  # noqa: PLC0415

    wrong: list[str] = []
    seen: dict[str, Path] = {}
    for file in files:
        try:
            body = read_catalogue(file)
        except BadCatalogue as bad:
            wrong.append(str(bad))
            continue
        if other := _double(seen, body.id, file):
            wrong.append(other)
        else:
            typer.echo(f"{file}: OK ({body.id}, {len(body.services)} services)")
    if wrong:
        raise Unusable("\n".join(wrong))


@catalogue.command()
def load(files: Files) -> None:
    """Put catalogues into the database, all or none; a municipality there is updated."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from bot.settings import read_settings  # noqa: PLC0415
    from bot.wiring import busy_told, wire  # noqa: PLC0415
    from core.catalogue_files import read_catalogue  # noqa: PLC0415
    from core.office import load as load_one  # noqa: PLC0415

    bodies = [read_catalogue(file) for file in files]
    seen: dict[str, Path] = {}
    for body, file in zip(bodies, files, strict=True):
        if double := _double(seen, body.id, file):
            raise Unusable(double)
    wiring = wire(read_settings())

    def load_all(session: Session) -> list[str]:
        return [load_one(session, body, wiring.house.clock()) for body in bodies]

    with busy_told():
        outcomes = wiring.database.write_now(load_all)
    for body, outcome in zip(bodies, outcomes, strict=True):
        typer.echo(f"{body.id}: {outcome}")


def _double(seen: dict[str, Path], body_id: str, file: Path) -> str | None:
    """Say so where another of the files has that id: one would overwrite the other."""
    other = seen.setdefault(body_id, file)
    if other == file:
        return None
    return f"{file}: id: an id that no other file has; {other} has {body_id} too"


def _listen(host: str, port: int) -> "socket.socket":
    """Take the port before anything else is done, and keep it."""
    import errno  # noqa: PLC0415
    import socket  # noqa: PLC0415

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio takes it for no TCP and answers 40 ms later (Nagle).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        another = " Another program uses it, perhaps a second Rantevou."
        raise Unusable(
            f"RANTEVOU_HOST={host}, RANTEVOU_PORT={port}: can't listen there ({error.strerror})."
            + (another if error.errno == errno.EADDRINUSE else "")
        ) from None
    return listener


def _address(host: str, port: int) -> str:
    """What to open in a browser on this machine."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


if __name__ == "__main__":
    main()
