"""Nobody's own settings reach a test, and in CI a test that skips has failed."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from typing import Any

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
_KEPT = ("OPSBOT_VENDOR_SPECS", "OPSBOT_NPM")
"""Where vendors' API files and npm packages lie: meant for the tests, not for opsbot."""
_PLAYS = "tests/plays/"


def _foreign(names: Iterable[str]) -> list[str]:
    """The settings of whoever runs the tests: a play might reach a real workspace or model."""
    prefixes = ("OPSBOT_", "SLACK_", "ANTHROPIC_", "OPENAI_")
    return [n for n in names if n not in _KEPT and (n.startswith(prefixes) or n == "REDIS_URL")]


def pytest_configure() -> None:
    for name in _foreign(os.environ):
        del os.environ[name]


class OneStagePerMachine(LoadFileScheduling):  # type: ignore[misc]
    """By file, but all plays are one piece: they mostly wait, so one process has them side by side,
    and two processes that each did so would starve one another's deadlines."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return _PLAYS if file.startswith(_PLAYS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return OneStagePerMachine(config, log) if config.option.dist == "loadfile" else None


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    """At a desk what is missing may be skipped; in CI that would hide it for good."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        where = report.longrepr
        why = where[2] if isinstance(where, tuple) else where
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} must not be skipped in CI. {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, Any]:
    report = yield
    _refuse(report)
    return report
