"""What a person types, turned into the text Slack stores."""

from __future__ import annotations

import re

from bot.sandbox.slack.directory import Directory

_TYPED = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|(?P<url>https?://[^\s<>|]+[^\s<>|.,;:!?)\]}'\"])"
    r"|(?<![\w@])@(?P<name>[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])"
    r"|(?<![\w#&])#(?P<channel>[a-z0-9][a-z0-9_-]*)",
    re.IGNORECASE | re.DOTALL,
)
_BROADCASTS = {"here", "channel", "everyone"}
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def stored_text(typed: str, directory: Directory, *, labelled: bool = False) -> str:
    """Escapes `&`, `<`, `>` and turns @names, #channels and links into Slack's form.

    `labelled` adds a person's name to the id, as a command's text has it.
    """
    out: list[str] = []
    end = 0
    for match in _TYPED.finditer(typed):
        out.append(_escape(typed[end : match.start()]))
        out.append(_stored(match, directory, labelled))
        end = match.end()
    out.append(_escape(typed[end:]))
    return "".join(out)


def mentioned_users(text: str) -> list[str]:
    """The user ids mentioned in stored text, in order."""
    return _MENTION.findall(text)


def _stored(match: re.Match[str], directory: Directory, labelled: bool) -> str:
    if match["url"]:
        return f"<{_escape(match['url'])}>"
    if match["name"]:
        name = match["name"].lower()
        if user := directory.user(name):
            return f"<@{user.id}|{user.name}>" if labelled else f"<@{user.id}>"
        if group := directory.group(name):
            return f"<!subteam^{group.id}|@{group.handle}>"
        if name in _BROADCASTS:
            return f"<!{name}>"
    if match["channel"]:
        place = directory.find(match["channel"])
        if place is not None and not place.is_private:
            return f"<#{place.id}|{place.name}>"
    return _escape(match[0])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
