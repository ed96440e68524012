"""Print every figure of `make bench`: name, value, ratio to a reference figure, bound.

What is compared is measured alternately in the same run. The processor time is that of the process
that does the work, without a database server's. SQLite runs with synchronous=FULL, PostgreSQL with
its default settings (or the server that RANTEVOU_TEST_DATABASE_URL names). The databases are in the
working directory, because /tmp may be in memory, where a commit costs nothing.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.bench import bots, report, web
from tests.bench.alert_delay import alert_delay
from tests.bench.api_bookings import api_bookings
from tests.bench.api_processes import api_processes
from tests.bench.background import background
from tests.bench.databases import on_postgres, on_sqlite
from tests.bench.day_lists import day_lists
from tests.bench.delivery_delay import delivery_delay
from tests.bench.exports import bookings_export
from tests.bench.growth import growth
from tests.bench.hold_and_confirm import hold_and_confirm
from tests.bench.months import months
from tests.bench.outbox import deliveries
from tests.bench.processes import processes
from tests.bench.reminders import reminders
from tests.bench.sizes import SHORT, WHOLE, Sizes
from tests.bench.texts import texts
from tests.bench.time_offers import time_offers
from tests.bench.turns import turns
from tests.bench.understanding import understanding
from tests.bench.webhook_delay import webhook_delay
from tests.postgres import running

ON_BOTH = (
    *(growth, months, day_lists, background, deliveries, delivery_delay, webhook_delay),
    *(alert_delay, time_offers, hold_and_confirm, api_bookings, api_processes, bookings_export),
)
MEASURES = {"SQLite": (*ON_BOTH, reminders), "PostgreSQL": (*ON_BOTH, processes)}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="half a minute, SQLite only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    given = parser.parse_args()
    report.heading()
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        root = Path(folder).absolute()
        if given.short:
            short(root, SHORT)
        else:
            whole(root, WHOLE)
    if given.json:
        report.write(given.json)


def short(root: Path, sizes: Sizes) -> None:
    """Measure what depends most on the code, quickly enough to be repeated."""
    turns(root, sizes)
    web.pages(root, sizes)
    bots.answers(root, sizes)
    with on_sqlite(root, (sizes.few, sizes.many)) as databases:
        for measure in (months, deliveries, hold_and_confirm):
            measure("SQLite", databases, sizes)


def whole(root: Path, sizes: Sizes) -> None:
    """Measure everything, on both databases."""
    with ExitStack() as stack:
        turns(root, sizes)
        web.pages(root, sizes)
        bots.answers(root, sizes)
        texts()
        understanding()
        server = stack.enter_context(running(root, durable=True))
        bots.concurrent(server)
        counts = (sizes.few, sizes.many)
        with ThreadPoolExecutor(1) as executor:
            # Filling the databases takes as long as the 10,000 conversations, of which only the
            # server's memory is measured: run both at once.
            databases = {
                "SQLite": executor.submit(stack.enter_context, on_sqlite(root, counts)),
                "PostgreSQL": executor.submit(stack.enter_context, on_postgres(server, counts)),
            }
            web.memory(root, sizes)
        for kind, filled in databases.items():
            for measure in MEASURES[kind]:
                measure(kind, filled.result(), sizes)


if __name__ == "__main__":
    main()
