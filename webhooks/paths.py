"""Paths that several parts of the server share."""

READY = "/readyz"
"""Asked by machines, and by technicians in a browser: its errors are no page's."""


FRAMED = "/embed"
"""Begins the paths that other sites may frame. Their cookies are apart, and cross-site."""


ROOTS = ("", "/m/{municipality}", FRAMED, f"{FRAMED}/m/{{municipality}}")
"""Every page's path, without its last slash."""


def is_framed(path: str) -> bool:
    """Return whether it is one that other sites may frame."""
    return path == FRAMED or path.startswith(f"{FRAMED}/")
