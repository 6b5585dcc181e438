"""Holds a runbook's calls against the tools that there are."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bot.knowledge.faults import Faults
from bot.knowledge.front_matter import Path
from bot.policy.template import is_constant
from tools.kit.catalog import Catalog
from tools.kit.tool import ReadTool, Tool


def lint_tools(faults: Faults, tools: Catalog) -> None:
    """Unknown tools, tools of the wrong shape, and parameters the tool would refuse."""
    runbook = faults.runbook
    by_name: dict[str, Tool[Any]] = {tool.name: tool for tool in tools}
    for part in ("checks", "verify", "steps"):
        for i, call in enumerate(getattr(runbook, part)):
            path: Path = (part, i)
            tool = by_name.get(call.tool)
            if tool is None:
                there = _names(by_name, reads=part != "steps")
                faults.add((*path, "tool"), f"no tool {call.tool!r}", f"write one of: {there}")
            elif isinstance(tool, ReadTool) == (part == "steps"):
                _wrong_shape(faults, (*path, "tool"), part, by_name, tool)
            else:
                _lint_params(faults, (*path, "params"), tool, call.params)


def _wrong_shape(
    faults: Faults, path: Path, part: str, by_name: dict[str, Tool[Any]], tool: Tool[Any]
) -> None:
    if part == "steps":
        message = f"{tool.name!r} only looks: it is no step"
        remedy = f"move it to checks, or write one of: {_names(by_name, reads=False)}"
    else:
        message = f"{tool.name!r} changes something: it is no check"
        remedy = f"move it to steps, or write one of: {_names(by_name, reads=True)}"
    faults.add(path, message, remedy)


def _names(by_name: dict[str, Tool[Any]], *, reads: bool) -> str:
    fitting = (name for name, tool in by_name.items() if isinstance(tool, ReadTool) == reads)
    return ", ".join(sorted(fitting)) or "none is configured"


def _lint_params(faults: Faults, path: Path, tool: Tool[Any], params: dict[str, Any]) -> None:
    try:
        tool.params.model_validate(params)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            where = _within(params, each["loc"])
            if each["type"] == "missing":
                message = f"{tool.name!r} needs {_dotted(each['loc'])!r}"
                faults.add(path, message, f"add '{each['loc'][-1]}: …' to its params")
            elif each["type"] == "extra_forbidden":
                message = f"{tool.name!r} takes no {_dotted(each['loc'])!r}"
                fields = ", ".join(tool.params.model_fields)
                faults.add((*path, *where), message, f"remove it; it takes: {fields}")
            elif is_constant(_at(params, where)):
                message = f"{tool.name!r} refuses {_dotted(where)!r}: {each['msg']}"
                faults.add((*path, *where), message, "write a value that it takes")


def _within(params: Any, loc: tuple[int | str, ...]) -> Path:
    """The part of the loc that is in the parameters; pydantic adds members of unions."""
    path: Path = ()
    for part in loc:
        held = _at(params, path)
        if (isinstance(held, dict) and part in held) or (
            isinstance(held, list) and isinstance(part, int) and part < len(held)
        ):
            path = (*path, part)
    return path


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)
