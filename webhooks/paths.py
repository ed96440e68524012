"""Paths that several parts of the server share."""

FRAMED = "/embed"
"""The beginning of the paths that other sites may frame; their cookies are cross-site ones."""

ROOTS = ("", "/m/{municipality}", FRAMED, f"{FRAMED}/m/{{municipality}}")
"""Every page's path, without its last slash."""


def is_framed(path: str) -> bool:
    """Return whether other sites may frame that path."""
    return path == FRAMED or path.startswith(f"{FRAMED}/")
