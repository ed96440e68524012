"""The endpoints to which events are sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base
from core.db.personal import PersonalColumn, WithPublicId, personal, personal_column


class DisabledBecause(StrEnum):
    """The reason why an endpoint gets no events."""

    BY_HAND = "by_hand"
    GONE = "gone"
    """It answered 410, by which it asks for no more."""
    FAILED = "failed"
    """An event couldn't be delivered for days. Later events are stored, for when it is enabled."""
    REMOVED = "removed"
    """It is there for nobody any more. The row stays, so that its id is never that of another."""


class WebhookEndpoint(WithPublicId, Base):
    """An address of a municipality's own program, which is sent events.

    `event_types` are the types that it is sent, all where there are none. Events are signed with
    the secret, and until `former_until` with the former one too.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[str] = mapped_column(ForeignKey("municipalities.id"), index=True)
    url: Mapped[str]
    event_types: Mapped[list[Any]]
    _secret: Mapped[Any] = personal_column("secret")
    secret = personal[str]("_secret")
    _former_secret: Mapped[Any | None] = mapped_column(
        "former_secret", PersonalColumn("former_secret")
    )
    former_secret = personal[str | None]("_former_secret")
    former_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[str | None]
    """A DisabledBecause."""


NOT_REMOVED = WebhookEndpoint.disabled_because.is_distinct_from(DisabledBecause.REMOVED)
"""The condition of endpoints that are there, be they enabled or not."""
