"""Requests that schemathesis makes at random from a description, and how it checks the answers.

Imported by the tests that run it only: that takes a second, which each process that collects tests
would take too. For the same reason its plugin isn't loaded (pyproject.toml).
"""

from collections.abc import Callable, Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests

load_all_checks()
CHECKED: Any = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


def make_requests(
    description: Mapping[str, Any],
    send: Callable[[Case[Any]], None],
    *,
    count: int,
    derandomize: bool = False,
) -> None:
    """Send so many requests at random of each route, and those of the description's parts."""
    schema = schemathesis.openapi.from_dict({**description})
    chosen = settings(
        max_examples=count,
        derandomize=derandomize,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    def test(case: Case[Any]) -> None:
        send(case)

    found = [*get_all_tests(schema=schema, test_func=test, settings=chosen, given_kwargs={})]
    assert found
    for each in found:
        assert isinstance(each, Ok), each
        each.ok()[1]()
