"""Doing something again after an error, with a pause before it."""

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
    """Return what `work` gives, trying again so many seconds after each error of that type.

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
    """Do `work` again and again until cancelled; an error is reported and ends nothing.

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
