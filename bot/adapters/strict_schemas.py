"""Tool schemas in the strict form that a provider can hold a model to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from bot.agent.model import ToolSpec

Absent = Literal["optional", "null"]
"""How a field may be left out: not at all in the answer, or as null."""

MAX_STRICT_TOOLS = 20
MAX_OPTIONAL = 24
"""Anthropic's limits for one request; beyond them it refuses the whole of it."""

_IN_WORDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matching {}",
    "format": "as {}",
    "default": "usually {}",
}
"""Keywords that no grammar holds a model to: it is told instead."""

_KNOWN = {
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "$ref",
    "$defs",
    "examples",
    "uniqueItems",
    "discriminator",
    *_IN_WORDS,
}


class NotStrictError(ValueError):
    """A schema holds something that strict tools can't say, such as free keys."""


def strict_schema(schema: dict[str, Any], absent: Absent = "optional") -> dict[str, Any]:
    """The same parameters with every object closed and no keyword that strict mode refuses.

    A field with a default has to be given; one that may be null is left out or given as null, as
    `absent` says. Raises NotStrictError.
    """
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise NotStrictError(f"strict tools can't say {sorted(unknown)[0]!r}")
    plain: dict[str, Any] = {}
    if "$defs" in schema:
        plain["$defs"] = {
            name: strict_schema(part, absent) for name, part in schema["$defs"].items()
        }
    for key in ("$ref", "type", "enum", "const"):
        if key in schema:
            plain[key] = schema[key]
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        plain["anyOf"] = [strict_schema(branch, absent) for branch in branches]
    if schema.get("type") == "object":
        plain |= _closed(schema, absent)
    if "items" in schema:
        plain["items"] = strict_schema(schema["items"], absent)
    told = _told(schema)
    if told and "$ref" not in plain:
        plain["description"] = told
    return plain


def strict_tools(
    tools: Iterable[ToolSpec], absent: Absent = "optional"
) -> list[tuple[ToolSpec, dict[str, Any], bool]]:
    """Each tool in the order given, its schema, and whether it is strict.

    What strict mode can't say, and what goes beyond Anthropic's limits, is sent as it is: the
    toolbox checks arguments anyway.
    """
    shaped: list[tuple[ToolSpec, dict[str, Any], bool]] = []
    strict, optional = 0, 0
    for tool in tools:
        schema, left_out = _shape(tool, absent)
        if schema is None:
            shaped.append((tool, tool.schema_, False))
            continue
        if absent == "optional" and (
            strict == MAX_STRICT_TOOLS or optional + left_out > MAX_OPTIONAL
        ):
            shaped.append((tool, schema, False))
            continue
        strict, optional = strict + 1, optional + left_out
        shaped.append((tool, schema, True))
    return shaped


@lru_cache(maxsize=256)
def _shape(tool: ToolSpec, absent: Absent) -> tuple[dict[str, Any] | None, int]:
    """The strict schema, and how many fields may be left out; None where there is none.

    Remembered: every turn of an investigation sends the same tools.
    """
    try:
        schema = strict_schema(tool.schema_, absent)
    except NotStrictError:
        return None, 0
    return schema, _optional(schema)


def _closed(schema: dict[str, Any], absent: Absent) -> dict[str, Any]:
    if schema.get("additionalProperties", False) is not False:
        raise NotStrictError("strict tools can't say free keys")
    fields: dict[str, Any] = {}
    required: list[str] = []
    asked = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        may_be_null = name not in asked and field.get("default") is None
        if may_be_null and absent == "optional":
            fields[name] = strict_schema(_without_null(field), absent)
            continue
        required.append(name)
        fields[name] = strict_schema(field, absent)
    return {"properties": fields, "required": required, "additionalProperties": False}


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "default")}
    branches = [each for each in field.get("anyOf", ()) if each.get("type") != "null"]
    if not branches:
        return rest
    if len(branches) == 1:
        return {**branches[0], **rest}
    return {**rest, "anyOf": branches}


def _told(schema: dict[str, Any]) -> str:
    limits = [
        words.format(schema[key]) for key, words in _IN_WORDS.items() if schema.get(key) is not None
    ]
    description = schema.get("description", "")
    if not limits:
        return str(description)
    return f"{description} ({', '.join(limits)})".strip()


def _optional(schema: Any) -> int:
    if isinstance(schema, list):
        return sum(_optional(part) for part in schema)
    if not isinstance(schema, dict):
        return 0
    fields = schema.get("properties", {})
    left_out = (
        len(fields) - len(schema.get("required", ())) if schema.get("type") == "object" else 0
    )
    return left_out + sum(_optional(part) for part in schema.values())
