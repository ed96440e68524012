"""The scope that a key needs for each route of /api/v1: one table, by the route's name."""

from collections.abc import Mapping

from core.actor import KeyScope

_READ = KeyScope.READ
_PERSONAL = KeyScope.PERSONAL
_WRITE = KeyScope.WRITE
_COUNTS = KeyScope.STATISTICS
_WEBHOOKS = KeyScope.WEBHOOKS

SCOPES: Mapping[str, KeyScope | None] = {
    "read_key": None,  # any key may ask what it is
    "list_municipalities": _READ,
    "read_municipality": _READ,
    "list_times": _READ,
    "list_bookings": _READ,
    "export_bookings": _READ,  # with details: personal besides
    "search_bookings": _READ,  # by a name: personal besides
    "read_booking": _READ,  # with details: personal besides
    "book": _WRITE,
    "move_booking": _WRITE,
    "cancel_booking": _WRITE,
    "edit_booking": _WRITE,
    "mark_arrived": _WRITE,
    "mark_came": _WRITE,
    "mark_no_show": _WRITE,
    "undo_mark": _WRITE,
    "note_booking": _WRITE,
    "list_closures": _READ,
    "preview_closure": _READ,
    "make_closure": _WRITE,
    "preview_end": _READ,
    "end_closure": _WRITE,
    "send_message": _WRITE,
    "read_record": _PERSONAL,  # it names colleagues
    "read_statistics": _COUNTS,
    "list_webhooks": _WEBHOOKS,
    "add_webhook": _WEBHOOKS,
    "read_webhook": _WEBHOOKS,
    "change_webhook": _WEBHOOKS,
    "rotate_webhook": _WEBHOOKS,
    "try_webhook": _WEBHOOKS,
    "replay_webhook": _WEBHOOKS,
    "remove_webhook": _WEBHOOKS,
}
