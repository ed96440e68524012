"""The command `rantevou`. Imports what a command needs only when it runs: --help is instant."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import Unusable

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
    import uvicorn  # noqa: PLC0415

    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import read_settings  # noqa: PLC0415
    from bot.wiring import load_shipped, wire  # noqa: PLC0415

    settings = read_settings()
    configure()
    _refuse_taken_port(settings.host, settings.port)
    wiring = wire(settings)
    load_shipped(wiring)
    wiring.database.close()
    address = f"http://{settings.host}:{settings.port}"
    typer.echo(f"Rantevou: open {address} (API: {address}/docs). Ctrl-C stops it.")
    uvicorn.run(
        "webhooks.app:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


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

    problems = 0
    for file in files:
        try:
            body = read_catalogue(file)
            typer.echo(f"{file}: right ({body.id}, {len(body.services)} services)")
        except BadCatalogue as bad:
            problems += len(bad.problems)
            typer.echo(str(bad), err=True)
    if problems:
        sys.exit(1)


@catalogue.command()
def load(files: Files) -> None:
    """Put catalogues into the database, all or none; a municipality there is updated."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from bot.settings import read_settings  # noqa: PLC0415
    from bot.wiring import wire  # noqa: PLC0415
    from core.catalogue_files import read_catalogue  # noqa: PLC0415
    from core.office import load as load_one  # noqa: PLC0415

    bodies = [read_catalogue(file) for file in files]
    wiring = wire(read_settings())

    def load_all(session: Session) -> list[str]:
        return [load_one(session, body, wiring.house.clock()) for body in bodies]

    for body, outcome in zip(bodies, wiring.database.write_now(load_all), strict=True):
        typer.echo(f"{body.id}: {outcome}")


def _refuse_taken_port(host: str, port: int) -> None:
    import socket  # noqa: PLC0415

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unusable(
                f"RANTEVOU_HOST={host}, RANTEVOU_PORT={port}: can't listen there "
                f"({error.strerror}). Another program uses it, perhaps a second Rantevou."
            ) from None


if __name__ == "__main__":
    main()
