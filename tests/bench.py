"""`make bench`: how fast a turn, a month and a page are, beside other work in the same run.

Every figure is for SQLite with synchronous=FULL. The database lies in the working folder, for
/tmp may be in memory, where a commit costs nothing.
"""

import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bot.conversation import House, receive
from bot.replies import Inbound, Reply
from bot.texts import Texts
from core import calendar, slots
from core.catalogue import Municipality
from core.catalogue_files import SHIPPED, read_catalogue
from core.database import Database
from core.office import Office, load
from tests import bench_web
from tests.bench_web import line
from tests.dialogs.robot import ANSWERS, confirmed, picks

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
STORED = 100_000
TURNS = 400


def main() -> None:
    """Print every figure; ratios are within this run."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        root = Path(folder)
        turns(root / "turns.db")
        months(root)
        bench_web.memory(root)
        bench_web.pages(root)


class Talk:
    """Conversations of a robot that books, one after the other."""

    def __init__(self, database: Database, texts: Texts) -> None:
        self.database = database
        self.house = House(Office("bench"), texts, lambda: NOW, random.Random(1).choice)
        self.seconds: list[float] = []
        self.services = [
            (body.id, group.id, service.id)
            for body in (read_catalogue(file) for file in sorted(SHIPPED.glob("*.yaml")))
            for group in body.groups
            for service in group.services
        ]

    def turn(self, who: str, said: str | None, choice: str | None = None) -> list[Reply]:
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address=who,
            message_id=str(uuid.uuid4()),
            text=said,
            choice=choice,
        )
        begun = time.perf_counter()
        replies = self.database.write_now(lambda s: receive(s, self.house, inbound))
        self.seconds.append(time.perf_counter() - begun)
        return replies

    def book(self, number: int) -> int:
        """One conversation from greeting to confirmation, days and times spread; its turns."""
        who = str(uuid.uuid4())
        replies = self.turn(who, "γεια")
        for count in range(1, 40):
            asked = replies[-1]
            options = picks(asked)
            if asked.step in ANSWERS:
                replies = self.turn(
                    who, ANSWERS[asked.step].replace("6912", f"69{number % 90 + 10}")
                )
            else:
                skips = (asked.step or "").startswith("details.")
                at = -1 if skips or asked.step == "municipality" else number % len(options)
                if asked.step in ("screening.receives", "consent", "review"):
                    at = 0
                replies = self.turn(who, None, options[at].id)
            if confirmed(replies):
                return count + 1
        raise AssertionError(f"stuck at {asked}")


def fill(database: Database, count: int, seed: int = 1) -> None:
    """Store confirmed bookings, on desks that no conversation will use."""
    body = town("elsewhere", 40)
    number = random.Random(seed)

    def run(session: Session) -> None:
        load(session, body, NOW)
        session.execute(text("INSERT INTO citizens (details, created_at) VALUES ('{}', 0)"))
        desks = session.scalars(text("SELECT id FROM desks WHERE municipality_id = 'elsewhere'"))
        begin = int(NOW.timestamp()) // 900 * 900
        rows = []
        for i, desk in enumerate(desks.all()):
            for slot in range(count // 40 + (i < count % 40)):
                start = begin + slot * 900
                rows.append((desk, start, start + 900, f"{desk}-{slot}", number.random()))
        session.connection().exec_driver_sql(
            "INSERT INTO bookings (code, municipality_id, branch, service, channel, desk_id,"
            " starts_at, ends_at, state, held_at, held_until, citizen_id, details, language,"
            " timezone, phone_hash) VALUES (?, 'elsewhere', 'b', 's', 'video', ?, ?, ?,"
            " 'confirmed', 0, 0, 1, '{}', 'el', 'Europe/Athens', ?)",
            [(code, desk, start, end, str(hashed)) for desk, start, end, code, hashed in rows],
        )

    database.write_now(run)


def town(name: str, desks: int) -> Municipality:
    """A municipality with one service of 15 minutes and so many desks, 08:00 to 15:00."""
    words = {"el": name, "en": name}
    opening = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "15:00"}
    return Municipality.model_validate(
        {
            "id": name,
            "name": words,
            "contact": {},
            "branches": [
                {
                    "id": "b",
                    "name": words,
                    "desks": [
                        {"id": f"d{i}", "channels": ["video"], "openings": [opening]}
                        for i in range(desks)
                    ],
                }
            ],
            "groups": [
                {
                    "id": "g",
                    "name": words,
                    "services": [
                        {
                            "id": "s",
                            "name": words,
                            "channels": ["video"],
                            "duration": 15,
                            "interval": 15,
                        }
                    ],
                }
            ],
        }
    )


@contextmanager
def opened(file: Path, stored: int) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    database.prepare()
    for shipped in sorted(SHIPPED.glob("*.yaml")):
        body = read_catalogue(shipped)
        database.write_now(lambda s, body=body: load(s, body, NOW))  # type: ignore[misc]
    fill(database, stored)
    yield database
    database.close()


def turns(file: Path) -> None:
    """Turns of whole bookings, beside their own SQL run straight on sqlite3."""
    with opened(file, STORED) as database:
        talk = Talk(database, Texts())
        for number in range(3):
            talk.book(number)
        talk.seconds.clear()
        bookings = 0
        begun = time.perf_counter()
        while len(talk.seconds) < TURNS:
            talk.book(bookings)
            bookings += 1
        took = time.perf_counter() - begun
        ours = sorted(talk.seconds)
        script, most = recorded(database, talk, bookings)
        bare = sorted(straight(file, script))
    each = statistics.median(ours)
    line(f"a turn, {STORED} bookings stored: p50", f"{each * 1000:.2f} ms")
    line("a turn: p95", f"{ours[int(len(ours) * 0.95)] * 1000:.2f} ms")
    line("turns a second, one process", f"{len(ours) / took:.0f}")
    line("the same SQL straight on sqlite3: p50", f"{statistics.median(bare) * 1000:.2f} ms")
    line("  ratio of the p50s (at most 8)", f"{each / statistics.median(bare):.1f}")
    line("  ratio of the means", f"{statistics.mean(ours) / statistics.mean(bare):.1f}")
    line("statements in a turn: mean", f"{statistics.mean(map(len, script)):.1f}")
    line("statements in a turn: most (at most 20)", str(most))


Statement = tuple[str, object, bool]


def recorded(database: Database, talk: Talk, number: int) -> tuple[list[list[Statement]], int]:
    """The SQL of some more bookings, turn by turn, and the most statements of a turn.

    What each changed is undone, so that it can be run again: the turns are recorded on a copy.
    """
    script: list[list[Statement]] = []
    copy = Path(f"{database.file}.copy")
    with sqlite3.connect(database.file) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    twin = Database(f"sqlite:///{copy}")
    talk.database = twin

    @event.listens_for(twin.engine, "before_cursor_execute")
    def note(
        _connection: object, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if statement.startswith("BEGIN"):
            script.append([])
        else:
            script[-1].append((statement, values, isinstance(values, list)))

    for more in range(number, number + 12):
        talk.book(more)
    twin.close()
    return script, max(map(len, script))


def straight(file: Path, script: Sequence[Sequence[Statement]]) -> Iterator[float]:
    """The time of each turn's SQL on a bare connection, one transaction each."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    for turn in script:
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for statement, values, many in turn:
            if many:
                connection.executemany(statement, values)  # type: ignore[arg-type]
            else:
                with suppress(sqlite3.IntegrityError):  # a desk that the guard refused there too
                    connection.execute(statement, values).fetchall()  # type: ignore[arg-type]
        connection.execute("COMMIT")
        yield time.perf_counter() - begun
    connection.close()


def months(root: Path) -> None:
    """A month of free days for 10 desks at 80 % occupancy, with few and many bookings elsewhere."""
    with (
        opened(root / "month-few.db", 1_000) as few,
        opened(root / "month-many.db", STORED) as many,
    ):
        asked = [month(few), month(many)]
        # In turns, so that whatever else the machine does weighs on both alike.
        taken = [[ask() for ask in asked] for _ in range(90)][10:]
    medians = [statistics.median(each) for each in zip(*taken, strict=True)]
    line(
        "a month of free days, 10 desks at 80 %: p50 (at most 10 ms)", f"{medians[1] * 1000:.2f} ms"
    )
    line(
        "  ratio to 1000 bookings stored elsewhere (at most 1.3)", f"{medians[1] / medians[0]:.2f}"
    )


def month(database: Database) -> Callable[[], float]:
    """Fill a municipality of 10 desks; what is given back asks for its month, and says how long."""
    body = town("busy", 10)
    office = Office("bench")

    def occupy(session: Session) -> None:
        load(session, body, NOW)
        office.refresh(session)
        plan = office["busy"].plan("s", "b", "video")
        last = NOW + timedelta(days=60)
        starts = calendar.free_starts(plan, {}, NOW, last, NOW)
        number = random.Random(2)
        rows = [
            (desk, start, start + 900, f"busy {desk} {start}")
            for desk, _ in plan.desks
            for start in starts
            if number.random() < 0.8
        ]
        session.connection().exec_driver_sql(
            "INSERT INTO bookings (desk_id, starts_at, ends_at, code, municipality_id, branch,"
            " service, channel, state, held_at, held_until, citizen_id, details, language,"
            " timezone) VALUES (?, ?, ?, ?, 'busy', 'b', 's', 'video', 'confirmed', 0, 0, 1, '{}',"
            " 'el', 'Europe/Athens')",
            rows,
        )

    database.write_now(occupy)
    athens = ZoneInfo("Europe/Athens")
    first, last = (
        datetime(2026, 12, 1, tzinfo=UTC).date(),
        datetime(2026, 12, 31, tzinfo=UTC).date(),
    )

    def ask(session: Session) -> float:
        plan = office["busy"].plan("s", "b", "video")
        begun = time.perf_counter()
        free = slots.free_days(session, plan, first, last, NOW, athens, None)
        took = time.perf_counter() - begun
        if len(free) < 15:
            raise AssertionError("the month should have free days")
        return took

    return lambda: database.write_now(ask)


if __name__ == "__main__":
    main()
