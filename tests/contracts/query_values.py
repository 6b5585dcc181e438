"""Whether what a request asks in its address has the types that a vendor's API file gives."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tests.fakes.http_server import Seen


def value_faults(spec: dict[str, Any], seen: Seen, path: str | None = None) -> list[str]:
    """Every query value that is not of its parameter's type; OpenAPI 3 and Swagger 2 alike."""
    operation = spec["paths"][path or seen.path][seen.method.lower()]
    schemas = {
        each["name"]: each.get("schema", each)
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }
    return [
        f"{name}={value!r} is no {schemas[name]}"
        for name, values in seen.query.items()
        for value in values
        if name in schemas and not _fits(schemas[name], value)
    ]


def _fits(schema: dict[str, Any], value: str) -> bool:
    kind = schema.get("type")
    if kind == "integer":
        return re.fullmatch(r"-?\d+", value) is not None
    if kind == "boolean":
        return value in ("true", "false")
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return False
    return schema.get("format") != "date-time" or _is_rfc3339(value)


def _is_rfc3339(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
