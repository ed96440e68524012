"""More connections than the server may open: everybody is answered, and nobody is slowed much."""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from core.db.database import Database
from tests.bot.processes import server
from tests.conftest import SOAK, mostly_on, on_both
from tests.core.wait_until import until
from tests.fakes.push_platform import PushPlatformServer, say
from tests.proofs.flood import Flood
from tests.proofs.processes import ROOT
from tests.webhooks.chat_client import JSON
from webhooks.capacity import MAX_STREAMS_PER_NETWORK, raise_open_files

STRANGERS = [f"127.0.0.{number}" for number in range(2, 8)]
PROXY = ["127.0.0.1"]
"""The address from which a web server on this machine connects, for everybody."""

OPEN_FILES = 1024
MAX_STREAMS = 412

LIMITED = f'ulimit -Sn 256; ulimit -Hn {OPEN_FILES}; exec "$@"'
PROGRAM = ("/bin/sh", "-c", LIMITED, "sh", sys.executable, "-m", "tests.fakes.program", "serve")

NUMBERS = count(1)
"""Of the messages of the push platform."""

ROUNDS, TURNS = 6, 25
TRICKLED_PER_SECOND = 500
"""Slow requests of which a byte more comes, or that are begun anew."""

MOST_TIMES_SLOWER = 1.5
LOG_BYTES = 100_000


class Citizens:
    """Those who come in meanwhile, each on a connection of their own."""

    def __init__(self, url: str, management: str, push_platform: PushPlatformServer) -> None:
        self.client = httpx.Client(base_url=url, timeout=30, headers={"Connection": "close"})
        self._management, self._push_platform = management, push_platform

    def turn(self) -> float:
        """Send the first message of a new conversation; return the seconds that it took."""
        body = f'{{"conversation": null, "message_id": "{uuid4()}", "text": "Γεια"}}'
        began = time.perf_counter()
        answer = self.client.post("/chat/turns", content=body.encode(), headers=JSON)
        taken = time.perf_counter() - began
        assert answer.status_code == 200, answer.text
        return taken

    def check_all_are_answered(self) -> None:
        """Check what is asked of a server: monitoring, a platform's messages, the page."""
        for path in ("/healthz", "/"):
            assert self.client.get(path).status_code == 200
        assert httpx.get(f"{self._management}/readyz", timeout=30).status_code == 200
        self.turn()
        who, arrived = f"citizen {uuid4()}", self._push_platform.by_address
        assert say(self.client, who, next(NUMBERS), text="Γεια") == 200
        until(lambda: bool(arrived[who]))  # delivered over a connection of the server's own

    def cookie(self) -> str:
        """Return the cookie of a conversation on the page."""
        answer = self.client.post("/", data={"text": "Χίος"})
        return answer.headers["set-cookie"].partition(";")[0]


@contextmanager
def limited(
    folder: Path, database: Database, push_platform: PushPlatformServer
) -> Iterator[tuple[Citizens, int]]:
    """Run a server that may open 1,024 files; yield its citizens, and its port."""
    raise_open_files()  # our own, for both ends of each connection are on this machine
    url = database.backend.url.render_as_string(hide_password=False)
    given: dict[str, str | int] = {
        "database_url": url,
        "requests_per_minute": 1_000_000,
        "push__one__url": push_platform.url,
        "email__town__url": push_platform.url,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        with server(folder / "rantevou.db", PROGRAM, **given) as running:
            citizens = Citizens(running.url, running.management, push_platform)
            with citizens.client:
                yield citizens, running.port
            assert running.process.poll() is None
            assert len(running.log) < LOG_BYTES
            assert "Too many open files" not in running.log
            assert not {"OSError", "OperationalError"} & {*running.log.split('"')}


@mostly_on("sqlite")
@pytest.mark.parametrize("addresses", [STRANGERS, pytest.param(PROXY, marks=SOAK)])
@pytest.mark.parametrize(("streams", "slow"), [(500, 700), pytest.param(1140, 2000, marks=SOAK)])
def test_all_are_answered_beside_more_connections_than_there_are_open_files(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    addresses: list[str],
    streams: int,
    slow: int,
) -> None:
    with (
        limited(tmp_path, database, push_platform) as (citizens, port),
        Flood(port, addresses) as flood,
    ):
        cookie = citizens.cookie()
        # None below a cap is refused: first those of one address, then all that may be.
        first = MAX_STREAMS_PER_NETWORK + 10
        assert flood.streams(first, cookie, STRANGERS[0]) == MAX_STREAMS_PER_NETWORK
        others = flood.streams(streams - first, cookie, STRANGERS[1])
        assert others == MAX_STREAMS - MAX_STREAMS_PER_NETWORK
        citizens.check_all_are_answered()
        flood.slow_requests(slow)
        citizens.check_all_are_answered()
        flood.trickle(slow)
        citizens.check_all_are_answered()


@SOAK
@on_both
@pytest.mark.parametrize("addresses", [STRANGERS, PROXY])
def test_turns_are_hardly_slower_beside_them(
    database: Database,
    push_platform: PushPlatformServer,
    tmp_path: Path,
    addresses: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with limited(tmp_path, database, push_platform) as (citizens, port):
        cookie = citizens.cookie()
        alone, beside = list[float](), list[float]()
        for _ in range(ROUNDS):
            alone += [citizens.turn() for _ in range(TURNS)]
            with Flood(port, addresses) as flood:
                flood.streams(1140, cookie)
                flood.slow_requests(1000)
                for _ in range(TURNS):
                    beside.append(citizens.turn())
                    flood.trickle(round(TRICKLED_PER_SECOND * beside[-1]))
                citizens.check_all_are_answered()
        times = statistics.median(beside) / statistics.median(alone)
        with capsys.disabled():
            print(  # noqa: T201
                f"\n1,140 streams and 1,000 slow requests from {len(addresses)} addresses:"
                f" a turn takes {statistics.median(beside) * 1000:.1f} ms,"
                f" {times:.2f} times as long as without them"
            )
        assert times <= MOST_TIMES_SLOWER
