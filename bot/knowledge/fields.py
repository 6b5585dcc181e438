"""Field types of a runbook that are read when it is loaded: expressions, templates, durations.

An error in a text carries the line and column within it, and the path below the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.policy.cel_functions import seconds
from bot.policy.conditions import Condition, ConditionError
from bot.policy.template import Template


def _expression(text: str) -> str:
    try:
        Condition.parse(text)
    except ConditionError as error:
        raise _misread(error) from error
    return text


def _template(value: Any) -> Any:
    for path, text in _texts(value, ()):
        try:
            Template.parse(text)
        except ConditionError as error:
            raise _misread(error, path) from error
    return value


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _texts(item, (*path, i))


def _misread(error: ConditionError, path: tuple[str | int, ...] = ()) -> PydanticCustomError:
    return PydanticCustomError(
        "expression",
        "{reason}",
        {"reason": str(error), "path": path, "line": error.line, "column": error.column},
    )


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise PydanticCustomError(
            "regex",
            "the regex does not compile: {reason}",
            {"reason": error.msg, "line": 1, "column": (error.pos or 0) + 1},
        ) from error
    return text


def _seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return seconds(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{reason}", {"reason": str(error)}) from error


def _input(value: Any) -> Any:
    return _expression(value) if isinstance(value, str) else value


NAME = r"^[a-z][a-z0-9_]{0,47}$"

Name = Annotated[str, Field(pattern=NAME)]
"""An identifier of CEL: lower case, digits, underscores."""
Cel = Annotated[str, AfterValidator(_expression)]
Text = Annotated[str, AfterValidator(_template), Field(min_length=1)]
"""Words for people, with `${…}` in them."""
Params = Annotated[dict[str, Any], AfterValidator(_template)]
Regex = Annotated[str, AfterValidator(_regex)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
"""Seconds, or a text like `15m`."""
Input = Annotated[Any, AfterValidator(_input)]
"""A text is CEL; any other value stands for itself."""
