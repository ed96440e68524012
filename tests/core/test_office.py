"""The loaded catalogues at hand, and the hashes that hide what must only be compared."""

from core.office import Office

NUMBER = "+306912345678"


def test_a_hash_is_another_with_another_secret() -> None:
    one, other = Office("a secret"), Office("another secret")
    assert one.keyed_hash(NUMBER) == Office("a secret").keyed_hash(NUMBER)
    # There are few telephone numbers: without a key, anybody could try them all.
    assert one.keyed_hash(NUMBER) != other.keyed_hash(NUMBER)


def test_a_hash_is_another_for_another_value_and_shows_nothing_of_it() -> None:
    office = Office("a secret")
    assert office.keyed_hash(NUMBER) != office.keyed_hash(f"{NUMBER[:-1]}9")
    assert NUMBER[-6:] not in office.keyed_hash(NUMBER)
    assert len(office.keyed_hash(NUMBER)) == 40
