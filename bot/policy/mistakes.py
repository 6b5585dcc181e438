"""What is wrong with a file of policy, field by field, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

Models = Mapping[tuple[str, ...], type[BaseModel]]
"""Path of field names, without indices → the model that is expected there."""
_TAGS = ("number", "groups")
"""What pydantic puts into a path for the members of a union."""


def mistakes(error: ValidationError, models: Models) -> Iterator[str]:
    """One line for each: `rules.0.efects: no such key; did you mean 'effects'?`."""
    for each in error.errors(include_url=False):
        path = [part for part in each["loc"] if part not in _TAGS]
        where = ".".join(str(part) for part in path) or "the file"
        parent = tuple(part for part in path[:-1] if isinstance(part, str))
        match each["type"]:
            case "extra_forbidden":
                said = f"no such key; {_instead(str(path[-1]), models.get(parent))}"
            case "missing":
                said = "it is missing; add it"
            case "model_type" | "dict_type":
                said = "it is no mapping of keys to values"
            case _:
                said = each["msg"].removeprefix("Value error, ")
        yield f"{where}: {said}"


def _instead(wrong: str, model: type[BaseModel] | None) -> str:
    fields = model.model_fields.items() if model else ()
    keys = sorted(info.alias or name for name, info in fields)
    near = difflib.get_close_matches(wrong, keys, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"remove it, or write one of: {', '.join(keys)}" if keys else "remove it"
