"""A platform's own contact proves whose a telephone number is."""

from bot.messages import Inbound
from tests.bot.ops.test_cleanup import clean_up_after
from tests.conftest import Deployment, on_both, portable

pytestmark = on_both

OTHERS = ("Γεια", "Καλαμάτα", "εεε", "4/12")
NAME, EMAIL, OWN = "Μαρία Παπαδοπούλου", "maria@example.gr", "+306912345678"


def share(deployment: Deployment, who: str, number: str = OWN) -> None:
    """Send one's own contact."""
    deployment.sent += 1
    inbound = Inbound(
        platform="console",
        account="console",
        address=who,
        message_id=f"{who} {deployment.sent}",
        text=number,
        proves_phone=True,
    )
    deployment.receive(inbound)


def book(deployment: Deployment, who: str, time: str, *, shares: bool = True) -> None:
    deployment.talk(*OTHERS, time, NAME, EMAIL, who=who)
    if shares:
        share(deployment, who)
    else:
        deployment.talk(OWN, who=who)
    deployment.talk("068933130", "συμφωνώ", "ναι", who=who)


def proven(deployment: Deployment) -> list[bool]:
    rows = deployment.rows(
        "SELECT phone_proven FROM bookings WHERE state = 'confirmed' ORDER BY starts_at"
    )
    return [bool(row[0]) for row in rows]


@portable
def test_a_shared_contact_proves_the_number_and_a_typed_one_does_not(
    deployment: Deployment,
) -> None:
    book(deployment, "maria", "12:30")
    book(deployment, "nikos", "13:10", shares=False)
    assert proven(deployment) == [True, False]
    hashed = deployment.services.registry.keyed_hash(OWN)
    rows = deployment.rows("SELECT proven_phone FROM contacts ORDER BY id")
    assert rows == [(hashed,), (None,)]
    clean_up_after(deployment, days=31)
    assert deployment.rows("SELECT DISTINCT proven_phone FROM contacts") == [(None,)]
