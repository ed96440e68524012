"""Judge how an utterance was taken: right, asked again, or harmful."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any

from core.catalogue.loader import SHIPPED, read_catalogue
from dialogs.booking.meant import MEANT
from dialogs.nlu.normalize import normalize
from dialogs.nlu.times import likeliest
from dialogs.nlu.tokens import tokenize
from tests.understanding.taken import ZONE, Taken

Expected = Mapping[str, Any]


class Verdict(StrEnum):
    """`AGAIN`: nothing wrong was decided, but something that was said must be said again."""

    RIGHT = "right"
    AGAIN = "asked again"
    HARMFUL = "harmful"


Marks = Iterator[Verdict]

COMMANDS: Mapping[str, frozenset[str]] = {
    "not_coming": frozenset(("not_coming", "cannot", "cancel", "cancel_booking")),
    "cancel": frozenset(("cancel", "cancel_booking")),
    "documents": frozenset(("about", "documents")),
    "show": frozenset(("bookings",)),
    "when": frozenset(("bookings",)),
    "where": frozenset(("where",)),
    "restart": frozenset(("start_over",)),
    "language_el": frozenset(("greek",)),
    "language_en": frozenset(("english",)),
}
"""The commands that do what is expected, besides that of its name."""


def judge(kind: str, expected: Expected, taken: Taken) -> Verdict:
    """Return how well an utterance of a kind was taken."""
    marks = set(_JUDGES[kind](expected, taken))
    return next(v for v in (Verdict.HARMFUL, Verdict.AGAIN, Verdict.RIGHT) if v in marks)


def _mark(got: object, wanted: object) -> Verdict:
    if got == wanted:
        return Verdict.RIGHT
    return Verdict.HARMFUL if got else Verdict.AGAIN


def _request(expected: Expected, taken: Taken) -> Marks:
    got = {**taken.after.values, **taken.new_wishes}
    for name in ("municipality", "service", "branch", "channel"):
        if name in expected:
            is_asked = MEANT in taken.new_wishes and name in ("municipality", "service")
            if not is_asked:
                yield _mark(got.get(name), expected[name])
            elif name == "service":
                yield Verdict.AGAIN
    if "services" in expected:
        meant = set(taken.new_wishes.get(MEANT, "").split(" ")[1:])
        if taken.new_answers.get("service"):
            yield Verdict.HARMFUL
        in_group = "group" in taken.new_answers
        yield Verdict.RIGHT if in_group or meant >= set(expected["services"]) else Verdict.AGAIN
    if "channel" not in expected and "channel" in taken.new_wishes:
        yield Verdict.HARMFUL
    yield from _when(expected, taken)
    yield from _details(expected, taken)


def _when(expected: Expected, taken: Taken) -> Marks:
    wish = taken.time_wish
    days = tuple(date.fromisoformat(day) for day in expected.get("days", ()))
    if set(wish.days) - set(days) and "earliest" not in expected:
        yield Verdict.HARMFUL
    elif days:
        said = any(f"{days[0].day} {month}" in text for text in taken.texts for month in MONTHS)
        view = taken.after.view
        shown = tuple(map(date.fromisoformat, view.only)) if view.step == "day" else ()
        yield Verdict.RIGHT if said or days in (wish.days, shown) else Verdict.AGAIN
    if at := expected.get("time"):
        got = f"{time(*likeliest(wish.times)):%H:%M}" if wish.times else None
        is_said = any(at in text for text in taken.texts)
        yield Verdict.RIGHT if is_said and not got else _mark(got, at)
    yield from _window(expected, taken)
    if "earliest" in expected:
        is_first = "time" in taken.new_answers and wish.times[:1] == ((8, 0),)
        is_taken = wish.earliest or "day" in taken.new_answers or is_first
        yield Verdict.RIGHT if is_taken else Verdict.AGAIN
    if month := expected.get("month"):
        shown_month = taken.after.view.month or (wish.month and f"{wish.month:%Y-%m}")
        yield Verdict.RIGHT if shown_month == month else Verdict.AGAIN
    if "conflict" in expected:
        yield Verdict.HARMFUL if taken.new_answers.get("day") else Verdict.RIGHT


MONTHS = ("Δεκεμβρίου", "December", "Ιανουαρίου", "January", "Φεβρουαρίου", "February")


def _window(expected: Expected, taken: Taken) -> Marks:
    """Mark hours that are kept, by which the times shown were chosen, or that aren't free."""
    wish, shown = taken.time_wish, taken.after.view.only
    is_time = taken.after.view.step == "time"
    times = [f"{datetime.fromisoformat(at).astimezone(ZONE):%H:%M}" for at in shown if is_time]
    low, high = expected.get("from", OPENING), expected.get("to", CLOSING)
    bounds = [bound for bound in (low, high) if bound not in (OPENING, CLOSING)]
    if times and bounds:
        yield Verdict.RIGHT if all(low <= at < high for at in times) else Verdict.HARMFUL
        return
    if bounds and all(any(bound in text for text in taken.texts) for bound in bounds):
        yield Verdict.RIGHT  # said not to be free
        return
    if high in bounds:
        until = f"{wish.until:%H:%M}" if wish.until != time.max else None
        yield _mark(until, high)
    if low in bounds:
        since = f"{wish.since:%H:%M}" if wish.since != time.min else None
        yield _mark(since, low)


OPENING, CLOSING = "08:00", "20:00"
"""The hours between which offices serve, which bound nothing."""


def _details(expected: Expected, taken: Taken) -> Marks:
    given = {**taken.after.values, **taken.new_wishes}
    if "phone" in expected:
        yield _mark(given.get("details.phone"), expected["phone"])
    if "email" in expected:
        yield _mark(given.get("details.email"), expected["email"])
    if "afm" in expected:
        yield _mark(given.get("details.tax_number"), expected["afm"])
    if "first_name" in expected or "surname" in expected:
        names = [expected[n] for n in ("first_name", "surname") if n in expected]
        yield _mark(_stems(given.get("details.name", "")), _stems(" ".join(names)))


def _detail(expected: Expected, taken: Taken) -> Marks:
    if "answer" in expected:
        yield Verdict.RIGHT if taken.after.values.get("details.email") == "" else Verdict.AGAIN
    yield from _details(expected, taken)
    if not taken.new_answers:
        yield Verdict.AGAIN


def _name(expected: Expected, taken: Taken) -> Marks:
    """Mark the name taken; a single one is to be read back, not taken."""
    if "nothing" in expected:
        yield Verdict.HARMFUL if taken.new_answers else Verdict.RIGHT
    elif "details.name" not in taken.new_answers:
        read, view = {"first_name", "surname"} & expected.keys(), taken.after.view
        is_read_back = len(read) == 1 and view.step == "details.name" and len(view.only) == 1
        names = {_stems(name) for name in view.only}
        is_right = is_read_back and names == {_stems(expected[name]) for name in read}
        yield Verdict.RIGHT if is_right else Verdict.AGAIN
    else:
        yield from _details(expected, taken)


def _stems(name: str) -> frozenset[str]:
    """Return what names have in common in all cases, and in whatever order."""
    return frozenset(token.stems[0] for token in tokenize(normalize(name)))


def _command(expected: Expected, taken: Taken) -> Marks:
    """Mark the command that ran, and what was said or taken of the rest of its sentence."""
    wanted = expected["command"]
    names = COMMANDS.get(wanted, frozenset()) | {wanted}
    dialogs = {taken.after.dialog} - {taken.before.dialog}
    if names & {*taken.commands, *dialogs}:
        yield Verdict.RIGHT
        if set(taken.commands) - names or taken.booked:
            yield Verdict.HARMFUL
        if wanted == "move":
            yield from _when(expected, taken)
        if "service" in expected:
            names_of = _service_names(expected["service"])
            is_said = any(name in text for text in taken.texts for name in names_of)
            yield Verdict.RIGHT if is_said else Verdict.AGAIN
        if wanted in ("when", "where"):
            told = "\n".join(taken.texts)
            yield Verdict.RIGHT if TOLD[wanted].search(told) else Verdict.AGAIN
    elif taken.commands or dialogs or taken.new_answers or taken.new_wishes or taken.booked:
        yield Verdict.HARMFUL
    else:
        yield Verdict.AGAIN


TOLD = {
    "when": re.compile(r"11 (?:Δεκεμβρίου|December).*12:30"),
    "where": re.compile("Τμήμα Κοινωνικής Αρωγής, Καλαμάτα"),
}
"""What is told of the appointment that the conversation at the menu has, and of its office."""


@cache
def _service_names(service: str) -> frozenset[str]:
    bodies = [read_catalogue(file) for file in SHIPPED.glob("*.yaml")]
    return frozenset(
        name
        for body in bodies
        if service in body.services
        for name in body.services[service].name.values()
    )


def _yes_no(expected: Expected, taken: Taken) -> Marks:
    """Mark what was decided: unsure where nothing was, so that it is asked again."""
    view = taken.after.view
    decided = None
    if taken.booked:
        decided = "yes"
    elif taken.new_answers.get("details.email") == "" or view.choosing or taken.after.interruption:
        decided = "no"
    elif expected["answer"] == "unsure":
        decided = "unsure"
    yield _mark(decided, expected["answer"])


def _out_of_scope(_expected: Expected, taken: Taken) -> Marks:
    decided = {**taken.new_answers, **taken.new_wishes}
    decided.pop(MEANT, None)
    yield Verdict.HARMFUL if decided or taken.booked else Verdict.RIGHT


_JUDGES: Mapping[str, Callable[[Expected, Taken], Marks]] = {
    "request": _request,
    "name": _name,
    "when": _when,
    "details": _detail,
    "command": _command,
    "yes_no": _yes_no,
    "out_of_scope": _out_of_scope,
}
