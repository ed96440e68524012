"""The function by which long work reports how far it is."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it was done, and how much there is; 0: unknown."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Report to nobody."""
