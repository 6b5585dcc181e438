"""Evaluates PromQL trees over the series store, at one moment."""

from __future__ import annotations

import math
import operator as op
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.company.promql_ranges import RANGE_FUNCTIONS, histogram_quantile
from bot.sandbox.company.promql_syntax import (
    Aggregation,
    Binary,
    Call,
    Node,
    Number,
    PromqlError,
    Selector,
    parse,
)
from bot.sandbox.company.series_store import Series, SeriesStore

LOOKBACK_SECONDS = 300.0

Labels = dict[str, str]
Vector = list[tuple[Labels, float]]
Samples = list[tuple[float, float]]


@dataclass(frozen=True)
class Matrix:
    """Series with the samples of a range."""

    rows: list[tuple[Labels, Samples]]


Result = float | Vector | Matrix

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": op.eq, "!=": op.ne, ">": op.gt, "<": op.lt, ">=": op.ge, "<=": op.le,
}  # fmt: skip


def _divide(left: float, right: float) -> float:
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)
    return left / right


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": op.add, "-": op.sub, "*": op.mul, "/": _divide,
    "%": lambda left, right: math.fmod(left, right) if right else math.nan,
    "^": lambda left, right: float(left**right),
}  # fmt: skip
SIMPLE: dict[str, Callable[[float], float]] = {
    "abs": abs, "ceil": math.ceil, "floor": math.floor, "round": lambda x: math.floor(x + 0.5),
}  # fmt: skip
REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum, "avg": lambda values: math.fsum(values) / len(values),
    "max": max, "min": min, "count": len,
}  # fmt: skip


def evaluate(store: SeriesStore, expression: str | Node, at: float) -> Result:
    """The value of an expression at a moment (seconds since the epoch); PromqlError otherwise."""
    node = parse(expression) if isinstance(expression, str) else expression
    return _Evaluation(store, at).value(node)


def select(store: SeriesStore, selector: Selector) -> list[Series]:
    """The series that a selector names, whatever their samples."""
    return [one for one in store.named(selector.name) if _matches(one.labels, selector)]


def _matches(labels: Labels, selector: Selector) -> bool:
    for label, operator, wanted in selector.matchers:
        value = labels.get(label, "")
        same = value == wanted if operator in ("=", "!=") else bool(re.fullmatch(wanted, value))
        if same != (operator[0] == "="):
            return False
    return True


def _nameless(labels: Labels) -> Labels:
    return {name: value for name, value in labels.items() if name != "__name__"}


class _Evaluation:
    def __init__(self, store: SeriesStore, at: float) -> None:
        self._store = store
        self._at = at

    def value(self, node: Node) -> Result:
        match node:
            case Number(value):
                return value
            case Selector():
                return self._select(node)
            case Call():
                return self._call(node)
            case Aggregation():
                return self._aggregate(node)
            case Binary():
                return self._binary(node)

    def _vector(self, node: Node, asker: str) -> Vector:
        value = self.value(node)
        if not isinstance(value, list):
            raise PromqlError(f"parse error: expected type instant vector in {asker}")
        return value

    def _scalar(self, node: Node, asker: str) -> float:
        value = self.value(node)
        if not isinstance(value, int | float):
            raise PromqlError(f"parse error: expected type scalar in {asker}")
        return value

    def _select(self, selector: Selector) -> Result:
        end = self._at - selector.offset
        back = LOOKBACK_SECONDS if selector.seconds is None else selector.seconds
        rows = [(one.labels, one.window(end - back, end)) for one in select(self._store, selector)]
        if selector.seconds is not None:
            return Matrix([(labels, samples) for labels, samples in rows if samples])
        return [(labels, samples[-1][1]) for labels, samples in rows if samples]

    def _call(self, call: Call) -> Result:
        name, arguments = call.function, call.arguments
        if name == "time" and not arguments:
            return self._at
        if name in RANGE_FUNCTIONS and len(arguments) == 1:
            return self._over_range(name, arguments[0])
        if name == "absent" and len(arguments) == 1:
            return self._absent(arguments[0])
        if name in SIMPLE and len(arguments) == 1:
            vector = self._vector(arguments[0], name)
            return [(_nameless(labels), float(SIMPLE[name](value))) for labels, value in vector]
        if name == "vector" and len(arguments) == 1:
            return [({}, self._scalar(arguments[0], name))]
        if name == "scalar" and len(arguments) == 1:
            vector = self._vector(arguments[0], name)
            return vector[0][1] if len(vector) == 1 else math.nan
        if name == "histogram_quantile" and len(arguments) == 2:
            quantile = self._scalar(arguments[0], name)
            return histogram_quantile(quantile, self._vector(arguments[1], name))
        if name in {*RANGE_FUNCTIONS, *SIMPLE, "time", "absent", "vector", "scalar"}:
            raise PromqlError(f"parse error: wrong number of arguments in call to {name!r}")
        raise PromqlError(f"parse error: unknown function with name {name!r}")

    def _over_range(self, name: str, argument: Node) -> Vector:
        matrix = self.value(argument)
        if not isinstance(matrix, Matrix) or not isinstance(argument, Selector):
            raise PromqlError(f'parse error: expected type range vector in call to "{name}"')
        end = self._at - argument.offset
        start = end - (argument.seconds or 0.0)
        found: Vector = []
        for labels, samples in matrix.rows:
            value = RANGE_FUNCTIONS[name](samples, start, end)
            if value is not None:
                found.append((labels if name == "last_over_time" else _nameless(labels), value))
        return found

    def _absent(self, argument: Node) -> Vector:
        if self._vector(argument, "absent"):
            return []
        if not isinstance(argument, Selector):
            return [({}, 1.0)]
        return [({label: value for label, sign, value in argument.matchers if sign == "="}, 1.0)]

    def _aggregate(self, node: Aggregation) -> Vector:
        groups: dict[tuple[tuple[str, str], ...], Vector] = {}
        for labels, value in self._vector(node.of, node.operator):
            kept = {
                name: text
                for name, text in _nameless(labels).items()
                if (name in node.labels) == (node.grouping == "by")
            }
            groups.setdefault(tuple(sorted(kept.items())), []).append((labels, value))
        if node.parameter is not None:
            count = int(self._scalar(node.parameter, node.operator))
            sign = -1 if node.operator == "topk" else 1
            return [
                row
                for rows in groups.values()
                for row in sorted(rows, key=lambda row: sign * row[1])[:count]
            ]
        reduce = REDUCTIONS[node.operator]
        return [(dict(key), float(reduce([v for _, v in rows]))) for key, rows in groups.items()]

    def _binary(self, node: Binary) -> Result:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, Matrix) or isinstance(right, Matrix):
            raise PromqlError("parse error: binary expression must contain only scalar and vector")
        if node.operator in ("and", "or", "unless"):
            return _sets(node.operator, left, right)
        if not isinstance(left, list) and not isinstance(right, list):
            if node.operator in COMPARISONS and not node.as_bool:
                raise PromqlError("parse error: comparisons between scalars must use BOOL modifier")
            result = _apply(node, left, right)
            return math.nan if result is None else result
        if isinstance(left, list) and isinstance(right, list):
            return _paired(node, left, right)
        if isinstance(left, list):
            assert not isinstance(right, list)
            return _collected(node, [(row[0], row[1], right, row[1]) for row in left])
        assert isinstance(right, list)
        return _collected(node, [(row[0], left, row[1], row[1]) for row in right])


def _collected(node: Binary, pairs: list[tuple[Labels, float, float, float]]) -> Vector:
    """The results of (labels, left, right, value that a filter keeps)."""
    filtered = node.operator in COMPARISONS and not node.as_bool
    found: Vector = []
    for labels, left, right, kept in pairs:
        result = _apply(node, left, right)
        if result is None:
            continue
        found.append((labels, kept) if filtered else (_nameless(labels), result))
    return found


def _apply(node: Binary, left: float, right: float) -> float | None:
    """The result for one pair; None where a comparison without `bool` does not hold."""
    if node.operator in ARITHMETIC:
        try:
            return ARITHMETIC[node.operator](left, right)
        except (OverflowError, TypeError, ZeroDivisionError):
            return math.nan
    held = COMPARISONS[node.operator](left, right)
    if node.as_bool:
        return float(held)
    return left if held else None


def _key(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(_nameless(labels).items())


def _paired(node: Binary, left: Vector, right: Vector) -> Vector:
    others = {_key(labels): value for labels, value in right}
    matched = [(labels, value, others.get(_key(labels))) for labels, value in left]
    return _collected(
        node, [(labels, mine, other, mine) for labels, mine, other in matched if other is not None]
    )


def _sets(operator: str, left: float | Vector, right: float | Vector) -> Vector:
    if not isinstance(left, list) or not isinstance(right, list):
        raise PromqlError(f"parse error: set operator {operator!r} not allowed between scalars")
    there = {_key(labels) for labels, _ in right}
    if operator == "and":
        return [row for row in left if _key(row[0]) in there]
    if operator == "unless":
        return [row for row in left if _key(row[0]) not in there]
    mine = {_key(labels) for labels, _ in left}
    return left + [row for row in right if _key(row[0]) not in mine]
