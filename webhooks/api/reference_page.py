"""GET /docs: the API's documentation, from its own description and with nothing from outside."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from webhooks.web.html import Renderer

SCHEMAS = ("TurnRequest", "TurnAnswer", "TurnReply", "TurnChoice")
"""What is described first; the blocks of a reply follow."""


def routes(renderer: Renderer) -> APIRouter:
    """Return the documentation's route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def docs(request: Request) -> str:
        described = request.app.openapi()
        schemas = described["components"]["schemas"]
        return renderer.document(
            "docs.html",
            "en",
            described=described,
            schemas={name: schemas[name] for name in (*SCHEMAS, *_blocks(schemas))},
            kind=_kind,
            base=request.base_url,
            # Another for each reader: whoever sends the same one is in the same conversation.
            message_id=uuid4(),
        )

    return router


def _blocks(schemas: dict[str, Any]) -> list[str]:
    """Return the names of the kinds of blocks, each with the parts that it is made of."""
    names: list[str] = []
    for block in schemas["TurnReply"]["properties"]["blocks"]["items"]["oneOf"]:
        names.append(_kind(block))
        fields = schemas[names[-1]]["properties"].values()
        names += [_kind(field["items"]) for field in fields if "$ref" in field.get("items", {})]
    return names


def _kind(about: dict[str, Any]) -> str:
    if "oneOf" in about:
        return " or ".join(_kind(one) for one in about["oneOf"])
    if "const" in about:
        return repr(about["const"])
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return " or ".join(map(repr, about["enum"]))
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if about.get("type") == "array":
        return f"list of {_kind(about['items'])}"
    return str(about.get("type", ""))
