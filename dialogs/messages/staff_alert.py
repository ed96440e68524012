"""What staff are told of bookings in their rooms: alerts, lists, and the labels of buttons."""

from core.i18n import _

SEEN = _("I have seen it")
IS_HERE = _("Is here")
CAME = _("Came")
DID_NOT_COME = _("Didn't come")
UNDO = _("Undo “{mark}”")
NUMBER = _("Telephone number")
CANCEL = _("Cancel it…")
