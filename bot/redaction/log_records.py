"""Takes secrets out of log lines: this process's own, third parties', and what ends it."""

from __future__ import annotations

import logging
import sys
import threading
from traceback import format_exception
from typing import Any

from bot.redaction.redactor import RedactionFailedError, Redactor

log = logging.getLogger(__name__)
_WITHHELD = "a line is withheld: it could not be cleaned of secrets"


def keep_secrets_out(redactor: Redactor) -> None:
    """From now on, in this process and its forks, whatever handlers a library adds.

    Not held by a handler's filter: rq brings a handler of its own, which would not ask it.
    """
    logging.setLogRecordFactory(lambda *args, **given: _cleaned(_record(*args, **given), redactor))
    sys.excepthook = _ended
    threading.excepthook = lambda told: _ended(told.exc_type, told.exc_value, told.exc_traceback)


def _record(*args: Any, **given: Any) -> logging.LogRecord:
    return logging.LogRecord(*args, **given)


def _cleaned(record: logging.LogRecord, redactor: Redactor) -> logging.LogRecord:
    try:
        record.msg, record.args = redactor.clean(_said(record)), None
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redactor.clean("".join(format_exception(*record.exc_info)).rstrip())
        if record.stack_info:
            record.stack_info = redactor.clean(record.stack_info)
    except RedactionFailedError:
        record.msg, record.args = _WITHHELD, None
        record.exc_text = record.stack_info = None
    # A formatter that made its own text of it would print what was taken out.
    record.exc_info = None
    return record


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # As logging itself has it, a line that can't be put together stops nobody's work.
        return f"{record.msg} {record.args!r}"


def _ended(kind: Any, error: Any, trace: Any) -> None:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return
    log.critical("ended by an error that nobody expected", exc_info=(kind, error, trace))
