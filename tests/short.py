"""What `make test` leaves to `make test-all` and `.ci/run`: pytest's option `--short`.

With all cases the tests take over ten minutes on two cores, spread over thousands of conversations.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

FIRST_CASE_ONLY = (
    *("tests/bot/", "tests/browser/", "tests/core/", "tests/proofs/", "tests/webhooks/"),
    *("tests/dialogs/booking/", "tests/dialogs/managing/"),
    "tests/stories/test_stories.py::test_what_is_told_later_is_answered_on_a_push_platform",
)
"""Tests whose cases each cost a database, a server or a conversation: the first of them is run.

Stories and what is decided without a database have all their cases."""

LEFT_OUT = (
    # Many processes, killed or beside each other, full disks, thousands of connections.
    "tests/bot/ops/test_database_move.py",
    "tests/bot/ops/test_interrupted_move.py",
    "tests/core/bookings/test_concurrent_holds.py",
    "tests/core/bookings/test_race.py",
    "tests/proofs/test_away.py",
    "tests/proofs/test_chaos.py",
    "tests/proofs/test_disk.py",
    "tests/proofs/test_flood.py",
    "tests/proofs/test_kill_",
    "tests/soak/test_soak.py",
    "tests/test_postgres_copies.py",
    "tests/test_programs.py",
    "tests/webhooks/test_connections.py",
    "tests/webhooks/test_survival.py",
    # Whole set-ups: another language, commands of the documentation, a month of messages.
    "tests/core/db/test_overlap_guard.py",
    "tests/core/db/test_personal_migration.py",
    "tests/core/messaging/test_simulated_time.py",
    "tests/proofs/test_third_language.py",
    "tests/test_documented_commands.py",
    "tests/test_requirements.py",
    "tests/test_stored_data.py",
    # Random sequences of many steps.
    "tests/core/availability/test_schedule_properties.py",
    "tests/core/bookings/closures/test_closure_properties.py",
    "tests/core/bookings/offers/test_offer_properties.py",
    "tests/dialogs/test_any_sequence.py",
    "tests/dialogs/test_catalogue_changes.py",
    # What fails on the way to somebody, long talks, limits that are reached step by step.
    "tests/bot/delivery/test_alerts.py",
    "tests/bot/delivery/test_delivery_reports.py",
    "tests/bot/delivery/test_doubt.py",
    "tests/bot/delivery/test_email_rooms.py",
    "tests/bot/delivery/test_fallback.py",
    "tests/bot/delivery/test_reminder_ways.py",
    "tests/bot/delivery/test_room_backlog.py",
    "tests/bot/delivery/test_room_pace.py",
    "tests/bot/delivery/test_text_budget.py",
    "tests/bot/delivery/test_text_messages.py",
    "tests/bot/delivery/test_undelivered.py",
    "tests/bot/delivery/test_webhooks.py",
    "tests/bot/staff/test_closures.py",
    "tests/bot/staff/test_questions.py",
    "tests/bot/staff/test_relay",
    "tests/bot/test_joined_chats.py",
    "tests/bot/test_ordering.py",
    "tests/bot/test_parted_chats.py",
    "tests/core/bookings/test_lookup.py",
    "tests/webhooks/api/staff/test_conformance.py",
    "tests/webhooks/api/test_bookings_export.py",
    "tests/webhooks/middleware/test_rate_limit.py",
    "tests/webhooks/test_health.py",
    "tests/webhooks/test_network.py",
    "tests/webhooks/test_recurring.py",
    "tests/webhooks/test_telegram_delivery.py",
    "tests/webhooks/web/test_cookies.py",
    "tests/webhooks/web/test_event_stream.py",
    "tests/webhooks/web/test_forget.py",
    "tests/webhooks/web/test_offers_on_page.py",
    "tests/webhooks/web/test_relay.py",
    # What a technician does seldom.
    "tests/bot/cli/test_api_keys.py",
    "tests/bot/cli/test_bookings.py",
    "tests/bot/cli/test_database.py",
    "tests/bot/cli/test_secret.py",
    "tests/bot/cli/test_sms.py",
    "tests/bot/cli/test_staff.py",
    "tests/bot/cli/test_telegram.py",
    "tests/bot/ops/test_erasure.py",
    "tests/bot/telemetry/test_logging.py",
    "tests/bot/test_encryption_key.py",
    "tests/bot/test_secret_key.py",
    "tests/core/db/test_sqlite.py",
    # The page under rare circumstances.
    "tests/browser/test_accessibility.py",
    "tests/browser/test_bad_input.py",
    "tests/browser/test_embed.py",
    "tests/browser/test_keyboard.py",
    "tests/browser/test_live_region.py",
    "tests/browser/test_network.py",
    "tests/browser/test_office_writes.py",
    "tests/browser/test_root_path.py",
    "tests/browser/test_windows.py",
)
"""Beginnings of the paths of files that aren't read at all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--short", action="store_true", help="leave out what is dear, as `make test` does"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out whole files; None lets others decide."""
    path = collection_path.relative_to(config.rootpath).as_posix()
    return (config.option.short and path.startswith(LEFT_OUT)) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out all cases but the first, where that is asked for."""
    if config.option.short:
        kept = list(_short(items))
        config.hook.pytest_deselected(items=list(set(items).difference(kept)))
        items[:] = kept


def _short(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    begun = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in begun and test.startswith(FIRST_CASE_ONLY):
            continue
        begun.add(test)
        yield item
