"""What lint finds in a runbook that parses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge.lint import lint
from bot.knowledge.problem import format_problem
from tools.kit.catalog import Catalog

Write = Callable[..., Path]


def test_a_sound_runbook_has_no_problems(write: Write, catalog: Catalog) -> None:
    assert lint(write(), catalog) == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("tool: clean", "tool: clen", "40:11", "no tool 'clen'"),
        ("tool: clean", "tool: look", "40:11", "'look' only looks"),
        ("    tool: look\n    params: {query: q", "    tool: clean\n    params: {query: q", "22:11",
         "'clean' changes something"),
        ("{query: queue}", "{query: queue, minutes: 0}", "23:37", "refuses 'minutes'"),
        ("{query: queue}", "{querry: queue}", "23:22", "takes no 'querry'"),
        ("{query: queue}", "{minutes: 5}", "23:13", "needs 'query'"),
        ("expect: value > 10", "expect: valu > 10", "24:13", "did you mean 'value'"),
        ("expect: ms > limit\n", "expect: ms > limit && queue\n", "16:27", "before it is captured"),
        ("when: latency\n", "when: latency && load\n", "33:22", "nothing gives 'load' a value"),
        ("is worn out", "is ${wear} worn out", "32:26", "nothing gives 'wear' a value"),
        ("needs: [ms]", "needs: [mss]", "21:13", "did you mean 'ms'"),
        ("supported_by: [latency]", "supported_by: [speed]", "34:20", "'speed', which is none"),
        ("    supported_by: [latency]\n", "", "31:5", "supported by no check"),
        ("against: [queue]", "against: [qu]", "35:15", "'qu', which is none"),
        ("reading: latency", "reading: late", "38:31", "'late', which is no check"),
        ("for: [full, worn]", "for: [full, dirty]", "46:18", "'dirty' is no cause"),
        ("when: latency\n", "when: latency && queue\n", "33:11", "never reached"),
        ("when: latency\n", "when: queue && latency && latency\n", "33:11", "never reached"),
        ("when: latency\n", "when: latency && !latency\n", "33:11", "can never be true"),
        ("id: queue", "id: limit", "19:9", "already names input 'limit'"),
        ("- id: worn", "- id: full", "31:9", "'full' twice"),
        ("limit: 5", "limit: alert.labels.x\n  loop: 5", "10:9", "a word of CEL"),
        ("verify:\n", "# verify:\n#", "40:5", "nothing verifies"),
        ('{host: "${host}"}\nv', '{host: "${string(ms)}"}\nv', "38:31", "captures 'ms' anew"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_remedy(
    write: Write, catalog: Catalog, old: str, new: str, place: str, said: str
) -> None:
    told = [format_problem(problem) for problem in lint(write((old, new)), catalog)]
    assert any(f"slow.md:{place}: " in each and said in each for each in told), told
    assert all(" — " in each for each in told)


def test_without_tools_their_calls_are_not_looked_at(write: Write) -> None:
    assert lint(write(("tool: clean", "tool: unheard_of")), None) == ()


def test_without_tools_evidence_may_have_values_of_any_name(write: Write) -> None:
    assert lint(write(("expect: value > 10", "expect: anything > 10")), None) == ()


def test_templated_parameters_are_left_to_the_call(write: Write, catalog: Catalog) -> None:
    folder = write(("{query: queue}", '{query: queue, minutes: "${limit}"}'))
    assert lint(folder, catalog) == ()


def test_two_runbooks_for_the_same_alerts_are_told(write: Write, catalog: Catalog) -> None:
    write(("id: slow", "id: other"), name="other.md")
    (problem,) = lint(write(), catalog)
    assert "other.md matches the same alerts" in problem.message
    assert Path(problem.path).name == "slow.md"
    write(("id: slow", "id: other"), ("{service: db}", "{service: web}"), name="other.md")
    assert lint(write(), catalog) == ()


def test_a_runbook_that_does_not_parse_is_among_the_problems(
    write: Write, catalog: Catalog
) -> None:
    write(("id: slow", "id: ["), name="broken.md")
    problems = lint(write(("tool: clean", "tool: clen")), catalog)
    assert [Path(problem.path).name for problem in problems] == ["broken.md", "slow.md"]
