"""Keys that are missing, wrong or over are 401, a lacking scope 403, too many requests 429."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.actor import KeyScope, Role
from core.errors import DatabaseUnavailable
from core.staff import api_keys, members
from tests.conftest import Deployment, mostly_on
from tests.core.staff.two_towns import OPERATOR, TOWN
from tests.webhooks.api.staff.towns_office import TownsOffice, bearer
from tests.webhooks.conftest import Serve

pytestmark = mostly_on("sqlite")


def test_a_key_says_what_it_is(office: TownsOffice) -> None:
    key = office.key(KeyScope.STATISTICS, role=Role.EMPLOYEE, desks=["office/one"])
    answer = office.get("/key", key)
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "Screen",
        "member": 1,
        "role": "employee",
        "municipality": TOWN,
        "scopes": ["statistics"],
        "expires_at": "2026-12-30T07:00:00Z",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "kind", ["none", "basic", "wrong", "misspelt", "revoked", "expired", "disabled"]
)
def test_who_has_no_valid_key_is_asked_for_one(office: TownsOffice, kind: str) -> None:
    key, now = office.key(days=7), office.deployment.clock()
    match kind:
        case "revoked":
            office.do(lambda s: api_keys.revoke(s, OPERATOR, 1, now))
        case "disabled":
            office.do(lambda s: members.disable(s, OPERATOR, 1, now))
        case "expired":
            office.deployment.clock.forward(days=7)
    headers = {
        "none": {},
        "basic": {"Authorization": "Basic dXNlcjpwYXNz"},
        "wrong": bearer("x"),
        "misspelt": bearer(key[:-1]),
    }.get(kind, bearer(key))
    answer = office.client.get("/api/v1/key", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    challenge = 'Bearer realm="rantevou"'
    if kind not in ("none", "basic"):
        challenge += ', error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert key not in answer.text


def test_a_key_without_the_scope_is_told_which_it_needs(office: TownsOffice) -> None:
    answer = office.get(f"/municipalities/{TOWN}/bookings", office.key(KeyScope.WRITE))
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="rantevou", error="insufficient_scope", scope="read"'
    )


def test_a_key_has_a_limit_which_each_answer_states(deployment: Deployment, serve: Serve) -> None:
    office = TownsOffice.served(deployment, serve, requests_per_minute=1)
    key, other = office.key(), office.key()
    left = []
    for _request in range(5):
        answer = office.get("/key", key)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"key";q=5;w=60'
        left.append(answer.headers["RateLimit"].partition(";t=")[0])
    assert left == [f'"key";r={each}' for each in (4, 3, 2, 1, 0)]
    refused = office.get("/key", key)
    assert refused.status_code == 429
    assert refused.headers["RateLimit"].startswith('"key";r=0;t=')
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert office.get("/key", other).status_code == 200
    # A problem has them too, and counts.
    assert office.get("/bookings/9", other).headers["RateLimit"].startswith('"key";r=3;')


def test_who_tries_keys_is_limited_by_address(deployment: Deployment, serve: Serve) -> None:
    office = TownsOffice.served(deployment, serve, requests_per_minute=2)
    answers = [office.get("/key", "x").status_code for _try in range(4)]
    assert answers == [401, 401, 429, 429]
    assert office.get("/key", office.key()).status_code == 200


def test_unknown_keys_are_not_looked_up_without_limit(
    deployment: Deployment, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = TownsOffice.served(deployment, serve, requests_per_minute=2)
    known = office.key()
    assert office.get("/key", known).status_code == 200
    asked: list[int] = []
    monkeypatch.setattr(api_keys, "find_by_hash", lambda *_given: asked.append(1))
    drawn = "0" * api_keys.RANDOM
    unknown = f"{api_keys.PREFIX}{drawn}{api_keys.checksum(drawn)}"
    assert [office.get("/key", unknown).status_code for _try in range(6)] == [401] * 2 + [429] * 4
    assert len(asked) == 2
    monkeypatch.undo()
    assert office.get("/key", known).status_code == 200


BOOK = f"/api/v1/municipalities/{TOWN}/bookings"


@pytest.mark.parametrize("body", ["{", "[" * 5000, "\xff"], ids=["cut", "deep", "bytes"])
def test_a_body_is_read_only_of_who_has_a_key(office: TownsOffice, body: str) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a"}
    content = body.encode("latin-1")
    answer = office.client.post(BOOK, content=content, headers=headers)
    assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, True)
    answer = office.client.post(BOOK, content=content, headers={**headers, **bearer(office.key())})
    assert (answer.status_code, "RateLimit" in answer.headers) == (422, True)


def test_a_revoked_key_is_401_whatever_else_is_wrong(office: TownsOffice) -> None:
    for wrong in ("parameter", "body", "scope"):
        key = office.key(*([KeyScope.STATISTICS] if wrong == "scope" else []))
        office.get("/key", key)
        office.do(lambda s: api_keys.revoke_all(s, office.deployment.clock()))
        path = BOOK.removeprefix("/api/v1")
        asked = office.post(path, key) if wrong == "body" else office.get(f"{path}?limit=0", key)
        assert asked.status_code == 401, wrong


def test_the_last_use_is_kept(office: TownsOffice) -> None:
    key = office.key(KeyScope.READ)
    for seconds in (0, 30, 31):
        office.deployment.clock.forward(seconds=seconds)
        office.get("/key", key)
    used = office.do(lambda s: api_keys.list_keys(s, OPERATOR)[0].last_used_at)
    assert used == office.deployment.clock()


def test_many_requests_at_once_store_their_use_once_if_it_can_be_stored(
    office: TownsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[int]()

    def note(_session: object, key_id: int, _now: object) -> None:
        tried.append(key_id)
        raise DatabaseUnavailable

    monkeypatch.setattr(api_keys, "note_use", note)
    key = office.key()
    for minutes in (1, 2):
        with ThreadPoolExecutor(8) as threads:
            answers = threads.map(lambda _each: office.get("/key", key).status_code, range(8))
        assert [*answers] == [200] * 8
        assert len(tried) == minutes
        office.deployment.clock.forward(minutes=1)


def test_a_program_that_accepts_html_gets_a_problem_all_the_same(office: TownsOffice) -> None:
    # What Java's own client sends unless it is told otherwise.
    accepted = {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}
    answer = office.client.get("/api/v1/key", headers=accepted)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_site_cannot_call_from_a_browser(office: TownsOffice) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    assert office.client.options("/api/v1/key", headers=asked).status_code == 400
