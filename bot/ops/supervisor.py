"""Several processes that serve together, and the parent that restarts them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import structlog

from bot.ops.stopping import StopRequest
from bot.telemetry.logging import cause
from core.errors import DatabaseMoved

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
"""Before a process that ended is restarted: the cause may persist."""

GRACE_SECONDS = 50.0
"""After which a process that was told to end is killed: less than TimeoutStopSec of the unit."""

MOVED = os.EX_CONFIG
"""The exit code of a process that has found the database moved."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def supervise(
    count: int, run: Callable[[], None], at_end: Callable[[], None], stop: StopRequest
) -> None:
    """Run `run` in so many processes, and restart one that ends; signals are forwarded to each.

    One that hasn't ended GRACE_SECONDS later is killed. Each calls `at_end` in the end: none of the
    parent's exit handlers. `stop` is the parent's request to end until now, and each process's own
    from its start, which `run` looks at. Raises SystemExit where the database was moved, which ends
    all.
    """
    # The system closes the write end when this process ends, however it does.
    read_end, write_end = os.pipe()
    ending = moved = False
    children: set[int] = set()

    def forward(sig: int, _frame: FrameType | None) -> None:
        nonlocal ending
        if not ending:
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        ending = True
        for child in children:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(child, sig)

    def kill(*_signal: object) -> None:
        log.error("workers didn't end", workers=sorted(children))
        forward(signal.SIGKILL, None)

    def start() -> None:
        # Signals are blocked, so that none comes between the fork and its entry in `children`.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if not ending:
            child = os.fork()
            if child == 0:
                os.close(write_end)
                _run_child(read_end, run, at_end, stop)
            children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    for sig in SIGNALS:
        signal.signal(sig, forward)
    signal.signal(signal.SIGALRM, kill)
    if stop.received:
        ending = True
    for _ in range(count):
        start()
    while children:
        child, status = os.wait()
        children.discard(child)
        code = os.waitstatus_to_exitcode(status)
        if code == MOVED and not ending:
            moved = True
            forward(signal.SIGTERM, None)
        if not ending:
            log.error("a worker ended", worker=child, code=code)
            time.sleep(PAUSE_SECONDS)
        start()
    if moved:
        sys.exit(1)


def _run_child(
    pipe: int, run: Callable[[], None], at_end: Callable[[], None], stop: StopRequest
) -> None:
    """Run in a process group of its own: the parent alone gets a terminal's Ctrl-C."""
    code = 1
    try:
        os.setpgid(0, 0)
        stop.listen(*SIGNALS)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except DatabaseMoved as reason:
        sys.stderr.write(f"{reason}\n")
        code = MOVED
    except BaseException as error:
        log.error("a worker failed", **cause(error))
    finally:
        try:
            at_end()
            sys.stderr.flush()
        finally:  # a second signal comes as SystemExit: nothing of the parent's must run here
            os._exit(code)


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)  # nobody writes to it: this returns when the parent ends
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
