"""Tables on the terminal."""

from collections.abc import Sequence

import typer


def echo_table(headings: Sequence[str], rows: Sequence[Sequence[str]], nothing: str = "") -> None:
    """Print rows below their headings, in columns; where there are none, `nothing` if given."""
    if nothing and not rows:
        typer.echo(nothing)
        return
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
