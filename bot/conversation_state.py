"""What is stored of a conversation: the dialogs' state, and what transport must remember."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialogs.conversation import CONVERSATION
from dialogs.engine.state import State, dump_state, load_state

_TRANSPORT = "transport"


@dataclass(frozen=True)
class TransportState:
    """The memory of transport from turn to turn: order of messages, double taps, edits.

    Times are seconds since 1970.
    """

    last_number: int = 0
    """The last message's number, where the platform counts them."""
    last_number_at: float = 0
    open_since: float | None = None
    """When the open question became the open one."""
    opened_by: int = 0
    """The inbound row by whose answer it was first asked."""
    asked_by: int = 0
    """The inbound row by whose answer it was last asked, where messages of ours can be edited."""
    tapped: str = ""
    """The button that was tapped last, as long as nothing else was said."""
    tapped_at: float = 0
    municipality_id: str | None = None
    """The municipality whose own page or bot it is, where it is one's."""
    stated_language: str | None = None
    stated_timezone: str | None = None
    """The last one stated; it counts when it changes, for the citizen may ask for another."""

    def reset(self) -> "TransportState":
        """Return what is still known once the conversation is forgotten."""
        return TransportState(
            municipality_id=self.municipality_id,
            stated_language=self.stated_language,
            stated_timezone=self.stated_timezone,
        )


_DEFAULTS = vars(TransportState())


def load(stored: Mapping[str, Any], language: str, timezone: str) -> tuple[State, TransportState]:
    """Return both from what is stored; language and time zone have columns of their own."""
    dialogs = {name: value for name, value in stored.items() if name != _TRANSPORT}
    transport = TransportState(**stored.get(_TRANSPORT, {}))
    if not dialogs:
        return State(CONVERSATION.initial, language=language, timezone=timezone), transport
    return load_state(dialogs, language, timezone), transport


def dump(state: State, transport: TransportState) -> dict[str, Any]:
    """Return both as stored: what differs from the defaults."""
    kept = {name: v for name, v in vars(transport).items() if v != _DEFAULTS[name]}
    return dump_state(state) | ({_TRANSPORT: kept} if kept else {})


def reset(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a conversation once it is forgotten."""
    state, transport = load(stored, "", "")
    return dump(state.reset(CONVERSATION.initial), transport.reset())
