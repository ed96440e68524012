"""GET /docs: the API's documentation, made of its OpenAPI description; loads no other site."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from core.i18n import Language
from webhooks.web.html import Renderer

SCHEMAS = ("TurnRequest", "TurnAnswer", "TurnReply", "TurnChoice")
"""The schemas that are described first; those of a reply's blocks, then all others follow."""


def routes(renderer: Renderer, public_address: str | None) -> APIRouter:
    """Return the route of the documentation, whose example is for that address, if it is known."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def docs(request: Request) -> str:
        description = request.app.openapi()
        schemas = description["components"]["schemas"]
        return renderer.document(
            "docs.html",
            Language.EN,  # the language it is written in
            description=description,
            schemas={name: schemas[name] for name in _shown(schemas)},
            type_name=_type_name,
            base=f"{public_address}/" if public_address else request.base_url,
            # Unique for each reader: who sends the same id continues the same conversation.
            message_id=uuid4(),
        )

    return router


def _shown(schemas: dict[str, Any]) -> list[str]:
    """Return the names of the schemas that have fields or values, those of a turn first."""
    first = [*SCHEMAS, *_blocks(schemas)]
    others = [name for name, each in schemas.items() if {"properties", "enum"} & {*each}]
    return list(dict.fromkeys([*first, *others]))


def _blocks(schemas: dict[str, Any]) -> list[str]:
    """Return the names of the kinds of blocks, each with the parts that it is made of."""
    names: list[str] = []
    for block in schemas["TurnReply"]["properties"]["blocks"]["items"]["oneOf"]:
        names.append(_type_name(block))
        fields = schemas[names[-1]]["properties"].values()
        names += [
            _type_name(field["items"]) for field in fields if "$ref" in field.get("items", {})
        ]
    return names


def _type_name(about: dict[str, Any]) -> str:
    """Return the type of a field, by its JSON schema."""
    if "oneOf" in about:
        return " or ".join(_type_name(one) for one in about["oneOf"])
    if "const" in about:
        return repr(about["const"])
    if "anyOf" in about:
        return " or ".join(_type_name(one) for one in about["anyOf"])
    if "enum" in about:
        return " or ".join(map(repr, about["enum"]))
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if about.get("type") == "array":
        return f"list of {_type_name(about['items'])}"
    return str(about.get("type", ""))
