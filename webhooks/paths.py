"""Paths that several parts of the server share; all are within RANTEVOU_ROOT_PATH."""

import re

from starlette.types import Scope

from bot.context import JOIN_PATH
from bot.views.booking_link import PATH as LINK
from bot.views.reminder_link import PATH as REMINDERS

FRAMED = "/embed"
"""The beginning of the paths that other sites may frame; their cookies are cross-site ones."""

WEBHOOK = "/webhooks/[^/]+/[^/]+/"
"""The beginning of the path of a webhook whose last part nobody can guess."""

ROOTS = ("", "/m/{municipality}", FRAMED, f"{FRAMED}/m/{{municipality}}")
"""Every page's path, without its last slash."""


def is_framed(path: str) -> bool:
    """Return whether other sites may frame that path."""
    return path == FRAMED or path.startswith(f"{FRAMED}/")


def path_within_root(scope: Scope) -> str:
    """Return a request's path without the root path."""
    path: str = scope["path"]
    return path.removeprefix(scope["root_path"])


def loggable(path: str) -> str:
    """Return a path without the token of a link or webhook: anybody could act by it."""
    return re.sub(rf"({LINK}|{REMINDERS}|{JOIN_PATH}|{WEBHOOK})[^/]+", r"\1…", path)
