"""An e-mail account as a platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.i18n.translator import Translator
from bot.messages import Reply
from bot.platforms.base import CheckUp, HandleReceipt, Platform, Send
from bot.platforms.email.mailbox import Mailbox
from bot.platforms.email.rendering import Renderer
from bot.platforms.email.settings import EmailAccount
from bot.platforms.email.smtp import Mail, SmtpClient

MUST_SIGN = (
    "reminders carry List-Unsubscribe and List-Unsubscribe-Post: the mail server must sign both "
    "with DKIM (RFC 8058, section 4), or mail programs show no button for them"
)


class Email(Platform):
    """An account that sends e-mails by a mail server, and may read what is reported of them."""

    def __init__(self, account: str, settings: EmailAccount, texts: Translator) -> None:
        super().__init__(account)
        self._settings = settings
        self._renderer = Renderer(settings.sender, texts)
        self._mailbox = Mailbox(account, settings, settings.mailbox) if settings.mailbox else None
        self.reads_receipts = self._mailbox is not None

    def render(self, reply: Reply) -> Mail:
        """Return the e-mail of a reply. Raises ValueError where it has none."""
        found, renderer = reply.email, self._renderer
        if found is None:
            raise ValueError("no e-mail")
        return Mail(renderer.render(reply, found), renderer.message_id(found), found.tag)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Send]:
        """Give `send`, with connections that are made when it is first called."""
        client = SmtpClient(self._settings)
        try:
            yield client.send
        finally:
            await client.close()

    async def read_receipts(self, handle: HandleReceipt) -> None:
        """Read the reports in the mailbox. Raises ConfigurationError."""
        if self._mailbox:
            await self._mailbox.read(handle)

    async def check_up(self, public_url: str | None) -> CheckUp:
        """Check whether the mail server answers, signs us in and takes e-mails of the sender.

        And the mailbox, if there is one. Whether the server signs can't be seen from here: so it is
        said what it must sign.
        """
        sends = await SmtpClient(self._settings).check_up(self.account)
        reads = await self._mailbox.check_up() if self._mailbox else CheckUp([], [])
        return CheckUp(
            [*sends.right, *reads.right],
            [*sends.wrong, *reads.wrong],
            () if public_url is None else (MUST_SIGN,),
        )
