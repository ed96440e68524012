"""Measure a real server: memory, pages, turns over HTTP, event streams."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from core.actor import Actor
from core.availability import schedule
from core.bookings.catalogue_update import load_catalogue
from core.bookings.holds import hold
from core.bookings.links import link_token
from core.bookings.service import confirm
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Citizen
from tests.bench.clock import Cost, median_cost, timed, wait_until_idle
from tests.bench.databases import municipality
from tests.bench.report import line
from tests.bench.sizes import Sizes

T = TypeVar("T")

TEXTS = ("λάρισα", "1", "1", "1", "το συντομότερο", "πίσω", "επόμενη εβδομάδα", "πίσω", "βοήθεια")
"""The texts of a conversation, over JSON and htmx: lists, the month, the times of a day."""


class Server:
    """A real server on a database of its own, and one connection to it."""

    def __init__(self, file: Path, *arguments: str, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        given = {
            "RANTEVOU_DATABASE_URL": f"sqlite:///{file}",
            "RANTEVOU_PORT": str(self.port),
            "RANTEVOU_REQUESTS_PER_MINUTE": "1000000",
            **settings,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli.main", "serve", *arguments],
            env={**os.environ, **given},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.client = http.client.HTTPConnection("127.0.0.1", self.port)
        while self.process.poll() is None:
            with suppress(OSError):
                self.client.connect()
                return
            time.sleep(0.1)
        raise RuntimeError("the server didn't start: another program may have taken its port")

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[str, http.client.HTTPMessage]:
        """Send a request; return the body and the headers."""
        self.client.request(method, path, body, headers)
        answer = self.client.getresponse()
        return answer.read().decode(), answer.headers

    def timed(self, send: Callable[[], T]) -> tuple[Cost, T]:
        """Send a request; return its cost to the server and the result."""
        return timed(self.process.pid, send)

    def memory(self) -> float:
        """Return its resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def turn(self, token: str | None, text: str) -> str:
        """Send a text over JSON; return the conversation's token."""
        said = {"conversation": token, "message_id": str(uuid.uuid4()), "text": text}
        answer, _ = self.ask(
            "POST", "/chat/turns", json.dumps(said), **{"Content-Type": "application/json"}
        )
        conversation: str = json.loads(answer)["conversation"]
        return conversation


@contextmanager
def serving(file: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """Run a server meanwhile."""
    server = Server(file, *arguments, **settings)
    try:
        wait_until_idle(server.process.pid)  # it still imports while it already answers
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def memory(root: Path, sizes: Sizes) -> None:
    """Measure the resident memory after some conversations and after more of them."""
    with serving(root / "memory.db") as server:
        read = []
        for count, talk in zip(sizes.memory, (TEXTS[:5], TEXTS[:1]), strict=True):
            for _ in range(count):
                token = None
                for said in ("γεια", *talk):
                    token = server.turn(token, said)
            read.append(server.memory())
    first, last = read
    what = f"resident memory after {sizes.memory[0]} conversations"
    line("memory.first", what, first, "MB", bound="at most 200 MB")
    what, more = f"  after {sum(sizes.memory)}, more", last - first
    line("memory.more", what, more, "MB", bound="at most 10 MB", by="")  # of 0, no ratio


class Browser:
    """Sends what the page sends with scripts."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookie = ""
        self.last = "0"

    def turn(self, text: str) -> None:
        """Send a text through htmx."""
        form = {"message_id": str(uuid.uuid4()), "text": text, "last": self.last}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "X-Language": "el",
            "Cookie": self.cookie,
        }
        answer, sent = self.server.ask("POST", "/", urlencode(form), **headers)
        self.last = re.findall(r'data-entry="(\d+)"', answer)[-1]
        self.cookie = sent["set-cookie"].partition(";")[0]


def pages(root: Path, sizes: Sizes) -> None:
    """Measure the page, a turn through htmx and through JSON, and turns with event streams open."""
    with serving(root / "pages.db") as server:
        linked, shown, through_htmx, through_json = [], [], [], []
        link = partial(server.ask, "GET", _link(root / "pages.db"))
        for _ in range(sizes.browsers):
            browser, token = Browser(server), server.turn(None, "γεια")
            browser.turn("γεια")
            for said in TEXTS:  # alternately, so that whatever else runs slows both
                by_json, by_htmx = partial(server.turn, token, said), partial(browser.turn, said)
                through_json.append(server.timed(by_json)[0])
                through_htmx.append(server.timed(by_htmx)[0])
                page = partial(server.ask, "GET", "/", Cookie=browser.cookie)
                shown.append(server.timed(page)[0])
                linked.append(server.timed(link)[0])
        htmx, json_ = median_cost(through_htmx), median_cost(through_json)
        line("page", "the page, with its conversation: p50", median_cost(shown))
        ratio = median_cost(linked).wall / median_cost(shown).wall
        line("link", "the page of an appointment's link: p50", median_cost(linked), ratio=ratio)
        line("htmx", "a turn through htmx: p50", htmx, by="cpu")
        label, ratio = "  to the same turn through JSON", htmx.wall / json_.wall
        line("json", label, json_, ratio=ratio, bound="at most 1.5", by="cpu")
        line("memory.pages", "resident memory after these", server.memory(), "MB")
        if not sizes.streams:
            return
        alone, among = streams(server, sizes)
        what = f"a turn beside {sizes.streams} open event streams: p50"
        line("streams.open", what, among, by="cpu")
        label, ratio = "  to that beside none", among.wall / alone.wall
        line("streams.none", label, alone, ratio=ratio, bound="at most 1.3", by="cpu")


def _link(file: Path) -> str:
    """Book an appointment in a municipality of its own; return the path of its link."""
    database, registry, time_now = Database(f"sqlite:///{file}"), Registry("x"), datetime.now(UTC)

    def book(session: Session) -> str:
        load_catalogue(session, municipality("linked", 1), time_now)
        registry.refresh(session)
        citizen = Citizen(details={}, created_at=time_now)
        session.add(citizen)
        session.flush()
        actor = Actor(citizen.id, "webchat", "el", "Europe/Athens")
        offer = registry["linked"].offer("s", "b", "video")
        until = time_now + timedelta(days=30)
        start = next(iter(schedule.free_starts(offer, {}, time_now, until, time_now)))
        held = hold(session, offer, datetime.fromtimestamp(start, UTC), time_now, actor)
        details = {"name": "Μαρία Παπαδοπούλου", "email": "maria@example.gr"}
        confirm(session, registry, offer, held, time_now, actor, details=details, consent=None)
        return link_token(session, registry, held)

    token = database.write_sync(book)
    database.close()
    return f"/a/{token}"


def streams(server: Server, sizes: Sizes) -> tuple[Cost, Cost]:
    """Return the median turn without and with open streams, alternately, three times each."""
    cookies = []
    for _ in range(sizes.streams):
        browser = Browser(server)
        browser.turn("γεια")
        cookies.append(browser.cookie)
    alone, among = [], []
    for _ in range(3):
        alone += turns(server, sizes.browsers // 4)
        opened = [listen(server, cookie) for cookie in cookies]
        time.sleep(1.5)  # until each has its first event
        among += turns(server, sizes.browsers // 4)
        for one in opened:
            one.close()
        time.sleep(0.5)
    return median_cost(alone), median_cost(among)


def turns(server: Server, conversations: int) -> list[Cost]:
    """Return the costs of the turns of some conversations."""
    taken = []
    for _ in range(conversations):
        token = server.turn(None, "γεια")
        taken += [server.timed(partial(server.turn, token, said))[0] for said in TEXTS]
    return taken


def listen(server: Server, cookie: str) -> socket.socket:
    """Open an event stream and check its content type."""
    opened = socket.create_connection(("127.0.0.1", server.port))
    opened.sendall(f"GET /events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    if b"text/event-stream" not in opened.recv(1024):
        raise AssertionError("no stream")
    return opened
