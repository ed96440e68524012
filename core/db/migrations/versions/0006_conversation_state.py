"""Store a conversation's answers as one ordered list, and choices with labels by language.

Before, the state had answers, path, kept and the transport's values side by side; views,
interruptions and the actions of choices were strings and loose keys.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BATCH = 500
"""The rows converted at a time, so that no whole table is in memory."""

CONVERSATIONS = sa.table(
    "conversations", sa.column("id", sa.BigInteger), sa.column("state", sa.JSON)
)
PROMPTS = sa.table(
    "prompts",
    sa.column("conversation_id", sa.BigInteger),
    sa.column("number", sa.BigInteger),
    sa.column("offered", sa.JSON),
)

KEPT_NAMES = ("dialog", "failures", "number")
VIEW_NAMES = {
    "step": "step",
    "page": "page",
    "month": "month",
    "near": "near",
    "only": "only",
    "help": "help",
    "change": "change",
    "changing": "choosing",
}
TRANSPORT_NAMES = {
    "heard": "last_number",
    "heard_at": "last_number_at",
    "open_since": "open_since",
    "opened_by": "opened_by",
    "asked_by": "asked_by",
    "tapped": "tapped",
    "tapped_at": "tapped_at",
    "home": "municipality_id",
    "client_language": "stated_language",
    "client_timezone": "stated_timezone",
}


def upgrade() -> None:
    """Convert all stored conversations and prompts."""
    connection = op.get_bind()
    last = 0
    query = sa.select(CONVERSATIONS).order_by(CONVERSATIONS.c.id).limit(BATCH)
    while rows := connection.execute(query.where(CONVERSATIONS.c.id > last)).all():
        last = rows[-1].id
        changes = [{"which": row.id, "new": new_state(row.state)} for row in rows if row.state]
        if changes:
            own = CONVERSATIONS.c.id == sa.bindparam("which")
            change = CONVERSATIONS.update().where(own).values(state=sa.bindparam("new"))
            connection.execute(change, changes)
    keys = (PROMPTS.c.conversation_id, PROMPTS.c.number)
    after = (0, -1)
    prompts = sa.select(PROMPTS).order_by(*keys).limit(BATCH)
    while found := connection.execute(prompts.where(sa.tuple_(*keys) > sa.tuple_(*after))).all():
        after = (found[-1].conversation_id, found[-1].number)
        buttons = [
            {"which": row.conversation_id, "at": row.number, "new": list(map(choice, row.offered))}
            for row in found
            if row.offered
        ]
        if buttons:
            same = (keys[0] == sa.bindparam("which")) & (keys[1] == sa.bindparam("at"))
            new = PROMPTS.update().where(same).values(offered=sa.bindparam("new"))
            connection.execute(new, buttons)


def new_state(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a conversation's state in its new shape."""
    new: dict[str, Any] = {"dialog": "book"}
    new |= {name: old[name] for name in KEPT_NAMES if name in old}
    if answers := all_answers(old):
        new["answers"] = answers
    view = {VIEW_NAMES[name]: v for name, v in old.get("view", {}).items() if name in VIEW_NAMES}
    if view:
        new["view"] = view
    if aside := old.get("aside"):
        known = {name: v for name, v in aside.items() if name not in ("ask", "to")}
        new["interruption"] = {
            "step": aside["ask"],
            "dialog": aside.get("to"),
            "answers": known,
        }
    if old.get("hold") is not None:
        new["data"] = {"hold": str(old["hold"])}
    if old.get("digest"):
        new["version"] = old["digest"]
    transport = {TRANSPORT_NAMES[name]: v for name, v in old.items() if name in TRANSPORT_NAMES}
    return new | ({"transport": transport} if transport else {})


def all_answers(old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the answers as one list, the citizen's own in the order in which they were given."""
    given, path = old.get("answers", {}), old.get("path", [])
    kept = {step: v for step, v in old.get("kept", {}).items() if step not in given}
    own = [answer(step, given[step]) for step in path if step in given]
    others = [answer(s, v, source="automatic") for s, v in given.items() if s not in path]
    retracted = [answer(step, value, status="retracted") for step, value in kept.items()]
    return [*others, *own, *retracted]


def answer(step: str, value: str, **more: str) -> dict[str, Any]:
    """Return an answer; details may be reused by later dialogs."""
    reusable = {"reusable": True} if step.startswith("details.") else {}
    return {"step": step, "value": value, **more, **reusable}


def choice(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a choice in its new shape: its action is an object with a kind."""
    new: dict[str, Any] = {"key": old["key"], "labels": {"el": old["el"], "en": old["en"]}}
    if old.get("number") is not None:
        new["number"] = old["number"]
    if not old.get("command"):
        return new | {"value": old["value"]}
    return new | {"action": action(old["value"])}


def action(value: str) -> dict[str, Any]:
    """Return a choice's action, from its former string."""
    name, colon, rest = value.partition(":")
    match name:
        case "set":
            pairs = (pair.partition("=") for pair in rest.split("&"))
            return {"kind": "set", "answers": {step: v for step, _equals, v in pairs}}
        case "page":
            return {"kind": "page", "page": int(rest)}
        case "month":
            return {"kind": "month", "month": rest}
        case "all":
            return {"kind": "all"}
        case "change" if colon:
            return {"kind": "change", "step": rest}
    return {"kind": "command", "name": name}
