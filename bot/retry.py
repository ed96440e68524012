"""Repeat work after errors, with pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")


async def retry(
    work: Callable[[], Awaitable[T]],
    on: type[Exception],
    seconds: float,
    report: Callable[[Exception], None] = lambda _error: None,
) -> T:
    """Return the result of `work`, trying again `seconds` after each error of that type.

    `report` is called with each error first; what it raises ends the retrying.
    """
    while True:
        try:
            return await work()
        except on as error:
            report(error)
        await asyncio.sleep(seconds)


async def repeat(
    work: Callable[[], Awaitable[object]],
    report: Callable[[Exception], None],
    *,
    every: float = 0,
    after_error: float,
) -> NoReturn:
    """Repeat `work` until cancelled; an error is reported, and doesn't end it.

    `every` and `after_error` are the seconds before the next time.
    """
    while True:
        try:
            await work()
        except Exception as error:
            report(error)
            await asyncio.sleep(after_error)
        else:
            await asyncio.sleep(every)
