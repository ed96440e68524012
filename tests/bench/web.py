"""The figures of `make bench` that need a real server: memory, pages, turns, event streams."""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.report import line, ms

TALK = ("λάρισα", "1", "1", "1", "το συντομότερο", "πίσω", "επόμενη εβδομάδα", "πίσω", "βοήθεια")
"""What is said by JSON and by htmx: lists, the month, the times of a day."""

ROUNDS = 40
STREAMS = 200


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
            [sys.executable, "-m", "bot.cli", "serve", *arguments],
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
    ) -> tuple[float, str, http.client.HTTPMessage]:
        """Send a request; its seconds, and what came."""
        begun = time.perf_counter()
        self.client.request(method, path, body, headers)
        answer = self.client.getresponse()
        text = answer.read().decode()
        return time.perf_counter() - begun, text, answer.headers

    def turn(self, token: str | None, text: str) -> tuple[float, str]:
        """Say something by JSON; its seconds, and the conversation's token."""
        said = {"conversation": token, "message_id": str(uuid.uuid4()), "text": text}
        took, answer, _ = self.ask(
            "POST", "/chat/turns", json.dumps(said), **{"Content-Type": "application/json"}
        )
        return took, json.loads(answer)["conversation"]


@contextmanager
def serving(file: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """A server, ended at last."""
    server = Server(file, *arguments, **settings)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def memory(root: Path) -> None:
    """Resident memory after 1,000 and after 10,000 conversations."""
    with serving(root / "memory.db") as server:
        sizes = []
        for count, talk in ((1_000, TALK[:5]), (9_000, TALK[:1])):
            for _ in range(count):
                token = None
                for said in ("γεια", *talk):
                    token = server.turn(token, said)[1]
            pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    first, more = f"{sizes[0]:.0f} MB", f"{sizes[1] - sizes[0]:.1f} MB"
    line("resident memory after 1000 conversations", first, bound="at most 200 MB")
    line("  after 10000, more", more, bound="at most 10 MB")


class Browser:
    """What a page with scripts sends."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookie = ""
        self.last = "0"

    def turn(self, text: str) -> float:
        """Say something through htmx; its seconds."""
        form = {"message_id": str(uuid.uuid4()), "text": text, "last": self.last}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "X-Language": "el",
            "Cookie": self.cookie,
        }
        took, answer, told = self.server.ask("POST", "/", urlencode(form), **headers)
        self.last = re.findall(r'data-entry="(\d+)"', answer)[-1]
        self.cookie = told["set-cookie"].partition(";")[0]
        return took


def pages(root: Path) -> None:
    """The page, a turn through htmx beside one through JSON, and open event streams."""
    with serving(root / "pages.db") as server:
        shown, through_htmx, through_json = [], [], []
        for _ in range(ROUNDS):
            browser, token = Browser(server), server.turn(None, "γεια")[1]
            browser.turn("γεια")
            for said in TALK:  # one after the other, so that whatever else runs weighs on both
                through_json.append(server.turn(token, said)[0])
                through_htmx.append(browser.turn(said))
                shown.append(server.ask("GET", "/", Cookie=browser.cookie)[0])
        ours, bare = statistics.median(through_htmx), statistics.median(through_json)
        line("the page, with its conversation: p50", ms(statistics.median(shown)))
        line("a turn through htmx: p50", ms(ours))
        line("  to the same turn through JSON", ms(bare), ours / bare, "at most 1.5")
        alone, among = streams(server)
        line(f"a turn beside {STREAMS} open event streams: p50", ms(among))
        line("  to that beside none", ms(alone), among / alone, "at most 1.3")


def streams(server: Server) -> tuple[float, float]:
    """The median turn without open streams, and with; in turns, three times each."""
    cookies = []
    for _ in range(STREAMS):
        browser = Browser(server)
        browser.turn("γεια")
        cookies.append(browser.cookie)
    alone, among = [], []
    for _ in range(3):
        alone += turns(server)
        opened = [listen(server, cookie) for cookie in cookies]
        time.sleep(1.5)  # until each was told how things are
        among += turns(server)
        for one in opened:
            one.close()
        time.sleep(0.5)
    return statistics.median(alone), statistics.median(among)


def turns(server: Server) -> list[float]:
    """The seconds of some turns."""
    taken = []
    for _ in range(ROUNDS // 4):
        token = server.turn(None, "γεια")[1]
        taken += [server.turn(token, said)[0] for said in TALK]
    return taken


def listen(server: Server, cookie: str) -> socket.socket:
    """Open an event stream, and see that it is one."""
    opened = socket.create_connection(("127.0.0.1", server.port))
    opened.sendall(f"GET /events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    if b"text/event-stream" not in opened.recv(1024):
        raise AssertionError("no stream")
    return opened
