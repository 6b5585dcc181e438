"""The `views.*` methods: modals and the Home tab."""

from __future__ import annotations

from bot.sandbox.slack.checks.views import accept_view
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.traffic import TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method


async def open_view(call: Call) -> Json:
    """Opens a modal for the person who gave the trigger."""
    view = accept_view(call.parsed("view", "invalid_arguments"), "modal")
    user = call.state.grants.spend_trigger(call.required("trigger_id"))
    for forgotten in call.state.views.opened_by(user):
        call.state.views.close(user, forgotten, everything=True)
    return {"view": call.state.views.push(user, view)}


async def push_view(call: Call) -> Json:
    """Opens a modal above one that is open."""
    view = accept_view(call.parsed("view", "invalid_arguments"), "modal")
    user = call.state.grants.spend_trigger(call.required("trigger_id"))
    return {"view": call.state.views.push(user, view)}


async def update_view(call: Call) -> Json:
    """Puts another content into an open view, where `hash` still matches."""
    found = call.state.views.find(call.required("view_id"))
    if found is None:
        raise SlackError("not_found")
    user, old = found
    if call.text("hash", old["hash"]) != old["hash"]:
        raise SlackError("hash_conflict")
    view = accept_view(call.parsed("view", "invalid_arguments"), old["type"])
    return {"view": call.state.views.replace(user, old, view)}


async def publish_view(call: Call) -> Json:
    """Sets a person's Home tab, where `hash` still matches."""
    if not call.state.workspace.app.home_tab:
        raise SlackError("not_enabled")
    user = call.required("user_id")
    if user not in call.state.directory.users:
        raise SlackError("user_not_found")
    old = call.state.views.home_of(user)
    if old is not None and call.text("hash", old["hash"]) != old["hash"]:
        raise SlackError("hash_conflict")
    view = accept_view(call.parsed("view", "invalid_arguments"), "home")
    return {"view": call.state.views.publish(user, view)}


METHODS = {
    "views.open": Method(open_view, per_minute=TIER_4),
    "views.push": Method(push_view, per_minute=TIER_4),
    "views.update": Method(update_view, per_minute=TIER_4),
    "views.publish": Method(publish_view, per_minute=TIER_4),
}
