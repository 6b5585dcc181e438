"""Slack's JSON for people, conversations and messages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.slack.directory import Conversation, Directory
from bot.sandbox.slack.history import History
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.workspace import User, UserGroup, Workspace

STARTED = 1_760_000_000
"""When the sample workspace was made, in Unix seconds."""


def user_json(user: User, workspace: Workspace, *, with_email: bool) -> Json:
    """A user as `users.info` gives it."""
    profile: Json = {
        "real_name": user.real_name,
        "display_name": user.name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.name,
        "title": user.title,
        "team": workspace.team.id,
    }
    if with_email and user.email:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"bot_id": workspace.app.bot_id, "api_app_id": workspace.app.app_id}
    return {
        "id": user.id,
        "team_id": workspace.team.id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": _offset(user.tz),
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "updated": STARTED,
    } | ({"is_stranger": True} if user.is_stranger else {})


def _offset(tz: str) -> int:
    """Seconds east of UTC right now."""
    offset = datetime.now(ZoneInfo(tz)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def group_json(group: UserGroup, workspace: Workspace, *, with_users: bool) -> Json:
    """A user group as `usergroups.list` gives it."""
    shape: Json = {
        "id": group.id,
        "team_id": workspace.team.id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": group.name,
        "is_external": False,
        "date_create": STARTED,
        "date_update": STARTED,
        "date_delete": 0,
        "user_count": len(group.users),
    }
    return shape | ({"users": list(group.users)} if with_users else {})


def conversation_json(place: Conversation, directory: Directory) -> Json:
    """A channel or direct message as `conversations.info` gives it to the bot."""
    if place.is_im:
        return {
            "id": place.id,
            "created": STARTED,
            "is_im": True,
            "is_channel": False,
            "is_group": False,
            "is_private": True,
            "is_archived": False,
            "is_org_shared": False,
            "user": place.user,
            "is_user_deleted": False,
            "is_open": True,
            "context_team_id": directory.workspace.team.id,
        }
    return {
        "id": place.id,
        "name": place.name,
        "name_normalized": place.name,
        "created": STARTED,
        "creator": directory.bot,
        "is_channel": not place.is_private,
        "is_group": place.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": place.is_private,
        "is_archived": place.is_archived,
        "is_general": False,
        "is_shared": place.is_ext_shared,
        "is_ext_shared": place.is_ext_shared,
        "is_org_shared": False,
        "is_member": directory.bot in place.members,
        "topic": {"value": place.topic, "creator": directory.bot, "last_set": STARTED},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(place.members),
        "context_team_id": directory.workspace.team.id,
    }


def message_json(
    message: Message, workspace: Workspace, history: History, *, metadata: bool
) -> Json:
    """A message as `conversations.history` gives it, a root with its thread's summary."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": workspace.team.id,
    }
    if message.by_app:
        shape |= {
            "bot_id": workspace.app.bot_id,
            "app_id": workspace.app.app_id,
            "bot_profile": bot_profile(workspace),
        }
    if message.username is not None:
        shape |= {"subtype": "bot_message", "username": message.username}
        if message.icon_emoji:
            shape["icons"] = {"emoji": message.icon_emoji}
    if message.tombstone:
        shape |= {"subtype": "tombstone", "hidden": True}
    elif message.is_reply and message.broadcast:
        shape["subtype"] = "thread_broadcast"
    if message.blocks:
        shape["blocks"] = message.blocks
    if message.attachments:
        shape["attachments"] = message.attachments
    if message.edited is not None:
        shape["edited"] = message.edited.model_dump()
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(people), "count": len(people)}
            for name, people in message.reactions.items()
        ]
    if metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape | _thread_fields(message, history)


def bot_profile(workspace: Workspace) -> Json:
    """The short description of the app that its messages carry."""
    user = next(user for user in workspace.users if user.id == workspace.app.user)
    return {
        "id": workspace.app.bot_id,
        "app_id": workspace.app.app_id,
        "user_id": workspace.app.user,
        "name": user.name,
        "deleted": False,
        "updated": STARTED,
        "team_id": workspace.team.id,
    }


def _thread_fields(message: Message, history: History) -> Json:
    if message.is_reply and message.thread_ts is not None:
        root = history.get(message.channel, message.thread_ts)
        parent = {"parent_user_id": root.user} if root is not None else {}
        return {"thread_ts": message.thread_ts, **parent}
    replies = history.replies(message.channel, message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "reply_users": people[:5],
        "latest_reply": replies[-1].ts,
        "subscribed": False,
        "is_locked": False,
    }
