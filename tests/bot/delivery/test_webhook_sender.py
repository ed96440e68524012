"""An event is sent to a public address only, by its name, signed, once, and never elsewhere."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address, ip_network
from typing import Any

import httpcore
import httpx
import pytest
from standardwebhooks import Webhook

from bot.delivery import webhook_sender
from bot.delivery.claimed import ClaimedEvent
from bot.delivery.public_network import leads_into
from bot.delivery.webhook_sender import WebhookSender, signed_headers
from core.errors import DeliveryError
from core.staff.webhook_addresses import is_public
from core.staff.webhooks import new_secret
from tests.core.wait_until import soon
from tests.fakes.http_server import Answer, listening
from tests.fakes.webhook_receiver import HERE, WebhookReceiver

VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 it is published
TAKEN = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
NOWHERE = "the address isn't public"


class Names:
    """A resolver: the addresses of each name in turn, the last one for ever."""

    def __init__(self, **addresses: Sequence[str]) -> None:
        self.addresses = {name: list(each) for name, each in addresses.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        known = self.addresses[host.removesuffix(".test")]
        return [known.pop(0) if len(known) > 1 else known[0]]


def event(url: str, *secrets: str) -> ClaimedEvent:
    signing = secrets or (VECTOR_SECRET,)
    return ClaimedEvent(1, "worker", 1, "webhook:1", "evt_1", '{"type":"τεστ"}', url, signing)


def send(sender: WebhookSender, *urls: str) -> list[str]:
    """Send an event to each address, over the same connections; return what came of each."""

    async def run() -> list[str]:
        outcomes = []
        async with sender.connect():
            for url in urls:
                try:
                    await sender.send(event(url), datetime.now(UTC))
                except DeliveryError as error:
                    outcomes.append(error.why)
                else:
                    outcomes.append("sent")
        return outcomes

    return asyncio.run(run())


def port_of(receiver: WebhookReceiver) -> str:
    return receiver.url.rpartition(":")[2]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_the_published_vector_is_signed_as_published(zone: timezone) -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        [VECTOR_SECRET],
        datetime.fromtimestamp(1614265330, zone),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_the_library_verifies_what_arrives_with_each_secret(receiver: WebhookReceiver) -> None:
    secrets = [new_secret(), new_secret()]
    sender = WebhookSender(HERE)

    async def run() -> None:
        async with sender.connect():
            await sender.send(event(receiver.url + "/hook?a=1", *secrets), datetime.now(UTC))

    asyncio.run(run())
    (request,) = receiver.requests
    assert request.path == "/hook?a=1"
    assert request.headers["content-type"] == "application/json"
    for secret in secrets:
        assert Webhook(secret).verify(request.body, dict(request.headers)) == {"type": "τεστ"}


NOT_PUBLIC = """
    127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 192.0.0.8 198.18.0.1 192.88.99.1 ::1 :: fe80::1 fc00::1 fd12::1
    ff02::1 fec0::1 ::ffff:8.8.8.8 ::ffff:10.0.0.1 ::8.8.8.8 64:ff9b::808:808 64:ff9b:1::1
    2002:808:808::1 2001::1 2001:20::1 2001:db8::1 3fff::1 100::1
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_an_address_that_is_not_public_is_known_as_such(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "147.102.222.210", "2001:648:2ffc::1"])
def test_a_public_address_is_known_as_such(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "::1"])
def test_a_name_that_leads_to_no_public_address_is_not_connected_to(
    receiver: WebhookReceiver, address: str
) -> None:
    names = Names(one=[address])
    url = f"https://one.test:{port_of(receiver)}/"
    assert send(WebhookSender(resolve=names), url) == [NOWHERE]
    assert receiver.requests == []


def test_an_address_in_place_of_a_name_is_checked_too(receiver: WebhookReceiver) -> None:
    port = port_of(receiver)
    urls = [f"https://{host}:{port}/" for host in ("127.0.0.1", "[::1]", "2130706433", "0")]
    outcomes = send(WebhookSender(), *urls)
    assert set(outcomes) <= {NOWHERE, "ConnectError: the name isn't known"}
    assert outcomes[0] == NOWHERE
    assert receiver.requests == []


def test_what_was_checked_is_connected_to_whatever_the_name_leads_to_later(
    receiver: WebhookReceiver,
) -> None:
    names, url = Names(one=["127.0.0.1", "10.0.0.1"]), f"https://one.test:{port_of(receiver)}/"
    sender = WebhookSender(HERE, names)
    assert send(sender, url) == ["sent"]
    assert names.asked == ["one.test"]  # once for one connection
    assert send(sender, url) == [NOWHERE]
    assert len(receiver.requests) == 1


def test_a_second_name_on_an_address_needs_a_certificate_of_its_own(
    receiver: WebhookReceiver,
) -> None:
    names, port = Names(one=["127.0.0.1"], two=["127.0.0.1"]), port_of(receiver)
    one, two = f"https://one.test:{port}/", f"https://two.test:{port}/"
    first, second, third = send(WebhookSender(HERE, names), one, two, one)
    assert (first, third) == ("sent", "sent")
    assert "CERTIFICATE_VERIFY_FAILED" in second
    assert names.asked == ["one.test", "two.test"]  # the connection of the first was used again
    assert len(receiver.requests) == 2


def test_the_next_address_is_tried_where_one_is_silent(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, tried = httpcore.AnyIOBackend.connect_tcp, list[str]()

    async def connect(backend: Any, host: str, port: int, within: float | None, *more: Any) -> Any:
        tried.append(host)
        if host == "127.0.0.2":  # as where a firewall drops what comes
            assert within is not None
            raise httpcore.ConnectTimeout
        return await really(backend, host, port, within, *more)

    async def both(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    url = f"https://one.test:{port_of(receiver)}/"
    assert send(WebhookSender(HERE, both), url) == ["sent"]
    assert tried == ["127.0.0.2", "127.0.0.1"]


def test_a_redirect_is_a_failure_and_not_followed(receiver: WebhookReceiver) -> None:
    with listening(receiver.respond) as inside:
        receiver.always = Answer(302, b"", {"location": f"{inside}/private"})
        assert send(WebhookSender(HERE), receiver.url) == ["HTTP 302"]
    assert [request.path for request in receiver.requests] == ["/"]


def test_plain_http_goes_to_allowed_networks_only() -> None:
    receiver = WebhookReceiver()
    with listening(receiver.respond) as url:
        assert send(WebhookSender(), url) == [NOWHERE]
        assert send(WebhookSender([ip_network("10.0.0.0/8")]), url) == [NOWHERE]
        assert send(WebhookSender(HERE), url) == ["sent"]
    names = Names(one=["8.8.8.8"])
    assert send(WebhookSender(HERE, names), "http://one.test/") == [NOWHERE]


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("http://127.0.0.1:8080/", True),
        ("http://localhost/", True),
        ("http://8.8.8.8/", False),
        ("http://nowhere.invalid/", False),
        ("http://[::1/", False),
        ("http:", False),
    ],
)
def test_an_address_of_allowed_networks_is_known_as_such(url: str, leads: bool) -> None:
    assert asyncio.run(leads_into([*HERE, ip_network("::1/128")], url)) == leads


def test_an_endpoint_that_hangs_is_left_in_time(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sender, "ANSWER_SECONDS", 0.3)
    receiver.answers = [Answer(204, b"", after=1)]
    assert send(WebhookSender(HERE), receiver.url, receiver.url) == ["no answer in time", "sent"]


def test_no_proxy_of_the_environment_is_used(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(WebhookSender(HERE), receiver.url) == ["sent"]


def test_a_connection_is_used_again_after_an_answer_with_a_text(receiver: WebhookReceiver) -> None:
    names, url = Names(one=["127.0.0.1"]), f"https://one.test:{port_of(receiver)}/"
    receiver.always = Answer(200, {"it": "is taken"})
    assert send(WebhookSender(HERE, names), url, url, url) == ["sent"] * 3
    assert names.asked == ["one.test"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 2OO Maria Papadopoulou 6912345678 " + b"x" * 60_000 + b"\r\n\r\n",
        b"HTTP/1.1 500 x\r\nMaria Papadopoulou\x00 6912345678: 1\r\n\r\n",
        b"HTTP/1.1 500 x\r\ntransfer-encoding: chunked\r\n\r\nMaria 6912345678\r\n",
    ],
    ids=["status line", "header", "chunk"],
)
def test_nothing_of_an_answer_is_said(answer: bytes) -> None:
    async def run() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil('τεστ"}'.encode())
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sender = WebhookSender(HERE)
        async with server, sender.connect():
            await sender.send(event(f"http://127.0.0.1:{port}/"), datetime.now(UTC))

    with pytest.raises(DeliveryError) as refused:
        asyncio.run(run())
    assert refused.value.why == "RemoteProtocolError"


@pytest.mark.parametrize(
    ("begin", "part", "outcome"),
    [
        (TAKEN, b"1000\r\n" + b"x" * 0x1000 + b"\r\n", "sent"),
        (TAKEN, b"1\r\nx\r\n" * 700, "sent"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 150, "the answer is too long"),
    ],
    ids=["chunks", "chunks of a byte", "heads"],
)
def test_an_endless_answer_is_read_to_its_limit(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, part: bytes, outcome: str
) -> None:
    really, sizes = httpcore.AnyIOBackend.connect_tcp, list[int]()

    async def connect(*given: Any) -> Any:
        stream = await really(*given)
        read = stream.read

        async def counted(*given: Any, **more: Any) -> bytes:
            sizes.append(len(data := await read(*given, **more)))
            return data

        monkeypatch.setattr(stream, "read", counted)
        return stream

    async def run() -> str:
        left = asyncio.Event()

        async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(begin)
            with suppress(OSError):
                while True:
                    writer.write(part)
                    await writer.drain()
            left.set()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        sender, came = WebhookSender(HERE), "sent"
        async with sender.connect():  # to its end, it would take longer than it may
            try:
                await sender.send(event(url), datetime.now(UTC))
            except DeliveryError as error:
                came = error.why
        await left.wait()
        server.close()
        return came

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    assert asyncio.run(run()) == outcome
    assert (sum(sizes), max(sizes)) == (65_536, 512)


@pytest.mark.parametrize(
    ("answer", "gone", "wait"),
    [
        (Answer(410, b""), True, 0),
        (Answer(429, b"", {"Retry-After": "120"}), False, 120),
        (Answer(503, b"", {"Retry-After": "9" * 30}), False, 0),
        (Answer(503, b"", {"Retry-After": "999999"}), False, 86_400),
        (Answer(503, b"", {"Retry-After": "Fri, 27 Nov 2026 10:00:00 GMT"}), False, 120),
        (Answer(503, b"", {"Retry-After": "Fri, 27 Nov 2026 09:57:00 GMT"}), False, 0),
        (Answer(503, b"", {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}), False, 86_400),
        (Answer(503, b"", {"Retry-After": "in the morning"}), False, 0),
        (Answer(404, b""), False, 0),
    ],
)
def test_a_refusal_says_whether_and_when_to_try_again(
    receiver: WebhookReceiver, answer: Answer, gone: bool, wait: int
) -> None:
    receiver.always = answer
    sender = WebhookSender(HERE)

    async def run() -> None:
        async with sender.connect():
            await sender.send(event(receiver.url), datetime(2026, 11, 27, 9, 58, tzinfo=UTC))

    with pytest.raises(DeliveryError) as refused:
        asyncio.run(run())
    assert refused.value.why == f"HTTP {answer.status}"
    assert (refused.value.unreachable, refused.value.retry_after) == (gone, wait)


def test_nobody_reads_a_secret_in_a_log() -> None:
    assert "whsec" not in repr(event("https://one.test/", "whsec_secret"))


def test_names_are_looked_up_on_threads_that_nothing_else_needs(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And certificates read on another than the event loop's."""
    threads, really = list[str](), socket.getaddrinfo
    reading, create = list[threading.Thread](), httpx.create_ssl_context

    def read() -> ssl.SSLContext:
        reading.append(threading.current_thread())
        return create()

    def look_up(*given: Any, **more: Any) -> Any:
        threads.append(threading.current_thread().name)
        return really(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(httpx, "create_ssl_context", read)
    assert send(WebhookSender(HERE), receiver.url) == ["sent"]
    assert threads[0].startswith("look-up")
    assert reading
    assert reading[0] is not threading.current_thread()


def test_names_that_are_looked_up_slowly_delay_no_other_endpoint(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, asked, answered = socket.getaddrinfo, list[str](), threading.Event()

    def look_up(host: str, *given: Any, **more: Any) -> Any:
        if host.startswith("slow"):
            asked.append(host)
            answered.wait(60)
            raise OSError
        return really(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def run(url: str) -> list[BaseException | None]:
        sender, now = WebhookSender(HERE), datetime.now(UTC)
        async with sender.connect():
            slow = [
                asyncio.create_task(sender.send(event(f"https://slow{number}.test/"), now))
                for number in [*range(50)] * 2
            ]
            await soon(lambda: bool(asked))
            await sender.send(event(url), now)
            answered.set()
            return await asyncio.gather(*slow, return_exceptions=True)

    failures = asyncio.run(run(receiver.url))
    assert [str(each) for each in failures] == ["ConnectError: the name isn't known"] * 100
    assert len(asked) == 50  # each once at a time
