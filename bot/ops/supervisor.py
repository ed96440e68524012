"""Several processes that do the same, with one that looks after them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import structlog

from bot.telemetry.logging import cause

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
"""Before one that ended is begun again: whatever ended it may not be over."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def supervise(count: int, run: Callable[[], None]) -> None:
    """Run it in so many processes, and anew in place of one that ends; signals go to each."""
    ours, theirs = os.pipe()  # closed by the system when this process ends, however it does
    ending = False
    children: set[int] = set()

    def forward(sig: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        for child in children:
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(child, sig)

    def begin() -> None:
        # Signals wait, so that none falls between the fork and the note of it.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if not ending:
            child = os.fork()
            if child == 0:
                os.close(theirs)
                _be_child(ours, run)
            children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    for sig in SIGNALS:
        signal.signal(sig, forward)
    for _ in range(count):
        begin()
    while children:
        child, status = os.wait()
        children.discard(child)
        if not ending:
            log.error("a worker ended", worker=child, code=os.waitstatus_to_exitcode(status))
            time.sleep(PAUSE_SECONDS)
        begin()


def _be_child(parent: int, run: Callable[[], None]) -> None:
    """Run in a process group of its own: a terminal's Ctrl-C reaches the parent, which tells us."""
    code = 1
    try:
        os.setpgid(0, 0)
        for sig in SIGNALS:
            signal.signal(sig, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException as error:
        log.error("a worker failed", **cause(error))
    finally:
        sys.stderr.flush()
        os._exit(code)


def _end_with(parent: int) -> None:
    os.read(parent, 1)  # nobody ever writes: it ends when the parent does
    os.kill(os.getpid(), signal.SIGTERM)
