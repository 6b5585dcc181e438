"""PromQL, the part that incident work uses, from text to a tree.

Left out, and refused with a parse error: subqueries, `@`, `on`/`ignoring`/`group_left`, functions
that `promql.py` does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

AGGREGATIONS = {"sum", "avg", "max", "min", "count", "topk", "bottomk"}
BINARY = [
    {"or"},
    {"and", "unless"},
    {"==", "!=", ">", "<", ">=", "<="},
    {"+", "-"},
    {"*", "/", "%"},
    {"^"},
]
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<duration>(?:\d+(?:ms|[smhdwy]))+)(?![\w.])
    | (?P<number>0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[a-zA-Z_:][\w:]*)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>=~|!~|==|!=|>=|<=|[-+*/%^(){}\[\],=<>@])
    )""",
    re.VERBOSE,
)


class PromqlError(ValueError):
    """The expression can't be parsed or evaluated; the text is what the server answers."""


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Selector:
    """Series by name and matchers; `seconds` of the past for a range, None for an instant."""

    name: str | None
    matchers: tuple[tuple[str, str, str], ...]
    seconds: float | None = None
    offset: float = 0.0


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregation:
    operator: str
    of: Node
    labels: tuple[str, ...]
    grouping: Literal["by", "without"]
    parameter: Node | None


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Node
    right: Node
    as_bool: bool


Node = Number | Selector | Call | Aggregation | Binary


def parse(text: str) -> Node:
    """The tree of an expression; PromqlError names what was not understood."""
    return _Parser(text).whole()


def seconds(text: str) -> float:
    """A duration such as `1h30m` in seconds; PromqlError where it is none."""
    if re.fullmatch(r"(?:\d+(?:ms|[smhdwy]))+", text) is None:
        raise PromqlError(f"not a valid duration string: {text!r}")
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return sum(int(amount) * _UNIT_SECONDS[unit] for amount, unit in parts)


def _matched(operator: str, quoted: str) -> str:
    text = re.sub(r"\\(.)", r"\1", quoted[1:-1])
    if operator in ("=~", "!~"):
        try:
            re.compile(text)
        except re.error as error:
            raise PromqlError(f"parse error: error parsing regexp {text!r}: {error}") from error
    return text


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise PromqlError(f"1:{place + 1}: parse error: unexpected {text[place:][:12]!r}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        if not self._tokens:
            raise PromqlError("unknown position: parse error: no expression found in input")

    def whole(self) -> Node:
        node = self._binary(0)
        if self._tokens:
            raise PromqlError(f"parse error: unexpected {self._tokens[0][1]!r}")
        return node

    def _peek(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _next(self, expected: str | None = None) -> tuple[str, str]:
        if not self._tokens:
            raise PromqlError(f"parse error: unexpected end of input, not {expected or 'any'!r}")
        token = self._tokens.pop(0)
        if expected is not None and token[1] != expected:
            raise PromqlError(f"parse error: unexpected {token[1]!r}, expected {expected!r}")
        return token

    def _binary(self, level: int) -> Node:
        if level == len(BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in BINARY[level]:
            operator = self._next()[1]
            as_bool = self._peek() == "bool"
            if as_bool:
                self._next()
            if self._peek() in ("on", "ignoring"):
                raise PromqlError(f"parse error: {self._peek()!r} matching is not supported here")
            # `^` binds to the right, all others to the left.
            right = self._binary(level if operator == "^" else level + 1)
            left = Binary(operator, left, right, as_bool)
        return left

    def _unary(self) -> Node:
        if self._peek() in ("-", "+"):
            sign = self._next()[1]
            inner = self._binary(len(BINARY) - 1)
            return inner if sign == "+" else Binary("*", Number(-1.0), inner, False)
        return self._postfix(self._primary())

    def _primary(self) -> Node:
        kind, text = self._next()
        if kind == "number":
            return Number(float(int(text, 16)) if text.startswith("0x") else float(text))
        if text == "(":
            inner = self._binary(0)
            self._next(")")
            return inner
        if text == "{":
            self._tokens.insert(0, (kind, text))
            return self._selector(None)
        if kind != "word":
            raise PromqlError(f"parse error: unexpected {text!r}")
        if text.lower() in ("inf", "nan"):
            return Number(float(text))
        if text in AGGREGATIONS:
            return self._aggregation(text)
        return self._call(text) if self._peek() == "(" else self._selector(text)

    def _call(self, function: str) -> Node:
        self._next("(")
        arguments: list[Node] = []
        while self._peek() != ")":
            arguments.append(self._binary(0))
            if self._peek() != ")":
                self._next(",")
        self._next(")")
        return Call(function, tuple(arguments))

    def _labels(self) -> tuple[str, ...]:
        self._next("(")
        names: list[str] = []
        while self._peek() != ")":
            names.append(self._next()[1])
            if self._peek() != ")":
                self._next(",")
        self._next(")")
        return tuple(names)

    def _aggregation(self, operator: str) -> Node:
        grouping: Literal["by", "without"] = "by"
        labels: tuple[str, ...] = ()
        given = self._peek() in ("by", "without")
        if given:
            grouping = "by" if self._next()[1] == "by" else "without"
            labels = self._labels()
        self._next("(")
        parameter = None
        of = self._binary(0)
        if self._peek() == ",":
            self._next()
            parameter, of = of, self._binary(0)
        self._next(")")
        if not given and self._peek() in ("by", "without"):
            grouping = "by" if self._next()[1] == "by" else "without"
            labels = self._labels()
        if (operator in ("topk", "bottomk")) != (parameter is not None):
            raise PromqlError(f"parse error: wrong number of arguments for aggregate {operator!r}")
        return Aggregation(operator, of, labels, grouping, parameter)

    def _selector(self, name: str | None) -> Node:
        matchers: list[tuple[str, str, str]] = []
        if self._peek() == "{":
            self._next()
            while self._peek() != "}":
                kind, label = self._next()
                operator = self._next()[1]
                value_kind, value = self._next()
                known = operator in ("=", "!=", "=~", "!~")
                if kind != "word" or not known or value_kind != "string":
                    raise PromqlError(f"parse error: unexpected {operator!r} in label matching")
                matchers.append((label, operator, _matched(operator, value)))
                if self._peek() != "}":
                    self._next(",")
            self._next("}")
        if name is None and not any(value for _, operator, value in matchers if operator[0] == "="):
            raise PromqlError(
                "parse error: vector selector must contain at least one non-empty matcher"
            )
        return Selector(name, tuple(matchers))

    def _postfix(self, node: Node) -> Node:
        while self._peek() in ("[", "offset", "@"):
            sign = self._next()[1]
            if not isinstance(node, Selector) or sign == "@":
                raise PromqlError(f"parse error: {sign!r} is only supported after a selector here")
            length = seconds(self._next()[1])
            if sign == "[":
                self._next("]")
                node = Selector(node.name, node.matchers, length, node.offset)
            else:
                node = Selector(node.name, node.matchers, node.seconds, length)
        return node
