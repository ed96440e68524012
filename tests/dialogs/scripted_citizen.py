"""Answer every question until a booking is confirmed, from any point of a conversation."""

from bot.messages import Reply, ReplyChoice
from tests.conftest import Deployment

ANSWERS = {
    "details.name": "Μαρία Παπαδοπούλου",
    "details.email": "maria@example.gr",
    "details.phone": "6912345678",
    "details.tax_number": "068933130",
    "details.identity_card": "ΑΒ 123456",
    "details.passport": "AE1234567",
    "details.residence_permit": "123456789",
    "details.address": "Αιγαίου 1, Χίος",
    "details.subject": "Γνήσιο υπογραφής",
    "zone": "Αθήνα",
}
MAX_TURNS = 60


def confirmed(replies: list[Reply]) -> bool:
    """Return whether these replies confirm a booking."""
    return any("Your appointment is booked" in r.text or "κλείστηκε." in r.text for r in replies)


def picks(reply: Reply) -> list[ReplyChoice]:
    """Return the choices that are answers, not commands."""
    return [choice for choice in reply.choices if choice.number is not None]


def complete_a_booking(deployment: Deployment) -> int:
    """Continue a conversation until a booking is confirmed; return the number of turns."""
    tried = 0
    deployment.say("πίσω")
    for turns in range(1, MAX_TURNS):
        asked = deployment.last[-1]
        step = asked.step or ""
        options = picks(asked)
        if step in ANSWERS:
            deployment.say(ANSWERS[step])
        elif step in ("stop", "switch"):
            deployment.say("ναι")
        elif step == "task":
            deployment.tap(options[0].label)
        elif step in ("action", "sure", "field", "booking", "code", "phone"):
            deployment.say("ακύρωση")
        elif step == "service" and options:
            deployment.say(choice=options[tried % len(options)].id)
            tried += 1
        elif step == "time" and any("ήδη" in r.text for r in deployment.last):
            deployment.say("από την αρχή")  # no more bookings of this service: choose another
        elif options:
            # Optional details and the like: the last choice skips or declines.
            wanted = -1 if step.startswith("details.") else 0
            deployment.say(choice=options[wanted].id)
        else:
            deployment.say("από την αρχή")
        if confirmed(deployment.last):
            return turns
    raise AssertionError(f"no booking after {MAX_TURNS} turns; asked {deployment.last[-1]}")
