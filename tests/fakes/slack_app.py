"""The manifest of an app that may do all that the local Slack knows."""

from __future__ import annotations

from typing import Any

EVERYTHING: dict[str, Any] = {
    "features": {
        "app_home": {"home_tab_enabled": True},
        "agent_view": {"agent_description": "Ask about an incident."},
        "slash_commands": [
            {
                "command": "/opsbot",
                "description": "Incidents",
                "usage_hint": "help | list | sev",
                "should_escape": True,
            },
            {"command": "/plain", "description": "As it was typed"},
        ],
        "shortcuts": [
            {
                "name": "Open incident",
                "type": "message",
                "callback_id": "open_incident",
                "description": "Opens an incident from this message",
            },
            {
                "name": "New incident",
                "type": "global",
                "callback_id": "new_incident",
                "description": "Opens an incident from nothing",
            },
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "assistant:write",
                "channels:history",
                "channels:join",
                "channels:read",
                "chat:write",
                "commands",
                "groups:history",
                "groups:read",
                "im:history",
                "im:read",
                "im:write",
                "reactions:read",
                "reactions:write",
                "usergroups:read",
                "users:read",
                "users:read.email",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "agent_session_stopped",
                "app_context_changed",
                "app_home_opened",
                "app_mention",
                "message.channels",
                "message.groups",
                "message.im",
                "reaction_added",
                "reaction_removed",
            ]
        }
    },
}
