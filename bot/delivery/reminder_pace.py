"""The pace at which the ways of reminders are chosen, of which thousands may be due at once."""

MOST = 20
"""The most ways that are chosen before as many reminders are claimed."""

REFILL_SECONDS = 1.0
"""The interval after which MOST may be chosen in any case: an account that hangs, to which some of
the reminders go, must delay no other."""

FEW, REST_SECONDS = 2, 0.02
"""The ways chosen between two rests while others use the database: their turns go first."""


class ReminderPace:
    """Tells of how many reminders the way may be chosen now.

    As many as are sent: where more were chosen, they would wait, and be given up as late.
    """

    def __init__(self) -> None:
        self._left, self._refill_at, self._rest_until = 0, 0.0, 0.0
        self._begun_by_others = 0

    def allowed(self, now: float, begun_by_others: int) -> int:
        """Return the number at a time in seconds; 0 during a rest.

        `begun_by_others` counts what others have begun to do with the database.
        """
        if now >= self._refill_at:
            self._left, self._refill_at = MOST, now + REFILL_SECONDS
        are_others_here = begun_by_others != self._begun_by_others
        self._begun_by_others = begun_by_others
        if now < self._rest_until:
            return 0
        if not are_others_here:
            return self._left
        self._rest_until = now + REST_SECONDS
        return min(self._left, FEW)

    def count(self, chosen: int, claimed: int) -> None:
        """Count the ways that were chosen, and the reminders that were claimed."""
        self._left += claimed - chosen
