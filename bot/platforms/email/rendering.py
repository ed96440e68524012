"""Renders e-mails: text and HTML of the same blocks, which need no picture and load nothing."""

from collections.abc import Iterator
from email.charset import Charset
from email.header import Header
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from jinja2.utils import urlize
from markupsafe import Markup

from bot.i18n.translator import Translator
from bot.messages import EmailMetadata, ParagraphBlock, Reply
from bot.platforms.layout import map_url
from core.catalogue.crest import size_of
from core.i18n import Text, TextTemplate, _
from dialogs.nlu.fields import dialled_number

TEMPLATES = Path(__file__).parent / "templates"

LONGEST_LINE = 998
"""The most bytes of a line that is sent as it is (RFC 5322); a longer one is encoded."""

EIGHT_BITS = Charset("utf-8")
EIGHT_BITS.body_encoding = None  # type: ignore[assignment]  # typeshed knows no bodies as they are
"""The encoding of texts. EmailMessage would parse each header that it is given, which takes longer
than all the rest, and until Python 3.13 loses spaces where it folds Greek."""

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
        self._sender, self._texts = sender, texts
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

    def render(self, reply: Reply, metadata: EmailMetadata) -> Message:
        """Return the e-mail of a reply, without its recipient."""
        given = self._variables(reply, metadata)
        html: Message = _text_part(self._html.render(**given), "html")
        if metadata.crest:
            html = MIMEMultipart("related", None, [html, _crest_part(metadata.crest)])
        parts = [_text_part(self._text.render(**given), "plain"), html]
        if metadata.invites:  # programs take an invitation from here, and the file is for others
            parts.append(_calendar_part(reply, metadata))
        found = MIMEMultipart("alternative", None, parts)
        if reply.file:
            file = _calendar_part(reply, metadata)
            file.add_header("Content-Disposition", "attachment", filename=reply.file)
            found = MIMEMultipart("mixed", None, [found, file])
        for name, value in self._headers(metadata, reply.language):
            found[name] = value
        return found

    def _headers(self, metadata: EmailMetadata, language: str) -> Iterator[tuple[str, str]]:
        """Yield the headers of an e-mail, in ASCII."""
        domain = self._sender.rpartition("@")[2]
        yield "From", f"{_encoded('From', metadata.office)}\n <{self._sender}>"
        if metadata.reply_to:
            yield "Reply-To", metadata.reply_to
        yield "Subject", _encoded("Subject", metadata.subject)
        yield "Date", format_datetime(metadata.written_at)
        yield "Message-ID", f"<{metadata.id}@{domain}>"
        # There is no message of that id: all of an appointment are answers to the same.
        yield "In-Reply-To", f"<{metadata.thread}@{domain}>"
        yield "References", f"<{metadata.thread}@{domain}>"
        if metadata.unsubscribe:
            yield "List-Unsubscribe", f"<{metadata.unsubscribe}>"
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"  # Exchange's notices of absence
        yield "Content-Language", language

    def _variables(self, reply: Reply, metadata: EmailMetadata) -> dict[str, Any]:
        def say(text: Text) -> str:
            return self._texts.say(text, reply.language)

        contact = {row.kind: row for row in metadata.contact}
        attached = ATTACHED_CANCELLED if metadata.calendar_method == "CANCEL" else ATTACHED
        why = [AUTOMATIC, ANSWERED if metadata.reply_to else UNANSWERED]
        if metadata.to_staff:
            why = [TO_STAFF]
        return {
            "lang": reply.language,
            "email": metadata,
            "blocks": reply.blocks or [ParagraphBlock(type="paragraph", text=reply.text)],
            "phone": contact.get("phone"),
            "website": contact.get("url"),
            "more": [row for row in metadata.contact if row.kind not in ("phone", "url")],
            "crest": metadata.crest and {"cid": CREST, "size": shown_size(metadata.crest)},
            "for_label": say(FOR),
            "on_map": say(ON_MAP),
            "will_you_come": say(WILL_YOU_COME),
            "coming": say(COMING),
            "reschedule": say(RESCHEDULE),
            "cancel": say(CANCEL),
            "reschedule_or_cancel": say(RESCHEDULE_OR_CANCEL),
            "saves": bool(reply.file) and metadata.calendar_method != "CANCEL",
            "save": say(SAVE),
            "your_appointment": say(APPOINTMENT),
            "see_new_time": say(SEE_NEW_TIME),
            "asks_first": say(TAKE_IT_THERE if metadata.offers else ASKS_FIRST),
            "attached": reply.file
            and say(TextTemplate(attached.message, args={"file": reply.file})),
            "automatic": " ".join(map(say, why)),
            "unsubscribe": say(UNSUBSCRIBE),
            "ended": say(ENDED),
            "resume": say(RESUME),
        }


def shown_size(crest: bytes) -> tuple[int, int]:
    """Return width and height at which a crest is shown. Raises ValueError."""
    width, height = size_of(crest)
    scale = min(CREST_HEIGHT / height, CREST_WIDTH / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _encoded(name: str, text: str) -> str:
    """Return a text as a header has it, in lines of at most 76 characters."""
    return Header(" ".join(text.split()), "utf-8", header_name=name).encode()


def _text_part(content: str, subtype: str) -> MIMEText:
    """Return a text in eight bits, so that its addresses stay plain, unless a line is too long."""
    content = content.strip() + "\n"
    is_long = any(len(line) > LONGEST_LINE for line in content.encode().split(b"\n"))
    return MIMEText(content, subtype, "utf-8" if is_long else EIGHT_BITS)  # type: ignore[arg-type]


def _crest_part(crest: bytes) -> MIMEImage:
    part = MIMEImage(crest, "png")
    part["Content-ID"] = f"<{CREST}>"
    part["Content-Disposition"] = "inline"
    return part


def _calendar_part(reply: Reply, metadata: EmailMetadata) -> MIMEText:
    """Return the calendar file, whose METHOD its media type names too (RFC 6047)."""
    part = MIMEText(reply.content.decode(), "calendar", "utf-8")
    part.set_param("method", metadata.calendar_method)
    return part


def _linked(text: str) -> Markup:
    """Return a text with its addresses as links, and lines that Outlook breaks, too."""
    return Markup(urlize(text).replace("\n", "<br>\n"))  # noqa: S704 it escapes the rest
