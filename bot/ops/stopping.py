"""The request to end that a signal makes, also where it comes while a process still starts."""

import signal
import sys


class StopRequest:
    """A signal's request to end this process.

    The signal raises SystemExit, which is lost where it happens to be raised in a destructor, a
    callback of the garbage collector, or an import that catches every error. So it is remembered,
    and whoever begins to serve looks at it.
    """

    def __init__(self) -> None:
        self.received = False

    def listen(self, *signals: signal.Signals) -> None:
        """Take the request from these signals, from now on."""
        for each in signals:
            # Not SIG_DFL: uvicorn raises the signal again when it has stopped.
            signal.signal(each, self._receive)

    def _receive(self, *_signal: object) -> None:
        self.received = True
        sys.exit(0)
