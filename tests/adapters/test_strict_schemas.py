"""Tool schemas are closed, say nothing that strict mode refuses, and stay within its limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from bot.adapters.strict_schemas import (
    MAX_OPTIONAL,
    MAX_STRICT_TOOLS,
    NotStrictError,
    strict_schema,
    strict_tools,
)
from bot.agent.model import ToolSpec


class Window(BaseModel):
    start: datetime
    end: datetime | None = None


class Query(BaseModel):
    """Everything that our tools' parameters are made of."""

    title: str = Field(description="Words to look for", min_length=2, max_length=200)
    level: Literal["error", "warn"] = "error"
    limit: int = Field(50, ge=1, le=500, description="Lines at most")
    service: str | None = Field(None, description="Service")
    window: Window | None = None
    labels: list[str] = Field(default_factory=list, max_length=5)


SCHEMA = Query.model_json_schema()


def _walk(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [each for part in schema for each in _walk(part)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(each for part in schema.values() for each in _walk(part))]


def test_every_object_is_closed() -> None:
    for absent in ("optional", "null"):
        objects = [s for s in _walk(strict_schema(SCHEMA, absent)) if s.get("type") == "object"]
        assert len(objects) == 2
        assert all(each["additionalProperties"] is False for each in objects)


def test_a_field_that_is_called_title_is_no_keyword() -> None:
    schema = strict_schema(SCHEMA)
    assert schema["properties"]["title"]["type"] == "string"
    assert "title" not in schema


def test_limits_that_no_grammar_holds_are_told_in_words() -> None:
    fields = strict_schema(SCHEMA)["properties"]
    assert fields["limit"] == {
        "type": "integer",
        "description": "Lines at most (at least 1, at most 500, usually 50)",
    }
    assert fields["title"]["description"] == (
        "Words to look for (at least 2 characters, at most 200 characters)"
    )


def test_a_field_that_may_be_null_is_left_out_for_claude_and_given_as_null_for_openai() -> None:
    claude = strict_schema(SCHEMA, "optional")
    assert claude["properties"]["service"] == {"type": "string", "description": "Service"}
    assert claude["required"] == ["title", "level", "limit"]
    openai = strict_schema(SCHEMA, "null")
    assert {"type": "null"} in openai["properties"]["service"]["anyOf"]
    assert openai["required"] == list(Query.model_fields)


def test_the_schema_given_is_left_as_it_is() -> None:
    before = Query.model_json_schema()
    strict_schema(SCHEMA, "null")
    assert before == SCHEMA


@pytest.mark.parametrize(
    "field",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"allOf": [{"type": "string"}]},
        {"type": "string", "if": {}},
    ],
)
def test_what_strict_mode_cannot_say_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(NotStrictError):
        strict_schema({"type": "object", "properties": {"a": field}, "required": ["a"]})


def _tool(name: str, schema: dict[str, Any]) -> ToolSpec:
    return ToolSpec(name=name, description="Looks.", schema_=schema)


def test_a_tool_with_free_keys_is_sent_as_it_is_beside_strict_ones() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    shaped = strict_tools([_tool("a", SCHEMA), _tool("b", free)])
    assert [held for _, _, held in shaped] == [True, False]
    assert shaped[1][1] == free


def test_no_request_goes_beyond_what_anthropic_takes() -> None:
    optional = {
        "type": "object",
        "properties": {f"f{n}": {"type": "string", "default": None} for n in range(5)},
    }
    held = [held for _, _, held in strict_tools(_tool(f"t{n}", optional) for n in range(9))]
    assert held.count(True) * 5 <= MAX_OPTIONAL
    assert held == sorted(held, reverse=True)
    plain = {"type": "object", "properties": {}}
    held = [held for _, _, held in strict_tools(_tool(f"t{n}", plain) for n in range(30))]
    assert held.count(True) == MAX_STRICT_TOOLS
    held = [h for _, _, h in strict_tools([_tool(f"t{n}", plain) for n in range(30)], "null")]
    assert all(held)
