"""Webhook endpoints: added, given other secrets, disabled and enabled, sent events once more."""

from datetime import timedelta
from ipaddress import ip_network
from itertools import count

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.models import DisabledBecause, OutboxRow, OutboxStatus, StaffAction, WebhookEndpoint
from core.errors import StaffRefusalKind, StaffRefused
from core.messaging import event_queue
from core.messaging.event_queue import EventType, enqueue_events, new_event
from core.staff import webhook_changes, webhook_sending, webhooks
from core.staff.webhook_addresses import check_url
from tests.core.db.query_plans import plans
from tests.core.small_municipality import NOW
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns

URL = "https://example.gr/hook"

NOT_PUBLIC = (
    *("127.0.0.1", "10.0.0.5:8080", "192.168.1.1", "169.254.169.254", "224.0.0.1", "240.0.0.1"),
    *("0.1.2.3", "[::1]", "[fd00::1]", "[fe80::1]", "[ff02::1]", "[::ffff:8.8.8.8]"),
    *("2130706433", "127.1", "0x7f.1", "127.0.0.1.", "localhost", "hook.localhost"),
)
"""Hosts that say themselves that nothing is sent to them."""


_numbers = count(1)


def add(towns: TwoTowns, url: str = "", at: str = TOWN, *types: EventType) -> int:
    """Add an endpoint, by default at an address of its own."""
    number, _secret = webhooks.add(
        towns.session,
        towns.registry,
        OPERATOR,
        towns.now,
        municipality_id=at,
        url=url or f"{URL}/{next(_numbers)}",
        event_types=types,
    )
    towns.registry.refresh(towns.session)  # as each transaction does
    return number


def enqueue(towns: TwoTowns, endpoint: int, *abouts: str) -> list[str]:
    """Enqueue an event about each of these; return their ids."""
    events = [
        new_event(EventType.BOOKING_EDITED, about, {"about": about}, towns.now) for about in abouts
    ]
    enqueue_events(
        towns.session, [(endpoint, OutboxStatus.PENDING, each) for each in events], towns.now
    )
    return [event.id for event in events]


def claim(towns: TwoTowns, *endpoints: int) -> list[str | None]:
    """Claim what may be sent now; return the ids of the events."""
    accounts = [event_queue.account_of(each) for each in endpoints]
    rows = event_queue.claim(towns.session, accounts, "worker", towns.now, 10)
    assert all(row.status == "claimed" for row in rows)
    return [row.event_id for row in rows]


def settle(towns: TwoTowns, event_id: str, status: str) -> None:
    for row in towns.session.scalars(select(OutboxRow).where(OutboxRow.event_id == event_id)):
        row.status = status
    towns.session.flush()


def statuses(towns: TwoTowns) -> list[str]:
    return list(towns.session.scalars(select(OutboxRow.status).order_by(OutboxRow.id)))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.gr/hook", "By http"),
        ("ftp://example.gr", "like https://example.gr/hook"),
        ("https://", "like https://example.gr/hook"),
        ("https://[::1/", "like https://example.gr/hook"),
        ("example.gr", "like https://example.gr/hook"),
        ("", "like https://example.gr/hook"),
        ("https://name:password@example.gr/", "no name or password"),
        ("https://example.gr/#part", "no # in"),
        ("https://example.gr:99999/", "The port"),
        ("https://example.gr:0/", "The port"),
        ("https://example.gr:x/", "The port"),
        ("https://example.gr/a b", "no space"),
        ("https://example.gr/\n", "no space"),
        ("https://δήμος.gr/", "only ASCII"),
        ("https://example.gr/" + "x" * 2000, "at most {count} characters"),
        *((f"https://{host}/", "no address of the internet") for host in NOT_PUBLIC),
    ],
)
def test_an_address_to_which_nothing_can_be_sent_is_refused_with_the_reason(
    url: str, why: str
) -> None:
    with pytest.raises(StaffRefused) as refused:
        check_url(url)
    assert refused.value.kind is StaffRefusalKind.INVALID
    assert why in refused.value.text.message


def test_an_address_of_an_allowed_network_is_taken() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    for host in ("10.0.0.5:8080", "[fd00::1]", "8.8.8.8", "[2606:4700::1111]", "example.gr"):
        check_url(f"https://{host}/hook", networks)
    check_url("http://10.0.0.5:8080/hook", networks, plain_http=True)
    with pytest.raises(StaffRefused, match="invalid"):
        check_url("http://10.0.0.5:8080/hook", networks)


def test_a_municipality_has_a_limited_number_of_endpoints(
    towns: TwoTowns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_ENDPOINTS", 2)
    removed = add(towns)
    webhook_changes.remove(towns.session, OPERATOR, removed, towns.now)
    for _number in range(2):
        add(towns)
    with pytest.raises(StaffRefused):
        add(towns)
    add(towns, at=CITY)


def test_an_address_has_one_endpoint_of_a_municipality(towns: TwoTowns) -> None:
    number = add(towns, "https://example.gr")
    add(towns, "https://example.gr", at=CITY)
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)  # it may be enabled again
    for same in ("https://example.gr/", "HTTPS://EXAMPLE.gr.:443/"):
        with pytest.raises(StaffRefused) as refused:
            add(towns, same)
        assert refused.value.kind is StaffRefusalKind.EXISTS
        assert refused.value.text.args["number"] == number
    for other in ("hook", "Hook", "?a=b"):
        add(towns, f"https://example.gr/{other}")
    add(towns, "https://example.gr:8443/")
    webhook_changes.remove(towns.session, OPERATOR, number, towns.now)
    add(towns, "https://example.gr")


def test_a_secret_is_stored_encrypted(towns: TwoTowns) -> None:
    endpoint = towns.session.get_one(WebhookEndpoint, add(towns))
    assert endpoint.secret.startswith("whsec_")
    stored = towns.session.execute(text("SELECT secret FROM webhook_endpoints")).scalar_one()
    assert endpoint.secret.encode() not in bytes(stored)


def test_a_former_secret_signs_until_its_time_is_over(towns: TwoTowns) -> None:
    number = add(towns)
    endpoint = towns.session.get_one(WebhookEndpoint, number)
    first = endpoint.secret
    second = webhooks.rotate(towns.session, OPERATOR, number, towns.now)
    assert second != first
    assert webhooks.signing_secrets(endpoint, towns.now) == [second, first]
    towns.later(hours=24)
    assert webhooks.signing_secrets(endpoint, towns.now) == [second]
    third = webhooks.rotate(towns.session, OPERATOR, number, towns.now, 0)
    assert webhooks.signing_secrets(endpoint, towns.now) == [third]
    for hours in (-1, 721):
        with pytest.raises(StaffRefused) as refused:
            webhooks.rotate(towns.session, OPERATOR, number, towns.now, hours)
        assert refused.value.kind == "invalid"


def test_what_is_removed_is_there_for_nobody_and_keeps_no_secret(towns: TwoTowns) -> None:
    number = add(towns)
    endpoint = towns.session.get_one(WebhookEndpoint, number)
    secret = webhooks.rotate(towns.session, OPERATOR, number, towns.now)
    enqueue(towns, number, "booking 1")
    assert towns.registry[TOWN].has_webhooks
    webhook_changes.remove(towns.session, OPERATOR, number, towns.now)
    towns.registry.refresh(towns.session)
    assert not towns.registry[TOWN].has_webhooks
    assert (statuses(towns), claim(towns, number)) == (["failed"], [])
    assert not {secret} & set(webhooks.signing_secrets(endpoint, towns.now))
    assert (endpoint.former_secret, endpoint.url) == (None, webhook_changes.NOWHERE)
    assert webhooks.list_endpoints(towns.session, OPERATOR) == []
    for act in (webhook_sending.enable, webhook_sending.disable, webhooks.rotate):
        with pytest.raises(StaffRefused):
            act(towns.session, OPERATOR, number, towns.now)
    with pytest.raises(StaffRefused):
        webhooks.read(towns.session, OPERATOR, number)
    assert add(towns) != number  # of the former one's events, it gets none


def test_the_record_says_who_did_what_with_endpoints(towns: TwoTowns) -> None:
    number = add(towns)
    webhooks.rotate(towns.session, OPERATOR, number, towns.now)
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    webhook_sending.enable(towns.session, OPERATOR, number, towns.now)
    webhook_sending.replay_since(towns.session, OPERATOR, number, towns.now, towns.now)
    both = enqueue(towns, number, "booking 1", "booking 2")
    assert webhook_sending.replay_events(towns.session, OPERATOR, number, both, towns.now) == 2
    done = towns.session.scalars(select(StaffAction.action).order_by(StaffAction.id)).all()
    assert done == ["add_webhook", *["change_webhook"] * 3, *["send_webhook"] * 2]


def test_later_events_of_a_booking_wait_for_the_earlier_ones(towns: TwoTowns) -> None:
    number, other = add(towns), add(towns)
    first, second, third = enqueue(towns, number, "booking 1", "booking 1", "booking 2")
    (elsewhere,) = enqueue(towns, other, "booking 1")
    assert claim(towns, number, other) == [first, third, elsewhere]
    towns.later(days=3)  # however long it takes; what was claimed is claimed once more
    assert claim(towns, number, other) == [first, third, elsewhere]
    settle(towns, first, "sent")
    assert claim(towns, number, other) == [second]


def test_the_clock_that_was_set_back_changes_no_order(towns: TwoTowns) -> None:
    number = add(towns)
    towns.later(hours=1)
    (first,) = enqueue(towns, number, "booking 1")
    towns.later(hours=-1)
    (second,) = enqueue(towns, number, "booking 1")
    assert claim(towns, number) == []
    towns.later(hours=2)
    assert claim(towns, number) == [first]
    settle(towns, first, "sent")
    assert claim(towns, number) == [second]


def test_what_may_be_sent_is_due(towns: TwoTowns) -> None:
    number = add(towns)
    accounts = [event_queue.account_of(number)]
    assert not event_queue.is_due(towns.session, [], towns.now)
    assert not event_queue.is_due(towns.session, accounts, towns.now)
    enqueue(towns, number, "booking 1", "booking 1")
    assert event_queue.is_due(towns.session, accounts, towns.now)
    claim(towns, number)
    assert not event_queue.is_due(towns.session, accounts, towns.now)


def test_an_event_is_tried_ten_times_in_three_days(towns: TwoTowns) -> None:
    now, tries = towns.now, 1
    while again := event_queue.next_try(tries, now):
        assert again > now
        now, tries = again, tries + 1
    assert tries == 10
    assert timedelta(days=3) < now - towns.now < timedelta(days=4)


def test_what_waits_for_a_disabled_endpoint_is_sent_when_it_is_enabled(towns: TwoTowns) -> None:
    number = add(towns)
    first, second = enqueue(towns, number, "booking 1", "booking 1")
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    assert statuses(towns) == ["failed", "failed"]
    with pytest.raises(StaffRefused) as refused:
        webhook_sending.replay_events(towns.session, OPERATOR, number, [first], towns.now)
    assert refused.value.kind is StaffRefusalKind.CHANGED
    towns.later(days=1)
    assert webhook_sending.enable(towns.session, OPERATOR, number, towns.now) == 2
    assert claim(towns, number) == [first]
    settle(towns, first, "sent")
    assert claim(towns, number) == [second]


def test_an_endpoint_that_failed_stays_so_when_it_is_disabled(towns: TwoTowns) -> None:
    number = add(towns)
    endpoint = towns.session.get_one(WebhookEndpoint, number)
    webhook_sending.stop(towns.session, endpoint, DisabledBecause.FAILED, towns.now)
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    assert endpoint.disabled_because == DisabledBecause.FAILED


def test_events_are_sent_once_more_by_their_id_or_their_time(towns: TwoTowns) -> None:
    number, since = add(towns), towns.now
    (first,) = enqueue(towns, number, "booking 1")
    towns.later(hours=1)
    (second,) = enqueue(towns, number, "booking 1")
    for each in (first, second):
        settle(towns, each, "sent")
    again = [second, second]
    assert webhook_sending.replay_events(towns.session, OPERATOR, number, again, towns.now) == 1
    assert claim(towns, number) == [second]
    settle(towns, second, "sent")
    given = (towns.session, OPERATOR, number, towns.now)
    until = since + timedelta(minutes=30)
    assert webhook_sending.replay_since(*given, since, until) == 1
    assert webhook_sending.replay_since(*given, since) == 2
    assert claim(towns, number) == [first]
    for unknown in ("evt_unknown", "", "x" * 5000):
        with pytest.raises(StaffRefused) as refused:
            webhook_sending.replay_events(
                towns.session, OPERATOR, number, [first, unknown], towns.now
            )
        assert refused.value.kind is StaffRefusalKind.NOT_FOUND


def test_what_is_being_sent_is_left_alone(towns: TwoTowns) -> None:
    number = add(towns)
    (event,) = enqueue(towns, number, "booking 1")
    assert claim(towns, number) == [event]
    assert webhook_sending.replay_events(towns.session, OPERATOR, number, [event], towns.now) == 1
    assert (
        webhook_sending.replay_since(
            towns.session, OPERATOR, number, towns.now, towns.now - timedelta(days=1)
        )
        == 0
    )
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    assert statuses(towns) == ["claimed"]


def test_an_endpoint_is_listed_with_what_waits_and_what_failed(towns: TwoTowns) -> None:
    number = add(towns, URL, TOWN, EventType.BOOKING_MOVED, EventType.BOOKING_CONFIRMED)
    add(towns, at=CITY)
    first, _second, _third = enqueue(towns, number, "booking 1", "booking 1", "booking 2")
    claim(towns, number)
    settle(towns, first, "failed")
    (listed,) = webhooks.list_endpoints(towns.session, OPERATOR, TOWN)
    assert (listed.waiting, listed.failed) == (2, 1)
    assert (listed.last_error, listed.next_try) == (None, None)
    assert listed.event_types == ["booking.confirmed", "booking.moved"]
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    (listed,) = webhooks.list_endpoints(towns.session, OPERATOR, TOWN)
    assert (listed.disabled_at, listed.disabled_because) == (towns.now, DisabledBecause.BY_HAND)
    assert len(webhooks.list_endpoints(towns.session, OPERATOR)) == 2


def test_an_endpoint_is_listed_with_its_last_error_and_next_try(towns: TwoTowns) -> None:
    number = add(towns)
    first, _second, third = enqueue(towns, number, "booking 1", "booking 1", "booking 2")
    claim(towns, number)
    again = towns.now + timedelta(minutes=5)
    for event, at in ((first, again), (third, again + timedelta(minutes=1))):
        row = towns.session.scalars(select(OutboxRow).where(OutboxRow.event_id == event)).one()
        row.status, row.last_error, row.try_at = OutboxStatus.PENDING, "HTTP 500", at
    towns.session.flush()
    (listed,) = webhooks.list_endpoints(towns.session, OPERATOR, TOWN)
    # The second event is due, but waits for the first.
    assert (listed.waiting, listed.last_error, listed.next_try) == (3, "HTTP 500", again)
    webhook_sending.disable(towns.session, OPERATOR, number, towns.now)
    listed = webhooks.read(towns.session, OPERATOR, number)
    assert (listed.failed, listed.last_error, listed.next_try) == (3, "HTTP 500", None)
    webhook_sending.enable(towns.session, OPERATOR, number, towns.now)
    listed = webhooks.read(towns.session, OPERATOR, number)
    assert (listed.last_error, listed.next_try) == (None, None)


def test_events_are_found_by_an_index(empty: Database) -> None:
    def run(session: Session) -> None:
        event_queue.is_due(session, ["webhook:1"], NOW)
        event_queue.claim(session, ["webhook:1"], "worker", NOW, 20)

    found = plans(empty, run, r"\s*(SELECT|WITH|UPDATE) .*outgoing")
    assert len(found) == 2
    for plan in found:
        assert "ix_outgoing_owed" in plan
        assert "ix_outgoing_recipient" in plan
        assert "SCAN outgoing" not in plan or "USING" in plan
