"""An export over HTTP: quick and slow clients, some who leave, a database that goes away."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI, Response
from sqlalchemy import text

from bot.bootstrap import Application
from core.actor import OPERATOR, Role, Staff
from core.bookings.export_formats import ExportFormat
from core.db import streaming
from core.db.models import Citizen
from core.errors import StaffRefused
from tests.bench.exports import EXPORTED, prepare
from tests.conftest import Deployment, mostly_on
from tests.core.db.streams import STREAMING, connections
from tests.core.wait_until import until
from tests.webhooks.chat_client import ServedClient, serving
from tests.webhooks.conftest import served
from webhooks.api.bookings_export import (
    MAX_EXPORTS,
    MAX_OF_MUNICIPALITY,
    ExportsAtOnce,
    export_response,
)
from webhooks.app import build_app

BOOKINGS = 20_000
"""As JSON they are 8 MB, which no socket takes at once."""

PLAIN = {"Accept-Encoding": "identity"}
"""Compressed, they would fit into the sockets' buffers."""

TERMINATE = text(STREAMING.text.replace("count(*)", "pg_terminate_backend(pid)"))


def exporting(application: Application) -> FastAPI:
    """Return the application with a route that anybody may call, as its operator."""
    app = build_app(application)

    @app.get("/bookings.{file_format}")
    async def export(
        file_format: ExportFormat, home: str = "", key: int = 1, *, details: bool = True
    ) -> Response:
        at_once = app.state.staff_api.exports
        staff = replace(OPERATOR, key_id=key, municipality_id=home)
        return await export_response(
            application, at_once, staff, EXPORTED, file_format, details=details
        )

    return app


@pytest.fixture
def application(deployment: Deployment) -> Application:
    database = deployment.database
    database.write_sync(lambda s: s.add(Citizen(details={}, created_at=deployment.clock())))
    prepare(database, BOOKINGS)
    return served(database, deployment.services)


@pytest.fixture
def client(application: Application) -> Iterator[ServedClient]:
    with serving(exporting(application)) as client:
        yield client


def numbers(lines: Iterator[str]) -> list[int]:
    return [json.loads(line)["id"] for line in lines]


def test_a_client_gets_all_bookings_as_a_file(client: ServedClient) -> None:
    with client.stream("GET", "/bookings.ndjson") as response:
        found = numbers(response.iter_lines())
    assert len(found) == len({*found}) == BOOKINGS
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["content-disposition"] == f'attachment; filename="{EXPORTED}.ndjson"'
    assert response.headers["cache-control"] == "no-store"


@mostly_on("sqlite")
def test_a_spreadsheet_gets_them_as_csv(client: ServedClient) -> None:
    response = client.get("/bookings.csv?details=false")
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.text.count("\r\n") == BOOKINGS + 1


def test_a_slow_client_keeps_no_transaction_and_gets_all(
    client: ServedClient, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_SECONDS", 0.2)
    with client.stream("GET", "/bookings.ndjson", headers=PLAIN) as answer:
        lines = answer.iter_lines()
        found = numbers(line for line, _ in zip(lines, range(10), strict=False))
        until(lambda: connections(application.database) == 0)
        found += numbers(lines)
    assert len(found) == len({*found}) >= BOOKINGS - 1  # zip has taken one more


def test_nothing_stays_open_where_a_client_leaves(
    client: ServedClient, application: Application
) -> None:
    with client.stream("GET", "/bookings.ndjson", headers=PLAIN) as answer:
        lines = answer.iter_lines()  # whose end would close the connection
        next(lines)
        assert connections(application.database) == 1
    until(lambda: connections(application.database) == 0)


def test_exports_at_once_are_bounded(client: ServedClient, application: Application) -> None:
    with ExitStack() as stack:
        reading = []  # whose end would close the connection
        for each in range(MAX_EXPORTS):
            path = f"/bookings.ndjson?home={each // MAX_OF_MUNICIPALITY}&key={each}"
            answer = stack.enter_context(client.stream("GET", path, headers=PLAIN))
            reading.append(answer.iter_raw(1))
            next(reading[-1])
            if each % MAX_OF_MUNICIPALITY == MAX_OF_MUNICIPALITY - 1:
                assert client.get(path).status_code == 429
        refused = client.get("/bookings.ndjson?home=9")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert refused.headers["content-type"] == "application/problem+json"
        assert connections(application.database) == MAX_EXPORTS
    until(lambda: client.get("/bookings.csv?details=false").status_code == 200)


@mostly_on("postgresql")
def test_an_export_that_fails_on_the_way_is_cut_off(
    client: ServedClient, application: Application
) -> None:
    with (
        client.stream("GET", "/bookings.ndjson", headers=PLAIN) as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        lines = answer.iter_lines()
        next(lines)
        with application.database.engine.begin() as connection:
            assert connection.execute(TERMINATE).all()
        for _line in lines:
            pass
    assert client.get("/bookings.csv?details=false").status_code == 200


@mostly_on("sqlite")
def test_what_is_not_theirs_is_refused_before_anything_is_sent(application: Application) -> None:
    at_once = ExportsAtOnce()
    stranger = Staff(Role.MANAGER, "api", municipality_id="kalamata")
    for _each in range(MAX_OF_MUNICIPALITY + 1):  # nor does it count as being sent
        with pytest.raises(StaffRefused):
            asyncio.run(export_response(application, at_once, stranger, EXPORTED, ExportFormat.CSV))
