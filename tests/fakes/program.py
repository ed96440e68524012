"""`rantevou` as it is, with a pager and a mailbox among its platforms; run it with python -m.

Its leases are short, for a test kills whoever holds them.
"""

import os
from datetime import timedelta

from bot import bootstrap
from bot.cli import main as cli
from core.messaging import outbox
from tests.fakes.push_platform import ACCOUNT, PushPlatform

URL = "PAGER_URL"


def main() -> None:
    """Run the command line."""
    url = os.environ[URL]
    platforms = {account: PushPlatform(url, account) for account in (ACCOUNT, "email")}
    bootstrap.build_platforms = lambda *_given: platforms  # type: ignore[attr-defined]
    outbox.LEASE = timedelta(seconds=3)
    cli.main()


if __name__ == "__main__":
    main()
