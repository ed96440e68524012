"""`rantevou` as it is, with a pager and a mailbox among its platforms; run it with python -m.

Its leases are short, for a test kills whoever holds them.
"""

import os
from datetime import timedelta

from bot import cli, wiring
from core import outbox
from tests.fakes.pager import ACCOUNT, Pager

URL = "PAGER_URL"


def main() -> None:
    """Run the command line."""
    url = os.environ[URL]
    platforms = {account: Pager(url, account) for account in (ACCOUNT, "email")}
    wiring.configured = lambda *_given: platforms  # type: ignore[attr-defined]
    outbox.LEASE = timedelta(seconds=3)
    cli.main()


if __name__ == "__main__":
    main()
