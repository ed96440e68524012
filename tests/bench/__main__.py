"""Print every figure of `make bench`: what, how much, its ratio to something else, its bound.

Everything is compared within this run, in turns. SQLite is synchronous=FULL, PostgreSQL as it comes
(or the one that RANTEVOU_TEST_DATABASE_URL names). The databases lie in the working folder, for
/tmp may be in memory, where a commit costs nothing.
"""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.bench import bots, web
from tests.bench.growth import growth
from tests.bench.months import months
from tests.bench.offices import FEW, MANY, on_postgres, on_sqlite
from tests.bench.post import deliveries
from tests.bench.processes import processes
from tests.bench.promptness import promptness
from tests.bench.turns import turns
from tests.bench.upkeep import upkeep
from tests.postgres import running

ON_BOTH = (growth, months, upkeep, deliveries, promptness)
MEASURES = {"SQLite": ON_BOTH, "PostgreSQL": (*ON_BOTH, processes)}


def main() -> None:
    """Print them, subject by subject."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder, ExitStack() as stack:
        root = Path(folder).absolute()
        turns(root)
        web.pages(root)
        bots.answers(root)
        server = stack.enter_context(running(root, durable=True))
        bots.crowd(server)
        with ThreadPoolExecutor(1) as beside:
            # Storing so much takes as long as talking 10,000 times does, of which only the memory
            # is of interest: both at once.
            offices = {
                "SQLite": beside.submit(stack.enter_context, on_sqlite(root, (FEW, MANY))),
                "PostgreSQL": beside.submit(stack.enter_context, on_postgres(server, (FEW, MANY))),
            }
            web.memory(root)
        for kind, stored in offices.items():
            for measure in MEASURES[kind]:
                measure(kind, stored.result())


if __name__ == "__main__":
    main()
