"""Conditions and values in CEL, over observations of which some may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from bot.policy import cel_functions
from bot.policy.cel_engine import cel
from bot.policy.cel_source import bound_names, rewrite
from bot.policy.cel_values import for_cel, from_cel, kind_of

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class Truth(StrEnum):
    """What a condition comes to."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class ConditionError(ValueError):
    """The text is no CEL expression. `line` and `column` count from 1 within the text."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Condition:
    """A CEL expression, read once. Evaluating it never raises, and never is true by absence.

    Every number is a double (see `cel_source`), null and NaN count as missing, and anything
    missing makes the whole unknown unless the rest decides alone: `lag > 1800 || failed` is true
    when `failed` is. `has(x)` of something missing is unknown as well, so that `!has(x)` is no
    way around it; only `value` lets it choose: `has(x) ? x : 'none'`. Presence of a key in a
    mapping that was observed is an observation: `!('team' in alert.labels)` can be true.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    """The names it takes from the values, without those its macros bind."""
    _truth: cel.Program = field(compare=False, repr=False)
    _value: cel.Program = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read an expression. Raises ConditionError with what is wrong and where."""
        return _parse(text)

    def evaluate(self, values: Mapping[str, Any]) -> Truth:
        """Whether it holds over these values (durations in seconds, sizes in bytes)."""
        return self.explain(values)[0]

    def explain(self, values: Mapping[str, Any]) -> tuple[Truth, str]:
        """The truth, and for *unknown* why; the reason is empty otherwise."""
        shaped, nulled = self._given(values)
        found, why = self._run(self._truth, shaped, values)
        if why:
            return Truth.UNKNOWN, why
        if not isinstance(found, bool):
            return Truth.UNKNOWN, f"{self.text!r} gave {kind_of(found)}, not true or false"
        if found and nulled:
            found, why = self._run(self._truth, nulled, values)
            if found is not True:
                return Truth.UNKNOWN, why or f"{self.text!r} hangs on something that is null"
        return (Truth.TRUE if found else Truth.FALSE), ""

    def value(self, values: Mapping[str, Any]) -> Any:
        """What the expression comes to, as plain JSON; None when that is unknown."""
        return self.compute(values)[0]

    def compute(self, values: Mapping[str, Any]) -> tuple[Any, str]:
        """The value, and why there is none; one of them is always empty."""
        shaped, _ = self._given(values)
        found, why = self._run(self._value, shaped, values)
        if why:
            return None, why
        found = from_cel(found)
        return found, "" if found is not None else f"{self.text!r} gave nothing"

    def _given(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was observed; and, where nulls were taken out of it, the same with them."""
        asked = {name: values[name] for name in self.names if name in values}
        shaped = for_cel(asked)
        nulled = for_cel(asked, keep_nulls=True)
        return shaped, nulled if nulled != shaped else {}

    def _run(
        self, program: cel.Program, shaped: dict[str, Any], values: Mapping[str, Any]
    ) -> tuple[Any, str]:
        failures: list[str] = []
        try:
            found = program.execute(cel.Context(shaped, cel_functions.functions(failures)))
        except Exception as error:  # whatever the evaluator raises, the answer is "unknown"
            return None, self._reason(error, shaped, values, failures)
        return found, f"{self.text!r}: {failures[0]}" if failures else ""

    def _reason(
        self,
        error: Exception,
        shaped: dict[str, Any],
        values: Mapping[str, Any],
        failures: list[str],
    ) -> str:
        if failures:
            return f"{self.text!r}: {failures[0]}"
        absent = sorted(self.names - shaped.keys())
        if absent:
            told = (_absence(name, values) for name in absent)
            return f"{self.text!r}: {', '.join(told)}"
        if isinstance(error, KeyError):
            return f"{self.text!r}: no {error.args[0]} in what was observed"
        if isinstance(error, IndexError):
            return f"{self.text!r}: the list is shorter than that"
        kinds = ", ".join(f"{n} is {kind_of(values[n])}" for n in sorted(self.names))
        if isinstance(error, TypeError):
            return f"{self.text!r}: the kinds do not fit ({kinds or 'literals alone'})"
        return f"{self.text!r}: {str(error).splitlines()[0]}"


def _absence(name: str, values: Mapping[str, Any]) -> str:
    if name not in values:
        return f"no {name}"
    kind = kind_of(values[name])
    return f"{name} is a list that holds null" if kind == "a list" else f"{name} is {kind}"


@lru_cache(maxsize=2048)
def _parse(text: str) -> Condition:
    program = _compile(text)
    unknown = sorted(
        name
        for name in program.functions()
        if re.fullmatch(r"[A-Za-z]\w*", name) and name not in cel_functions.KNOWN
    )
    if unknown:
        at = re.search(rf"\b{unknown[0]}\b", text)
        known = ", ".join(sorted(cel_functions.KNOWN))
        column = at.start() + 1 if at else 1
        raise ConditionError(f"no function {unknown[0]!r}; there are: {known}", 1, column)
    return Condition(
        text=text,
        names=frozenset(program.variables()) - bound_names(text),
        _truth=_compile(rewrite(text, cel_functions.FOR_TRUTH)),
        _value=_compile(rewrite(text, cel_functions.RENAMED)),
    )


def _compile(text: str) -> cel.Program:
    if not text.strip():
        raise ConditionError("the expression is empty")
    try:
        return cel.compile(text)
    except ValueError as error:
        found = _PLACE.search(str(error))
        if not found:
            raise ConditionError(str(error)) from error
        line, column, message = found.groups()
        plain = re.sub(r" expecting \{.*", "", message).replace("'<EOF>'", "the end")
        raise ConditionError(plain, int(line), int(column)) from error
