"""The commands in the pages of documentation, run as they stand there."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from sqlalchemy.engine import make_url

from bot.cli.main import app
from tests import postgres as postgresql
from tests.bot.cli.test_help import parse
from tests.bot.process_start import RANTEVOU, start
from tests.bot.processes import TIMEOUT_SECONDS, Server, environment, free_port
from tests.fakes.telegram import telegram_server
from tests.programs import CURL, needed
from tests.test_documentation import PAGES, ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

OF_THE_MACHINE = (
    "apt install ",
    "useradd ",
    "cd ",
    "git ",
    "source ",
    "make ",
    "cp deploy/rantevou.service /etc/",
)
"""The beginnings of commands that set up a machine, which a test leaves as it is."""


def commands(page: Path) -> list[str]:
    """Return the commands of a page that can be run here, without their comments."""
    blocks = BLOCK.findall(page.read_text("utf-8"))
    lines = "".join(blocks)
    # A quoted argument may go on in the next line.
    whole = re.findall(r"^(?:[^'\n]|'[^']*')+$", lines, re.MULTILINE)
    return [re.sub(r"\s+# .*", "", each) for each in whole if not each.startswith(OF_THE_MACHINE)]


class Machine:
    """A folder with an office, in which commands are run."""

    def __init__(self, folder: Path, telegram: str, postgresql: postgresql.Server) -> None:
        self.folder, self.telegram, self.postgresql = folder, telegram, postgresql
        self.file = folder / "data" / "rantevou.db"
        self.file.parent.mkdir()
        (folder / "backups").mkdir()
        shutil.copy(ROOT / ".env.example", folder)
        self.server: Server | None = None

    def run(self, command: str) -> None:
        """Run a command; fail where it does. A server is stopped by the next one that starts."""
        match command.split():
            case ["systemctl", "stop", "rantevou"]:
                self.stop()
            case ["systemctl", "start" | "restart" | "enable", *_]:
                self.start("serve")
            case ["sudo", "-u", "postgres", program, *options]:
                self.administer(program, *options)
            case ["rantevou", "serve" | "worker" as which, *options]:
                self.start(which, *options)
            case _:
                self.shell(command)

    def start(self, *arguments: str) -> None:
        self.stop()
        account = {
            "telegram__town__token": "123456:secret",
            "telegram__town__api_url": self.telegram,
        }
        self.server = Server(self.file, (RANTEVOU, *arguments), **account).wait_until_open()

    def stop(self) -> None:
        if self.server:
            assert self.server.end() == 0, self.server.log
        self.server = None

    def administer(self, program: str, *options: str) -> None:
        """Run a program of PostgreSQL as its administrator, who types the password asked for."""
        if not isinstance(self.postgresql, postgresql.OwnServer):
            pytest.skip("the server isn't ours to administer")
        server = make_url(self.postgresql.url)
        subprocess.run(
            [self.postgresql.program(program), *options],
            env=os.environ | {"PGHOST": str(server.query["host"]), "PGUSER": str(server.username)},
            input="password\npassword\n",
            text=True,
            timeout=TIMEOUT_SECONDS,
            start_new_session=True,  # without a terminal, it reads the password from its input
            check=True,
        )

    def shell(self, command: str) -> None:
        owner, group = os.getuid(), os.getgid()
        here = command.replace("/var/backups/", f"{self.folder}/backups/")
        made = make_url(self.postgresql.url).set(database="rantevou", username="rantevou")
        here = here.replace("postgresql://rantevou:password@host/rantevou", str(made))
        here = here.replace("-2026-12-07.", "-$(date +%F).")
        here = here.replace("chown -R rantevou: ", f"chown -R {owner}:{group} ")
        here = here.replace("-o rantevou", f"-o {owner}").replace("-g rantevou", f"-g {group}")
        if command.startswith("curl "):
            needed(CURL)
            assert self.server, "a page's first command finds a server"
            here = here.replace("http://127.0.0.1:8000", self.server.url)
            here = here.replace("curl -s ", "curl -s --fail-with-body ")
        if command.startswith("rantevou ") and ">" not in command:
            self.rantevou(here)
            return
        path = f"{Path(RANTEVOU).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", here],
            cwd=self.folder,
            env=environment(self.file) | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (here, done.stdout, done.stderr)

    def rantevou(self, command: str) -> None:
        """Run a command of ours in a forked process, with the words that a shell makes of it."""
        words = subprocess.check_output(["bash", "-c", f"printf '%s\\n' {command}"], text=True)
        log = self.folder / "log"
        own = [RANTEVOU, *words.splitlines()[1:]]
        code = start(own, log, self.folder, environment(self.file)).wait(TIMEOUT_SECONDS)
        assert code == 0, (command, log.read_text("utf-8"))


@pytest.fixture
def machine(tmp_path: Path, postgres: postgresql.Server) -> Iterator[Machine]:
    with telegram_server() as telegram:
        found = Machine(tmp_path, telegram.url, postgres)
        found.start("serve")  # as by the README, which has brought the samples
        yield found
        found.stop()
        postgres.remove("rantevou")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.name
)
def test_commands_in_the_documentation_work(page: Path, machine: Machine) -> None:
    for command in commands(page):
        machine.run(command)


def test_make_run_serves_the_page(tmp_path: Path) -> None:
    port = free_port()
    own = {k: v for k, v in environment(tmp_path / "a.db", port=port).items() if k[:4] != "MAKE"}
    ready = "-o", ".venv/.ready"  # `make test` has made it
    with subprocess.Popen(
        ["make", *ready, "run"],
        cwd=ROOT,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert any("Ctrl-C stops it" in line for line in process.stdout)
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=TIMEOUT_SECONDS).is_success
        os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_that_are_named_are_there(page: Path) -> None:
    named = set(re.findall(r"(?:^|`)make ([\w./]+)", page.read_text("utf-8"), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(READY):", ".venv/.ready:")
    assert named <= set(re.findall(r"^([\w./]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_rantevou_that_are_named_are_there(page: Path) -> None:
    rantevou = typer.main.get_command(app)
    text = re.sub(r"\$\([^)]*\)", "of-the-shell", page.read_text("utf-8"))
    for named in re.findall(r"(?:^|`)rantevou( [^`\n#>]+)", text, re.MULTILINE):
        assert parse(rantevou, ["rantevou", *shlex.split(named)])
