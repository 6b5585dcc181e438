"""Nobody's own settings reach a test, and in CI a test that skips has failed."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from typing import Any

import pytest

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
_KEPT = ("OPSBOT_VENDOR_SPECS", "OPSBOT_NPM")
"""Where vendors' API files and npm packages lie: meant for the tests, not for opsbot."""


def _foreign(names: Iterable[str]) -> list[str]:
    """The settings of whoever runs the tests: a play might reach a real workspace or model."""
    prefixes = ("OPSBOT_", "SLACK_", "ANTHROPIC_", "OPENAI_")
    return [n for n in names if n not in _KEPT and (n.startswith(prefixes) or n == "REDIS_URL")]


def pytest_configure() -> None:
    for name in _foreign(os.environ):
        del os.environ[name]


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
