"""What we call at Twilio is as Prism reads Twilio's own OpenAPI."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.bot.platforms.test_sms import MARIA, PUBLIC, send, sms
from tests.bot.processes import free_port
from tests.fakes.twilio import SID, TOKEN, twilio_server
from tests.fakes.twilio_openapi import FILE

PRISM = "@stoplight/prism-cli@5.14.2"
START_SECONDS = 300  # npx fetches it, once


@contextmanager
def prism(upstream: str, folder: Path) -> Iterator[str]:
    """Run Prism before a server; give its address. It answers 422 to what isn't in the OpenAPI.

    Skips the test where npx isn't there, or can't fetch it.
    """
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("Prism needs npx, which comes with Node.js")
    spec = json.loads(FILE.read_text("utf-8"))
    for calls in spec["paths"].values():
        for each in calls.values():
            each["responses"] = {"default": {"description": "any"}}  # which were left out
    document = folder / "api.json"
    document.write_text(json.dumps(spec), "utf-8")
    port, log = free_port(), folder / "prism.log"
    command = [npx, "--yes", PRISM, "proxy", "--errors", f"--port={port}", str(document), upstream]
    with log.open("wb") as file:
        running = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    try:
        _wait(running, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGTERM)  # npx's children, too
        running.wait()


def _wait(running: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once Prism listens."""
    until = time.monotonic() + START_SECONDS
    while b"Prism is listening" not in log.read_bytes():
        if running.poll() is not None and b"npm error" in log.read_bytes().lower():
            pytest.skip("npx can't fetch Prism")
        assert running.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < until, log.read_text("utf-8")
        time.sleep(0.2)


@pytest.mark.soak
def test_each_call_is_as_prism_reads_twilio_s_openapi(tmp_path: Path) -> None:
    with twilio_server() as server, prism(server.url, tmp_path) as url:
        account = sms(api_url=url)
        assert send(account)
        assert send(account, "Ένα " * 60, valid_seconds=10**6)
        assert send(sms(None, api_url=url, **{"from": "MG" + "0" * 32}))
        assert not asyncio.run(account.check_up(PUBLIC)).wrong
        assert len(server.calls) == 3
        given = {"To": MARIA, "From": "KALAMATA", "Body": "ok", "ValidityPeriod": "soon"}
        path = f"/2010-04-01/Accounts/{SID}/Messages.json"
        refused = httpx.post(url + path, data=given, auth=(SID, TOKEN))
        assert (refused.status_code, len(server.calls)) == (422, 3), "what isn't is refused"
