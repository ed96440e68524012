"""The kinds, recipients and causes of outbox messages, which are stored as text.

A recipient and a cause make the dedupe key.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.messaging.recipients import Recipient


class MessageKind(StrEnum):
    """The kind of an outbox message: a reply, or a notification about a booking."""

    REPLY = "reply"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    EDITED = "edited"
    REMINDER = "reminder"
    MOVED_BY_OFFICE = "moved_by_office"
    CANCELLED_BY_OFFICE = "cancelled_by_office"
    EDITED_BY_OFFICE = "edited_by_office"
    TIME_OFFERED = "time_offered"
    """Another time, held for the citizen, in place of one that can't be kept."""
    NO_TIME_FREE = "no_time_free"
    """No other time can be offered in place of one that can't be kept."""
    OFFER_EXPIRED = "offer_expired"
    OFFER_WITHDRAWN = "offer_withdrawn"
    """The appointment stands after all."""
    CODE_SENT = "code_sent"
    """The code of an appointment, by e-mail, to whoever has lost it."""
    PHONE_PROOF = "phone_proof"
    """The digits that prove a number, to that number."""
    ADDRESS_REFUSED = "address_refused"
    """The news that an e-mail couldn't be delivered, to the chat in which its address was given."""
    ALERT = "alert"
    """A change to a booking, to a room of staff."""
    ALERT_EDIT = "alert_edit"
    """The first alert of a booking in a room, edited to show how the booking is."""
    UNDELIVERED_ALERT = "undelivered_alert"
    """A message to a citizen that was given up, to a room of staff."""
    DAY_LIST = "day_list"
    """The bookings of a day, to a room of staff in the morning."""
    STAFF_QUESTION = "staff_question"
    """The question why a booking is to be cancelled, to a member in a room."""
    OFFER_QUESTION = "offer_question"
    """The question whether a citizen is to be offered another time, to a room of staff."""
    OFFER_ALERT = "offer_alert"
    """The outcome of an offer of another time, to a room of staff."""
    OFFER_SETTLED = "offer_settled"
    """The news that a call that was asked for isn't needed any more, to a room of staff."""
    RELAY = "relay"
    """A citizen's text to the office, to a room of staff."""
    RELAY_EDIT = "relay_edit"
    """The first message of a thread in a room, edited to show how the thread is."""
    RELAY_UNDELIVERED = "relay_undelivered"
    """The news that the citizen hasn't got the office's text, to a room of staff."""
    RELAY_UNANSWERED = "relay_unanswered"
    """The news that a citizen was left without an answer, to a room of staff."""
    RELAY_PROMPT = "relay_prompt"
    """The question what to write to the citizen of a booking, to a member in a room."""
    RELAY_ANSWER = "relay_answer"
    """The office's text, to the citizen."""
    RELAY_CLOSED = "relay_closed"
    """The end of a thread, to the citizen."""
    JOINED = "joined"
    """The news that a chat was joined with another, to the one that it was joined from."""
    PARTED = "parted"
    """The news that another chat was parted from a chat, to that chat."""
    STAFF_ANSWER = "staff_answer"
    """The answer to a message in a room of staff, where it couldn't be sent at once."""
    CLOSURE = "closure"
    """A closure or an extra opening that was made, or has ended, to a room of staff."""
    CATALOGUE = "catalogue"
    """A catalogue in whose way bookings stood was loaded, to a room of staff."""
    CLOSURE_PREVIEW = "closure_preview"
    """The preview of a closure or opening, edited in a room once it is answered."""
    WEBHOOK_DISABLED = "webhook_disabled"
    """An endpoint that gets no events any more, to a room of staff."""
    TEXTS_USED = "texts_used"
    """The news that the month's text messages are nearly, or all, used, to a room of staff."""
    EVENT = "event"
    """A change, to a webhook endpoint."""


TO_STAFF = frozenset(
    {
        MessageKind.ALERT,
        MessageKind.ALERT_EDIT,
        MessageKind.UNDELIVERED_ALERT,
        MessageKind.DAY_LIST,
        MessageKind.STAFF_QUESTION,
        MessageKind.STAFF_ANSWER,
        MessageKind.OFFER_QUESTION,
        MessageKind.OFFER_ALERT,
        MessageKind.OFFER_SETTLED,
        MessageKind.RELAY,
        MessageKind.RELAY_EDIT,
        MessageKind.RELAY_PROMPT,
        MessageKind.RELAY_UNDELIVERED,
        MessageKind.RELAY_UNANSWERED,
        MessageKind.CLOSURE,
        MessageKind.CLOSURE_PREVIEW,
        MessageKind.CATALOGUE,
        MessageKind.WEBHOOK_DISABLED,
        MessageKind.TEXTS_USED,
    }
)
"""The kinds of message that go to a room of staff."""

RELAYED_TO_CITIZEN = frozenset({MessageKind.RELAY_ANSWER, MessageKind.RELAY_CLOSED})
"""The kinds of message of a thread that go to its citizen."""

OF_JOINING = frozenset({MessageKind.JOINED, MessageKind.PARTED})
"""The kinds of message about chats that were joined or parted."""

TO_CHAT = RELAYED_TO_CITIZEN | OF_JOINING
"""The kinds of message that go to a chat and are about no booking's change."""


TO_CONTACT = TO_CHAT | {MessageKind.ADDRESS_REFUSED}
"""The kinds of message that go to a chat, whosever booking they may be about."""


@dataclass(frozen=True)
class Cause:
    """The cause of a message, such as a change of a booking; each recipient gets it once."""

    text: str

    @classmethod
    def change(cls, history_id: int | None) -> "Cause":
        """Return the cause that is a change of a booking. Stored as "change 5"."""
        return cls(f"change {history_id}")

    @classmethod
    def reminder(cls, booking_id: int, hours: int) -> "Cause":
        """Return the cause that is an appointment in so many hours. Stored as "reminder 7 48"."""
        return cls(f"{MessageKind.REMINDER} {booking_id} {hours}")

    def as_reminder(self) -> int:
        """Return how many hours before the appointment the reminder is that is the cause.

        0 where a former revision stored it, of which each booking had one.
        """
        _reminder, _booking, *rest = self.text.split()
        return int(rest[0]) if rest else 0

    @classmethod
    def reply(cls, inbound_id: int, position: int) -> "Cause":
        """Return the cause that is a reply to an inbound message. Stored as "reply 12.0"."""
        return cls(f"{MessageKind.REPLY} {inbound_id}.{position}")

    @classmethod
    def edit(cls, history_id: int) -> "Cause":
        """Return the cause that shows a change in an alert sent before. Stored as "edit 5"."""
        return cls(f"edit {history_id}")

    @classmethod
    def seen(cls, history_id: int | None) -> "Cause":
        """Return the cause that is an alert of a change that was seen. Stored as "seen 5"."""
        return cls(f"seen {history_id}")

    @classmethod
    def tap(cls, message_id: str) -> "Cause":
        """Return the cause that is a tap on what isn't so any more. Stored as "tap 733001".

        By the platform's id: the rows of what staff tap are deleted, and SQLite gives their
        numbers again.
        """
        return cls(f"tap {message_id}")

    @classmethod
    def answer(cls, message_id: str) -> "Cause":
        """Return the cause that is a tap under an answer of ours. Stored as "answer 733001"."""
        return cls(f"answer {message_id}")

    @classmethod
    def staff_answer(cls, message_id: str, own_id: str) -> "Cause":
        """Return the cause that is a message of staff, by its update's id and its own."""
        return cls(f"staff answer {message_id} {own_id}")

    def as_staff_answer(self) -> tuple[str, str]:
        """Return both ids of the message of staff that is the cause."""
        *_words, message_id, own_id = self.text.split()
        return message_id, own_id

    @classmethod
    def undelivered(cls, row_id: int) -> "Cause":
        """Return the cause that is a message given up. Stored as "undelivered 9"."""
        return cls(f"undelivered {row_id}")

    def as_undelivered(self) -> int | None:
        """Return the id of the message given up that is the cause; None for another cause."""
        found = self.text.removeprefix("undelivered ")
        return int(found) if found.isdecimal() else None

    @classmethod
    def refused(cls, history_id: int) -> "Cause":
        """Return the cause that is a dead address, which a change gave. Stored as "refused 5"."""
        return cls(f"refused {history_id}")

    @classmethod
    def unnotified(cls, history_id: int) -> "Cause":
        """Return the cause that is a change of which nobody could be sent a message.

        Stored as "unnotified 5".
        """
        return cls(f"unnotified {history_id}")

    @classmethod
    def day(cls, day: date) -> "Cause":
        """Return the cause that is a day. Stored as "day 2026-12-01"."""
        return cls(f"day {day}")

    @classmethod
    def question(cls, question_id: int, step: int) -> "Cause":
        """Return the cause that is a step of a question to staff. Stored as "question 3.0"."""
        return cls(f"question {question_id}.{step}")

    @classmethod
    def offer(cls, offer_id: int, state: str) -> "Cause":
        """Return the cause that is an offer's state. Stored as "offer 3 made"."""
        return cls(f"offer {offer_id} {state}")

    @classmethod
    def offer_edit(cls, offer_id: int, state: str) -> "Cause":
        """Return the cause that shows an offer in an alert sent before, "offer edit 3 made"."""
        return cls(f"offer edit {offer_id} {state}")

    @classmethod
    def offer_question(cls, message_id: str) -> "Cause":
        """Return the cause that is a tap on the button that asks, "offer question 733001"."""
        return cls(f"offer question {message_id}")

    @classmethod
    def offer_answer(cls, row_id: int, answer: str) -> "Cause":
        """Return the cause that is the answer to the question of a row, "offer answer 9 yes"."""
        return cls(f"offer answer {row_id} {answer}")

    @classmethod
    def code(cls, asked_at: datetime) -> "Cause":
        """Return the cause that is a request for a lost code, at a time, "code 1764…"."""
        return cls(f"code {int(asked_at.timestamp())}")

    @classmethod
    def new_code(cls, booking_id: int, at: datetime) -> "Cause":
        """Return the cause that is a new code of a booking, at a time, "new code 7 1764…"."""
        return cls(f"new code {booking_id} {int(at.timestamp())}")

    @classmethod
    def proof(cls, proof_id: int, asked_at: datetime) -> "Cause":
        """Return the cause that is a request to prove a number, at a time, "proof 3 1764…"."""
        return cls(f"proof {proof_id} {int(asked_at.timestamp())}")

    def as_proof(self) -> tuple[int, int]:
        """Return the id of the proof, and when it was asked for (seconds since 1970)."""
        _proof, proof_id, asked_at = self.text.split()
        return int(proof_id), int(asked_at)

    def as_offer(self) -> tuple[int, str]:
        """Return the offer and the state that are the cause."""
        _offer, number, state = self.text.split()
        return int(number), state

    @classmethod
    def relay(cls, message_id: int) -> "Cause":
        """Return the cause that is a text of a thread. Stored as "relay 4"."""
        return cls(f"relay {message_id}")

    @classmethod
    def relay_closed(cls, thread_id: int) -> "Cause":
        """Return the cause that is the end of a thread. Stored as "relay closed 2"."""
        return cls(f"relay closed {thread_id}")

    @classmethod
    def relay_unanswered(cls, thread_id: int) -> "Cause":
        """Return the cause that is a thread without answer. Stored as "relay unanswered 2"."""
        return cls(f"relay unanswered {thread_id}")

    @classmethod
    def relay_first(cls, message_id: int) -> "Cause":
        """Return the cause that is a text which couldn't answer the first message of its thread.

        For that was deleted. Stored as "relay first 4".
        """
        return cls(f"relay first {message_id}")

    @classmethod
    def relay_moved(cls, message_id: int) -> "Cause":
        """Return the cause that is a thread's move to another room, after that text of it.

        Stored as "relay moved 4".
        """
        return cls(f"relay moved {message_id}")

    @classmethod
    def relay_undelivered(cls, message_id: int) -> "Cause":
        """Return the cause that is a text that the citizen hasn't got.

        Stored as "relay undelivered 4".
        """
        return cls(f"relay undelivered {message_id}")

    @classmethod
    def relay_prompt(cls, member_id: int, message_id: str) -> "Cause":
        """Return the cause that is a member's wish to write. Stored as "relay prompt 3 733001"."""
        return cls(f"relay prompt {member_id} {message_id}")

    @classmethod
    def joined(cls, contact_id: int, at: datetime) -> "Cause":
        """Return the cause that is a join with a contact, at a time, "joined 3 1764…"."""
        return cls(f"joined {contact_id} {int(at.timestamp())}")

    @classmethod
    def parted(cls, contact_id: int, at: datetime) -> "Cause":
        """Return the cause that is a contact's parting, at a time, "parted 3 1764…"."""
        return cls(f"parted {contact_id} {int(at.timestamp())}")

    @property
    def number(self) -> int:
        """Return the id of the thread, text, offer or contact that is the cause.

        It is its first number.
        """
        return next(int(word) for word in self.text.split() if word.isdecimal())

    @classmethod
    def closure(cls, exception_id: int, *, ended: bool = False) -> "Cause":
        """Return the cause that is a closure or opening. Stored as "closure 5 made", "… ended"."""
        return cls(f"closure {exception_id} {'ended' if ended else 'made'}")

    @classmethod
    def loaded(cls, municipality_id: str, at: datetime) -> "Cause":
        """Return the cause that is a catalogue loaded at a time, "loaded town 1764…"."""
        return cls(f"loaded {municipality_id} {int(at.timestamp())}")

    @classmethod
    def preview(cls, inbound_id: int, received_at: int, number: int) -> "Cause":
        """Return the cause that is the answer to a preview. Stored as "preview 3 1796000000 5".

        By the command's row and when it came (seconds since 1970), for numbers are given again;
        `number` is that of what was made, 0 where it was left.
        """
        return cls(f"preview {inbound_id} {received_at} {number}")

    def as_preview(self) -> tuple[int, int, int]:
        """Return the command's row, when it came, and the number of what was made."""
        _preview, inbound_id, received_at, number = self.text.split()
        return int(inbound_id), int(received_at), int(number)

    @classmethod
    def webhook_disabled(cls, endpoint_id: int, at: datetime) -> "Cause":
        """Return the cause that is an endpoint disabled at a time, "webhook disabled 3 1764…"."""
        return cls(f"webhook disabled {endpoint_id} {int(at.timestamp())}")

    @classmethod
    def texts_used(cls, municipality_id: str, month: str, percent: int, budget: int) -> "Cause":
        """Return the cause that is a share of a month's texts, "texts used town 2026-12 80 2000".

        With the budget, for another is used up anew.
        """
        return cls(f"texts used {municipality_id} {month} {percent} {budget}")

    def as_texts_used(self) -> tuple[str, str, int, int]:
        """Return municipality, month, percentage and budget of the texts that are the cause."""
        _texts, _used, municipality_id, month, percent, budget = self.text.split()
        return municipality_id, month, int(percent), int(budget)

    def as_closure(self) -> tuple[int, bool]:
        """Return the id of the closure or opening that is the cause, and whether it ended."""
        _closure, exception_id, what = self.text.split()
        return int(exception_id), what == "ended"

    def as_day(self) -> date:
        """Return the day that is the cause."""
        return date.fromisoformat(self.text.removeprefix("day "))

    @classmethod
    def parse(cls, dedupe_key: str, recipient: str) -> "Cause":
        """Return the cause in a stored dedupe key, given the stored recipient."""
        return cls(dedupe_key.removesuffix(f" {recipient}"))

    def dedupe_key(self, recipient: Recipient) -> str:
        """Return the dedupe key of a message to that recipient."""
        return f"{self.text} {recipient}"
