"""GET /docs: the API's documentation, from its own description and with nothing from outside."""

from html import escape
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from bot.wiring import Wiring

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rantevou API</title>
<link rel="stylesheet" href="/static/digigov.css">
<link rel="stylesheet" href="/static/rantevou.css">
<main class="document">{body}</main>
</html>
"""

# Its UUID is another for each reader: whoever sends the same one is in the same conversation.
EXAMPLE = """curl -s {base}chat/turns -H 'Content-Type: application/json' -d '{{
  "conversation": null,
  "message_id": "{message_id}",
  "text": "Γεια"
}}'"""


def routes(_wiring: Wiring) -> APIRouter:
    """The documentation's route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def docs(request: Request) -> str:
        described = request.app.openapi()
        schemas = described["components"]["schemas"]
        parts = [
            f"<h1>{escape(described['info']['title'])} API</h1>",
            f"<p>{escape(described['info']['summary'])}</p>",
            '<p><a href="/openapi.json">OpenAPI description</a></p>',
            f"<pre>{escape(EXAMPLE.format(base=request.base_url, message_id=uuid4()))}</pre>",
        ]
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                parts += [
                    f"<h2>{method.upper()} {escape(path)}</h2>",
                    f"<p>{escape(operation['summary'])}</p>",
                    _table(
                        (status, answer["description"])
                        for status, answer in operation["responses"].items()
                    ),
                ]
        for name in ("TurnRequest", "TurnAnswer", "TurnReply", "TurnChoice"):
            schema = schemas[name]
            required = schema.get("required", [])
            parts += [
                f"<h2>{name}</h2>",
                f"<p>{escape(schema['description'])}</p>",
                _table(
                    (
                        field,
                        _kind(about),
                        "required" if field in required else "",
                        about.get("description", ""),
                    )
                    for field, about in schema["properties"].items()
                ),
            ]
        return PAGE.format(body="\n".join(parts))

    return router


def _kind(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return " or ".join(map(repr, about["enum"]))
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if about.get("type") == "array":
        return f"list of {_kind(about['items'])}"
    return str(about.get("type", ""))


def _table(rows: Any) -> str:
    cells = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{cells}</table>"
