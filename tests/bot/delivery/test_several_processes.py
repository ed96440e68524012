"""Processes that share a PostgreSQL: one wakes another's worker, and one at a time cleans up."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.delivery import worker
from bot.ops.cleanup import clean_up
from core.db.database import Database
from tests.bot.push_deployment import PushDeployment
from tests.conftest import Deployment
from tests.core.wait_until import soon
from tests.fakes.push_platform import PushPlatformServer
from tests.postgres import KEY

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def test_a_commit_of_another_process_wakes_the_worker(
    deployment: Deployment, push_platform: PushPlatformServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600)
    push = PushDeployment(deployment, push_platform)
    elsewhere = replace(deployment, database=Database(deployment.database.url, KEY))

    async def work() -> None:
        worker = push.application.delivery_worker()
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(elsewhere.say, "Γεια")
        await soon(lambda: len(push_platform.messages) == 2)
        worker.stop()
        await task

    asyncio.run(work())
    elsewhere.database.close()


def test_while_one_process_cleans_up_another_does_not(deployment: Deployment) -> None:
    day = timedelta(days=1)

    def clean_up_once(session: Session) -> dict[str, int]:
        return clean_up(session, deployment.clock(), day, day)

    with Session(deployment.database.engine) as other:
        assert clean_up_once(other)
        assert deployment.database.write_sync(clean_up_once) == {}
    assert deployment.database.write_sync(clean_up_once) == {"holds": 0, "conversations": 0}
