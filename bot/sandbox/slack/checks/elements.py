"""Checks of the elements that stand inside blocks: buttons, menus, inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.checks.faults import Faults
from bot.sandbox.slack.checks.texts import EITHER, PLAIN, check_confirm, check_options, check_text

_MENUS = {
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "datepicker",
    "timepicker",
    "datetimepicker",
}
_CHOICES = {"static_select", "multi_static_select", "radio_buttons", "checkboxes"}
_TYPED = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}

IN_ACTIONS = frozenset({"button", "overflow", *_CHOICES, *_MENUS} - {"multi_static_select"})
AS_ACCESSORY = frozenset({"button", "overflow", "image", *_CHOICES, *_MENUS})
AS_INPUT = frozenset({*_CHOICES, *_MENUS, *_TYPED})
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})

_BUTTON_KEYS = {
    "type",
    "text",
    "action_id",
    "url",
    "value",
    "style",
    "confirm",
    "accessibility_label",
}


def check_element(faults: Faults, place: str, value: Any, allowed: frozenset[str]) -> None:
    """One element, of a type that may stand at this place."""
    if not isinstance(value, dict):
        faults.add(place, "must be an object" if value is not None else "missing required field")
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        faults.add(f"{place}/type", f"unsupported type: {kind}")
        return
    faults.optional_string(f"{place}/action_id", value.get("action_id"), 255)
    if value.get("confirm") is not None:
        check_confirm(faults, f"{place}/confirm", value["confirm"])
    if value.get("placeholder") is not None:
        check_text(faults, f"{place}/placeholder", value["placeholder"], 150, kinds=PLAIN)
    check = _CHECKS.get(kind)
    if check is not None:
        check(faults, place, value)


def _button(faults: Faults, place: str, value: dict[str, Any]) -> None:
    faults.only_keys(place, value, _BUTTON_KEYS)
    check_text(faults, f"{place}/text", value.get("text"), 75, kinds=PLAIN)
    faults.optional_string(f"{place}/value", value.get("value"), 2000)
    faults.optional_string(f"{place}/url", value.get("url"), 3000)
    faults.optional_string(f"{place}/accessibility_label", value.get("accessibility_label"), 75)
    if value.get("style") is not None:
        faults.one_of(f"{place}/style", value["style"], {"primary", "danger"})


def _overflow(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_options(faults, f"{place}/options", value.get("options"), 5)


def _select(faults: Faults, place: str, value: dict[str, Any]) -> None:
    if value.get("option_groups") is None:
        check_options(faults, f"{place}/options", value.get("options"), 100)
        return
    if value.get("options") is not None:
        faults.add(place, "options and option_groups can't both be given")
    groups = faults.items(f"{place}/option_groups", value["option_groups"], 100)
    for index, group in enumerate(groups):
        here = f"{place}/option_groups/{index}"
        if not isinstance(group, dict):
            faults.add(here, "must be an object")
            continue
        check_text(faults, f"{here}/label", group.get("label"), 75, kinds=PLAIN)
        check_options(faults, f"{here}/options", group.get("options"), 100)


def _boxes(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_options(faults, f"{place}/options", value.get("options"), 10, kinds=EITHER)


def _image(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_image(faults, place, value)


def _feedback(faults: Faults, place: str, value: dict[str, Any]) -> None:
    for side in ("positive_button", "negative_button"):
        button = value.get(side)
        if not isinstance(button, dict):
            faults.add(f"{place}/{side}", "missing required field")
            continue
        check_text(faults, f"{place}/{side}/text", button.get("text"), 75, kinds=PLAIN)
        faults.string(f"{place}/{side}/value", button.get("value"), 2000)


def _icon_button(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_text(faults, f"{place}/text", value.get("text"), 75, kinds=PLAIN)
    faults.one_of(f"{place}/icon", value.get("icon"), {"trash"})


def check_image(faults: Faults, place: str, value: dict[str, Any]) -> None:
    """An image, as element or as block: address and alternative text."""
    faults.string(f"{place}/alt_text", value.get("alt_text"), 2000)
    if value.get("slack_file") is None:
        faults.string(f"{place}/image_url", value.get("image_url"), 3000)


_CHECKS: dict[str, Callable[[Faults, str, dict[str, Any]], None]] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _select,
    "radio_buttons": _boxes,
    "checkboxes": _boxes,
    "image": _image,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
}
