"""The texts about joining two chats of one person, and parting them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.bookings.joining.citizen_joining import FirstChat, Opened
from core.bookings.reference import format_code
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking
from core.i18n import FormattedDate, Text, TextTemplate, _, _n, join
from dialogs.messages.appointment import one_line
from dialogs.messages.blocks import (
    Fact,
    Facts,
    Heading,
    Link,
    Links,
    Message,
    Paragraph,
    message,
)
from dialogs.messages.platforms import name_of, on

OwnBooking = tuple[LoadedMunicipality, Booking]

CONTINUE = _("Continue in another app")
PART = _("Part this chat from the others")

ASK_WHERE = _("Where would you like to go on?")
NOWHERE = _("There is no other app here in which you could go on.")
NOT_THERE = _("In that app you can't go on here yet.")
NOT_FOR_CALLER = _("Please finish the booking for somebody else first.")
EXPECTED = _("The number has six digits. For example: 402 917.")
NOT_SHOWN = _(
    "No number has been shown yet. Please open the link first, and answer “yes” there. Then write "
    "the number here."
)
SPENT = _(
    "That isn't the number either, so I have stopped. No chats were joined. To try again, write: "
    "continue in another app."
)
OVER = _(
    "The time for the number is over, and no chats were joined. To try again, write: continue in "
    "another app."
)
LEFT = _("All right, no chats are joined. The link isn't valid any more.")
NOT_JOINED = _("All right, nothing was joined.")
IS_ALONE = _("This chat isn't joined with any other.")
NOT_PARTED = _("All right, the chats stay joined.")

REFUSALS: Mapping[Opened, TextTemplate] = {
    Opened.OVER: _(
        "This link isn't valid any more: it works once, within ten minutes. Please ask for a new "
        "one in your other chat, by writing: continue in another app."
    ),
    Opened.SAME_CHAT: _(
        "This link was made in this very chat. Please open it where you would like to go on."
    ),
    Opened.TAKEN: _(
        "Another chat has opened this link already. If that wasn't you, write no number in the "
        "chat that gave you the link, but “stop”, and ask for a new one."
    ),
    Opened.JOINED_ALREADY: _("These two chats are joined already."),
    Opened.HAS_OTHERS: _(
        "This chat is joined with another one already. If you would like to join it with this one "
        "instead, write “part” first, and open the link again."
    ),
}
"""The texts for a link that can't join the chat in which it is opened."""


def link_there(platform: str, url: str) -> Message:
    """Return the link with which to go on there, and what comes then."""
    return message(
        Paragraph(
            _(
                "Open this link {where}. It works once, within ten minutes. Please give it to "
                "nobody.",
                where=on(platform),
            )
        ),
        Links((Link(name_of(platform), url),)),
        Paragraph(_("There I'll ask you something, and then show you a number to write here.")),
    )


def on_page(platform: str) -> Text:
    """Return what the page of a link says, which was made in a chat there."""
    return _(
        "This link continues a chat {where}. Go on only if that chat is your own and you made the "
        "link there yourself. You'll be asked once more before anything is joined.",
        where=on(platform),
    )


def ask_number(platform: str) -> Text:
    """Return the question for the number that the other chat shows."""
    return _(
        "Which number of six digits do you see {where}? Write only one that you see there "
        "yourself, never one that somebody tells you.",
        where=on(platform),
    )


def wrong_number(left: int) -> Text:
    """Return that a number is wrong, and how many may still be tried."""
    return _n(
        "That isn't the number that was shown. You can try {count} more time.",
        "That isn't the number that was shown. You can try {count} more times.",
        left,
    )


def joined(platform: str) -> Text:
    """Return that a chat is joined with one there."""
    return _(
        "This chat and the one {where} are joined now: in both you see all of your appointments, "
        "and can change them. To part them again, write “part” in either.",
        where=on(platform),
    )


def ask_to_join(first: FirstChat, zone: ZoneInfo) -> Message:
    """Return the question whether to join this chat with the first one."""
    since: datetime = first.since.astimezone(zone)
    name = [Fact(_("Name there"), first.shown_name)] if first.shown_name else []
    others = join(", ", *(name_of(each) for each in first.others))
    joined_with = [Fact(_("Already joined with"), others)] if first.others else []
    return message(
        Heading(_("Shall I join this chat with another one?")),
        Facts(
            (
                Fact(_("Other chat"), name_of(first.platform)),
                *name,
                Fact(_("Since"), FormattedDate(since, "d MMMM y, HH:mm")),
                *joined_with,
            )
        ),
        Paragraph(
            _(
                "Whoever writes there will see your appointments and details, and can change "
                "them. Answer “yes” only if that chat is your own, too, and you made the link "
                "there yourself. If somebody sent it to you, answer “no”."
            )
        ),
    )


def show_number(number: str, platform: str) -> Message:
    """Return the number to be written in the first chat."""
    shown = f"{number[:3]} {number[3:]}"
    return message(
        Heading(_("Your number: {number}", number=shown)),
        Paragraph(
            _("Write it in your other chat, {where}, within five minutes.", where=on(platform))
        ),
        Paragraph(
            _(
                "Never tell this number to anybody who writes to you or calls you, not even if "
                "they say that they are from the municipality: they would see your appointments."
            )
        ),
    )


def ask_to_part(platforms: Sequence[str]) -> Text:
    """Return the question whether to part this chat from those there."""
    return _(
        "Shall I part this chat from the one {where}? Only the appointments that were booked here "
        "stay here. The others stay there.",
        where=join(", ", *(on(each) for each in platforms)),
    )


_NEW_CODES = _(
    "For safety, the codes of the appointments in this chat have changed. The former ones aren't "
    "valid any more."
)


def parted_here(kept: Sequence[OwnBooking], zone: ZoneInfo) -> Message:
    """Return that this chat was parted from the others, with the new codes of what it keeps."""
    return _with_codes(
        _(
            "This chat stands alone again. The appointments that were booked here stay here. I "
            "have forgotten your details for the next booking, and will ask for them again."
        ),
        kept,
        zone,
    )


def parted_there(platform: str, kept: Sequence[OwnBooking], zone: ZoneInfo) -> Message:
    """Return that a chat there was parted from this one, with the new codes of what this keeps."""
    return _with_codes(
        _(
            "Your chat {where} was parted from this one, and took along the appointments that were "
            "booked there. I have forgotten your details for the next booking, and will ask for "
            "them again.",
            where=on(platform),
        ),
        kept,
        zone,
    )


def _with_codes(said: Text, kept: Sequence[OwnBooking], zone: ZoneInfo) -> Message:
    codes = [
        Fact(one_line(loaded, booking, zone), format_code(booking.code or ""))
        for loaded, booking in kept
        if loaded.has(booking.service, booking.branch)
    ]
    more = (Paragraph(_NEW_CODES), Facts(tuple(codes))) if codes else ()
    return message(Paragraph(said), *more)
