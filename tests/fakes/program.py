"""`rantevou` as it is, with a pager and a mailbox among its platforms; run it with python -m.

Their accounts are in the settings; its leases are short, for a test kills whoever holds them.
"""

from datetime import timedelta

from bot.cli import main as cli
from bot.platforms import PLATFORMS
from core.messaging import outbox


def main() -> None:
    """Run the command line."""
    PLATFORMS.update(dict.fromkeys(("pager", "email"), "tests.fakes.push_platform"))
    outbox.LEASE = timedelta(seconds=3)
    cli.main()


if __name__ == "__main__":
    main()
