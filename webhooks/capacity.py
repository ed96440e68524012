"""The most connections and event streams of a process, by its limit of open files."""

import resource

RESERVED_FILES = 200
"""Open files kept for other than connections: the database, the log, what is sent to platforms,
and the connections that are accepted before the oldest are closed."""

MAX_CONNECTIONS = 4096
"""Of one process, whatever its limit of open files: 4,096 take about 100 MB."""

MAX_STREAMS_PER_NETWORK = 300
"""Enough for a town hall, or for the telephones behind one address of a carrier."""


def raise_open_files() -> None:
    """Raise this process's limit of open files as far as it may, or as it has a use for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def max_connections() -> int:
    """Return how many connections this process holds open at most."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(soft - RESERVED_FILES, soft // 2))


def max_streams() -> int:
    """Return how many of them may be event streams: half, so that requests find room."""
    return max_connections() // 2
