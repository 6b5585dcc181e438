"""Texts and parameters that hold `${CEL expression}`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.policy.cel_source import tokens
from bot.policy.conditions import Condition, ConditionError


class TemplateError(ConditionError):
    """The text is no template. `line` and `column` count from 1 within the text."""


class MissingValue(ValueError):
    """A template asks for something that is not known. The message says what."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into literal pieces and expressions, read once."""

    parts: tuple[str | Condition, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a text. `$${` stands for a literal `${`. Raises TemplateError."""
        return _parse(text)

    @property
    def names(self) -> frozenset[str]:
        """The names its expressions take from the values."""
        return frozenset().union(*(p.names for p in self.parts if isinstance(p, Condition)))

    def fill(self, values: Mapping[str, Any]) -> Any:
        """The text with its values in; a template that is one `${…}` keeps the value's type.

        Raises MissingValue where a value is not known: never the text `None`.
        """
        filled = [self._fill(part, values) for part in self.parts]
        if len(filled) == 1:
            return filled[0]
        return "".join(_as_text(piece) for piece in filled)

    @staticmethod
    def _fill(part: str | Condition, values: Mapping[str, Any]) -> Any:
        if isinstance(part, str):
            return part
        found, why = part.compute(values)
        if why:
            raise MissingValue(why)
        return found


def render(template: Any, values: Mapping[str, Any]) -> Any:
    """Fill every text in a JSON-like structure; keys and other values stay. Raises MissingValue."""
    if isinstance(template, str):
        return Template.parse(template).fill(values)
    if isinstance(template, Mapping):
        return {key: render(item, values) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [render(item, values) for item in template]
    return template


def render_text(template: str, values: Mapping[str, Any]) -> str:
    """Fill a text for people; never fails: what is not known reads `(unknown)`."""
    pieces: list[str] = []
    for part in Template.parse(template).parts:
        found, why = part.compute(values) if isinstance(part, Condition) else (part, "")
        pieces.append("(unknown)" if why else _as_text(found))
    return "".join(pieces)


def names_in(template: Any) -> frozenset[str]:
    """The names that `render` would take from the values."""
    if isinstance(template, str):
        return Template.parse(template).names
    if isinstance(template, Mapping):
        return frozenset().union(*(names_in(item) for item in template.values()))
    if isinstance(template, list | tuple):
        return frozenset().union(*(names_in(item) for item in template))
    return frozenset()


def is_constant(template: Any) -> bool:
    """Whether it holds no expression, so that it can be checked before any value is known."""
    if isinstance(template, str):
        return not any(isinstance(part, Condition) for part in Template.parse(template).parts)
    if isinstance(template, Mapping):
        return all(is_constant(item) for item in template.values())
    if isinstance(template, list | tuple):
        return all(is_constant(item) for item in template)
    return True


@lru_cache(maxsize=2048)
def _parse(text: str) -> Template:
    return Template(tuple(_pieces(text)) or ("",))


def _pieces(text: str) -> Iterator[str | Condition]:
    literal, at = "", 0
    while (opening := text.find("${", at)) >= 0:
        if opening > at and text[opening - 1] == "$":
            literal, at = f"{literal}{text[at : opening - 1]}${{", opening + 2
            continue
        literal += text[at:opening]
        if literal:
            yield literal
        closing = _closing(text, opening)
        yield _expression(text, opening + 2, closing)
        literal, at = "", closing + 1
    if literal + text[at:]:
        yield literal + text[at:]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for token in tokens(text[opening + 2 :]):
        if token.text == "{":
            depth += 1
        elif token.text == "}":
            if depth == 0:
                return opening + 2 + token.start
            depth -= 1
    line, column = _place(text, opening)
    raise TemplateError("'${' is never closed; write '$${' for the characters", line, column)


def _expression(text: str, start: int, end: int) -> Condition:
    try:
        return Condition.parse(text[start:end])
    except ConditionError as error:
        line, column = _place(text, start)
        column = error.column + (column - 1 if error.line == 1 else 0)
        raise TemplateError(str(error), line + error.line - 1, column) from error


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(_as_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)
