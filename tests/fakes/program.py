"""`rantevou` with two platforms of the tests, one of them for e-mail; run it with python -m.

Their accounts are in the settings. The leases are short, because tests kill the workers; so a
message is tried more often before it is given up. To Telegram it names itself by the id of its
process, so that the fake can tell one from the next.
"""

import os
from datetime import timedelta

from telegram.request import BaseRequest

from bot.cli import main as cli
from bot.platforms import PLATFORMS
from core.messaging import outbox


def main() -> None:
    """Run the command line."""
    PLATFORMS.update(dict.fromkeys(("push", "email"), "tests.fakes.push_platform"))
    outbox.MOST_SENDS *= outbox.LEASE // timedelta(seconds=3)
    outbox.LEASE = timedelta(seconds=3)
    BaseRequest.USER_AGENT = str(os.getpid())  # type: ignore[misc]
    cli.main()


if __name__ == "__main__":
    main()
