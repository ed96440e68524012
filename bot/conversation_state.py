"""The stored state of a conversation: that of its dialogs, and that of the transport."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.messages import Reply
from dialogs.conversation import CONVERSATION
from dialogs.engine.state import State, dump_state, load_state

_TRANSPORT = "transport"


@dataclass(frozen=True)
class TransportState:
    """The state of the transport between turns: order of messages, repeated taps, edits.

    Times are seconds since 1970.
    """

    last_number: int = 0
    """The number of the last message, where the platform numbers them."""
    last_number_at: float = 0
    open_since: float | None = None
    """The time at which the open question became the open one."""
    opened_by: int = 0
    """The inbound row whose replies first asked it."""
    asked_again_by: int = 0
    """The inbound row whose replies asked it again, after a text that came too early; else 0."""
    asked_by: int = 0
    """The inbound row whose replies last asked it, where sent messages can be edited."""
    tapped: str = ""
    """The choice whose button was tapped last, unless another message came since."""
    tapped_at: float = 0
    album: str | None = None
    """The last album of which a picture was answered."""
    municipality_id: str | None = None
    """The municipality whose own page or bot it is; None for that of all."""
    stated_language: str | None = None
    stated_timezone: str | None = None
    """The last ones stated; only a change counts, since the citizen may have chosen others."""
    app_version: int | None = None
    """The API version that the app stated last, where the platform's messages depend on it."""

    call: str = ""
    """The call that was answered last, unless it is known to have ended."""
    called_at: float = 0
    """When it was answered last."""

    unicode: bool = False
    """Whether they read text messages in Unicode, which costs twice as much as capitals."""

    def fit(self, reply: Reply) -> Reply:
        """Return a reply in the form that its reader's app, or telephone, shows."""
        if self.app_version is None and not self.unicode:
            return reply
        return reply.model_copy(update={"app_version": self.app_version, "unicode": self.unicode})

    def reset(self) -> "TransportState":
        """Return the part that is kept when the conversation is erased."""
        return TransportState(
            municipality_id=self.municipality_id,
            stated_language=self.stated_language,
            stated_timezone=self.stated_timezone,
            app_version=self.app_version,
            unicode=self.unicode,
        )


_DEFAULTS = vars(TransportState())


def load(stored: Mapping[str, Any], language: str, timezone: str) -> tuple[State, TransportState]:
    """Return both states from a stored one; language and time zone have columns of their own."""
    dialogs = {name: value for name, value in stored.items() if name != _TRANSPORT}
    transport = TransportState(**stored.get(_TRANSPORT, {}))
    if not dialogs:
        return State(CONVERSATION.initial, language=language, timezone=timezone), transport
    return load_state(dialogs, language, timezone), transport


def dump(state: State, transport: TransportState) -> dict[str, Any]:
    """Return both states to be stored: the values that aren't defaults."""
    kept = {name: v for name, v in vars(transport).items() if v != _DEFAULTS[name]}
    return dump_state(state) | ({_TRANSPORT: kept} if kept else {})


def reset(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored state of a conversation that is erased."""
    state, transport = load(stored, "", "")
    return dump(state.reset(CONVERSATION.initial), transport.reset())
