"""Renders letters: text and HTML of the same blocks, which need no picture and load nothing."""

from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from jinja2.utils import urlize
from markupsafe import Markup

from bot.i18n.translator import Translator
from bot.messages import Letter, ParagraphBlock, Reply
from bot.platforms.layout import map_url
from core.catalogue.crest import size_of
from core.i18n import Text, TextTemplate, _
from dialogs.nlu.fields import dialled_number

TEMPLATES = Path(__file__).parent / "templates"

LONGEST_LINE = 998
"""The most bytes of a line that is sent as it is (RFC 5322); a longer one is encoded."""

CREST = "crest"
"""The Content-ID of the crest's part, by which the HTML shows it."""

CREST_HEIGHT, CREST_WIDTH = 56, 200
"""The most pixels that it takes."""

FOR = _("For")
ON_MAP = _("Show on the map")
ATTACHED = _("To save the appointment in your calendar, open the attached file: {file}")
AUTOMATIC = _(
    "This message was sent automatically, because this address was given for the appointment."
)
ANSWERED = _("If you answer it, the office reads your answer.")
TO_STAFF = _(
    "This address gets the news of appointments automatically. Nobody reads answers to it."
)
UNANSWERED = _("Nobody reads answers to it. To reach the office, please call or write to it.")


class Renderer:
    """Renders the letters of one sender."""

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
        self._text = environment.get_template("letter.txt")
        self._html = environment.get_template("letter.html")

    def render(self, reply: Reply) -> EmailMessage:
        """Return the letter of a reply, without its recipient. Raises ValueError without one."""
        if reply.letter is None:
            raise ValueError("no letter")
        found = self._headed(reply.letter)
        given = self._variables(reply, reply.letter)
        for template, subtype in ((self._text, "plain"), (self._html, "html")):
            content = template.render(**given).strip() + "\n"
            lines = content.encode().split(b"\n")
            is_plain = all(len(line) <= LONGEST_LINE for line in lines)
            add = found.set_content if subtype == "plain" else found.add_alternative
            add(content, subtype=subtype, cte="8bit" if is_plain else "base64")
        html = found.get_body(("html",))
        if reply.letter.crest and html:
            html.add_related(reply.letter.crest, "image", "png", cid=f"<{CREST}>")
        if reply.file:
            # METHOD stands in the file too, which asks nobody to accept.
            found.add_attachment(
                reply.content.decode(),
                subtype="calendar",
                params={"method": "PUBLISH"},
                filename=reply.file,
                cte="base64",
            )
        found["Content-Language"] = reply.language
        return found

    def _headed(self, letter: Letter) -> EmailMessage:
        """Return an empty letter with its headers."""
        domain = self._sender.rpartition("@")[2]
        thread = f"<{letter.thread}@{domain}>"
        found = EmailMessage()
        # EmailMessage itself, until Python 3.13, loses spaces where it folds Greek.
        office = Header(_one_line(letter.office), "utf-8", header_name="From").encode()
        found.set_raw("From", f"{office}\n <{self._sender}>")
        if letter.reply_to:
            found["Reply-To"] = letter.reply_to
        subject = Header(_one_line(letter.subject), "utf-8", header_name="Subject").encode()
        found.set_raw("Subject", subject)
        found["Date"] = format_datetime(letter.written_at)
        found["Message-ID"] = f"<{letter.id}@{domain}>"
        # There is no message of that id: all of an appointment are answers to the same.
        found["In-Reply-To"] = found["References"] = thread
        found["Auto-Submitted"] = "auto-generated"
        found["X-Auto-Response-Suppress"] = "All"  # Exchange's notices of absence
        return found

    def _variables(self, reply: Reply, letter: Letter) -> dict[str, Any]:
        def say(text: Text) -> str:
            return self._texts.say(text, reply.language)

        contact = {row.kind: row for row in letter.contact}
        why = [AUTOMATIC, ANSWERED if letter.reply_to else UNANSWERED]
        if letter.to_staff:
            why = [TO_STAFF]
        return {
            "lang": reply.language,
            "letter": letter,
            "blocks": reply.blocks or [ParagraphBlock(type="paragraph", text=reply.text)],
            "phone": contact.get("phone"),
            "website": contact.get("url"),
            "more": [row for row in letter.contact if row.kind not in ("phone", "url")],
            "crest": letter.crest and {"cid": CREST, "size": shown_size(letter.crest)},
            "for_label": say(FOR),
            "on_map": say(ON_MAP),
            "attached": reply.file
            and say(TextTemplate(ATTACHED.message, args={"file": reply.file})),
            "automatic": " ".join(map(say, why)),
        }


def shown_size(crest: bytes) -> tuple[int, int]:
    """Return width and height at which a crest is shown. Raises ValueError."""
    width, height = size_of(crest)
    scale = min(CREST_HEIGHT / height, CREST_WIDTH / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _linked(text: str) -> Markup:
    """Return a text with its addresses as links, and lines that Outlook breaks, too."""
    return Markup(urlize(text).replace("\n", "<br>\n"))  # noqa: S704 it escapes the rest
