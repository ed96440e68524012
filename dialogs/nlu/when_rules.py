"""The grammar of days and times: rules that replace runs of tags by what they mean.

The rules are applied one after the other, each wherever its pattern matches. They make the
letters D days, G the coming weekday, K a week, V a month, X a weekday and a date that disagree,
0 a day that no calendar has, C a time, Q hours, Z a number after "at".
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from dialogs.nlu.calendar_days import Calendar
from dialogs.nlu.feasts import next_feast
from dialogs.nlu.spans import Span
from dialogs.nlu.when_days import (
    days_made,
    read_after_units,
    read_agreed,
    read_beside_day,
    read_compose,
    read_date,
    read_days_between,
    read_days_since,
    read_days_until,
    read_digits_of_month,
    read_eve,
    read_month,
    read_not_this,
    read_nth_weekday,
    read_of_month,
    read_of_this_month,
    read_range_in_month,
    read_week,
    read_weekday,
    read_weekday_number,
    read_weekday_of_week,
    read_weekdays_of_month,
    read_weekend,
)
from dialogs.nlu.when_tags import Tag
from dialogs.nlu.when_times import (
    read_between,
    read_digits_between,
    read_half_hour,
    read_hour_and_minutes,
    read_in_part,
    read_minutes_to,
    read_part,
    read_plain_hour,
    read_since,
    read_typed_time,
    read_until,
)

Reduce = Callable[[Calendar, Sequence[Any], str], tuple[str, object] | None]
"""Returns the letter and value for the values of some tags and their letters; None: no match."""


class Rule(NamedTuple):
    """A pattern of letters, and what it becomes."""

    pattern: re.Pattern[str]
    reduce: Reduce


def reduced(tags: list[Tag], calendar: Calendar) -> list[Tag]:
    """Return the tags after all rules."""
    letters = "".join([tag.letter for tag in tags])
    for pattern, reduce in RULES:
        at = 0
        while found := pattern.search(letters, at):
            start, end = found.span()
            part = tags[start:end]
            made = reduce(calendar, [tag.value for tag in part], letters[start:end])
            at = start + 1
            if made:
                span = Span(part[0].span.start, max(tag.span.end for tag in part))
                tags[start:end] = [Tag(*made, span)]
                letters = letters[:start] + made[0] + letters[end:]
    return tags


NUMBER, HOUR = "[Nwn]", "[CNwn]"
RULES: Sequence[Rule] = tuple(
    Rule(re.compile(pattern), reduce)
    for pattern, reduce in (
        ("w[wn]", read_compose),
        # Days
        ("d(?!M)", read_date),
        ("(?:[Nwo],@?)*[Nwo],?v@?[Nwo]MY?|[Nwo]&@?[Nwo]MY?", read_of_month),
        ("[Tg]M|dM", read_digits_of_month),
        ("[f>]?@?[Nwo][ur]@?[Nwo](?:M|[xt]?m)", read_range_in_month),
        ("(?<!_)Om?M|[Nwo]m?M,?Y?|M@?[Nwo](?![&hqjzATPpu]),?Y?|MO", read_of_month),
        ("OW(?:M|[xt]?m)", read_nth_weekday),
        ("[Nwo],?v@?[Nwo][xt]?m|(?<![i>])[Nwo][xt]?m", read_of_this_month),
        (f"i{NUMBER}[Um](?:f?R)?|{NUMBER}[Um]fR|{NUMBER}?U[@f]W|>{NUMBER}[Um]", read_after_units),
        ("F", lambda c, values, _l: days_made(next_feast(values[0], c.today))),
        (f"{NUMBER}?U[<>]D", read_beside_day),
        ("E[Do]|De", read_eve),
        ("R", lambda c, values, _l: days_made(c.today + timedelta(days=values[0]))),
        ("(?<!!)(?:[xtc]?Wc?,?@?D|D,?@?Wc?(?!,?@?[DNo]))", read_agreed),
        ("W@?o|W@?[Nw](?![&hqjzATPp]|[ur](?!@?[DW]))", read_weekday_number),
        ("U>x|U@?[oD]|Us@?[NwoD]|[xtc]Uc?|Uc", read_week),
        ("[xtc]m|mc|[xtc]?M", read_month),
        ("W(?:[v&,]+@?W)*,?x?K|K,?@?W(?:[v&,]+@?W)*", read_weekday_of_week),
        ("O?W,?V|V,?W", read_weekdays_of_month),
        ("!tW,?xn?(?!,?@?[WUmk])", read_not_this),
        ("[xtc]?Wc?", read_weekday),
        ("[xtc]?kc?", read_weekend),
        # Times
        ("NT|T", read_typed_time),
        ("H", read_half_hour),
        (
            f"{NUMBER}&?h(?!{NUMBER})|[Nw]&?q|n&q|{NUMBER}jq|{NUMBER}j[Nw]|hp{NUMBER}|qp{NUMBER}",
            read_hour_and_minutes,
        ),
        (f"[Nw]p{NUMBER}|qr{NUMBER}|h{NUMBER}", read_hour_and_minutes),
        (f"[Nw]r{NUMBER}", read_minutes_to),
        (f"b@?{HOUR}[&ur]@?{HOUR}", read_between),
        (f"{NUMBER}A|[Nw]r?P|@nr?P", read_in_part),
        ("[Nw]z|@nz|z,?[Nw]", read_plain_hour),
        (f"{NUMBER}&[Nw]", read_hour_and_minutes),
        ("CA|Cr?P|P,?@?C|P@[Nwn]", read_in_part),
        (f"f?@?{HOUR}[ur]@?{HOUR}(?!_)", read_between),
        ("g", read_digits_between),
        (f">@?{HOUR}z?l?|f@?{HOUR}(?:l|(?!_))|@?{HOUR}l", read_since),
        (f"[<u]@?{HOUR}z?", read_until),
        ("[<>u]?P", read_part),
        ("f?[DG][ur][DG]", read_days_between),
        ("[<u][DG]", read_days_until),
        ("f[DG]l?|>[DG]", read_days_since),
        (f"@{NUMBER}", lambda _c, values, _l: ("Z", values[-1])),
    )
)
"""Each rule finds what those before it have made."""
