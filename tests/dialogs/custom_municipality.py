"""Build municipalities with given services, questions and fields; read what is stored."""

from typing import Any

from sqlalchemy import select

from bot import conversation_state
from core.catalogue.model import Municipality
from core.db.models import Booking, Conversation
from dialogs.engine.state import State
from tests.conftest import Deployment
from tests.core.small_municipality import service, small_municipality, words


def asks(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """Return a field of the form; its label is its name."""
    return {"id": name, "type": kind, "label": words(name), "question": words(f"{name}?")} | more


def screens(name: str, *options: str, **more: Any) -> dict[str, Any]:
    """Return a screening question; the labels of its options are their ids."""
    picks = [{"id": option, "label": words(option)} for option in options or ("yes", "no")]
    return {"id": name, "text": words(f"{name}?"), "label": words(name), "options": picks} | more


def custom_municipality(
    *services: dict[str, Any], desks: tuple[dict[str, Any], ...] = (), **more: Any
) -> Municipality:
    """Return a municipality with id "town" that asks for name and telephone."""
    fields = [asks("name", "name"), asks("phone", "phone")]
    return small_municipality(
        *desks, services=services or (service(),), **{"fields": fields, **more}
    )


def stored_bookings(deployment: Deployment) -> list[Booking]:
    """Return all bookings, the oldest first."""
    query = select(Booking).order_by(Booking.id)
    return list(deployment.database.write_sync(lambda s: s.scalars(query).all()))


def stored_state(deployment: Deployment) -> State:
    """Return the state of the first conversation."""
    query = select(Conversation.state).order_by(Conversation.id)
    stored = deployment.database.write_sync(lambda s: s.scalars(query).first())
    return conversation_state.load(stored or {}, "el", "Europe/Athens")[0]
