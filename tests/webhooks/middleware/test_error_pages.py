"""Error pages name the samples, as every page does, also while the database is away."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from core.db.database import Database
from tests.bot.cli.test_catalogue import KALAMATA, SAMPLE
from tests.bot.processes import Server as Process
from tests.bot.processes import run_here, server
from tests.postgres import KEY, Server, stopped

BROWSER = {"Accept": "text/html", "Accept-Language": "el"}


@contextmanager
def client_of(running: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, headers=BROWSER, timeout=30) as client:
        yield client


def samples(answer: httpx.Response, status: int) -> list[str]:
    """Check an error page's status; return which of two municipalities its note names."""
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    note = answer.text.partition(f'<p class="sample">{SAMPLE}')[2].partition("</p>")[0]
    return [name for name in ("Καλαμάτας", "Χίου") if name in note]


def test_each_names_the_samples_of_its_page(postgres: Server, tmp_path: Path) -> None:
    with (
        postgres.database() as url,
        server(tmp_path / "x", database_url=url, requests_per_minute=20) as running,
        client_of(running) as client,
    ):
        assert client.get("/healthz").status_code == 200  # it has started
        with stopped(postgres):  # before any page was asked for
            assert samples(client.get("/"), 503) == ["Καλαμάτας", "Χίου"]
            assert samples(client.get("/m/kalamata"), 503) == ["Καλαμάτας"]
        assert samples(client.get("/m/nowhere"), 404) == ["Καλαμάτας", "Χίου"]
        assert samples(client.get("/m/nowhere/nothing"), 404) == ["Καλαμάτας", "Χίου"]
        assert samples(client.get("/m/chios/nothing"), 404) == ["Χίου"]
        assert samples(client.get("/embed/m/kalamata/nothing"), 404) == ["Καλαμάτας"]
        assert samples(client.get("/m/kalamata/later?after=x"), 422) == ["Καλαμάτας"]
        with closing(Database(url, KEY)) as database:
            database.write_sync(lambda session: session.execute(text("DROP TABLE prompts")))
        answer = client.post("/m/kalamata", data={"text": "Γεια"})
        assert samples(answer, 500) == ["Καλαμάτας"]
        answers = (client.get("/m/kalamata") for _request in range(40))
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert samples(refused, 429) == ["Καλαμάτας"]


@pytest.mark.parametrize("path", ["/m/kalamata/nothing", "/m/kalamata"])
def test_none_names_what_is_no_sample(new_file: Path, path: str) -> None:
    ours = new_file.parent / "kalamata.yaml"
    ours.write_text(KALAMATA.read_text("utf-8"), "utf-8")
    assert run_here(new_file, "catalogue", "load", ours).returncode == 0
    with server(new_file, requests_per_minute=1) as running, client_of(running) as client:
        answers = (client.get(path) for _request in range(5))
        answer = next(answer for answer in answers if answer.status_code >= 400)
        assert SAMPLE not in answer.text
