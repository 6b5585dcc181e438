"""Loading runbooks, and naming those that do not parse."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge.folder import load_folder
from bot.knowledge.problem import format_problem

Write = Callable[..., Path]


def test_a_runbook_is_loaded_with_what_pins_it(write: Write) -> None:
    (runbook,), problems = load_folder(write())
    assert problems == ()
    assert (runbook.id, runbook.title, len(runbook.digest)) == ("slow", "Slow disk", 12)
    assert runbook.body.startswith("# Slow disk")
    assert runbook.ref.pin is None
    (released,), _ = load_folder(runbook.path.parent, release="0.1.0")
    assert released.ref.pin == "release:0.1.0"


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        ("title: Slow disk\n", "", 2, 1, "no 'title'"),
        ("id: slow\n", "id: fast\n", 2, 5, "not the file's name"),
        ("expect: value > 10", "expect: value >", 24, 20, "the end"),
        ("expect: value > 10", "expect: 'value > '", 24, 22, "the end"),
        ('finding: "${host} takes', 'finding: "${hst( takes', 17, 15, "checks.0.finding"),
        ("params: {query: queue}", "params: {query: '${'}", 23, 22, "never closed"),
        ("    needs: [ms]", "    neds: [ms]", 21, 5, "did you mean 'needs'"),
        ("capture: {ms: value}", "capture: {ms: {regex: '(a', from: x}}", 15, 28, "compile"),
        ("capture: {ms: value}", "capture: {ms: {regex: 'a', from: x}}", 15, 28, "(?P<ms>…)"),
        ("capture: {ms: value}", "capture: {ms: {regex: '(?P<ms>a)', from: x >}}", 15, 49, "end"),
        ("limit: 5", "limit: alert >", 9, 17, "the end"),
        ("confidence: high\n  - id", "confidence: sure\n  - id", 30, 17, "high"),
        ("{id: quick,", "{id: quick, within: soon,", 43, 25, "not a number"),
        ("labels: {service: db}", "labels: {service: 5}", 6, 21, "quotes"),
        ("  labels: {service: db}", "  labels: {service: db", 7, 7, "YAML"),
        ("title: Slow disk", "title: Slow: disk", 3, 12, "YAML"),
        ("title: Slow disk", "title: Slow disk\nid: slow", 4, 1, "stands twice"),
    ],
)
def test_a_fault_is_named_with_its_place(
    write: Write, old: str, new: str, line: int, column: int, said: str
) -> None:
    runbooks, problems = load_folder(write((old, new)))
    assert runbooks == ()
    told = format_problem(problems[0])
    assert said in told
    assert f"slow.md:{line}:{column}: " in told
    assert " — " in told


def test_a_broken_runbook_does_not_stop_the_others(write: Write) -> None:
    folder = write()
    write(("id: slow", "id: [broken"), name="broken.md")
    (folder / "latin.md").write_bytes(b"---\nid: latin\ntitle: caf\xe9\n---\n")
    (folder / "open.md").write_text("---\nid: open\n", encoding="utf-8")
    (folder / "README.md").write_text("# Only words\n", encoding="utf-8")
    runbooks, problems = load_folder(folder)
    assert [runbook.id for runbook in runbooks] == ["slow"]
    assert [Path(p.path).name for p in problems] == ["broken.md", "latin.md", "open.md"]


def test_a_missing_folder_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    runbooks, (problem,) = load_folder(tmp_path / "nowhere")
    assert runbooks == ()
    assert "OPSBOT_RUNBOOKS" in problem.remedy


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    ran = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def test_only_text_that_is_committed_carries_a_commit(write: Write) -> None:
    folder = write()
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "runbooks")
    head = git(folder, "rev-parse", "--short", "HEAD")
    write(("id: slow", "id: new"), name="new.md")
    new, slow = load_folder(folder)[0]
    assert (slow.commit, slow.ref.pin, new.commit) == (head, f"git:{head}", None)
    write(("limit: 5", "limit: 6"))
    assert [runbook.commit for runbook in load_folder(folder)[0]] == [None, None]
