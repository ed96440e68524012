"""Print every figure of `make bench`: what, how much, its ratio to something else, its bound.

Everything is compared within this run, in turns. Beside wall time stands the processor time of the
process that does the work; a database server's own is not in it. SQLite is synchronous=FULL,
PostgreSQL as it comes (or the one that RANTEVOU_TEST_DATABASE_URL names). The databases lie in the
working folder, for /tmp may be in memory, where a commit costs nothing.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.bench import bots, report, web
from tests.bench.growth import growth
from tests.bench.months import months
from tests.bench.offices import on_postgres, on_sqlite
from tests.bench.post import deliveries
from tests.bench.processes import processes
from tests.bench.promptness import promptness
from tests.bench.sizes import SHORT, WHOLE, Sizes
from tests.bench.turns import turns
from tests.bench.upkeep import upkeep
from tests.postgres import running

ON_BOTH = (growth, months, upkeep, deliveries, promptness)
MEASURES = {"SQLite": ON_BOTH, "PostgreSQL": (*ON_BOTH, processes)}


def main() -> None:
    """Print the figures, subject by subject."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="in half a minute, SQLite only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
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
    """Take what a change of the code shows in, quickly enough to be repeated."""
    turns(root, sizes)
    web.pages(root, sizes)
    bots.answers(root, sizes)
    with on_sqlite(root, (sizes.few, sizes.many)) as offices:
        for measure in (months, deliveries):
            measure("SQLite", offices, sizes)


def whole(root: Path, sizes: Sizes) -> None:
    """Take them all, on both databases."""
    with ExitStack() as stack:
        turns(root, sizes)
        web.pages(root, sizes)
        bots.answers(root, sizes)
        server = stack.enter_context(running(root, durable=True))
        bots.crowd(server)
        counts = (sizes.few, sizes.many)
        with ThreadPoolExecutor(1) as beside:
            # Storing so much takes as long as talking 10,000 times does, of which only the memory
            # is of interest: both at once.
            offices = {
                "SQLite": beside.submit(stack.enter_context, on_sqlite(root, counts)),
                "PostgreSQL": beside.submit(stack.enter_context, on_postgres(server, counts)),
            }
            web.memory(root, sizes)
        for kind, stored in offices.items():
            for measure in MEASURES[kind]:
                measure(kind, stored.result(), sizes)


if __name__ == "__main__":
    main()
