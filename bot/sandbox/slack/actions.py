"""Finding the element a person used, and the `actions` entry Slack sends for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox.slack.errors import PersonError
from bot.sandbox.slack.messages import Json, Message


def elements_of(block: Json) -> Iterator[Json]:
    """The elements of a block that a person can use."""
    for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
        if isinstance(element, dict) and "action_id" in element:
            yield element


def find_element(blocks: Iterable[Json], block_id: str, action_id: str) -> Json | None:
    """The element of these ids; an empty `block_id` matches any block."""
    for block in blocks:
        if block_id and block.get("block_id") != block_id:
            continue
        for element in elements_of(block):
            if element["action_id"] == action_id:
                return element | {"block_id": block["block_id"]}
    return None


def element_in(message: Message, block_id: str, action_id: str, *, stale: bool) -> Json:
    """The element of a message, or of its earlier versions where the click may be late.

    Raises `PersonError` where there is none.
    """
    versions = [message.blocks, *(message.earlier_blocks if stale else ())]
    for blocks in versions:
        if element := find_element(blocks, block_id, action_id):
            return element
    raise PersonError(
        404, "no_such_action", "That button is gone: the message has changed in the meantime."
    )


def used(element: Json, value: Any) -> Json:
    """What Slack says of an element that a person used; `value` is what was picked."""
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": element["block_id"],
    }
    if kind in ("button", "icon_button"):
        return action | _kept(element, "text", "value", "style", "url", "icon")
    if kind == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            if element[side]["value"] == value:
                return action | _kept(element[side], "text", "value")
        raise PersonError(400, "no_such_option", f"There is no button of the value {value!r}.")
    return action | chosen(element, value)


def initial(element: Json) -> Json | None:
    """What a menu or input holds before anyone uses it; nothing for what holds no state."""
    kind = element["type"]
    if kind in ("button", "icon_button", "feedback_buttons", "overflow"):
        return None
    held = {
        key.removeprefix("initial_"): value
        for key, value in element.items()
        if key.startswith("initial_")
    }
    fields = chosen(element, None)
    name = next(iter(fields))
    return {"type": kind, name: held.get(name.removeprefix("selected_"), fields[name])}


def chosen(element: Json, value: Any) -> Json:
    """The state of an input or menu that holds `value`, by the field Slack uses for it."""
    kind = element["type"]
    if kind in ("overflow", "static_select", "radio_buttons"):
        return {"selected_option": _option(element, value) if value not in (None, "") else None}
    if kind in ("multi_static_select", "checkboxes"):
        return {"selected_options": [_option(element, item) for item in value or ()]}
    if kind in _PICKED:
        return {_PICKED[kind]: value or None}
    if kind.startswith("multi_"):
        return {_PICKED[kind.removeprefix("multi_")] + "s": list(value or ())}
    return {"value": value if value not in (None, "") else None}


_PICKED = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


def _kept(element: Json, *names: str) -> Json:
    return {name: element[name] for name in names if name in element}


def _option(element: Json, value: Any) -> Json:
    groups = [group["options"] for group in element.get("option_groups") or ()]
    for option in [*(element.get("options") or ()), *(item for group in groups for item in group)]:
        if option["value"] == value:
            found: Json = option
            return found
    raise PersonError(400, "no_such_option", f"There is no choice {value!r} in this menu.")
