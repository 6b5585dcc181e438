"""The modals of the shortcuts on a message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.incident import Incident
from bot.domain.values import Severity
from bot.slack import ids
from bot.slack.origin import Origin
from bot.slack.views.text import Block, cut, section

NO_SERVICE = "(none)"
VALUE = "value"
"""Action id of each input; its block id says what it is."""
MOST_LISTED = 100
"""Slack's limit of choices in a menu or in a group of one."""
_MOST_GROUPS = 100
_LONGEST_VALUE = 150
_CHOICE = 75
_TITLE = 150
_TEXT = 3000
_SEVERITIES: dict[Severity, str] = {
    "sev1": "Users can't work, or data is being lost",
    "sev2": "Much of it fails, or soon will",
    "sev3": "Some of it fails, there is a way around",
    "sev4": "Nobody notices yet",
}


def opening_view(
    origin: Origin, text: str, services: Sequence[str], service: str, where: str
) -> Block:
    """`text`: what the message says; `service`: the one it names; `where`: see `where_told`."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return {
        **_modal("Open incident", "Open", ids.OPEN_INCIDENT_VIEW, origin),
        "blocks": [
            section(where),
            _input("title", "What is wrong", _line(first)),
            _input("severity", "How bad is it", _severity()),
            _input("service", "Service", _services(services, service)),
            _input("text", "What is known", _text(text), optional=True),
        ],
    }


def attaching_view(
    origin: Origin, text: str, incidents: Sequence[Incident], where: str, title: str
) -> Block:
    """`incidents`: those to choose from, the likeliest first; never empty."""
    return {
        **_modal(title, "Add", ids.ATTACH_VIEW, origin),
        "blocks": [
            section(where),
            _input("incident", "Incident", _incidents(incidents)),
            _input("text", "What is kept", _text(text)),
        ],
    }


def catching_up_view(origin: Origin, incidents: Sequence[Incident]) -> Block:
    """Which incident; never of none."""
    return {
        **_modal("Catch me up", "Catch me up", ids.CATCH_UP_VIEW, origin),
        "blocks": [_input("incident", "Incident", _incidents(incidents))],
    }


def where_told(channel: str, *, here: bool, public: bool) -> str:
    """Who will read what the person leaves in the modal. `here`: it stands there already."""
    place = f"<#{channel}>"
    if here:
        return f"It is kept with the incident, with the name of who wrote it. Incidents: {place}."
    if public:
        return (
            f"What you leave below is shown in {place} and kept with the incident, with the name"
            " of who wrote it and a link to the message."
        )
    return (
        f"*This message is from a private conversation.* What you leave below will be visible to"
        f" everyone in {place}, is read by whatever investigates, and stays in the incident's"
        " record for good, with the name of who wrote it. Take out what is not meant for them."
    )


def _modal(title: str, submit: str, callback: str, origin: Origin) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": origin.pack(),
        "title": _plain(title, 24),
        "submit": _plain(submit, 24),
        "close": _plain("Cancel", 24),
    }


def _input(name: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label, _CHOICE),
        "element": {**element, "action_id": VALUE},
        **({"optional": True} if optional else {}),
    }


def _line(text: str) -> Block:
    return {
        "type": "plain_text_input",
        "max_length": _TITLE,
        **({"initial_value": cut(text, _TITLE)} if text else {}),
    }


def _text(text: str) -> Block:
    return {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": _TEXT,
        **({"initial_value": text[:_TEXT]} if text else {}),
    }


def _severity() -> Block:
    options = [
        {"text": _plain(f"SEV{n}", _CHOICE), "value": value, "description": _plain(words, _CHOICE)}
        for n, (value, words) in enumerate(_SEVERITIES.items(), start=1)
    ]
    return {"type": "radio_buttons", "options": options, "initial_option": options[2]}


def _services(services: Sequence[str], service: str) -> Block:
    """One list, or groups of it where it is long."""
    none = _option("none", NO_SERVICE)
    named = {s: _option(s, s) for s in services if len(s) <= _LONGEST_VALUE and s != NO_SERVICE}
    menu = {"type": "static_select", "initial_option": named.get(service, none)}
    options = [none, *named.values()]
    if len(options) <= MOST_LISTED:
        return {**menu, "options": options}
    parts = [options[at : at + MOST_LISTED] for at in range(0, len(options), MOST_LISTED)]
    groups = [
        {
            "label": _plain(f"{at * MOST_LISTED + 1} to {at * MOST_LISTED + len(part)}", 75),
            "options": part,
        }
        for at, part in enumerate(parts[:_MOST_GROUPS])
    ]
    return {**menu, "option_groups": groups}


def _incidents(incidents: Sequence[Incident]) -> Block:
    options = [
        _option(f"{i.id} · {i.severity.upper()} · {i.title}", i.id) for i in incidents[:MOST_LISTED]
    ]
    return {"type": "static_select", "options": options, "initial_option": options[0]}


def _option(text: str, value: str) -> Block:
    return {"text": _plain(text, _CHOICE), "value": value}


def _plain(text: str, most: int) -> Block:
    """Text in which Slack reads no markup, and no emoji."""
    return {"type": "plain_text", "text": cut(text, most) or "(empty)", "emoji": False}
