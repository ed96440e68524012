"""`rantevou webhook`: a town hall's programs, by the technician."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from standardwebhooks import Webhook

from core.catalogue.registry import LOAD_LOCK
from core.db import advisory_locks
from core.db.models import OutboxRow
from tests.bot.cli.test_staff import Technician
from tests.bot.push_deployment import BOOK, DETAILS
from tests.conftest import Deployment
from tests.fakes.http_server import Answer
from tests.fakes.webhook_receiver import WebhookReceiver

ADD = ("webhook", "add", "https://example.gr/hook", "--municipality", "kalamata")
HERE = {"webhook_networks": "127.0.0.0/8"}


@pytest.fixture
def technician(deployment: Deployment, tmp_path: Path) -> Technician:
    return Technician(deployment, tmp_path)


def test_an_endpoint_is_added_and_its_secret_shown_once(technician: Technician) -> None:
    done = technician(*ADD, "--event", "booking.moved", "--event", "booking.confirmed")
    first, second = done.stdout.splitlines()
    assert first.startswith("Added: 1. Its secret: whsec_")
    assert second == "To try it: rantevou webhook test 1"
    assert technician.lines("webhook", "list") == [
        [
            *("1", "kalamata", "https://example.gr/hook", "booking.confirmed, booking.moved"),
            *("0", "0", "active", "-", "-"),
        ]
    ]
    assert "whsec_" not in technician("webhook", "list").stdout
    assert technician.refused(*ADD).startswith("Endpoint 1 has this address already")


def test_a_trial_arrives_signed_also_at_one_that_is_disabled(
    technician: Technician, receiver: WebhookReceiver
) -> None:
    url = receiver.url
    added = technician("webhook", "add", url, "--municipality", "kalamata", settings=HERE).stdout
    secret = added.split("Its secret: ")[1].split()[0]
    technician("webhook", "disable", "1")
    done = technician("webhook", "test", "1", settings=HERE)
    (request,) = receiver.requests
    event = Webhook(secret).verify(request.body, dict(request.headers))
    assert (event["type"], event["data"]) == ("webhook.test", {"municipality": "kalamata"})
    assert done.stdout == f"Taken: {event['id']}\n"
    receiver.always = Answer(500, b"")
    assert technician.refused("webhook", "test", "1", settings=HERE) == "Not taken: HTTP 500"
    assert technician.refused("webhook", "test", "1") == "Not taken: the address isn't public"


def test_http_is_only_for_what_leads_into_the_allowed_networks(technician: Technician) -> None:
    added = technician("webhook", "add", "HTTP://127.0.0.1/", *ADD[3:], settings=HERE)
    assert added.stdout.startswith("Added: 1")
    for settings in (HERE, {}):
        refused = technician.refused(
            "webhook", "add", "http://8.8.8.8/", *ADD[3:], settings=settings
        )
        assert refused.startswith("By http, events are sent only into networks")


def test_what_is_disabled_is_enabled_and_sent_once_more(
    technician: Technician, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    technician(*ADD)
    deployment.talk(*BOOK, *DETAILS)
    technician("webhook", "disable", "1")
    (row,) = technician.lines("webhook", "list")
    assert row[4:6] == ["0", "1"]
    assert row[6].startswith("disabled ") and row[6].endswith(": by hand")
    assert row[7:] == ["-", "-"]  # it was never tried
    locks = Mock(wraps=advisory_locks.lock)
    monkeypatch.setattr(advisory_locks, "lock", locks)
    enabled = technician("webhook", "enable", "1")
    assert [each.args[1] for each in locks.mock_calls] == [LOAD_LOCK]
    assert enabled.stdout == "Enabled: 1. Waiting events: 1. They are sent now, in order.\n"
    event = deployment.database.write_sync(
        lambda s: json.loads(s.query(OutboxRow.payload).filter_by(kind="event").one()[0] or "")
    )
    assert technician("webhook", "replay", "1", event["id"]).stdout == "Sent once more: 1\n"
    given = ("webhook", "replay", "1", "--since", "2026-11-30")
    assert technician(*given).stdout == "Sent once more: 1\n"
    assert technician(*given, "--until", "2026-11-30T07:00").stdout == "Sent once more: 0\n"


def test_an_endpoint_is_changed_and_removed(technician: Technician) -> None:
    technician(*ADD)
    assert technician("webhook", "rotate", "1").stdout.startswith("The new secret: whsec_")
    done = technician("webhook", "change", "1", "--event", "booking.moved")
    assert done.stdout == "Changed: 1. Events: booking.moved\n"
    assert technician.lines("webhook", "list")[0][3] == "booking.moved"
    assert technician("webhook", "enable", "1").stdout == "Enabled: 1. No event waits.\n"
    assert technician("webhook", "remove", "1").stdout == "Removed: 1\n"
    assert technician("webhook", "list").stdout == "There is no endpoint.\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("add", "ftp://example.gr", "--municipality", "kalamata"),
            "The address must be like https://example.gr/hook.",
        ),
        (
            ("add", "https://127.0.0.1/", "--municipality", "kalamata"),
            "127.0.0.1 is no address of the internet. Events are sent there only if the technician "
            "allows its network (RANTEVOU_WEBHOOK_NETWORKS).",
        ),
        (
            ("add", "https://example.gr", "--municipality", "x"),
            "There is no such municipality.",
        ),
        (("test", "7"), "There is no such endpoint."),
        (("rotate", "7"), "There is no such endpoint."),
        (("remove", "7"), "There is no such endpoint."),
        (("change", "7"), "There is no such endpoint."),
        (("disable", "7"), "There is no such endpoint."),
        (("enable", "7"), "There is no such endpoint."),
        (("replay", "7", "evt_1"), "There is no such endpoint."),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    technician: Technician, arguments: tuple[str, ...], reason: str
) -> None:
    assert technician.refused("webhook", *arguments) == reason


def test_an_unknown_event_is_refused_with_those_there_are(technician: Technician) -> None:
    reason = technician.refused(*ADD, "--event", "booking.held")
    assert reason.startswith("--event booking.held: must be one of booking.confirmed, ")


@pytest.mark.parametrize(
    "given", [(), ("evt_1", "--since", "2026-12-03"), ("--until", "2026-12-03")]
)
def test_it_must_be_said_what_to_send_once_more(
    technician: Technician, given: tuple[str, ...]
) -> None:
    technician(*ADD)
    technician("webhook", "replay", "1", *given, code=2)


def test_a_worker_delivers_where_there_is_an_endpoint_and_no_platform(
    technician: Technician,
) -> None:
    reason = technician.refused("worker")
    assert reason.endswith("that we write to, and there is no webhook endpoint.")
