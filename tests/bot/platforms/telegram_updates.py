"""Updates in Telegram's format, with invented people."""

from typing import Any

WHO = {"id": 4711, "is_bot": False, "first_name": "Μαρία", "language_code": "el"}
CHAT = {"id": 4711, "type": "private", "first_name": "Μαρία"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Γειτονιά"}
BOT = {"id": 110201543, "is_bot": True, "first_name": "Rantevou", "username": "rantevou_bot"}
PHOTO = [{"file_id": "a", "file_unique_id": "b", "width": 90, "height": 51, "file_size": 1101}]
FILE = {"file_id": "a", "file_unique_id": "b"}
DATE = 1_790_000_000


def message(**content: Any) -> dict[str, Any]:
    """Return Maria's message to the bot."""
    said = {"message_id": 12, "date": DATE, "chat": CHAT, "from": WHO, **content}
    return {"update_id": 555, "message": said}


def edited(**content: Any) -> dict[str, Any]:
    """Return a message that she edited."""
    update = message(edit_date=DATE + 5, **content)
    return {"update_id": 555, "edited_message": update["message"]}


def tap(data: str | None = "7.2", chat: dict[str, Any] = CHAT, **more: Any) -> dict[str, Any]:
    """Return her tap of a button under the bot's message."""
    ours = {"message_id": 11, "date": DATE, "chat": chat, "from": BOT, "text": "Ποια ημέρα;"}
    query = {"id": "92", "from": WHO, "chat_instance": "-3", "message": ours, **more}
    return {"update_id": 555, "callback_query": query | ({"data": data} if data else {})}


def in_group(text: str, **more: Any) -> dict[str, Any]:
    """Return what she writes in a group."""
    return message(text=text, **{"chat": GROUP, **more})


def answering(text: str, to: int = 11, who: dict[str, Any] = BOT, **more: Any) -> dict[str, Any]:
    """Return her answer to a message in the group, by default to one of the bot's."""
    ours = {"message_id": to, "date": DATE, "chat": GROUP, "from": who, "text": "Νέο ραντεβού"}
    return in_group(text, reply_to_message=ours, **more)


ANONYMOUS: dict[str, Any] = {
    "from": {
        "id": 1087968824,
        "is_bot": True,
        "first_name": "Group",
        "username": "GroupAnonymousBot",
    },
    "sender_chat": GROUP,
}
"""The sender of what an admin writes who remains anonymous."""


def contact(phone: str = "306912345678", owner: int | None = 4711) -> dict[str, Any]:
    """Return a contact that she shared; `owner` is whose it is."""
    shared = {"phone_number": phone, "first_name": "Μαρία"}
    return message(contact=shared | ({"user_id": owner} if owner else {}))


def blocked(status: str = "kicked", chat: dict[str, Any] = CHAT) -> dict[str, Any]:
    """Return her blocking of the bot."""
    until = {"until_date": 0} if status == "kicked" else {}
    change = {
        "chat": chat,
        "from": WHO,
        "date": DATE,
        "old_chat_member": {"user": BOT, "status": "member"},
        "new_chat_member": {"user": BOT, "status": status, **until},
    }
    return {"update_id": 555, "my_chat_member": change}


UNREADABLE: tuple[dict[str, Any], ...] = (
    message(text="α", date="soon"),
    message(photo={"file_id": "a"}),
    message(text="α", chat={"type": "private"}),
    message(text="α", **{"from": {"first_name": "Μαρία"}}),
    message(text="α", entities=[{"offset": 0}]),
    {"update_id": 555, "message": 5},
    {"update_id": 555, "callback_query": {"id": "92", "data": "7.2"}},
)
"""Updates that the library can't read: some that it couldn't in the past, some invented."""

LINKED = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Νίκος", "date": DATE}}
CHECKLIST = {"title": "Δικαιολογητικά", "tasks": [{"id": 1, "text": "Ταυτότητα"}]}
VENUE = {"latitude": 37.04, "longitude": 22.11}
CHANNEL = {"id": -100124, "type": "channel", "title": "Ανακοινώσεις"}
POST = {"message_id": 3, "date": DATE, "chat": CHANNEL, "text": "Καλημέρα"}
