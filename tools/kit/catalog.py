"""The tools one deployment has, each declaration checked once at start-up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools.kit.errors import InvalidCall
from tools.kit.narrowing import narrowable
from tools.kit.tool import ReadTool, Tool, WriteTool
from tools.kit.types import Effect


class CatalogError(Exception):
    """A tool is declared wrongly. Raised at start-up, never in an incident."""


class Catalog:
    """The tools by name. Refuses a declaration that policy or a model could misread."""

    def __init__(self, tools: Iterable[Tool[Any]]) -> None:
        self._tools: dict[str, Tool[Any]] = {}
        for tool in tools:
            self._add(tool)

    def _add(self, tool: Tool[Any]) -> None:
        name = getattr(tool, "name", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,47}", name):
            raise CatalogError(
                f"{type(tool).__name__}: name {name!r} must be lower case with underscores"
            )
        if name in self._tools:
            raise CatalogError(
                f"{name!r} is declared by {type(self._tools[name]).__name__} and by"
                f" {type(tool).__name__}; configure one backend for it"
            )
        effect = getattr(tool, "effect", None)
        if not isinstance(effect, Effect):
            raise CatalogError(f"{name!r} declares no effect")
        if isinstance(tool, ReadTool) != (effect is Effect.READ):
            raise CatalogError(f"{name!r}: effect {effect.value!r} belies its shape")
        if not isinstance(tool, ReadTool | WriteTool):
            raise CatalogError(f"{name!r} is neither a ReadTool nor a WriteTool")
        if not tool.description():
            raise CatalogError(f"{name!r} has no docstring; the model would not know it")
        bare = [f for f, info in tool.params.model_fields.items() if not info.description]
        if bare:
            raise CatalogError(f"{name!r}: no description for {', '.join(bare)}")
        try:
            narrowable(tool.params)
        except TypeError as error:
            raise CatalogError(f"{name!r}: {error}") from error
        self._tools[name] = tool

    def __iter__(self) -> Iterator[Tool[Any]]:
        return iter(self._tools.values())

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def read(self, name: str) -> ReadTool[Any]:
        """The read tool of that name. Raises InvalidCall for any other."""
        tool = self._tools.get(name)
        if not isinstance(tool, ReadTool):
            raise InvalidCall(f"no read tool {name!r}; there are: {self._names(ReadTool)}")
        return tool

    def write(self, name: str) -> WriteTool[Any]:
        """The write tool of that name. Raises InvalidCall for any other."""
        tool = self._tools.get(name)
        if not isinstance(tool, WriteTool):
            raise InvalidCall(f"no write tool {name!r}; there are: {self._names(WriteTool)}")
        return tool

    def _names(self, shape: type[Tool[Any]]) -> str:
        return ", ".join(n for n, t in self._tools.items() if isinstance(t, shape)) or "none"
