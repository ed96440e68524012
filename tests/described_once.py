"""FastAPI's reading of signatures and its OpenAPI description, once for each process of the tests.

Each application reads the signature of each of its routes and describes them anew: 25 and 80 ms,
for a test's server as much as for one that runs for weeks.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from fastapi import applications, routing
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant
from fastapi.openapi import utils as openapi
from fastapi.routing import APIRoute


@pytest.fixture(scope="session", autouse=True)
def read_signatures() -> Iterator[None]:
    """Read the signature of each function once, which is another object for each application."""
    known: dict[tuple[Any, ...], Dependant] = {}
    read = utils.get_dependant

    def get_dependant(*, call: Callable[..., Any], **given: Any) -> Dependant:
        code = getattr(call, "__code__", None)
        if code is None or "__wrapped__" in vars(call):
            return read(call=call, **given)
        key = (call.__module__, code, str(sorted(given.items())))
        if key not in known:
            found = read(call=call, **given)
            if any("<locals>" in str(each.call) for each in found.dependencies):
                return found  # they are this application's own
            known[key] = _copied(found)
        return replace(_copied(known[key]), call=call)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routing, "get_dependant", get_dependant)
        patch.setattr(utils, "get_dependant", get_dependant)
        yield


def _copied(known: Dependant) -> Dependant:
    """Return a copy with lists of its own, to which FastAPI adds."""
    values: dict[str, Any] = {each.name: getattr(known, each.name) for each in fields(known)}
    values |= {name: [*value] for name, value in values.items() if isinstance(value, list)}
    return Dependant(**values)


@pytest.fixture(scope="session", autouse=True)
def read_descriptions() -> Iterator[None]:
    """Describe applications with the same routes once."""
    known: dict[str, str] = {}
    describe = openapi.get_openapi

    def get_openapi(*, routes: Any, **given: Any) -> dict[str, Any]:
        shown = [
            (
                each.path,
                sorted(each.methods or ()),
                each.endpoint.__module__,
                each.endpoint.__qualname__,
            )
            for each in routes
            if isinstance(each, APIRoute)
        ]
        key = str((shown, sorted(given.items())))
        if key not in known:
            known[key] = json.dumps(describe(routes=routes, **given))
        described: dict[str, Any] = json.loads(known[key])
        return described

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applications, "get_openapi", get_openapi)
        yield
