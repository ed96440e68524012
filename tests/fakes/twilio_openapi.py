"""What Twilio's own OpenAPI says of a request; see `tests/data/twilio`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft4Validator

FILE = Path(__file__).parents[1] / "data" / "twilio" / "api.json"
FORM = "application/x-www-form-urlencoded"


@cache
def _spec() -> Any:
    return json.loads(FILE.read_text("utf-8"))


@cache
def _validator(operation: str) -> Draft4Validator:
    """Return what checks the form of an operation; a field that isn't among its is wrong."""
    (schema,) = [
        each["requestBody"]["content"][FORM]["schema"]
        for item in _spec()["paths"].values()
        for each in item.values()
        if each["operationId"] == operation
    ]
    return Draft4Validator({**schema, "additionalProperties": False}, validate_formats=True)


def violations(method: str, path: str, form: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a request, in words; nothing where it is as Twilio says."""
    for template, item in _spec()["paths"].items():
        names = {each["name"]: each for each in item.get(method.lower(), {}).get("parameters", [])}
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        found = re.fullmatch(pattern, path)
        if not found or not names:
            continue
        wrong = [
            f"{name}: {value}"
            for name, value in found.groupdict().items()
            if not re.fullmatch(names[name]["schema"]["pattern"], value)
        ]
        operation = item[method.lower()]
        return wrong + (_wrong_in_form(operation, form) if "requestBody" in operation else [])
    return [f"no such call: {method} {path}"]


def _wrong_in_form(operation: Any, form: Mapping[str, str]) -> list[str]:
    schema = operation["requestBody"]["content"][FORM]["schema"]["properties"]
    typed = {name: _typed(value, schema.get(name, {})) for name, value in form.items()}
    wrong = [each.message for each in _validator(operation["operationId"]).iter_errors(typed)]
    given = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in form}
    for names in operation["x-twilio"]["conditional"]:
        if given.isdisjoint(names):
            wrong.append(f"none of {', '.join(names)}")
    return wrong


def _typed(value: str, schema: Any) -> Any:
    """Return a form's value as the type that it is to have; as it is where it can't be that."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
