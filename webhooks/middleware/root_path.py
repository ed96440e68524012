"""Serving under a sub-path: RANTEVOU_ROOT_PATH, as `/rantevou` of https://town.gr/rantevou/.

Proxies pass a request on with the sub-path or without it; both are taken. Between these two, the
other middleware sees the path without it, as if there were none; the routes see it with it, as
ASGI has it, so that redirects and mounts are right.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class StripRootPath:
    """ASGI middleware: takes the root path off a request's path, and names it in the scope."""

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path within the root."""
        if scope["type"] == "http":
            path, root = scope["path"], self._root_path
            if path == root or path.startswith(f"{root}/"):
                path = path.removeprefix(root)
            scope = {**scope, "path": path, "root_path": root}
        await self._app(scope, receive, send)


class RestoreRootPath:
    """ASGI middleware: puts the root path before a request's path again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole path."""
        if scope["type"] == "http":
            scope = {**scope, "path": scope["root_path"] + scope["path"]}
        await self._app(scope, receive, send)
