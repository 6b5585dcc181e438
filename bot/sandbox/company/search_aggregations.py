"""Elasticsearch's `terms` and `date_histogram` aggregations, one inside the other if asked."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from bot.sandbox.company.log_store import Line
from bot.sandbox.company.search_dates import SECONDS, bucket_key
from bot.sandbox.company.search_query import ParsingError, value_of


def aggregate(wanted: Any, lines: list[Line]) -> dict[str, Any]:
    """The `aggregations` of a response; ParsingError for a kind that is not spoken here."""
    if not isinstance(wanted, dict):
        raise ParsingError("[aggs] must be an object")
    return {name: _one(name, body, lines) for name, body in wanted.items()}


def _one(name: str, body: Any, lines: list[Line]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ParsingError(f"aggregation [{name}] must be an object")
    inner = body.get("aggs", body.get("aggregations", {}))
    if "terms" in body:
        return _terms(body["terms"], inner, lines)
    if "date_histogram" in body:
        return _histogram(body["date_histogram"], inner, lines)
    kind = next((key for key in body if key not in ("aggs", "aggregations", "meta")), "")
    raise ParsingError(f"Unknown aggregation type [{kind}]")


def _terms(options: dict[str, Any], inner: Any, lines: list[Line]) -> dict[str, Any]:
    field, size = str(options.get("field")), int(options.get("size", 10))
    counts = Counter(value for line in lines if (value := value_of(line, field)) is not None)
    kept = counts.most_common(size)
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": counts.total() - sum(count for _, count in kept),
        "buckets": [
            {
                "key": value,
                "doc_count": count,
                **aggregate(inner, [line for line in lines if value_of(line, field) == value]),
            }
            for value, count in kept
        ],
    }


def _interval(options: dict[str, Any]) -> float:
    text = str(options.get("fixed_interval") or options.get("calendar_interval") or "")
    named = {"minute": "1m", "hour": "1h", "day": "1d", "week": "1w"}
    found = re.fullmatch(r"(\d+)([smhdw])", named.get(text, text))
    if found is None or int(found[1]) == 0:
        raise ParsingError(
            "Invalid interval specified, must be non-null and non-empty; "
            f"fixed_interval is {text!r}"
        )
    return int(found[1]) * SECONDS[found[2]]


def _histogram(options: dict[str, Any], inner: Any, lines: list[Line]) -> dict[str, Any]:
    seconds = _interval(options)
    held: dict[tuple[int, str], list[Line]] = {}
    for line in lines:
        held.setdefault(bucket_key(line.at, seconds), []).append(line)
    if held and int(options.get("min_doc_count", 0)) == 0:
        first, last = min(held)[0], max(held)[0]
        for start in range(first, last, int(seconds * 1000)):
            held.setdefault(bucket_key(start / 1000, seconds), [])
    return {
        "buckets": [
            {"key_as_string": text, "key": key, "doc_count": len(some), **aggregate(inner, some)}
            for (key, text), some in sorted(held.items())
        ]
    }
