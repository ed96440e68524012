"""SQLite's disk is full, or its file may only be read: it is said, and nothing is spoilt."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bot.process_start import RANTEVOU
from tests.bot.processes import free_port, run, server
from tests.proofs.disks import Disk, LimitedDisk, SmallDisk
from tests.proofs.test_away import A_BROWSER, APOLOGY
from tests.webhooks.chat_client import CODE, ChatClient
from tests.webhooks.middleware.test_problem_details import problem
from tests.webhooks.test_survival import ANY_TIME, PERSONAL, first_free

LIMITED = ("-c", 'ulimit -f 0 && exec "$0" serve', RANTEVOU)
"""Arguments of `sh` with which no file can be written to."""

BOUND = ("--bounding-set=-dac_override", RANTEVOU, "serve")
"""Arguments of `setpriv` with which root has no special rights."""


@pytest.fixture(params=[SmallDisk, LimitedDisk])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    made: Disk = request.param(tmp_path / "disk")
    yield made
    made.close()


def test_a_full_disk_is_said_and_the_same_server_goes_on_when_there_is_room(
    disk: Disk, file: Path
) -> None:
    database = disk.folder / file.name
    shutil.move(file, database)
    with (
        server(file, database_url=f"sqlite:///{database}") as running,
        httpx.Client(base_url=running.url) as client,
    ):
        citizen = ChatClient(client)
        citizen.say("Γεια")
        citizen.answer(ANY_TIME, taps=True, until="day")
        first_free(citizen)
        name = {"conversation": citizen.token, "message_id": "name", "text": ANY_TIME[citizen.step]}
        disk.fill(running.process.pid)
        for _time in range(2):
            refused = client.post("/chat/turns", json=name)
            problem(refused, 503)
            assert int(refused.headers["retry-after"]) >= 1
            page = client.post("/", data={"text": PERSONAL[0]}, headers=A_BROWSER)
            assert (page.status_code, APOLOGY in page.text) == (503, True)
            assert int(page.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        told = [json.loads(line) for line in running.log.splitlines() if "turned away" in line]
        assert [line["path"] for line in told] == ["/chat/turns", "/"] * 2
        assert all("disk" in line["reason"] for line in told)
        assert not any(secret in running.log for secret in (*PERSONAL, str(citizen.token)))
        disk.free(running.process.pid)
        citizen.replies = client.post("/chat/turns", json=name).json()["replies"]
        code = CODE.search(citizen.answer(ANY_TIME, taps=True))
        assert code
        assert running.end() == 0
        assert "Traceback" not in running.log
    with sqlite3.connect(database) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        codes = opened.execute("SELECT code FROM bookings WHERE state = 'confirmed'").fetchall()
        assert codes == [(code[1].replace(" ", ""),)]
    opened.close()


def refused(file: Path, program: str, *arguments: str) -> str:
    """Check that the server refuses to start, with one line of error; return it."""
    done = run(file, *arguments, program=program, port=free_port())
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"RANTEVOU_DATABASE_URL: {file} can't be used: ")
    return line


@pytest.mark.parametrize("new", [True, False])
def test_nothing_is_served_on_a_full_disk(file: Path, new: bool) -> None:
    if new:
        file.unlink()
    assert "disk" in refused(file, "sh", *LIMITED)
    with server(file) as running:
        assert httpx.get(f"{running.management}/readyz").status_code == 200


def test_nothing_is_served_from_a_file_that_may_only_be_read(file: Path) -> None:
    file.chmod(0o444)
    before = file.read_bytes()
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("root may write to it all the same")
    said = refused(file, "setpriv", *BOUND) if root else refused(file, RANTEVOU, "serve")
    assert "readonly database" in said
    assert file.read_bytes() == before
