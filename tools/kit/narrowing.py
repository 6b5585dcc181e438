"""Which parameters a person may make smaller before approving, and what smaller means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_origin

from tools.kit.tool import Params


class Narrows(StrEnum):
    """Beside a field's type, in `Annotated`: how it may shrink. Undeclared fields stay."""

    FEWER = "fewer"
    """A list or a mapping: some of its entries as they are, in their order, and never none."""
    LESS = "less"
    """A number that counts or measures: less of it, and never below zero."""


_FITTING: dict[Narrows, tuple[type, ...]] = {
    Narrows.FEWER: (tuple, list, dict),
    Narrows.LESS: (int, float),
}


def narrowable(params: type[Params]) -> dict[str, Narrows]:
    """The fields that may shrink. Raises TypeError where one is of a type that can't."""
    found = {}
    for name, field in params.model_fields.items():
        for how in field.metadata:
            if isinstance(how, Narrows):
                shape = get_origin(field.annotation) or field.annotation
                if shape not in _FITTING[how]:
                    raise TypeError(f"field {name!r} is declared {how.value!r} and can't be")
                found[name] = how
    return found


def wider(params: type[Params], before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """Why the parameters `after` are no narrowing of `before`; None where they are one, or same.

    Both as plain JSON, validated by `params`.
    """
    may = narrowable(params)
    for name in (*before, *(name for name in after if name not in before)):
        was, now = before.get(name), after.get(name)
        if name in before and name in after and _text(was) == _text(now):
            continue
        if name not in may:
            return f"{name} can't be changed"
        if may[name] is Narrows.LESS and not _less(was, now):
            return f"{name} may only be less than {was!r}, and {now!r} is not"
        if may[name] is Narrows.FEWER and not _fewer(was, now):
            return f"{name} may only hold some of what it held, unchanged"
    return None


def _less(was: Any, now: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (was, now))
    return numbers and 0 <= now < was


def _fewer(was: Any, now: Any) -> bool:
    if isinstance(was, dict) and isinstance(now, dict):
        kept = {name: was[name] for name in now if name in was}
        return bool(now) and _text(kept) == _text(now)
    if not isinstance(was, list | tuple) or not isinstance(now, list | tuple) or not now:
        return False
    left = map(_text, was)
    return all(any(each == kept for each in left) for kept in map(_text, now))


def _text(value: Any) -> str:
    """To compare by: in Python `True` is `1`, to a backend it is not."""
    return json.dumps(value, sort_keys=True)
