"""Processes that share a PostgreSQL: one wakes another's postman, and one at a time sweeps."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.delivery import worker
from bot.delivery.worker import DeliveryWorker
from bot.ops.cleanup import clean_up
from core.db.database import Database
from tests.bot.post import Post
from tests.conftest import Town
from tests.core.waiting import soon
from tests.fakes.pager import PagerServer

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def test_a_commit_of_another_process_wakes_the_postman(
    town: Town, pager: PagerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600)
    post = Post(town, pager)
    elsewhere = replace(town, database=Database(town.database.url))

    async def work() -> None:
        worker = DeliveryWorker(post.application)
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(elsewhere.say, "Γεια")
        await soon(lambda: len(pager.messages) == 2)
        worker.stop()
        await task

    asyncio.run(work())
    elsewhere.database.close()


def test_while_one_sweeps_another_does_not(town: Town) -> None:
    day = timedelta(days=1)

    def swept(session: Session) -> dict[str, int]:
        return clean_up(session, town.clock(), day, day)

    with Session(town.database.engine) as other:
        assert swept(other)
        assert town.database.write_sync(swept) == {}
    assert town.database.write_sync(swept) == {"holds": 0, "conversations": 0}
