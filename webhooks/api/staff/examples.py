"""The examples of /api/v1 in the OpenAPI description, whole."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from webhooks.api.staff.models import Model


def keep_nulls(app: FastAPI) -> None:
    """Have the application's description show examples as they are: FastAPI leaves nulls out."""
    describe = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = describe()["components"]["schemas"]
            for each in _models(Model):
                extra: Any = each.model_config.get("json_schema_extra")
                if each.__name__ in schemas and extra:
                    schemas[each.__name__].update(extra)
        return describe()

    app.openapi = whole  # type: ignore[method-assign]  # as FastAPI documents


def _models(base: type[Model]) -> Iterator[type[Model]]:
    for each in base.__subclasses__():
        yield each
        yield from _models(each)
