"""Whatever is wrong with a request is answered by a problem document (RFC 9457)."""

import json
import re
import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.errors import RefusalKind, StaffRefusalKind
from tests.conftest import Deployment, on_sqlite
from tests.webhooks.chat_client import ChatClient
from tests.webhooks.conftest import Serve
from webhooks.middleware.problem_details import CODES, KEY_REUSED, NOWHERE

RIGHT = {"conversation": None, "message_id": "1", "text": "Γεια"}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check that it is a problem document of that status, and give it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == "about:blank"
    assert body["title"] == HTTPStatus(status).phrase
    assert body["status"] == status
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"message_id": None}, "message_id"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "SENT" * 30}, "message_id"),
        ({"message_id": 7}, "message_id"),
        ({"text": ["SENT"]}, "text"),
        ({"text": {"SENT": 1}}, "text"),
        ({"text": None}, "body"),
        ({"choice": "SENT.1"}, "body"),
        ({"text": None, "choice": 4}, "choice"),
        ({"text": None, "choice": "SENT" * 30}, "choice"),
        ({"unknown_field": "SENT"}, "unknown_field"),
        ({"timezone": ["SENT"]}, "timezone"),
        ({"timezone": 7}, "timezone"),
        ({"language": ["SENT"]}, "language"),
        ({"language": 7}, "language"),
        ({"conversation": 5}, "conversation"),
        ({"conversation": "SENT" * 30}, "conversation"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_sent_is_not_repeated(
    client: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    answer = client.post("/chat/turns", json=RIGHT | changes)
    errors = problem(answer, 422)["errors"]
    assert [error["field"] for error in errors] == [field]
    assert all(error["message"] for error in errors)
    assert "SENT" not in answer.text


def test_every_wrong_field_is_named_at_once(client: httpx.Client) -> None:
    answer = client.post("/chat/turns", json={"language": 1, "timezone": 1, "x": 1})
    fields = {error["field"] for error in problem(answer, 422)["errors"]}
    assert fields == {"language", "timezone", "x", "message_id"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"SENT",
        b'{"message_id": "1", "text": "SENT',
        b"[]",
        b'"SENT"',
        b"null",
        b'{"message_id": "1", "text": "\xff SENT"}',
        b'{"text": "SENT", "message_id": "\\ud800"}',
        b'{"text": "SENT", "message_id": "1", "conversation": "\\ud800"}',
        b'{"text": "SENT", "message_id": "1", "\\ud800": 1}',
        b'{"choice": "\\ud800.1", "message_id": "SENT"}',
        b"[" * 100_000,
        b'{"message_id": ' + b"9" * 10_000 + b"}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_malformed_body_is_refused_with_the_field(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/chat/turns", content=body, headers={"Content-Type": "application/json"})
    errors = problem(answer, 422)["errors"]
    fields = {"body", "message_id", "conversation", "choice", "?"}
    assert {error["field"] for error in errors} <= fields
    assert "SENT" not in answer.text


def test_a_body_that_is_not_said_to_be_json_is_refused(client: httpx.Client) -> None:
    answer = client.post("/chat/turns", data={"message_id": "1", "text": "SENT"})
    assert problem(answer, 422)["errors"][0]["field"] == "body"
    assert "SENT" not in answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "detail"),
    [
        (
            b'{"text": "SENT"}',
            "text/plain",
            "Send one JSON object with the header Content-Type: app",
        ),
        (b'{"text": "SENT"}', None, "Send one JSON object with the header Content-Type: app"),
        (
            b"text=SENT",
            "application/x-www-form-urlencoded",
            "the header Content-Type: application/js",
        ),
        (b"", "application/json", "The body is empty. Send one JSON object"),
        (b'{"message_id": "1"}', "application/json", "Neither text nor choice is given. Send text"),
        (
            b'{"message_id": "1", "text": "SENT", "choice": "1.1"}',
            "application/json",
            "Both text and choice are given. Send text (what was typed) or choice (an id)",
        ),
        (
            '{"message_id": "Γ",\n "text": SENT}'.encode(),
            "application/json",
            "The body isn't JSON: line 2, column 10: Expecting value.",
        ),
        (b'{"text": "SENT', "application/json", "line 1, column 10: Unterminated string."),
        (b'{"text": "SENT\xff"}', "application/json", "Encode the JSON as UTF-8"),
        (b"[" * 100_000, "application/json", "The body is nested too deeply"),
        (b"[1]", "application/json", "Send one object, in braces"),
        (b'{"text": "SENT"}', "application/json", "message_id: This field is missing."),
        (
            b'{"text": ["SENT"], "message_id": "", "x": 1}',
            "application/json",
            "message_id: Send at least 1 character. text: Send a string. "
            "x: There is no such field; leave it out.",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_the_detail_says_what_to_send(
    client: httpx.Client, body: bytes, content_type: str | None, detail: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post("/chat/turns", content=body, headers=headers)
    found = problem(answer, 422)
    assert detail in found["detail"]
    assert all(error["message"] in found["detail"] for error in found["errors"])
    assert "SENT" not in answer.text


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 100, "' OR 1=1 --"])
def test_an_unknown_token_is_not_found_and_opens_nothing(client: httpx.Client, token: str) -> None:
    for _ in range(2):
        answer = client.post("/chat/turns", json=RIGHT | {"conversation": token})
        problem(answer, 404)


def test_a_keyed_hash_of_a_token_is_not_a_token(deployment: Deployment, serve: Serve) -> None:
    citizen = ChatClient(serve())
    citizen.say("Γεια")
    stored = deployment.services.registry.keyed_hash(f"token {citizen.token}")
    answer = citizen.client.post("/chat/turns", json=RIGHT | {"conversation": stored})
    problem(answer, 404)
    assert citizen.token
    assert stored in deployment.everything()
    assert citizen.token not in deployment.everything()


@pytest.mark.parametrize("path", ["/nowhere", "/chat", "/chat/turns/1", "/redoc"])
def test_an_unknown_route_is_not_found(client: httpx.Client, path: str) -> None:
    assert problem(client.get(path), 404)["detail"] == NOWHERE


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/chat/turns", "POST"),
        ("PUT", "/chat/turns", "POST"),
        ("POST", "/docs", "GET"),
        ("PUT", "/api/v1/municipalities/chios/bookings", "GET, POST"),
        ("DELETE", "/api/v1/bookings/7", "GET, PATCH"),
    ],
)
def test_a_wrong_method_is_refused_with_all_that_are_allowed(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert "header Allow" in problem(answer, 405)["detail"]
    assert answer.headers["allow"] == allowed


@on_sqlite
def test_a_database_that_stays_locked_is_said_to_be_busy_and_loses_nothing(
    deployment: Deployment, serve: Serve
) -> None:
    citizen = ChatClient(serve())
    citizen.say("Γεια")
    body = {"conversation": citizen.token, "message_id": "2", "text": "Καλαμάτα"}
    with deployment.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(deployment.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = citizen.client.post("/chat/turns", json=body)
    other.execute("ROLLBACK")
    other.close()
    problem(refused, 503)
    assert int(refused.headers["retry-after"]) >= 1
    answered = citizen.client.post("/chat/turns", json=body)
    assert answered.json()["replies"][-1]["step"] == "service"


@on_sqlite
def test_a_database_that_may_only_be_read_by_now_is_said_and_loses_nothing(
    deployment: Deployment, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    def may_be_written(on: bool) -> None:
        connection = deployment.database.engine.raw_connection()
        connection.cursor().execute(f"PRAGMA query_only = {not on:d}")
        connection.close()

    citizen = ChatClient(serve())
    citizen.say("Γεια")
    body = {"conversation": citizen.token, "message_id": "2", "text": "Καλαμάτα"}
    may_be_written(False)
    refused = citizen.client.post("/chat/turns", json=body)
    may_be_written(True)
    problem(refused, 503)
    assert int(refused.headers["retry-after"]) >= 1
    assert "readonly database" in "".join(capsys.readouterr())
    answered = citizen.client.post("/chat/turns", json=body)
    assert answered.json()["replies"][-1]["step"] == "service"


def test_a_crash_is_a_problem_document_without_its_reason(
    deployment: Deployment, serve: Serve
) -> None:
    citizen = ChatClient(serve())
    citizen.say("Γεια")
    deployment.database.write_sync(lambda s: s.execute(text("DROP TABLE prompts")))
    answer = citizen.client.post("/chat/turns", json=RIGHT)
    assert set(problem(answer, 500)) == {"type", "title", "status", "code", "detail"}
    assert "prompts" not in answer.text


def test_a_page_of_another_site_may_ask_and_read_the_answer(client: httpx.Client) -> None:
    site = {"Origin": "https://dimos.example"}
    asked = {"Access-Control-Request-Method": "POST"}
    asked |= {"Access-Control-Request-Headers": "content-type"}
    preflight = client.options("/chat/turns", headers=site | asked)
    assert preflight.status_code == 200
    for body, status in ((RIGHT, 200), ({}, 422)):
        answer = client.post("/chat/turns", content=json.dumps(body), headers=site)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.status_code in (status, 422)


def test_the_table_of_codes_names_each() -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| `(\w+)` \|", page.partition("| `code` | status")[2], re.MULTILINE)
    assert len(codes) == len(set(codes))
    of_citizens_too = {RefusalKind.TOO_MANY_BOOKINGS, KEY_REUSED}
    assert set(codes) == {*CODES.values(), *StaffRefusalKind, *of_citizens_too}
