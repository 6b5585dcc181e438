"""The one grammar of `/opsbot …` and `@opsbot …`: text in, a command out, or what to type instead.

Longer than other files on purpose: all that can be typed is to be read in one place. A new verb is
a model, a reader and a line in VERBS here, and a case in `listeners/verbs.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, cast

from bot.domain.values import Severity
from bot.slack.views.text import read, visible
from tools.kit.types import Frozen

LONGEST = 2000
"""Characters that are looked at."""
_INCIDENT = re.compile(r"(INC-\d{1,12})\b[\s:,]*", re.IGNORECASE)
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_LEVEL = re.compile(r"(?:sev[\s-]?)?([1-4])\b(?![.:]\d)[\s:,]*", re.IGNORECASE)
_LAST_LEVEL = re.compile(r"(?:^|\s)sev[\s-]?([1-4])$", re.IGNORECASE)
_VERB = re.compile(r"\s*([a-z]+)(?![\w-])[\s:,]*(.*)", re.IGNORECASE | re.DOTALL)
_CATCH_UP = re.compile(r"catch\s+(?:me\s+)?up\b", re.IGNORECASE)
_HAND_OVER = re.compile(r"hand\s+(?:over|off)\b", re.IGNORECASE)


class MisunderstoodError(Exception):
    """The verb is known and the rest does not fit it. Says what to type."""


class Command(Frozen):
    """Something that somebody asks for."""

    verb: str
    incident: str | None = None
    """As it was named; None for that of the thread, or one to be picked."""
    rest: str = ""
    """What else was typed, in Slack's markup."""

    def about(self, incident: str) -> str:
        """The same command as text, for this incident."""
        return f"{self.verb} {incident} {self.rest}".strip()


class Help(Command):
    pass


class ShowIncidents(Command):
    which: Literal["latest", "open", "mine"]


class ShowApprovals(Command):
    pass


class OpenOne(Command):
    text: str
    severity: Severity


class ShowStatus(Command):
    pass


class CatchUp(Command):
    pass


class Brake(Command):
    """`stop` or `resume`; what it is for is looked up, and so is the rest's first word."""


class SetSeverity(Command):
    severity: Severity | None
    reason: str


class GiveCommand(Command):
    user: str | None


class Resolve(Command):
    summary: str


class Reopen(Command):
    reason: str


class Decide(Command):
    """Approve or reject: not by command, for the dry run has to be seen."""


class Following(Command):
    """`follow`, `unfollow` or `quiet`: what comes after is read in `listeners/follow.py`."""


def parse(text: str) -> Command:
    """What was typed after `/opsbot`. Raises MisunderstoodError, also for a verb there isn't."""
    said = text[:LONGEST].strip()
    if not said:
        return Help(verb="help")
    command = _parse(said)
    if command is None:
        raise MisunderstoodError("")
    return command


def parse_chat(text: str) -> Command | None:
    """What was said to `@opsbot`; None where it reads as a question or is no command at all.

    Raises MisunderstoodError where it can only have been meant as one.
    """
    said = text[:LONGEST].strip()
    if said.endswith("?") and not re.match(r"stop\b", said, re.IGNORECASE):
        return None
    try:
        return _parse(said)
    except MisunderstoodError:
        if _sentence(said):
            return None
        raise


def _sentence(said: str) -> bool:
    """Whether it is more likely to be plain English that begins like a command."""
    verb = said.split(maxsplit=1)[0].lower()
    return verb not in ("sev", "severity", "stop", "resume", "handoff", "handover")


def _parse(said: str) -> Command | None:
    for phrase, verb in ((_CATCH_UP, "catchup"), (_HAND_OVER, "handoff")):
        said = phrase.sub(verb, said, count=1) if phrase.match(said) else said
    found = _VERB.fullmatch(said)
    if found is None:
        return None
    verb, rest = found[1].lower(), found[2].strip()
    reader = VERBS.get(verb)
    return reader(verb, rest) if reader else None


def _incident(rest: str) -> tuple[str | None, str]:
    """The incident that is named first, and what follows it."""
    named = _INCIDENT.match(visible(rest))
    return (named[1].upper(), visible(rest)[named.end() :].strip()) if named else (None, rest)


def _nothing_more(verb: str, rest: str, usage: str) -> None:
    if rest.strip(" .!?"):
        raise MisunderstoodError(f"`{verb}` takes nothing more than this: {usage}")


def _help(verb: str, rest: str) -> Command:
    _nothing_more(verb, rest, "`help`")
    return Help(verb=verb)


def _list(verb: str, rest: str) -> Command:
    which = rest.lower().strip(" .!").removesuffix("incidents").strip() or "latest"
    if which not in ("latest", "open", "mine"):
        raise MisunderstoodError("say `list`, `list open` or `list mine`")
    chosen = cast(Literal["latest", "open", "mine"], which)
    return ShowIncidents(verb=verb, rest=rest, which=chosen)


def _approvals(verb: str, rest: str) -> Command:
    _nothing_more(verb, rest, "`approvals`")
    return ShowApprovals(verb=verb)


def _open(verb: str, rest: str) -> Command:
    if rest.lower().strip(" .!") in ("incidents", "incident"):
        return ShowIncidents(verb="list", which="open")
    if rest.lower().strip(" .!") == "approvals":
        return ShowApprovals(verb="approvals")
    words = " ".join(read(rest).split())
    level = _LAST_LEVEL.search(words)
    text = words[: level.start()].strip() if level else words
    if not text:
        raise MisunderstoodError("say what is wrong: `open checkout answers 500 sev2`")
    severity = cast(Severity, f"sev{level[1]}") if level else "sev3"
    return OpenOne(verb=verb, rest=rest, text=text, severity=severity)


def _status(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    _nothing_more(verb, rest, f"`{verb} INC-12`")
    return (CatchUp if verb == "catchup" else ShowStatus)(verb=verb, incident=incident)


def _brake(verb: str, rest: str) -> Command:
    return Brake(verb=verb, rest=rest)


def _severity(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    level = _LEVEL.match(rest)
    if rest and level is None:
        raise MisunderstoodError("say how severe and why: `sev INC-12 1 customers can't pay`")
    return SetSeverity(
        verb=verb,
        incident=incident,
        rest=rest,
        severity=cast(Severity, f"sev{level[1]}") if level else None,
        reason=_words(rest[level.end() :]) if level else "",
    )


def _commander(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    user = _USER.fullmatch(rest.strip(" .!"))
    if rest and user is None:
        raise MisunderstoodError(
            f"name one person with @, as Slack offers them: `{verb} INC-12 @maya`"
        )
    return GiveCommand(verb=verb, incident=incident, rest=rest, user=user[1] if user else None)


def _resolve(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    return Resolve(verb=verb, incident=incident, rest=rest, summary=_words(rest))


def _reopen(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    return Reopen(verb=verb, incident=incident, rest=rest, reason=_words(rest))


def _decide(verb: str, rest: str) -> Command:
    incident, rest = _incident(rest)
    return Decide(verb=verb, incident=incident, rest=rest)


def _following(verb: str, rest: str) -> Command:
    return Following(verb=verb, rest=rest)


def _words(rest: str) -> str:
    """Plain text of what was typed, on one line."""
    return " ".join(visible(read(rest)).split())


VERBS: Mapping[str, Callable[[str, str], Command]] = {
    "help": _help,
    "list": _list,
    "approvals": _approvals,
    "open": _open,
    "status": _status,
    "catchup": _status,
    "stop": _brake,
    "resume": _brake,
    "resolve": _resolve,
    "reopen": _reopen,
    "sev": _severity,
    "severity": _severity,
    "commander": _commander,
    "handoff": _commander,
    "handover": _commander,
    "approve": _decide,
    "reject": _decide,
    "follow": _following,
    "unfollow": _following,
    "quiet": _following,
}
