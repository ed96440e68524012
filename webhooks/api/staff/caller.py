"""The program that calls: found by its key, held to its scope and limit, and what it may run."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from bot.bootstrap import Application
from bot.i18n.stated_language import stated_language
from core.actor import KeyScope, Staff
from core.catalogue.registry import LOAD_LOCK, Registry
from core.db.advisory_locks import lock
from core.errors import BookingRefused, DatabaseUnavailable, StaffRefusalKind, StaffRefused
from core.i18n import Language
from core.staff import api_keys
from core.staff.api_keys import KeyHolder, KeyUse
from core.staff.api_requests import NamedRequest, RequestRunning, claim
from webhooks.api.bookings_export import ExportsAtOnce
from webhooks.api.staff.headers import with_headers
from webhooks.api.staff.scopes import SCOPES
from webhooks.middleware.problem_details import problem
from webhooks.middleware.request_limits import RequestLimits

T = TypeVar("T")

MAX_TRIALS = 4
"""The most trials of webhooks that a process makes at once."""

REALM = 'Bearer realm="rantevou"'

STATUSES = {
    StaffRefusalKind.NOT_FOUND: 404,
    StaffRefusalKind.NOT_ALLOWED: 403,
    StaffRefusalKind.INVALID: 422,
    StaffRefusalKind.EXISTS: 409,
    StaffRefusalKind.CHANGED: 409,
    StaffRefusalKind.NOT_FREE: 409,
    StaffRefusalKind.TOO_EARLY: 409,
    StaffRefusalKind.TOO_LATE: 409,
    StaffRefusalKind.UNREACHABLE: 409,
}


@dataclass(frozen=True)
class StaffApi:
    """The application, as the routes find it in the state of theirs."""

    application: Application
    limits: RequestLimits
    known: dict[str, KeyHolder] = field(default_factory=dict)
    """The programs whose keys were valid at their last request, by the hash of the key.

    Only who is among them gets as far as a transaction, in which the key is looked up again.
    """
    trials: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_TRIALS))
    """The trials of webhooks at once: each may wait for an answer as long as an event does."""
    exports: ExportsAtOnce = field(default_factory=ExportsAtOnce)


@dataclass(frozen=True)
class Work:
    """A transaction for a program: what it read of the key, the time, and the catalogues."""

    session: Session
    registry: Registry
    use: KeyUse
    now: datetime

    @property
    def staff(self) -> Staff:
        """Return the member for whom it acts."""
        return self.use.staff


@dataclass(frozen=True)
class Caller:
    """A program whose key may make this request, unless it was revoked since its last one.

    That, `write` and `read` find out: each answer needs one of them.
    """

    holder: KeyHolder
    language: Language
    _api: StaffApi
    _key_hash: str

    @property
    def application(self) -> Application:
        """Return the application."""
        return self._api.application

    @property
    def root(self) -> str:
        """Return the sub-path under which this is served."""
        return self.application.settings.root_path

    @property
    def trials(self) -> asyncio.Semaphore:
        """Return what bounds the trials of webhooks at once."""
        return self._api.trials

    @property
    def exports(self) -> ExportsAtOnce:
        """Return what bounds the exports at once."""
        return self._api.exports

    def has(self, scope: KeyScope) -> bool:
        """Return whether its key has a scope besides the one that the route needs."""
        return scope in self.holder.scopes

    async def write(
        self, fn: Callable[[Work], T], *, alone: bool = False, request: NamedRequest | None = None
    ) -> T:
        """Run fn(work) as one transaction. Raises what it raises, and DatabaseUnavailable.

        HTTPException (401) where the key is valid no more. `alone`: with the lock of loading, for
        what changes the hours of desks. Of a `request`, the use of the key says whether it was
        carried out; raises RequestRunning while somebody else does so.
        """
        services = self.application.services

        def run(session: Session) -> T:
            is_ours = True
            if request is None:
                lock(session, LOAD_LOCK, shared=not alone)
            else:
                is_ours = claim(session, request, alone=alone)
            work = self._work(session, request.name_hash if request else "")
            if not is_ours:
                raise RequestRunning
            services.registry.refresh(session, work.use.stored)
            return fn(work)

        return await self.application.database.write(run)

    async def read(self, fn: Callable[[Work], T]) -> T:
        """Run fn(work), which changes and records nothing, without waiting for writers.

        Raises as `write` does.
        """
        registry = self.application.services.registry

        def run(session: Session) -> T:
            work = self._work(session)
            registry.refresh_without_lock(session, work.use.stored)
            return fn(work)

        return await self.application.database.read(run)

    def _work(self, session: Session, request: str = "") -> Work:
        services = self.application.services
        now = services.clock()
        use = api_keys.find_use(session, self._key_hash, now, request)
        if use is None:
            self._api.known.pop(self._key_hash, None)
            raise _wrong_key()
        return Work(session, services.registry, use, now)


async def find_caller(request: Request) -> Caller:
    """Return the program that calls.

    Raises HTTPException: 401; 429 past the limit of the key, or of wrong ones.
    """
    api: StaffApi = request.app.state.staff_api
    services, database = api.application.services, api.application.database
    scheme, key = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not key:
        raise HTTPException(
            401, "Send the header Authorization: Bearer and a key.", {"WWW-Authenticate": REALM}
        )
    now, key_hash = services.clock(), api_keys.hashed(services.registry, key)
    holder = api.known.get(key_hash)
    if holder is None:
        if not api_keys.is_key(key):
            raise _wrong_key()
        api.limits.check_wrong_keys(request)
        holder = await database.read(lambda s: api_keys.find_by_hash(s, key_hash, now))
    if holder is None:
        api.limits.count_wrong_key(request)
        raise _wrong_key()
    holder = api.known.setdefault(key_hash, holder)  # others may have looked it up meanwhile
    api.limits.check_key(request, holder.key_id)
    if api_keys.is_use_due(holder, now):
        api.known[key_hash] = replace(holder, last_used_at=now)  # one writes, of many at once
        with suppress(DatabaseUnavailable):  # readers needn't fail where nobody can write
            await database.write(lambda session: api_keys.note_use(session, holder.key_id, now))
    language = stated_language(request.headers.get("accept-language")) or Language.EN
    return Caller(holder, language, api, key_hash)


def _wrong_key() -> HTTPException:
    return HTTPException(
        401,
        "The key is wrong, was revoked or has expired.",
        {"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )


def check_scope(scopes: Collection[KeyScope], scope: KeyScope) -> None:
    """Raise HTTPException (403) unless a scope is among those of a key."""
    if scope not in scopes:
        raise HTTPException(
            403,
            f"The key lacks the scope {scope}.",
            {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
        )


class Key(HTTPBearer):
    """The description of a key; to a route it gives the caller, who is found before.

    FastAPI reads a body before what routes depend on: without a key, a wrong one is 401 too.
    """

    def __init__(self) -> None:
        super().__init__(
            scheme_name="key",
            description="A key that `rantevou staff key add` has made.",
            bearerFormat="rantevou_…",
        )

    async def __call__(self, request: HTTPConnection) -> Any:
        """Return the caller."""
        return request.state.caller


KeyCaller = Annotated[Caller, Depends(Key())]


PREFIX = "/api/v1"


class StaffRoute(APIRoute):
    """A route that answers refusals with problems, which name their kind as `code`.

    Its description says which scope the key needs. Raises KeyError where SCOPES lacks the route.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.responses = with_headers(self.responses, self.status_code or 200, self.response_model)
        scope = SCOPES[self.name]
        self.description += f"\n\nScope: {f'`{scope}`' if scope else 'any'}."

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return the handler of requests."""
        handle, needed = super().get_route_handler(), SCOPES[self.name]
        names = frozenset(each.alias for each in self.dependant.query_params)
        takes_body = self.body_field is not None or self.methods == {"GET"}

        async def answer(request: Request) -> Response:
            request.state.caller = caller = await find_caller(request)
            try:
                if needed is not None:
                    check_scope(caller.holder.scopes, needed)
                await _check_read(request, names, takes_body)
                response = await handle(request)
            except (HTTPException, RequestValidationError):
                await caller.read(lambda _work: None)  # of a key that is revoked it says nothing
                raise
            except StaffRefused as refused:
                response = _refusal(request, STATUSES[refused.kind], refused)
            except BookingRefused as refused:
                response = _refusal(request, 409, refused)
            response.headers["Cache-Control"] = "no-store"
            return response

        return answer


async def _check_read(request: Request, names: Collection[str], takes_body: bool) -> None:
    """Raise RequestValidationError for what a route would leave unread: it may be misspelt."""
    unknown: list[tuple[str, ...]] = [
        ("query", each) for each in request.query_params if each not in names
    ]
    message = "There is no such parameter; leave it out."
    if not unknown and not takes_body and (await request.body()).strip() not in (b"", b"{}"):
        unknown, message = [("body",)], "Send no body; this takes none."
    if unknown:
        raise RequestValidationError(
            [{"type": "value_error", "loc": at, "msg": message, "input": None} for at in unknown]
        )


def _refusal(request: Request, status: int, refused: StaffRefused | BookingRefused) -> Response:
    """Return the problem of a refusal, in the language that the client states, else in English."""
    api: StaffApi = request.app.state.staff_api
    language = stated_language(request.headers.get("accept-language")) or Language.EN
    said: Any = api.application.services.texts.say(refused.text, language)
    return problem(status, said, code=refused.kind)
