"""Links to where a person can see the same thing."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import quote, urlsplit

_LONGEST = 600
"""A longer address would crowd out what the message says."""


def anchor(text: str, url: str) -> str:
    """`text`, escaped already, as a link."""
    address = quote(url, safe="%/:=&?~#+!$,;'@()*[]").replace("&", "&amp;")
    return f"<{address}|{text.replace('|', '¦')}>"


def source(text: str, url: str | None) -> str:
    """`text` as a link, where the address shows a person something; else as it is.

    An address of this machine alone shows nothing to whoever reads Slack.
    """
    return anchor(text, url) if url and shows(url) else text


def shows(url: str) -> bool:
    """Whether a person elsewhere could open it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or len(url) > _LONGEST:
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
