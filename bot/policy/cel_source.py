"""Reads CEL text token by token, and rewrites it for evaluation over one kind of number.

CEL has int, uint and double and adds none to another; observations come as either (`5`, `5.5`).
Here every number is a double, as in PromQL, so `errors / total` of 6 and 10 is 0.6. Integers stay
integers only where CEL demands them: inside an index (`lines[0]`), and after `%`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>(?:[rRbB]|[rR][bB]|[bB][rR])?(?:
        \"\"\".*?\"\"\" | '''.*?''' | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'))
  | (?P<double>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<other_int>0[xX][0-9a-fA-F]+[uU]?|\d+[uU])
  | (?P<int>\d+)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<mark>&&|\|\||[=!<>]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})


class Token(NamedTuple):
    """One token with its kind, as in the pattern's group names, and where it starts."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a CEL expression, white space and comments included; never fails."""
    for found in _TOKEN.finditer(text):
        yield Token(found.lastgroup or "mark", found.group(), found.start())


def bound_names(text: str) -> frozenset[str]:
    """The names a macro binds: `l` of `lines.map(l, l.message)`."""
    solid = [t.text for t in tokens(text) if t.kind != "space"]
    return frozenset(
        solid[i + 3]
        for i in range(len(solid) - 4)
        if solid[i] == "." and solid[i + 1] in _MACROS and solid[i + 2] == "("
        if solid[i + 4] == ","
    )


def rewrite(text: str, functions: dict[str, str]) -> str:
    """The same expression with doubles for integers, and functions renamed as told."""
    solid = [t for t in tokens(text) if t.kind != "space"]
    in_index: list[bool] = []
    written: list[str] = []
    for i, token in enumerate(solid):
        before = solid[i - 1] if i else None
        after = solid[i + 1].text if i + 1 < len(solid) else ""
        indexing = bool(in_index) and in_index[-1]
        if token.text in {"(", "[", "{"}:
            in_index.append(_opens_index(token, before) or (token.text == "(" and indexing))
        elif token.text in {")", "]", "}"} and in_index:
            in_index.pop()
        written.append(_written(token, before, after, indexing, functions))
    return " ".join(written)


def _opens_index(token: Token, before: Token | None) -> bool:
    if token.text != "[" or before is None:
        return False
    return (before.kind in {"name", "string"} and before.text != "in") or before.text in {")", "]"}


def _written(
    token: Token, before: Token | None, after: str, indexing: bool, functions: dict[str, str]
) -> str:
    if token.kind == "int" and not indexing and not (before and before.text == "%"):
        return f"{token.text}.0"
    if token.kind == "name" and after == "(" and not indexing:
        return functions.get(token.text, token.text)
    return token.text
