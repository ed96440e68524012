"""The loaded catalogues at hand, and the hashes that hide what must only be compared."""

from core.catalogue.registry import Registry

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
