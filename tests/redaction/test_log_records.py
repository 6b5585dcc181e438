"""No log line tells a secret, whoever wrote it and whatever handler prints it."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.redaction.log_records import keep_secrets_out
from bot.redaction.redactor import RedactionFailedError, Redactor

PLANTED = "planted-secret-value"


class Told:
    """A logger with a handler of its own, as a library brings it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.log = logging.Logger("library")
        self.log.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def told() -> Iterator[Told]:
    before = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    keep_secrets_out(Redactor([PLANTED]))
    yield Told()
    logging.setLogRecordFactory(before[0])
    sys.excepthook, threading.excepthook = before[1:]


def test_neither_the_words_nor_what_is_put_into_them(told: Told) -> None:
    told.log.warning("%s said password=%s for %d tries", PLANTED, "hunter2hunter2", 3)
    told.log.warning({"an": PLANTED})
    assert PLANTED not in told.text
    assert "hunter2" not in told.text
    assert " for 3 tries" in told.text


def test_no_exception_and_none_that_it_came_of(told: Told) -> None:
    error = RuntimeError("token: hunter2hunter2")
    error.__cause__ = ValueError(f"no answer with {PLANTED}")
    told.log.error("it failed", exc_info=error, stack_info=True)
    assert PLANTED not in told.text
    assert "hunter2" not in told.text
    assert "RuntimeError: token: [secret " in told.text
    assert "ValueError: no answer with [secret " in told.text
    assert "Stack (most recent call last)" in told.text


def test_a_line_that_cannot_be_cleaned_is_withheld(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Redactor, text: str) -> str:
        raise RedactionFailedError

    monkeypatch.setattr(Redactor, "clean", fail)
    told.log.error("%s", PLANTED, exc_info=ValueError(PLANTED))
    assert told.text == ("library ERROR a line is withheld: it could not be cleaned of secrets\n")


def test_a_line_that_cannot_be_put_together_is_still_a_line(told: Told) -> None:
    told.log.warning("%d things", PLANTED)
    assert PLANTED not in told.text
    assert "%d things" in told.text


_PROGRAM = """
import threading
from bot import __main__ as command
import bot.cli.runbooks as told
def run(options):
    import logging
    logging.getLogger("somebody.else").error("known %s", "{planted}")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    fail()
def fail():
    raise LookupError("known {planted}, password=hunter2hunter2")
told.run = run
command.main(["runbooks", "list"])
"""


@pytest.mark.parametrize("broken", ["", "OPSBOT_SLACK_MODE"])
def test_a_process_of_opsbots_tells_none_not_even_as_its_last_words(
    broken: str, tmp_path: Path
) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPSBOT_")}
    environment["OPSBOT_JIRA_TOKEN"] = PLANTED
    if broken:
        environment[broken] = "carrier pigeon"
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(planted=PLANTED)],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.count("LookupError: known") == 2
    assert "hunter2" not in ran.stderr
    assert PLANTED not in ran.stderr
