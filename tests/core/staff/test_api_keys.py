"""API keys: only a hash is stored; one that is wrong, revoked, expired or orphaned is nobody's."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.actor import KeyScope, Role
from core.bookings import by_staff
from core.db.models import ApiKey
from core.errors import StaffRefused
from core.staff import api_keys, members, record
from core.staff.api_keys import KeyHolder, KeyUse
from core.staff.rights import Action
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns


def make(towns: TwoTowns, member_id: int, **given: Any) -> tuple[int, str]:
    asked: dict[str, Any] = {"name": "Screen", "scopes": [KeyScope.READ], "days": 30, **given}
    return api_keys.make(
        towns.session, towns.registry, OPERATOR, towns.now, member_id=member_id, **asked
    )


def found(towns: TwoTowns, key: str) -> tuple[KeyHolder, KeyUse] | None:
    key_hash = api_keys.hashed(towns.registry, key)
    holder = api_keys.find_by_hash(towns.session, key_hash, towns.now)
    use = api_keys.find_use(towns.session, key_hash, towns.now)
    assert (holder is None) == (use is None)  # else a key that is revoked would go on
    return (holder, use) if holder and use else None


def test_a_key_acts_for_its_member_within_its_scopes(towns: TwoTowns) -> None:
    member = towns.add(Role.EMPLOYEE, desks=["office/one"])
    number, key = make(towns, member, scopes=[KeyScope.WRITE, KeyScope.READ, KeyScope.READ])
    known = found(towns, key)
    assert known
    holder, use = known
    assert (holder.key_id, holder.name) == (number, "Screen")
    assert holder.scopes == {KeyScope.READ, KeyScope.WRITE}
    staff = members.load(towns.session, member, "api", key_id=number)
    assert use.staff == staff
    assert staff
    assert staff.desks == {towns.desk("one")}


def test_a_key_can_be_recognised_and_only_its_hash_is_stored(towns: TwoTowns) -> None:
    _number, key = make(towns, towns.add())
    within = api_keys.PATTERN.search(f"Authorization: Bearer {key}\n")
    assert within
    assert api_keys.checksum(within[1]) == within[2]
    stored = towns.session.scalars(select(ApiKey)).one()
    assert key[: api_keys.SHOWN] == stored.prefix
    assert key[api_keys.SHOWN :] not in str(vars(stored))
    assert key != make(towns, towns.add())[1]


def test_the_checksum_is_the_crc_in_six_digits_of_base_62() -> None:
    # CRC-32's published check value, 0xCBF43926 for "123456789", as 6 digits of 62.
    digits = [api_keys.ALPHABET.index(each) for each in api_keys.checksum("123456789")]
    value = 0
    for each in digits:
        value = value * 62 + each
    assert (len(digits), value) == (6, 0xCBF43926)


def test_another_key_is_nobodys_whatever_is_wrong_with_it(towns: TwoTowns) -> None:
    _number, key = make(towns, towns.add())
    body = key.removeprefix(api_keys.PREFIX)
    swapped = "".join(reversed(body[: api_keys.RANDOM]))
    genuine = f"{api_keys.PREFIX}{swapped}{api_keys.checksum(swapped)}"
    for wrong in ("", "x", body, key[:-1], f"{key}0", key.swapcase(), genuine, f" {key}"):
        assert found(towns, wrong) is None, wrong
    assert found(towns, key)


@pytest.mark.parametrize("after", [0, 1])
def test_a_key_is_valid_until_it_expires(towns: TwoTowns, after: int) -> None:
    _number, key = make(towns, towns.add(), days=30)
    towns.later(days=30, seconds=after - 1)
    assert (found(towns, key) is None) == bool(after)


def test_a_key_that_is_revoked_or_whose_member_is_disabled_is_nobodys(towns: TwoTowns) -> None:
    member = towns.add()
    number, key = make(towns, member)
    _other, second = make(towns, member)
    api_keys.revoke(towns.session, OPERATOR, number, towns.now)
    assert found(towns, key) is None
    with pytest.raises(StaffRefused) as refused:
        api_keys.revoke(towns.session, OPERATOR, number, towns.now)
    assert refused.value.kind == "changed"
    assert found(towns, second)
    members.disable(towns.session, OPERATOR, member, towns.now)
    assert found(towns, second) is None


@pytest.mark.parametrize(
    "wrong",
    [
        *({"name": " "}, {"name": "x" * 101}, {"scopes": []}, {"days": 0}, {"days": 732}),
        {"scopes": [KeyScope.READ, KeyScope.STATISTICS]},
        {"scopes": [KeyScope.WEBHOOKS]},
    ],
    ids=str,
)
def test_a_key_needs_a_name_an_end_and_a_scope_that_its_member_may_use(
    towns: TwoTowns, wrong: dict[str, Any]
) -> None:
    with pytest.raises(StaffRefused) as refused:
        make(towns, towns.add(), **wrong)
    assert refused.value.kind == "invalid"


def test_no_key_is_for_a_whole_deployment(towns: TwoTowns) -> None:
    with pytest.raises(StaffRefused) as refused:
        make(towns, towns.add(Role.OPERATOR, None))
    assert refused.value.kind == "invalid"


def test_its_last_use_is_stored_once_a_minute(towns: TwoTowns) -> None:
    _number, key = make(towns, towns.add())
    stored = []
    for seconds in (0, 59, 1, 59):
        towns.later(seconds=seconds)
        known = found(towns, key)
        assert known
        if api_keys.is_use_due(known[0], towns.now):
            api_keys.note_use(towns.session, known[0].key_id, towns.now)
            towns.session.expire_all()
            stored.append(towns.now)
    assert stored == [towns.now - timedelta(seconds=119), towns.now - timedelta(seconds=59)]
    assert towns.session.scalars(select(ApiKey)).one().last_used_at == stored[-1]


def test_the_record_names_the_key_by_which_something_was_done(towns: TwoTowns) -> None:
    _number, key = make(towns, towns.add())
    known, booking = found(towns, key), towns.book()
    assert known
    by_staff.cancel(towns.session, towns.registry, known[1].staff, booking, towns.now, "απεργία")
    done = record.entries(towns.session, OPERATOR, municipality_id=TOWN)
    (cancelled,) = [each for each in done if each.action is Action.CANCEL]
    assert (cancelled.member, cancelled.platform, cancelled.key) == ("Ελένη Δήμου", "api", "Screen")


def test_a_manager_sees_the_keys_of_their_own_municipality(towns: TwoTowns) -> None:
    make(towns, towns.add(at=CITY), name="Theirs")
    mine, _key = make(towns, towns.add(Role.MANAGER), name="Ours", scopes=list(KeyScope))
    listed = api_keys.list_keys(towns.session, towns.staff(Role.MANAGER))
    assert [(each.id, each.name, each.scopes) for each in listed] == [
        (mine, "Ours", sorted(KeyScope))
    ]
    assert len(api_keys.list_keys(towns.session, OPERATOR)) == 2


def test_all_keys_end_with_a_secret_that_is_replaced(towns: TwoTowns) -> None:
    make(towns, towns.add(), days=1)
    _number, key = make(towns, towns.add())
    towns.later(days=2)
    assert api_keys.revoke_all(towns.session, towns.now) == 1  # the other has expired
    assert found(towns, key) is None
