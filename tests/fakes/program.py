"""`rantevou` with two platforms of the tests, one of them for e-mail; run it with python -m.

Their accounts are in the settings. The leases are short, because tests kill the workers.
"""

from datetime import timedelta

from bot.cli import main as cli
from bot.platforms import PLATFORMS
from core.messaging import outbox


def main() -> None:
    """Run the command line."""
    PLATFORMS.update(dict.fromkeys(("push", "email"), "tests.fakes.push_platform"))
    outbox.LEASE = timedelta(seconds=3)
    cli.main()


if __name__ == "__main__":
    main()
