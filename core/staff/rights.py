"""The rights of staff: one table, by action and role.

What is outside of a member's scope isn't there for them: nothing of another municipality can be
seen or guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.actor import Role, Staff
from core.catalogue.model import Municipality
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _


class Action(StrEnum):
    """Something that staff do. The values are stored in the record."""

    LIST = "list"
    SHOW = "show"
    FIND = "find"
    """Find bookings by the attendee's name."""
    EXPORT = "export"
    """Take out bookings as a file, without what is known of the attendees."""
    EXPORT_DETAILS = "export_details"
    """Take them out with it."""
    BOOK = "book"
    MOVE = "move"
    OFFER = "offer"
    """Have another time offered to the citizen of a booking."""
    EDIT = "edit"
    CANCEL = "cancel"
    SEEN = "seen"
    """Say that an alert was seen."""
    NUMBER = "number"
    """See the telephone number of a booking, to call it."""
    ARRIVED = "arrived"
    CAME = "came"
    NO_SHOW = "no_show"
    UNDO = "undo"
    RELAY = "relay"
    """Write to a citizen, and close what they write to the office."""
    LIST_STAFF = "list_staff"
    LIST_RECORD = "list_record"
    ADD_MEMBER = "add_member"
    DISABLE_MEMBER = "disable_member"
    LINK_CODE = "link_code"
    LINK = "link"
    ROOM_CODE = "room_code"
    BIND_ROOM = "bind_room"
    UNBIND_ROOM = "unbind_room"
    ADD_KEY = "add_key"
    """Make an API key, which acts for a member."""
    REVOKE_KEY = "revoke_key"
    CLOSE = "close"
    """Close a desk, a branch or the municipality for some time."""
    OPEN = "open"
    """Make extra openings, or end a closure or an opening."""
    LOAD = "load"
    """Load a catalogue in whose way bookings stand."""
    LIST_CLOSURES = "list_closures"
    STATISTICS = "statistics"
    LIST_WEBHOOKS = "list_webhooks"
    ADD_WEBHOOK = "add_webhook"
    CHANGE_WEBHOOK = "change_webhook"
    """Give a webhook endpoint another secret or other events, disable or enable it."""
    REMOVE_WEBHOOK = "remove_webhook"
    SEND_WEBHOOK = "send_webhook"
    """Try a webhook endpoint, or send it events once more."""


class Scope(StrEnum):
    """Where a role may do something."""

    NOWHERE = "nowhere"
    AREA = "area"
    """With the bookings of one's own service groups and desks."""
    DESKS = "desks"
    """At one's own desks."""
    MUNICIPALITY = "municipality"
    """In one's own municipality."""
    DEPLOYMENT = "deployment"
    CODE = "code"
    """Where a one-time code says so, which is the proof: no role is needed."""


_NO = Scope.NOWHERE
_AREA = Scope.AREA
_DESKS = Scope.DESKS
_TOWN = Scope.MUNICIPALITY
_ALL = Scope.DEPLOYMENT
_CODE = Scope.CODE

# fmt: off
RIGHTS: Mapping[Action, tuple[Scope, Scope, Scope]] = {
    #                       employee  manager  operator
    Action.LIST:            (_AREA,    _TOWN,   _ALL),
    Action.SHOW:            (_AREA,    _TOWN,   _ALL),
    Action.FIND:            (_AREA,    _TOWN,   _ALL),
    Action.EXPORT:          (_AREA,    _TOWN,   _ALL),
    Action.EXPORT_DETAILS:  (_AREA,    _TOWN,   _ALL),
    Action.BOOK:            (_AREA,    _TOWN,   _ALL),
    Action.MOVE:            (_AREA,    _TOWN,   _ALL),
    Action.OFFER:           (_AREA,    _TOWN,   _ALL),
    Action.EDIT:            (_AREA,    _TOWN,   _ALL),
    Action.CANCEL:          (_AREA,    _TOWN,   _ALL),
    Action.SEEN:            (_AREA,    _TOWN,   _ALL),
    Action.NUMBER:          (_AREA,    _TOWN,   _ALL),
    Action.ARRIVED:         (_AREA,    _TOWN,   _ALL),
    Action.CAME:            (_AREA,    _TOWN,   _ALL),
    Action.NO_SHOW:         (_AREA,    _TOWN,   _ALL),
    Action.UNDO:            (_AREA,    _TOWN,   _ALL),
    Action.RELAY:           (_AREA,    _TOWN,   _ALL),
    Action.LIST_STAFF:      (_NO,      _TOWN,   _ALL),
    Action.LIST_RECORD:     (_NO,      _TOWN,   _ALL),
    Action.ADD_MEMBER:      (_NO,      _TOWN,   _ALL),
    Action.DISABLE_MEMBER:  (_NO,      _TOWN,   _ALL),
    Action.LINK_CODE:       (_NO,      _TOWN,   _ALL),
    Action.LINK:            (_CODE,    _CODE,   _CODE),
    Action.ROOM_CODE:       (_NO,      _TOWN,   _ALL),
    Action.BIND_ROOM:       (_CODE,    _CODE,   _CODE),
    Action.UNBIND_ROOM:     (_NO,      _TOWN,   _ALL),
    Action.ADD_KEY:         (_NO,      _TOWN,   _ALL),
    Action.REVOKE_KEY:      (_NO,      _TOWN,   _ALL),
    Action.CLOSE:           (_DESKS,   _TOWN,   _ALL),
    Action.OPEN:            (_DESKS,   _TOWN,   _ALL),
    Action.LOAD:            (_NO,      _NO,     _ALL),
    Action.LIST_CLOSURES:   (_TOWN,    _TOWN,   _ALL),
    Action.STATISTICS:      (_NO,      _TOWN,   _ALL),
    Action.LIST_WEBHOOKS:   (_NO,      _TOWN,   _ALL),
    Action.ADD_WEBHOOK:     (_NO,      _TOWN,   _ALL),
    Action.CHANGE_WEBHOOK:  (_NO,      _TOWN,   _ALL),
    Action.REMOVE_WEBHOOK:  (_NO,      _TOWN,   _ALL),
    Action.SEND_WEBHOOK:    (_NO,      _TOWN,   _ALL),
}
# fmt: on
_COLUMNS = {Role.EMPLOYEE: 0, Role.MANAGER: 1, Role.OPERATOR: 2}


@dataclass(frozen=True)
class Target:
    """The bookings that an action is about: of a municipality, a service group, and these desks.

    `desks` are row ids. `group` is None where the catalogue has the service no more.
    """

    municipality_id: str
    group: str | None
    desks: frozenset[int]


def target_of(body: Municipality, service: str, desks: Iterable[int]) -> Target:
    """Return the target that is a booking of a service, at one of these desks."""
    return Target(body.id, body.group_of(service), frozenset(desks))


def not_found(text: TextTemplate) -> StaffRefused:
    """Return the refusal of what isn't there, or isn't theirs, which is the same to them."""
    return StaffRefused(StaffRefusalKind.NOT_FOUND, text)


def no_booking() -> StaffRefused:
    """Return the refusal of a booking that isn't there for them."""
    return not_found(_("There is no such appointment."))


def no_municipality() -> StaffRefused:
    """Return the refusal of a municipality that isn't there for them."""
    return not_found(_("There is no such municipality."))


def scope_of(staff: Staff, action: Action) -> Scope:
    """Return where a member may do something. Raises StaffRefused: not_allowed."""
    if not may(staff.role, action):
        raise StaffRefused(
            StaffRefusalKind.NOT_ALLOWED, _("Your role doesn't allow that. Please ask a manager.")
        )
    return RIGHTS[action][_COLUMNS[staff.role]]


def may(role: Role, action: Action) -> bool:
    """Return whether a role may do something anywhere."""
    return RIGHTS[action][_COLUMNS[role]] is not Scope.NOWHERE


def check_booking(staff: Staff, action: Action, target: Target) -> None:
    """Raise StaffRefused unless a member may do something with such bookings.

    not_allowed: with none at all. not_found: not with these.
    """
    scope = scope_of(staff, action)
    if scope is Scope.DEPLOYMENT:
        return
    own = target.municipality_id == staff.municipality_id
    if own and scope is Scope.MUNICIPALITY:
        return
    if not own or not (target.group in staff.groups or target.desks & staff.desks):
        raise no_booking()


def check_desk(staff: Staff, action: Action, municipality_id: str, desk_id: int | None) -> None:
    """Raise StaffRefused unless a member may do something at a desk, None of all of several.

    not_allowed: nowhere, or not there but at a desk. not_found: not at this one.
    """
    if check_municipality(staff, action, municipality_id) is not Scope.DESKS:
        return
    if desk_id is None:
        raise StaffRefused(
            StaffRefusalKind.NOT_ALLOWED,
            _("You can do that for your own desks only. Please ask a manager."),
        )
    if desk_id not in staff.desks:
        raise not_found(_("There is no such desk of yours."))


def check_municipality(staff: Staff, action: Action, municipality_id: str | None) -> Scope:
    """Return the scope in which a member may do something in a municipality.

    None stands for what belongs to the whole deployment. Raises StaffRefused: not_allowed,
    not_found.
    """
    scope = scope_of(staff, action)
    is_own = municipality_id is not None and municipality_id == staff.municipality_id
    if scope is not Scope.DEPLOYMENT and not is_own:
        raise no_municipality()
    return scope
