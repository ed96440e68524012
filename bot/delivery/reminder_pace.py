"""The pace at which the ways of reminders are chosen, of which thousands may be due at once."""

MOST = 20
"""The most ways that are chosen before as many reminders are claimed."""

REFILL_SECONDS = 1.0
"""The interval after which MOST may be chosen in any case: an account that hangs, to which some of
the reminders go, must delay no other."""

ENOUGH = 10
"""The number that is waited for, unless it takes REFILL_SECONDS: choosing the ways of many costs
hardly more than of one."""

FEW = 1
"""The ways chosen between two rests while others use the database: their turns go first."""

REST_TIMES = 4
"""The length of such a rest, as a multiple of the time that the claim before it took."""

LONGEST_REST = 0.1
"""The most seconds of such a rest, for a claim may have waited long for turns."""


class ReminderPace:
    """Tells of how many reminders the way may be chosen now.

    As many as are sent: where more were chosen, they would wait, and be given up as late.
    """

    def __init__(self) -> None:
        self._left, self._refill_at, self._rest_until = 0, 0.0, 0.0
        self._allowed_at, self._begun_by_others, self._gives_way = 0.0, 0, False

    def allowed(self, now: float, begun_by_others: int, room: int = MOST) -> int:
        """Return the number at a time in seconds; 0 during a rest, or until there is room.

        `begun_by_others` counts what others have begun to do with the database; `room` is how many
        an account can send now, of those that have ENOUGH.
        """
        is_refilled = now >= self._refill_at
        if is_refilled:
            self._left, self._refill_at = MOST, now + REFILL_SECONDS
        if now < self._rest_until or (min(room, self._left) < ENOUGH and not is_refilled):
            return 0
        self._gives_way = begun_by_others != self._begun_by_others
        self._allowed_at, self._begun_by_others = now, begun_by_others
        return min(self._left, room, FEW if self._gives_way else MOST)

    def count(self, chosen: int, claimed: int, now: float, ended: int = 0) -> float:
        """Count the ways that were chosen, and the reminders claimed; return the seconds of rest.

        There is none where none was chosen, nor has `ended` instead, being over or of another time.
        One that is tried again is claimed twice.
        """
        self._left = min(self._left + claimed - chosen, MOST)
        if not ((chosen or ended) and self._gives_way):
            return 0.0
        rest = min(REST_TIMES * (now - self._allowed_at), LONGEST_REST)
        self._rest_until = now + rest
        return rest
