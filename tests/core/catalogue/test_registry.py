"""The loaded catalogues at hand, and the hashes that hide what must only be compared."""

from sqlalchemy.orm import Session

from core.bookings.catalogue_update import load_catalogue
from core.catalogue.registry import Registry, read_municipality
from tests.conftest import Deployment, mostly_on, on_both

NUMBER = "+306912345678"


def test_a_hash_is_another_with_another_secret() -> None:
    one, other = Registry("a secret"), Registry("another secret")
    assert one.keyed_hash(NUMBER) == Registry("a secret").keyed_hash(NUMBER)
    # There are few telephone numbers: without a key, anybody could try them all.
    assert one.keyed_hash(NUMBER) != other.keyed_hash(NUMBER)


def test_a_hash_is_another_for_another_value_and_shows_nothing_of_it() -> None:
    registry = Registry("a secret")
    assert registry.keyed_hash(NUMBER) != registry.keyed_hash(f"{NUMBER[:-1]}9")
    assert NUMBER[-6:] not in registry.keyed_hash(NUMBER)
    assert len(registry.keyed_hash(NUMBER)) == 40


@on_both
def test_what_is_only_shown_takes_no_newer_catalogue_away_from_a_turn(
    deployment: Deployment,
) -> None:
    database, registry = deployment.database, deployment.services.registry
    database.write_sync(registry.refresh)
    body = registry["kalamata"].body
    rules = body.rules.model_copy(update={"open_bookings": 7})
    with Session(database._readers) as page:
        read_municipality(page, "kalamata")  # from now on it sees the catalogues of now
        deployment.clock.forward(minutes=1)
        deployment.load(body.model_copy(update={"rules": rules}))

        def turn(session: Session) -> int:
            registry.refresh(session)
            registry.refresh_without_lock(page)
            return registry["kalamata"].body.rules.open_bookings

        assert database.write_sync(turn) == 7


@mostly_on("sqlite")
def test_what_is_only_shown_is_compared_again_by_the_next_turn(deployment: Deployment) -> None:
    database, registry = deployment.database, deployment.services.registry
    database.write_sync(registry.refresh)
    body = registry["kalamata"].body
    rules = body.rules.model_copy(update={"open_bookings": 7})

    def only_tried(session: Session) -> None:
        load_catalogue(session, body.model_copy(update={"rules": rules}), deployment.clock.now)
        registry.refresh_without_lock(session)
        assert registry["kalamata"].body.rules == rules
        session.rollback()

    database.write_sync(only_tried)
    database.write_sync(registry.refresh)
    assert registry["kalamata"].body == body
