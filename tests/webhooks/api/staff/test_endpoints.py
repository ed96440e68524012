"""Webhook endpoints, over the API."""

import asyncio
import json
from typing import Any
from unittest.mock import Mock

import pytest

from bot.delivery import event_dispatch
from core.actor import KeyScope
from core.catalogue.registry import LOAD_LOCK
from core.db.advisory_locks import lock_and_try
from core.db.models import OutboxRow, WebhookEndpoint
from core.staff import api_requests
from tests.conftest import Deployment, mostly_on
from tests.core.staff.two_towns import TOWN
from tests.fakes.http_server import Answer
from tests.fakes.webhook_receiver import WebhookReceiver
from tests.webhooks.api.staff.towns_office import TownsOffice
from tests.webhooks.conftest import Serve
from webhooks.api.staff.caller import Caller

HOOKS = f"/municipalities/{TOWN}/webhooks"
NEW = {"url": "https://example.gr/hook", "events": ["booking.moved", "booking.confirmed"]}


def test_an_endpoint_is_added_changed_and_removed(office: TownsOffice) -> None:
    key = office.key(KeyScope.WEBHOOKS)
    made = office.post(HOOKS, key, NEW, Idempotency_Key="a")
    assert made.status_code == 201, made.text
    shown = made.json()
    stored = office.do(lambda s: s.get_one(WebhookEndpoint, shown["id"]).secret)
    assert shown.pop("secret") == stored
    assert (shown["url"], shown["enabled"]) == (NEW["url"], True)
    assert shown["events"] == ["booking.confirmed", "booking.moved"]
    again = office.post(HOOKS, key, NEW, Idempotency_Key="a")
    assert (again.status_code, again.json()) == (201, {**shown, "secret": None})
    assert office.get(HOOKS, key).json() == {"webhooks": [shown]}
    second = office.post(HOOKS, key, NEW)
    assert (second.status_code, second.json()["code"]) == (409, "exists")
    path = f"/webhooks/{shown['id']}"
    assert office.get(path, key).json() == shown

    changed = office.send("PATCH", path, key, {"events": [], "enabled": False})
    assert (changed.status_code, changed.json()["events"]) == (200, [])
    assert (changed.json()["enabled"], changed.json()["disabled_because"]) == (False, "by_hand")
    for _time in range(2):
        removed = office.send("DELETE", path, key, Idempotency_Key="b")
        assert (removed.status_code, removed.content) == (204, b"")
    assert office.get(path, key).status_code == 404
    assert office.get(HOOKS, key).json() == {"webhooks": []}
    assert office.send("DELETE", path, key).status_code == 404


@mostly_on("sqlite")
def test_a_new_secret_is_shown_once(office: TownsOffice) -> None:
    key, number = office.key(), office.webhook()
    path = f"/webhooks/{number}/rotate"
    former = office.do(lambda s: s.get_one(WebhookEndpoint, number).secret)
    first, again = (office.post(path, key, Idempotency_Key="a") for _time in range(2))
    stored = office.do(lambda s: s.get_one(WebhookEndpoint, number))
    assert (first.json()["secret"], again.json()["secret"]) == (stored.secret, None)
    assert stored.former_secret == former
    office.post(path, key, {"overlap_hours": 0})
    assert office.do(lambda s: s.get_one(WebhookEndpoint, number).former_secret) is None


@mostly_on("sqlite")
def test_events_are_sent_once_more(office: TownsOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_dispatch, "due_accounts", lambda *_given: ())  # nothing is sent
    key, number = office.key(), office.webhook()
    path = f"/webhooks/{number}"
    office.book()
    office.send("PATCH", path, key, {"enabled": False})
    assert office.get(path, key).json()["failed"] == 1
    refused = office.post(f"{path}/replay", key, {"since": "2026-11-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["code"]) == (409, "changed")
    locks = Mock(wraps=lock_and_try)
    monkeypatch.setattr(api_requests, "lock_and_try", locks)
    enabled = office.send("PATCH", path, key, {"enabled": True}).json()
    assert (enabled["waiting"], enabled["failed"]) == (1, 0)
    [taken] = locks.mock_calls
    assert (taken.args[1], taken.kwargs) == (LOAD_LOCK, {"shared": False})  # no event is lost
    event = office.do(lambda s: s.query(OutboxRow.event_id).filter_by(kind="event").one()[0])
    for asked, count in (
        ({"since": "2026-11-01T00:00:00Z"}, 1),
        ({"since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}, 0),
        ({"events": [event, event]}, 1),
    ):
        name = {"Idempotency_Key": f"replay {asked}"}
        sent, again = (office.post(f"{path}/replay", key, asked, **name) for _time in range(2))
        assert (sent.status_code, sent.json()) == (202, {"count": count})
        assert (again.status_code, again.json()) == (202, {"count": None})
    unknown = office.post(f"{path}/replay", key, {"events": [event, "evt_1"]})
    assert unknown.status_code == 404


@mostly_on("sqlite")
def test_a_trial_is_sent_once_and_its_outcome_said(
    deployment: Deployment, serve: Serve, receiver: WebhookReceiver
) -> None:
    office = TownsOffice.served(deployment, serve, webhook_networks="127.0.0.0/8")
    key, number = office.key(), office.webhook(receiver.url)
    path = f"/webhooks/{number}/test"
    done, again = (office.post(path, key, Idempotency_Key="a") for _time in range(2))
    (request,) = receiver.requests
    event = json.loads(request.body)  # signed as tests/bot/cli/test_webhooks.py has it
    assert event["type"] == "webhook.test"
    assert done.json() == {"event": event["id"], "taken": True, "why": None}
    assert again.json() == {"event": None, "taken": None, "why": None}
    receiver.always = Answer(500, b"")
    refused = office.post(path, key)
    assert (refused.status_code, refused.json()["taken"]) == (200, False)
    assert refused.json()["why"] == "HTTP 500"


@mostly_on("sqlite")
def test_http_is_only_for_what_leads_into_the_allowed_networks(
    deployment: Deployment, serve: Serve
) -> None:
    office = TownsOffice.served(deployment, serve, webhook_networks="127.0.0.0/8")
    key = office.key()
    urls = ("HTTP://127.0.0.1/", "http://8.8.8.8/")
    made, refused = (office.post(HOOKS, key, {"url": url}) for url in urls)
    assert (made.status_code, refused.status_code) == (201, 422)


@mostly_on("sqlite")
def test_many_trials_at_once_are_put_off(
    office: TownsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, path = office.key(), f"/webhooks/{office.webhook()}/test"
    assert office.post(path, key).json()["why"] == "the address isn't public"
    monkeypatch.setattr(Caller, "trials", asyncio.Semaphore(0))
    busy = office.post(path, key)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", HOOKS, {"url": "http://example.gr"}),
        ("POST", HOOKS, {"url": "https://name:password@example.gr"}),
        ("POST", HOOKS, {"url": "https://127.0.0.1/hook"}),
        ("POST", HOOKS, {**NEW, "events": ["booking.held"]}),
        ("POST", HOOKS, {**NEW, "events": ["webhook.test"]}),
        ("PATCH", "/webhooks/1", {}),
        ("PATCH", "/webhooks/1", {"events": ["webhook.test"]}),
        ("PATCH", "/webhooks/1", {"url": "https://example.gr"}),
        ("POST", "/webhooks/1/rotate", {"overlap_hours": 721}),
        ("POST", "/webhooks/1/replay", {}),
        ("POST", "/webhooks/1/replay", {"until": "2026-12-01T00:00:00Z", "events": ["evt_1"]}),
        ("POST", "/webhooks/1/replay", {"since": "2026-12-01T00:00:00"}),
    ],
    ids=str,
)
@mostly_on("sqlite")
def test_what_is_wrong_is_refused(office: TownsOffice, method: str, path: str, body: Any) -> None:
    office.webhook()
    assert office.send(method, path, office.key(), body).status_code == 422


@mostly_on("sqlite")
def test_an_unknown_event_is_refused_with_those_that_can_be_sent(office: TownsOffice) -> None:
    refused = office.post(HOOKS, office.key(), {**NEW, "events": ["booking.held"]})
    ((field, why),) = [(each["field"], each["message"]) for each in refused.json()["errors"]]
    assert field == "events.0"
    assert why.startswith("Send one of booking.confirmed, ")
    assert "webhook.test" not in why


@mostly_on("sqlite")
def test_a_trial_without_certificates_says_so(
    office: TownsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, number = office.key(), office.webhook()
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    tried = office.post(f"/webhooks/{number}/test", key).json()
    assert (tried["taken"], tried["why"]) == (False, "our own certificates can't be read")
