"""The parts of `make soak`: what each proves, and the tests that it runs."""

from dataclasses import dataclass

from tests.soak.clocks import MOMENTS, clock_reading_tests

CHAOS, KILL = "tests/proofs/test_chaos.py", "tests/proofs/test_kill.py"
ALERTS, TAPS = "tests/proofs/test_kill_alerts.py", "tests/proofs/test_kill_taps.py"
OFFERS, RELAY = "tests/proofs/test_kill_offers.py", "tests/proofs/test_kill_relay.py"
CLOSURES, HOOKS = "tests/proofs/test_kill_closures.py", "tests/proofs/test_kill_webhooks.py"
API = "tests/proofs/test_kill_api.py"
AWAY, FLOOD = "tests/proofs/test_away.py", "tests/proofs/test_flood.py"
STORIES, BROWSER = "tests/stories", "tests/browser"
ELSEWHERE = (
    *(CHAOS, KILL, ALERTS, TAPS, OFFERS, RELAY, CLOSURES, HOOKS, API),
    *(AWAY, FLOOD, STORIES, BROWSER),
)
"""The slow tests that have a part of their own; the part `others` has the rest."""


@dataclass(frozen=True)
class Part:
    """Some tests: arguments of pytest. Those of which `alone` is true share the machine with none.

    With a moment, the clock stands at that time in Athens when they begin.
    """

    what: str
    tests: tuple[str, ...]
    moment: str | None = None
    alone: bool = False
    marked: str = "soak"


def _parts() -> dict[str, Part]:
    reading = clock_reading_tests()
    clocks = {
        f"clocks-{name}": Part(
            f"the tests that read the clock, from {moment} in Athens on",
            reading,
            moment=moment,
            marked="not soak",
        )
        for name, moment in MOMENTS.items()
    }
    # The longest first: two run at a time.
    return {
        "disorder-postgresql": Part(
            "messages in any disorder, PostgreSQL", (CHAOS, "-kpostgresql")
        ),
        "disorder-sqlite": Part("messages in any disorder, SQLite", (CHAOS, "-knot postgresql")),
        "kills-postgresql": Part(
            "200 processes killed at work, PostgreSQL", (KILL, "-kpostgresql")
        ),
        "kills-sqlite": Part("200 processes killed at work, SQLite", (KILL, "-knot postgresql")),
        "alerts-postgresql": Part(
            "100 processes killed while staff are told, PostgreSQL", (ALERTS, "-kpostgresql")
        ),
        "alerts-sqlite": Part(
            "100 processes killed while staff are told, SQLite", (ALERTS, "-knot postgresql")
        ),
        "taps-postgresql": Part(
            "100 kills while staff tap on buttons, PostgreSQL", (TAPS, "-kpostgresql")
        ),
        "taps-sqlite": Part(
            "100 kills while staff tap on buttons, SQLite", (TAPS, "-knot postgresql")
        ),
        "offers-postgresql": Part(
            "200 kills while other times are offered and accepted, PostgreSQL",
            (OFFERS, "-kpostgresql"),
        ),
        "offers-sqlite": Part(
            "200 kills while other times are offered and accepted, SQLite",
            (OFFERS, "-knot postgresql"),
        ),
        "closures-postgresql": Part(
            "200 kills while desks are closed and opened again, PostgreSQL",
            (CLOSURES, "-kpostgresql"),
        ),
        "closures-sqlite": Part(
            "200 kills while desks are closed and opened again, SQLite",
            (CLOSURES, "-knot postgresql"),
        ),
        "webhooks-postgresql": Part(
            "200 kills while events are sent to a webhook, PostgreSQL", (HOOKS, "-kpostgresql")
        ),
        "webhooks-sqlite": Part(
            "200 kills while events are sent to a webhook, SQLite", (HOOKS, "-knot postgresql")
        ),
        "relay-postgresql": Part(
            "200 kills while citizens and staff write, PostgreSQL", (RELAY, "-kpostgresql")
        ),
        "relay-sqlite": Part(
            "200 kills while citizens and staff write, SQLite", (RELAY, "-knot postgresql")
        ),
        "api-postgresql": Part(
            "100 kills while a program books and cancels, PostgreSQL", (API, "-kpostgresql")
        ),
        "api-sqlite": Part(
            "100 kills while a program books and cancels, SQLite", (API, "-knot postgresql")
        ),
        "database": Part(
            "the tests of bot, dialogs, stories and webhooks on PostgreSQL",
            (
                *("tests/bot", "tests/dialogs", STORIES, "tests/webhooks"),
                *("--database=postgresql", "-n2", "--dist=loadfile"),
            ),
            marked="not soak",
        ),
        **clocks,
        "stories": Part("every story on every platform", (STORIES,)),
        "others": Part("slow tests of all kinds", tuple(f"--ignore={path}" for path in ELSEWHERE)),
        "browser": Part("the page in a browser, with and without scripts", (BROWSER,)),
        "flood": Part("more connections than open files", (FLOOD,), alone=True),
        "away": Part("a database that goes away under load", (AWAY,)),
    }


PARTS: dict[str, Part] = _parts()


def named(name: str) -> list[str]:
    """Return the parts of that name, or whose name begins with it and a hyphen.

    Raises ValueError where there is none.
    """
    found = [each for each in PARTS if each == name or each.startswith(f"{name}-")]
    if not found:
        raise ValueError(f"no part {name}; there are {', '.join(PARTS)}")
    return found
