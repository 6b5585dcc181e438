"""Elasticsearch's query DSL, the part that log searches use, as a test of one line."""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from bot.sandbox.company.log_store import Line
from bot.sandbox.company.search_dates import moment
from bot.sandbox.company.search_text import SearchTextError, parse_text, tokens

Test = Callable[[Line], bool]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "gt": op.gt, "gte": op.ge, "lt": op.lt, "lte": op.le,
}  # fmt: skip

TEXT_FIELD = "message"
"""The one analysed field; all others are keywords, as in the company's index template."""


class ParsingError(ValueError):
    """The query is not one Elasticsearch would take; its text is the reason."""


def compile_query(query: Any) -> Test:
    """The test of a query clause; ParsingError where it is malformed or of an unknown kind."""
    if not isinstance(query, dict) or len(query) != 1:
        raise ParsingError("query malformed, must be an object with exactly one query clause")
    ((kind, body),) = query.items()
    maker = _CLAUSES.get(kind)
    if maker is None:
        raise ParsingError(f"unknown query [{kind}]")
    if not isinstance(body, dict):
        raise ParsingError(f"[{kind}] query malformed, no start_object after query name")
    return maker(body)


def value_of(line: Line, field: str) -> Any:
    """A field's value; `field.keyword` is the same field, None where the line has none."""
    return line.source.get(field.removesuffix(".keyword"))


def _clauses(body: Any) -> list[Test]:
    return [compile_query(clause) for clause in (body if isinstance(body, list) else [body])]


def _bool(body: dict[str, Any]) -> Test:
    unknown = set(body) - {"must", "filter", "should", "must_not", "minimum_should_match", "boost"}
    if unknown:
        raise ParsingError(f"[bool] query does not support [{sorted(unknown)[0]}]")
    required = _clauses(body.get("must", [])) + _clauses(body.get("filter", []))
    should, refused = _clauses(body.get("should", [])), _clauses(body.get("must_not", []))
    least = int(body.get("minimum_should_match", 0 if required or not should else 1))

    def test(line: Line) -> bool:
        return (
            all(one(line) for one in required)
            and not any(one(line) for one in refused)
            and (least <= 0 or sum(one(line) for one in should) >= least)
        )

    return test


def _one_field(body: dict[str, Any], kind: str, key: str) -> tuple[str, Any, dict[str, Any]]:
    fields = {name: value for name, value in body.items() if name != "boost"}
    if len(fields) != 1:
        raise ParsingError(f"[{kind}] query doesn't support multiple fields, found {list(fields)}")
    ((field, value),) = fields.items()
    if not isinstance(value, dict):
        return field, value, {}
    if key not in value:
        raise ParsingError(f"[{kind}] query requires [{key}] for field [{field}]")
    return field, value[key], value


def _equals(field: str, wanted: Any) -> Test:
    def test(line: Line) -> bool:
        value = value_of(line, field)
        if field == TEXT_FIELD:
            return str(wanted) in tokens(str(value))
        return value is not None and str(value) == str(wanted)

    return test


def _term(body: dict[str, Any]) -> Test:
    field, wanted, options = _one_field(body, "term", "value")
    if options.get("case_insensitive"):
        return lambda line: str(value_of(line, field)).lower() == str(wanted).lower()
    return _equals(field, wanted)


def _terms(body: dict[str, Any]) -> Test:
    field, wanted, _ = _one_field(body, "terms", "value")
    if not isinstance(wanted, list):
        raise ParsingError("[terms] query requires an array of terms")
    tests = [_equals(field, one) for one in wanted]
    return lambda line: any(test(line) for test in tests)


def _match(body: dict[str, Any]) -> Test:
    field, wanted, options = _one_field(body, "match", "query")
    if field != TEXT_FIELD:
        return _equals(field, wanted)
    words = tokens(str(wanted))
    every = str(options.get("operator", "or")).lower() == "and"

    def test(line: Line) -> bool:
        there = set(tokens(str(value_of(line, field))))
        found = [word in there for word in words]
        return all(found) if every else any(found)

    return test


def _match_phrase(body: dict[str, Any]) -> Test:
    field, wanted, _ = _one_field(body, "match_phrase", "query")
    return _equals(field, wanted) if field != TEXT_FIELD else _phrase(str(wanted))


def _phrase(wanted: str) -> Test:
    words = tokens(wanted)

    def test(line: Line) -> bool:
        there = tokens(str(value_of(line, TEXT_FIELD)))
        return any(there[i : i + len(words)] == words for i in range(len(there) - len(words) + 1))

    return test


def _range(body: dict[str, Any]) -> Test:
    ((field, limits),) = body.items() if len(body) == 1 else [("", None)]
    if not isinstance(limits, dict):
        raise ParsingError("[range] query malformed, no start_object after query name")
    compare: list[tuple[str, Any]] = []
    for name, limit in limits.items():
        if name in ("gt", "gte", "lt", "lte"):
            if limit is not None:
                compare.append((name, moment(limit) if field == "@timestamp" else limit))
        elif name not in ("format", "time_zone", "boost", "relation"):
            raise ParsingError(f"[range] query does not support [{name}]")

    def test(line: Line) -> bool:
        value = line.at if field == "@timestamp" else value_of(line, field)
        return value is not None and all(_meets(value, name, limit) for name, limit in compare)

    return test


def _meets(value: Any, name: str, limit: Any) -> bool:
    if isinstance(value, int | float):
        return bool(_COMPARE[name](value, float(limit)))
    return bool(_COMPARE[name](str(value), str(limit)))


def _exists(body: dict[str, Any]) -> Test:
    if not isinstance(body.get("field"), str):
        raise ParsingError("[exists] must be provided with a [field]")
    return lambda line: value_of(line, body["field"]) is not None


def _prefix(body: dict[str, Any]) -> Test:
    field, wanted, _ = _one_field(body, "prefix", "value")
    return lambda line: any(word.startswith(str(wanted)) for word in _words(line, field))


def _wildcard(body: dict[str, Any]) -> Test:
    fields = {
        name: options if not isinstance(options, dict) else {"value": None, **options}
        for name, options in body.items()
    }
    field, wanted, options = _one_field(fields, "wildcard", "value")
    pattern = str(wanted if wanted is not None else options.get("wildcard", ""))
    pattern = re.sub(r"([\[\]])", r"[\1]", pattern)
    if options.get("case_insensitive"):
        return lambda line: any(
            fnmatchcase(word.lower(), pattern.lower()) for word in _words(line, field)
        )
    return lambda line: any(fnmatchcase(word, pattern) for word in _words(line, field))


def _words(line: Line, field: str) -> list[str]:
    value = value_of(line, field)
    if value is None:
        return []
    return tokens(str(value)) if field == TEXT_FIELD else [str(value)]


def _text(body: dict[str, Any], *, simple: bool) -> Test:
    if not isinstance(body.get("query"), str):
        raise ParsingError("[query_string] must be provided with a [query]")
    fields = body.get("fields") or [body.get("default_field") or TEXT_FIELD]
    fields = [TEXT_FIELD if "*" in field else str(field).split("^")[0] for field in fields]
    conjunction = str(body.get("default_operator", "or")).lower() == "and"
    try:
        wanted = parse_text(body["query"], simple=simple, conjunction=conjunction)
    except SearchTextError as error:
        raise ParsingError(f"Failed to parse query [{body['query']}]: {error}") from error
    return lambda line: wanted(lambda field: value_of(line, field), fields)


_CLAUSES: dict[str, Callable[[dict[str, Any]], Test]] = {
    "match_all": lambda body: lambda line: True,
    "match_none": lambda body: lambda line: False,
    "bool": _bool,
    "term": _term,
    "terms": _terms,
    "match": _match,
    "match_phrase": _match_phrase,
    "range": _range,
    "exists": _exists,
    "prefix": _prefix,
    "wildcard": _wildcard,
    "simple_query_string": lambda body: _text(body, simple=True),
    "query_string": lambda body: _text(body, simple=False),
}
