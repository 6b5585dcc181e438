"""Splits a Markdown file into its YAML front matter and its text, and keeps every value's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.knowledge.problem import Place

Path = tuple[str | int, ...]
"""Where a value stands: `("checks", 0, "expect")`."""

_FENCE = "---"


class FrontMatterError(ValueError):
    """The file has no front matter that can be read."""

    def __init__(self, message: str, remedy: str, place: Place) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.place = place


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file's head says, the text under it, and where in the file each value begins."""

    data: dict[str, Any]
    body: str
    keys: Mapping[Path, Place]
    values: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Where the value begins, or the nearest thing around it that is there."""
        for length in range(len(path), -1, -1):
            if (found := self.values.get(path[:length])) is not None:
                return found
        return Place(1, 1)

    def key_place(self, path: Path) -> Place:
        """Where the key stands that the value belongs to."""
        return self.keys.get(path) or self.place(path)

    def within(self, path: Path, line: int, column: int) -> Place:
        """Where line and column (from 1) of a text value are in the file."""
        at = self.place(path)
        return Place(at.line, at.column + column - 1) if line == 1 else Place(at.line + line - 1, 1)


def has_front_matter(text: str) -> bool:
    """Whether it begins with a fence; a Markdown file without one is a plain document."""
    return text.startswith((f"{_FENCE}\n", f"{_FENCE}\r\n"))


def read_front_matter(text: str) -> FrontMatter:
    """Split and read. Raises FrontMatterError: no closing fence, YAML that does not parse, a key
    that stands twice, no mapping.
    """
    lines = text.splitlines(keepends=True)
    closing = next((i for i, line in enumerate(lines) if i and line.rstrip() == _FENCE), None)
    if not has_front_matter(text) or closing is None:
        missing = "opening" if not has_front_matter(text) else "closing"
        raise FrontMatterError(
            f"no {missing} '---'", "put the front matter between two lines of '---'", Place(1, 1)
        )
    # An empty first line takes the fence's place, so that YAML's line numbers are the file's.
    head = "\n" + "".join(lines[1:closing])
    try:
        node = yaml.compose(head, Loader=yaml.SafeLoader)
        data = yaml.safe_load(head)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from error
    except (yaml.YAMLError, ValueError) as error:
        raise FrontMatterError(
            f"the YAML cannot be read: {error}", "write plain YAML", Place(1, 1)
        ) from error
    if not isinstance(data, dict) or not isinstance(node, yaml.MappingNode):
        raise FrontMatterError(
            "the front matter is no mapping", "write 'id:', 'title:', …", Place(2, 1)
        )
    keys: dict[Path, Place] = {}
    values: dict[Path, Place] = {}
    _walk(node, (), keys, values)
    return FrontMatter(data, "".join(lines[closing + 1 :]), keys, values)


def _not_yaml(error: yaml.MarkedYAMLError) -> FrontMatterError:
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    message = f"the YAML cannot be read: {error.problem or error.context}"
    return FrontMatterError(
        message, "mend the indentation, or quote a text that holds ': ', '{' or '#'", place
    )


def _walk(node: yaml.Node, path: Path, keys: dict[Path, Place], values: dict[Path, Place]) -> None:
    mark = node.start_mark
    values[path] = _text_place(node) if isinstance(node, yaml.ScalarNode) else _place(mark)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in keys:
                raise FrontMatterError(
                    f"{key.value!r} stands twice, first in line {keys[inner].line}",
                    "keep one of them: YAML would silently take the last",
                    _place(key.start_mark),
                )
            keys[inner] = _place(key.start_mark)
            _walk(value, inner, keys, values)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            _walk(item, (*path, i), keys, values)


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _text_place(node: yaml.ScalarNode) -> Place:
    """Where the text itself begins: behind its quote, or in the line under its `|`."""
    line, column = _place(node.start_mark)
    if node.style in {"'", '"'}:
        return Place(line, column + 1)
    return Place(line + 1, 1) if node.style in {"|", ">"} else Place(line, column)
