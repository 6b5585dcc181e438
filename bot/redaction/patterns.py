"""What a secret looks like, and what it is called where it has a name."""

from __future__ import annotations

import re

from bot.redaction.marks import MARK

_NAME = (
    # By its first letter most places are passed over six times as fast.
    r"(?=[pcstae])(?:passw(?:or)?d|passphrase|pwd|credentials?|secret(?:[_-]?(?:access[_-]?)?key)?|token"
    r"|(?:api|access|private|account|shared|signing|encryption)[_-]?key|session[_-]?(?:id|key))"
)
_VALUE = rf"""(?P<secret>(?!{MARK}(?:[\s\\"',;]|$))(?:{MARK}|[^\s\\"',;]){{6,}})"""
_IS = r"""[\\"']*\s*(?:=>|[=:])\s*[\\"']*"""
_HINTS = (
    "passw", "passphrase", "pwd", "credential", "secret", "token", "key", "session"
)  # fmt: skip

NAMED = re.compile(rf"{_NAME}$", re.IGNORECASE)
"""Finds the name of a field that holds a secret: `db_password`, `clientSecret`."""

PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (hints, re.compile(pattern))
    for hints, pattern in (
        (
            ("private key",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----"
            r"(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|[\w+/=\\\s]*(?:…|\.\.\.)?\Z)",
        ),
        (("akia", "asia"), r"\b(?:AKIA|ASIA)[A-Z0-9]{8,16}\b"),
        (("xox",), r"\bxox[abeprs]-[A-Za-z0-9-]{4,}"),
        (("xapp-",), r"\bxapp-[A-Za-z0-9-]{4,}"),
        (("hooks.slack",), r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/_-]{20,}"),
        (("gh", "github_pat_"), r"\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{4,}\b"),
        (("glpat-",), r"\bglpat-[A-Za-z0-9_-]{4,}"),
        (("sk-",), r"\bsk-[A-Za-z0-9_-]{20,}"),
        (("_live_", "_test_"), r"\b[a-z]{2}_(?:live|test)_[A-Za-z0-9]{16,}\b"),
        (("whsec_", "npm_", "lin_api_", "hvs."), r"\b(?:whsec_|npm_|lin_api_|hvs\.)[\w+/=-]{20,}"),
        (("atatt",), r"\bATATT[A-Za-z0-9_=-]{6,}"),
        (("aiza",), r"\bAIza[A-Za-z0-9_-]{8,35}"),
        (("sg.",), r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        (("eyj",), r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        (("$2",), r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
        (("bearer ",), r"(?i)(?<=bearer )(?=[a-z]*[^a-z\s])[A-Za-z0-9._~+/=-]{12,}"),
        (
            ("authorization",),
            rf"(?i)authorization{_IS}(?:basic|token|[a-z]*key)\s+{_VALUE}",
        ),
        (("cookie",), rf"(?i)\bcookie{_IS}[\w.-]+={_VALUE}"),
        # The scheme and the host stay, who logs in where they do doesn't.
        (("://",), r"(?<=://)[^/\s:@\[]*:[^/\s@]+(?=@)"),
        (("sig", "key="), r"(?i)[?&](?:[\w-]*sig(?:nature)?|key)=(?P<secret>[^\s\\\"'&]{16,})"),
        (("--pass", "--token", "--secret"), rf"(?i)--(?:password|token|secret)\s+{_VALUE}"),
        (("</",), rf"(?i)<{_NAME}>(?P<secret>(?!{MARK}<)[^<]{{6,}})<"),
        # Between quotes a secret may hold spaces.
        (
            _HINTS,
            rf"(?i){_NAME}\\?[\"']?\s*(?:=>|[=:])\s*\\?(?P<quote>[\"'])"
            rf"(?P<secret>(?!{MARK}[\\\"'])[^\"'\\\n]{{6,}})\\?(?P=quote)",
        ),
        (_HINTS, rf"(?i){_NAME}{_IS}{_VALUE}"),
    )
)
"""Of a token with a beginning of its own a part is enough: a line may have been cut within it.

Each behind words in lower case, without one of which it can't match: those are found faster.

The group `secret` is what is taken out; all that was found where there is none.
"""
