"""Renders e-mails: text and HTML of the same blocks, which need no picture and load nothing."""

from collections.abc import Iterator
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from jinja2.utils import urlize
from markupsafe import Markup

from bot.i18n.translator import Translator
from bot.messages import EmailMetadata, ParagraphBlock, Reply
from bot.platforms.email.mime import encoded_text, file_part, in_ascii, multipart, text_part
from bot.platforms.layout import map_url
from core.catalogue.crest import size_of
from core.i18n import LANGUAGES, Text, TextTemplate, _
from dialogs.nlu.fields import dialled_number

TEMPLATES = Path(__file__).parent / "templates"

CREST = "crest"
"""The Content-ID of the crest's part, by which the HTML shows it."""

CREST_HEIGHT, CREST_WIDTH = 56, 200
"""The most pixels that it takes."""

FOR = _("For")
RESCHEDULE, CANCEL = _("Reschedule"), _("Cancel")
RESCHEDULE_OR_CANCEL = _("Reschedule or cancel")
SAVE = _("Save in my calendar")
APPOINTMENT = _("Your appointment")
WILL_YOU_COME, COMING = _("Will you come?"), _("I'm coming")
SEE_NEW_TIME = _("See the new time")
ASKS_FIRST = _(
    "The buttons lead to the page of your appointment. Nothing changes before you confirm it."
)
TAKE_IT_THERE = _(
    "You can take the new time on the page of your appointment, too. Nothing changes before you "
    "confirm it."
)
ON_MAP = _("Show on the map")
ATTACHED = _("To save the appointment in your calendar, open the attached file: {file}")
ATTACHED_CANCELLED = _(
    "To remove the appointment from your calendar, open the attached file: {file}"
)
AUTOMATIC = _(
    "This message was sent automatically, because this address was given for the appointment."
)
ANSWERED = _("If you answer it, the office reads your answer.")
TO_STAFF = _(
    "This address gets the news of appointments automatically. Nobody reads answers to it."
)
UNSUBSCRIBE = _("To get no more reminders by email")
ENDED = _(
    "No reminders of appointments are sent to this address, as you asked with the link in one."
)
RESUME = _("To get reminders by email again")
UNANSWERED = _("Nobody reads answers to it. To reach the office, please call or write to it.")


class Renderer:
    """Renders the e-mails of one sender."""

    def __init__(self, sender: str, texts: Translator) -> None:
        self._sender, self._domain, self._texts = sender, sender.rpartition("@")[2], texts
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"linked": _linked, "dialled": dialled_number, "map_url": map_url}
        self._text = environment.get_template("email.txt")
        self._html = environment.get_template("email.html")
        self._labels = {str(each): _labels(texts, each) for each in LANGUAGES}

    def render(self, reply: Reply, metadata: EmailMetadata) -> bytes:
        """Return the e-mail of a reply, without its recipient."""
        given = self._variables(reply, metadata)
        html = text_part(self._html.render(**given), "html")
        if metadata.crest:
            html = multipart("related", f"=_r{metadata.id}", [html, _crest_part(metadata.crest)])
        parts = [text_part(self._text.render(**given), "plain"), html]
        if metadata.invites:  # programs take an invitation from here, and the file is for others
            parts.append(_calendar_part(reply, metadata))
        headers, boundary = self._headers(metadata, reply.language), f"=_a{metadata.id}"
        if not reply.file:
            return multipart("alternative", boundary, parts, headers)
        attachment = ("Content-Disposition", f'attachment; filename="{reply.file}"')
        parts = [multipart("alternative", boundary, parts)]
        parts.append(_calendar_part(reply, metadata, attachment))
        return multipart("mixed", f"=_m{metadata.id}", parts, headers)

    def message_id(self, metadata: EmailMetadata) -> str:
        """Return the Message-ID of an e-mail."""
        return f"<{metadata.id}@{self._domain}>"

    def _headers(self, metadata: EmailMetadata, language: str) -> Iterator[tuple[str, str]]:
        """Yield the headers of an e-mail, in ASCII."""
        thread = f"<{metadata.thread}@{self._domain}>"
        yield "From", f"{encoded_text('From', metadata.office)}\n <{self._sender}>"
        if metadata.reply_to:
            yield "Reply-To", in_ascii("Reply-To", metadata.reply_to)
        yield "Subject", encoded_text("Subject", metadata.subject)
        yield "Date", format_datetime(metadata.written_at)
        yield "Message-ID", self.message_id(metadata)
        # There is no message of that id: all of an appointment are answers to the same.
        yield "In-Reply-To", thread
        yield "References", thread
        if metadata.unsubscribe:
            yield "List-Unsubscribe", f"<{metadata.unsubscribe}>"
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"  # Exchange's notices of absence
        yield "Content-Language", language

    def _variables(self, reply: Reply, metadata: EmailMetadata) -> dict[str, Any]:
        labels = self._labels[reply.language]
        contact = {row.kind: row for row in metadata.contact}
        attached = ATTACHED_CANCELLED if metadata.calendar_method == "CANCEL" else ATTACHED
        attached = TextTemplate(attached.message, args={"file": reply.file or ""})
        automatic = "to_staff" if metadata.to_staff else "read" if metadata.reply_to else "unread"
        return {
            **labels,
            "lang": reply.language,
            "email": metadata,
            "blocks": reply.blocks or [ParagraphBlock(type="paragraph", text=reply.text)],
            "phone": contact.get("phone"),
            "website": contact.get("url"),
            "more": [row for row in metadata.contact if row.kind not in ("phone", "url")],
            "crest": metadata.crest and {"cid": CREST, "size": shown_size(metadata.crest)},
            "saves": bool(reply.file) and metadata.calendar_method != "CANCEL",
            "asks_first": labels["take_it_there" if metadata.offers else "asks_first"],
            "attached": reply.file and self._texts.say(attached, reply.language),
            "automatic": labels[automatic],
        }


def _labels(texts: Translator, language: str) -> dict[str, str]:
    """Return the texts that are the same in all e-mails of a language, by their names."""

    def say(*phrases: Text) -> str:
        return " ".join(texts.say(each, language) for each in phrases)

    return {
        "for_label": say(FOR),
        "on_map": say(ON_MAP),
        "will_you_come": say(WILL_YOU_COME),
        "coming": say(COMING),
        "reschedule": say(RESCHEDULE),
        "cancel": say(CANCEL),
        "reschedule_or_cancel": say(RESCHEDULE_OR_CANCEL),
        "save": say(SAVE),
        "your_appointment": say(APPOINTMENT),
        "see_new_time": say(SEE_NEW_TIME),
        "asks_first": say(ASKS_FIRST),
        "take_it_there": say(TAKE_IT_THERE),
        "read": say(AUTOMATIC, ANSWERED),
        "unread": say(AUTOMATIC, UNANSWERED),
        "to_staff": say(TO_STAFF),
        "unsubscribe": say(UNSUBSCRIBE),
        "ended": say(ENDED),
        "resume": say(RESUME),
    }


def shown_size(crest: bytes) -> tuple[int, int]:
    """Return width and height at which a crest is shown. Raises ValueError."""
    width, height = size_of(crest)
    scale = min(CREST_HEIGHT / height, CREST_WIDTH / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


@lru_cache(64)
def _crest_part(crest: bytes) -> bytes:
    inline = ("Content-Disposition", "inline")
    return file_part(crest, "image/png", ("Content-ID", f"<{CREST}>"), inline)


def _calendar_part(reply: Reply, metadata: EmailMetadata, *headers: tuple[str, str]) -> bytes:
    """Return the calendar file, whose METHOD its media type names too (RFC 6047)."""
    content_type = f'text/calendar; charset="utf-8"; method="{metadata.calendar_method}"'
    return file_part(reply.content, content_type, *headers)


@lru_cache(1024)  # most are the same in many e-mails
def _linked(text: str) -> Markup:
    """Return a text with its addresses as links, and lines that Outlook breaks, too."""
    return Markup(urlize(text).replace("\n", "<br>\n"))  # noqa: S704 it escapes the rest
