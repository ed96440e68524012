"""The texts for staff about closures and extra openings."""

from collections.abc import Mapping
from datetime import date

from core.bookings.agenda import AgendaEntry
from core.bookings.closures.listing import Outcome
from core.bookings.closures.request import ExceptionRequest
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from core.db.models import ExceptionKind
from core.i18n import FormattedDate, Text, TextTemplate, _, _n, join, lines
from dialogs.messages.staff_alert import brief_line

_DAY = "EEE d/M/y"


def where(loaded: LoadedMunicipality, asked: ExceptionRequest) -> Text:
    """Return what is closed or open: a desk as BRANCH/DESK, a branch, or the municipality."""
    branches: Mapping[str, Text] = {each.id: each.name for each in loaded.body.branches}
    if asked.desk is not None:
        return _("the desk {desk}", desk=asked.desk)
    if asked.branch is not None:
        return branches.get(asked.branch, asked.branch)
    return loaded.body.name


def when(asked: ExceptionRequest) -> Text:
    """Return the days and hours."""
    days: Text = FormattedDate(asked.first, _DAY)
    if asked.last != asked.first:
        days = join("–", days, FormattedDate(asked.last, _DAY))
    hours = f"{asked.start}–{asked.end}" if asked.start else _("all day")
    return join(", ", days, hours)


HEADINGS = {
    ExceptionKind.CLOSURE: (_("Close {where}? {when}"), _("Closed: {where} · {when}")),
    ExceptionKind.OPENING: (
        _("Extra opening? {where} · {when}"),
        _("Extra opening: {where} · {when}"),
    ),
}
"""The headings by kind: of the preview, and of what is done."""


def heading(loaded: LoadedMunicipality, asked: ExceptionRequest, *, done: bool) -> Text:
    """Return what is closed or open and when, and the reason; unless `done`, as a question."""
    what = {"where": where(loaded, asked), "when": when(asked)}
    return lines(
        TextTemplate(HEADINGS[asked.kind][done].message, args=what),
        _("Reason: {reason}", reason=asked.reason) if asked.reason else None,
    )


def outcome(loaded: LoadedMunicipality, found: Outcome, *, done: bool) -> Text:
    """Return what becomes, or became, of the bookings in the way."""
    names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in loaded.desk_ids.items()}
    total = sum(found.moved.values())
    if not (total or found.offered or found.again):
        return _("No appointment is in the way.")
    desks = join(", ", *(f"{names[each]}: {count}" for each, count in found.moved.items()))
    moved = (
        _n(
            "{count} appointment goes to another desk at the same time ({desks}).",
            "{count} appointments go to another desk at the same time ({desks}).",
            total,
            desks=desks,
        )
        if total
        else None
    )
    offered = (
        _n(
            "Another time is offered for {count} appointment; it stands until the citizen takes "
            "that.",
            "Another time is offered for {count} appointments; they stand until the citizens take "
            "that.",
            found.offered - found.soon,
        )
        if found.offered > found.soon
        else None
    )
    soon = (
        _n(
            "{count} appointment begins in less than two hours: please call the citizen.",
            "{count} appointments begin in less than two hours: please call the citizens.",
            found.soon,
        )
        if found.soon
        else None
    )
    again = (
        _n(
            "{count} citizen to whom a time then was offered is offered another one.",
            "{count} citizens to whom a time then was offered are offered another one.",
            found.again,
        )
        if found.again
        else None
    )
    return lines(None if done else _("In the way:"), moved, offered, soon, again)


def in_way_line(body: Municipality, entry: AgendaEntry, desk: str | None) -> Text:
    """Return the line of a booking in the way, with the other desk, if it goes to one."""
    return join(" · ", brief_line(body, entry), f"→ {desk}" if desk else "")


LEFT = _("Left as it is.")


def first_open(number: int) -> TextTemplate:
    """Return the refusal of an extra opening in the closure of that number."""
    return _(
        "It is closed then (closure {number}). To open, first end the closure: /open {number}",
        number=str(number),
    )


def made(number: int) -> Text:
    """Return that what was previewed is done, with its number."""
    return _("Done, number {number}.", number=str(number))


_ENDED = {
    ExceptionKind.CLOSURE: (
        _("The closure {number} has ended."),
        _("The closure {number} has ended: {where} · {when}"),
    ),
    ExceptionKind.OPENING: (
        _("The extra opening {number} has ended."),
        _("The extra opening {number} has ended: {where} · {when}"),
    ),
}
"""The texts by kind: in short, and with what it was."""


def ended_number(kind: ExceptionKind, number: int) -> Text:
    """Return that a closure or an opening has ended."""
    return TextTemplate(_ENDED[kind][0].message, args={"number": str(number)})


def ended(loaded: LoadedMunicipality, number: int, asked: ExceptionRequest) -> Text:
    """Return the same, with what it was."""
    args = {"number": str(number), "where": where(loaded, asked), "when": when(asked)}
    return TextTemplate(_ENDED[asked.kind][1].message, args=args)


def end_heading(loaded: LoadedMunicipality, number: int, asked: ExceptionRequest) -> Text:
    """Return the question whether an extra opening is to end."""
    return _(
        "End the extra opening {number}? {where} · {when}",
        number=str(number),
        where=where(loaded, asked),
        when=when(asked),
    )


def list_line(
    loaded: LoadedMunicipality, number: int, asked: ExceptionRequest, today: date
) -> Text:
    """Return the line of a closure or an opening in a list."""
    kind = _("closed") if asked.kind is ExceptionKind.CLOSURE else _("extra opening")
    is_today = _("is today") if asked.first <= today <= asked.last else ""
    return join(
        " · ", f"{number}", kind, where(loaded, asked), when(asked), asked.reason or "", is_today
    )
