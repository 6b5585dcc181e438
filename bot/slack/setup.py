"""What opsbot needs of a Slack workspace, and what to click there for what is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import find_channel
from bot.slack.directory import SlackDirectory

_APP = "api.slack.com/apps › your app"
_TOKEN_REFUSED = ("invalid_auth", "not_authed", "account_inactive", "token_revoked")


class SetupError(Exception):
    """Something in Slack isn't as opsbot needs it. Says what to click."""


async def check_bot(client: AsyncWebClient) -> str:
    """Whose token it is. Raises SetupError, SlackApiError."""
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        said = error.response.get("error")
        if said not in _TOKEN_REFUSED:
            raise
        raise SetupError(
            f"SLACK_BOT_TOKEN is refused ({said}): {_APP} › Install App ›"
            " Bot User OAuth Token; install the app where there is none"
        ) from error
    if not who.get("bot_id"):
        raise SetupError(
            f"SLACK_BOT_TOKEN is a person's: {_APP} › Install App › Bot User OAuth Token,"
            " which begins with xoxb-"
        )
    return f"{who['user']} in {who['team']}"


async def check_scopes(client: AsyncWebClient, wanted: Iterable[str]) -> str:
    """Whether the bot token has every scope of the manifest. Raises SetupError, SlackApiError."""
    header = (await client.auth_test()).headers.get("x-oauth-scopes")
    if header is None:
        return "what the token may do isn't told by this server"
    granted = {scope.strip() for scope in str(header).split(",")}
    needed = set(wanted)
    missing = sorted(needed - granted)
    if missing:
        raise SetupError(
            f"the bot token lacks {', '.join(missing)}: {_APP} › OAuth & Permissions ›"
            " Bot Token Scopes › Add an OAuth Scope, then Install App › Reinstall to Workspace"
        )
    return f"all {len(needed)} that opsbot uses"


async def check_socket(token: str, api_url: str) -> str:
    """Whether Slack would open a socket for the app token. Raises SetupError."""
    client = AsyncWebClient(token=token, base_url=api_url, timeout=15)
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        raise SetupError(
            f"SLACK_APP_TOKEN is refused ({error.response.get('error')}): {_APP} › Basic"
            " Information › App-Level Tokens › Generate Token and Scopes, with connections:write;"
            " and Socket Mode › Enable Socket Mode"
        ) from error
    return "Slack opens a socket for the app token"


async def check_request_url(secret: str, host: str, port: int) -> str:
    """Whether what serves here answers as Slack's request URL has to. Raises SetupError."""
    body = json.dumps({"type": "url_verification", "challenge": "doctor", "token": "t"})
    at = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature or "",
    }
    where = f"{host}:{port}/slack/events"
    shown = (
        f"{_APP} › Event Subscriptions, Interactivity & Shortcuts and Slash Commands ›"
        " Request URL: https://<your host>/slack/events"
    )
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://{where}", data=body, headers=headers) as answer,
        ):
            said, text = answer.status, await answer.text()
    except aiohttp.ClientError as error:
        raise SetupError(
            f"nothing answers at {where}: start `opsbot serve`, lead your load balancer there,"
            f" then {shown}"
        ) from error
    if said == 401:
        raise SetupError(
            f"what serves at {where} has another signing secret: {_APP} › Basic Information ›"
            " App Credentials › Signing Secret, then set SLACK_SIGNING_SECRET and start it again"
        )
    if said != 200 or "doctor" not in text:
        raise SetupError(
            f"{where} answers {said}, so what serves there is not in http mode: set"
            " OPSBOT_SLACK_MODE=http and start it again"
        )
    return f"{where} answers what the signing secret signs; {shown}"


async def check_channel(client: AsyncWebClient, wanted: str) -> str:
    """Whether opsbot can post in the channel. Raises SetupError, ChannelNotFoundError."""
    channel = await find_channel(client, wanted)
    try:
        answer = await client.conversations_info(channel=channel)
    except SlackApiError as error:
        if error.response.get("error") != "channel_not_found":
            raise
        raise SetupError(
            f"no channel {wanted!r} that opsbot can see: open it in Slack, type `/invite @opsbot`"
            " there, and set OPSBOT_CHANNEL to #name, or to the id at the end of its About tab"
        ) from error
    found: dict[str, Any] = answer.get("channel") or {}
    if found.get("is_archived"):
        raise SetupError(f"{wanted} is archived: unarchive it, or set OPSBOT_CHANNEL to another")
    if not found.get("is_member"):
        raise SetupError(f"opsbot is not in {wanted}: type `/invite @opsbot` there")
    return f"posts in {wanted}"


async def check_people(
    client: AsyncWebClient, directory: SlackDirectory, variable: str, names: Iterable[str]
) -> str:
    """How many full members are behind these. Raises SetupError for a name with nobody behind it,
    SlackApiError, RotaUnreadableError."""
    able: set[str] = set()
    for name in names:
        behind = await directory.members(name)
        found = {user for user in behind if await directory.eligible(user)}
        if not found:
            raise SetupError(f"{variable}: {await _nobody(client, name, bool(behind))}")
        able |= found
    return f"{len(able)} in {variable}"


async def _nobody(client: AsyncWebClient, name: str, somebody: bool) -> str:
    """Why no full member is behind a name, and what to click."""
    groups = "in Slack › Directories › User groups"
    if somebody and not name.startswith("@"):
        return (
            f"{name!r} is no full member: a bot, a guest, deactivated or unknown. Copy an id"
            " from a profile › ⋮ › Copy member ID"
        )
    if somebody:
        return f"only guests, bots or deactivated people are in {name}: add somebody {groups}"
    if not name.startswith("@"):
        return f"nobody is on call in {name!r}"
    known = (await client.usergroups_list(include_disabled=False)).get("usergroups") or []
    if any(f"@{group['handle']}" == name for group in known):
        return f"the user group {name} is empty: add its members {groups}"
    return f"there is no user group {name}: make it {groups} › New User Group, or mend the name"
