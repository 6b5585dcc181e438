"""Jira's query language, the part that opens and finds tickets: clauses joined by AND, an order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from bot.sandbox.company.tracker import PROJECTS, STATUSES, Issue, plain

Test = Callable[[Issue], bool]

_WORD = r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s(),=!~<>"\']+'
_CLAUSE = re.compile(
    rf"\s*(?P<field>{_WORD})\s*"
    rf"(?:(?P<list>not\s+in|in)\s*\((?P<values>[^)]*)\)"
    rf"|(?P<sign>>=|<=|!=|!~|=|~|<|>)\s*(?P<value>{_WORD}))",
    re.IGNORECASE,
)
_ORDER = re.compile(r"\border\s+by\s+(.+)$", re.IGNORECASE)
_AGE = {"m": 60, "h": 3600, "d": 86400, "w": 604800}

READ: dict[str, Callable[[Issue], list[str]]] = {
    "project": lambda issue: [issue.project, PROJECTS[issue.project]],
    "key": lambda issue: [issue.key],
    "issue": lambda issue: [issue.key],
    "issuekey": lambda issue: [issue.key],
    "status": lambda issue: [issue.status],
    "statuscategory": lambda issue: [
        "Done" if issue.status == "Done" else issue.status,
        STATUSES[issue.status][1],
    ],
    "labels": lambda issue: issue.labels,
    "issuetype": lambda issue: [issue.issue_type],
    "type": lambda issue: [issue.issue_type],
    "priority": lambda issue: [issue.priority],
    "summary": lambda issue: [issue.summary],
    "text": lambda issue: [
        issue.summary,
        plain(issue.description),
        *(plain(comment["body"]) for comment in issue.comments),
    ],
}
SORT: dict[str, Callable[[Issue], float]] = {
    "created": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "key": lambda issue: issue.number,
}


class JqlError(ValueError):
    """The query is not one Jira would run; its text is the error message."""


def search(jql: str, issues: list[Issue]) -> list[Issue]:
    """The issues a query names, in its order, newest first if it gives none."""
    order = _ORDER.search(jql)
    conditions = jql[: order.start()] if order else jql
    if not conditions.strip():
        raise JqlError(
            "Unbounded JQL queries are not allowed here. "
            "Please add a search restriction to your query."
        )
    tests = _tests(conditions)
    found = [issue for issue in issues if all(test(issue) for test in tests)]
    return _sorted(found, order[1] if order else "created DESC")


def _tests(conditions: str) -> list[Test]:
    tests: list[Test] = []
    place = 0
    while True:
        clause = _CLAUSE.match(conditions, place)
        if clause is None:
            near = conditions[place:].strip()[:20]
            raise JqlError(f"Error in the JQL Query: Expecting a clause near '{near}'.")
        tests.append(_test(clause))
        rest = conditions[clause.end() :]
        if not rest.strip():
            return tests
        joined = re.match(r"\s+AND\s+", rest, re.IGNORECASE)
        if joined is None:
            raise JqlError(
                f"Error in the JQL Query: Expecting 'AND' but got '{rest.strip()[:20]}'. "
                "(OR and brackets are not spoken by this server.)"
            )
        place = clause.end() + joined.end()


def _unquoted(word: str) -> str:
    word = word.strip()
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[:1] in ("'", '"') else word


def _test(clause: re.Match[str]) -> Test:
    name = _unquoted(clause["field"]).lower()
    if name in ("created", "updated") and clause["sign"] in (">=", "<=", ">", "<"):
        return _age(name, clause["sign"], _unquoted(clause["value"]))
    read = READ.get(name)
    if read is None:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    if clause["list"]:
        wanted = {_unquoted(one).lower() for one in clause["values"].split(",")}
        refused = clause["list"].lower().startswith("not")
        return lambda issue: bool(wanted & {v.lower() for v in read(issue)}) != refused
    value, sign = _unquoted(clause["value"]).lower(), clause["sign"]
    known = {word.lower() for pair in PROJECTS.items() for word in pair}
    if name == "project" and sign == "=" and value not in known:
        raise JqlError(f"The value '{value}' does not exist for the field 'project'.")
    if sign in ("~", "!~"):
        words = value.replace('"', " ").split()
        return lambda issue: (
            all(word in " ".join(read(issue)).lower() for word in words) == (sign == "~")
        )
    if sign not in ("=", "!="):
        raise JqlError(f"The operator '{sign}' is not supported by the '{name}' field.")
    return lambda issue: (value in [v.lower() for v in read(issue)]) == (sign == "=")


def _age(name: str, sign: str, value: str) -> Test:
    found = re.fullmatch(r"-(\d+)([mhdw])", value)
    if found is None:
        raise JqlError(f"Date value '{value}' for field '{name}' is invalid: use e.g. '-1d'.")
    edge = time.time() - int(found[1]) * _AGE[found[2]]
    return lambda issue: (SORT[name](issue) > edge) == (sign[0] == ">")


def _sorted(issues: list[Issue], order: str) -> list[Issue]:
    for part in reversed(order.split(",")):
        field, _, direction = part.strip().partition(" ")
        if field.lower() not in SORT:
            raise JqlError(f"Not able to sort using field '{field}'.")
        issues = sorted(
            issues, key=SORT[field.lower()], reverse=direction.strip().lower() == "desc"
        )
    return issues
