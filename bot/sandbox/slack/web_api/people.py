"""Who is who: `users.*`, `usergroups.*`, `bots.info` and `auth.test`."""

from __future__ import annotations

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.shapes import STARTED, conversation_json, group_json, user_json
from bot.sandbox.slack.traffic import SPECIAL, TIER_2, TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method, page_of


async def auth_test(call: Call) -> Json:
    """Whose token this is."""
    state = call.state
    user = state.directory.users[state.directory.bot]
    return {
        "url": f"{state.address}/",
        "team": state.workspace.team.name,
        "user": user.name,
        "team_id": state.workspace.team.id,
        "user_id": user.id,
        "bot_id": state.workspace.app.bot_id,
        "is_enterprise_install": False,
    }


async def open_connection(call: Call) -> Json:
    """An address for one Socket Mode connection."""
    ticket = call.state.socket_mode.new_ticket()
    return {"url": f"ws://127.0.0.1:{call.state.port}/link?ticket={ticket}"}


async def bots_info(call: Call) -> Json:
    """The one app's bot."""
    app = call.state.workspace.app
    if call.text("bot", app.bot_id) != app.bot_id:
        raise SlackError("bot_not_found")
    name = call.state.directory.users[app.user].name
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": name,
            "updated": STARTED,
            "app_id": app.app_id,
            "user_id": app.user,
        }
    }


async def users_list(call: Call) -> Json:
    """Everyone, page by page."""
    page, cursor = page_of(call, list(call.state.workspace.users))
    email = _with_email(call)
    return {
        "members": [user_json(user, call.state.workspace, with_email=email) for user in page],
        "cache_ts": STARTED,
        "response_metadata": {"next_cursor": cursor},
    }


async def users_info(call: Call) -> Json:
    """One person."""
    user = call.state.directory.users.get(call.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(user, call.state.workspace, with_email=_with_email(call))}


async def users_lookup_by_email(call: Call) -> Json:
    """The person of this address."""
    email = call.required("email").lower()
    for user in call.state.workspace.users:
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": user_json(user, call.state.workspace, with_email=True)}
    raise SlackError("users_not_found")


async def users_conversations(call: Call) -> Json:
    """The conversations somebody is a member of, the bot by default."""
    directory = call.state.directory
    user = call.text("user", directory.bot)
    wanted = {kind.strip() for kind in call.text("types", "public_channel").split(",")}
    found = [
        place
        for place in directory.conversations.values()
        if user in place.members
        and directory.bot_sees(place)
        and ("im" if place.is_im else "private_channel" if place.is_private else "public_channel")
        in wanted
    ]
    page, cursor = page_of(call, found)
    return {
        "channels": [conversation_json(place, directory) for place in page],
        "response_metadata": {"next_cursor": cursor},
    }


async def usergroups_list(call: Call) -> Json:
    """The user groups, with their members where asked for."""
    with_users = call.flag("include_users")
    workspace = call.state.workspace
    groups = [group_json(group, workspace, with_users=with_users) for group in workspace.groups]
    return {"usergroups": groups}


async def usergroups_users_list(call: Call) -> Json:
    """Who is in a user group."""
    group = call.state.directory.groups.get(call.required("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def _with_email(call: Call) -> bool:
    return "users:read.email" in call.state.workspace.app.scopes


METHODS = {
    "auth.test": Method(auth_test, per_minute=SPECIAL),
    "apps.connections.open": Method(
        # Tier 1 in Slack, which lets an app that reconnects through all the same
        open_connection,
        ("connections:write",),
        caller="app",
        per_minute=SPECIAL,
    ),
    "bots.info": Method(bots_info, ("users:read",)),
    "users.list": Method(users_list, ("users:read",), per_minute=TIER_2),
    "users.info": Method(users_info, ("users:read",), per_minute=TIER_4),
    "users.lookupByEmail": Method(users_lookup_by_email, ("users:read.email",)),
    "users.conversations": Method(users_conversations, ("channels:read", "groups:read", "im:read")),
    "usergroups.list": Method(usergroups_list, ("usergroups:read",), per_minute=TIER_2),
    "usergroups.users.list": Method(usergroups_users_list, ("usergroups:read",), per_minute=TIER_2),
}
