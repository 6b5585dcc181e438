"""Checks of the elements that stand inside blocks: buttons, menus, inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.checks.faults import Faults
from bot.sandbox.slack.checks.texts import EITHER, PLAIN, check_confirm, check_options, check_text

_PICKERS = {
    "users_select": {"initial_user"},
    "multi_users_select": {"initial_users", "max_selected_items"},
    "conversations_select": {
        "initial_conversation",
        "default_to_current_conversation",
        "response_url_enabled",
        "filter",
    },
    "multi_conversations_select": {
        "initial_conversations",
        "default_to_current_conversation",
        "max_selected_items",
        "filter",
    },
    "channels_select": {"initial_channel", "response_url_enabled"},
    "multi_channels_select": {"initial_channels", "max_selected_items"},
    "datepicker": {"initial_date"},
    "timepicker": {"initial_time", "timezone"},
    "datetimepicker": {"initial_date_time"},
}
_CHOICES = {
    "static_select": {"options", "option_groups", "initial_option"},
    "multi_static_select": {"options", "option_groups", "initial_options", "max_selected_items"},
    "radio_buttons": {"options", "initial_option"},
    "checkboxes": {"options", "initial_options"},
}
_TYPED = {
    "plain_text_input": {"multiline", "min_length", "max_length"},
    "number_input": {"is_decimal_allowed", "min_value", "max_value"},
    "email_text_input": set[str](),
    "url_text_input": set[str](),
}
_BUTTONS = {
    "button": {"text", "url", "value", "style", "accessibility_label"},
    "overflow": {"options"},
    "feedback_buttons": {"positive_button", "negative_button"},
    "icon_button": {"icon", "text", "value", "accessibility_label", "visible_to_user_ids"},
    "image": {"alt_text", "image_url", "slack_file"},
}
_MODAL_ONLY = {"number_input", "email_text_input", "url_text_input"}

IN_ACTIONS = frozenset({"button", "overflow", *_CHOICES, *_PICKERS} - {"multi_static_select"})
AS_ACCESSORY = frozenset({"button", "overflow", "image", *_CHOICES, *_PICKERS})
AS_INPUT = frozenset({*_CHOICES, *_PICKERS, *_TYPED})
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})


def check_element(faults: Faults, place: str, value: Any, allowed: frozenset[str]) -> None:
    """One element, of a type that may stand at this place."""
    if not isinstance(value, dict):
        faults.add(place, "must be an object" if value is not None else "missing required field")
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        faults.add(f"{place}/type", f"unsupported type: {kind}")
        return
    if (kind in _MODAL_ONLY and faults.surface != "modal") or (
        kind == "datetimepicker" and faults.surface == "home"
    ):
        faults.add(f"{place}/type", f"{kind} elements aren't allowed in a {faults.surface}")
    faults.only_keys(place, value, _keys(kind))
    faults.optional_string(f"{place}/action_id", value.get("action_id"), 255)
    if value.get("confirm") is not None:
        check_confirm(faults, f"{place}/confirm", value["confirm"])
    if value.get("placeholder") is not None:
        check_text(faults, f"{place}/placeholder", value["placeholder"], 150, kinds=PLAIN)
    check = _CHECKS.get(kind)
    if check is not None:
        check(faults, place, value)


def check_image(faults: Faults, place: str, value: dict[str, Any]) -> None:
    """An image, as element or as block: address and alternative text."""
    faults.string(f"{place}/alt_text", value.get("alt_text"), 2000)
    if value.get("slack_file") is None:
        faults.string(f"{place}/image_url", value.get("image_url"), 3000)


def _keys(kind: str) -> set[str]:
    keys = {"type", "action_id"}
    if kind in _BUTTONS:
        return keys | _BUTTONS[kind] | ({"confirm"} if kind in ("button", "overflow") else set())
    keys |= {"focus_on_load"}
    if kind in _TYPED:
        return keys | _TYPED[kind] | {"initial_value", "dispatch_action_config", "placeholder"}
    own = _CHOICES.get(kind) or _PICKERS[kind]
    listed = kind in ("radio_buttons", "checkboxes", "datetimepicker")
    return keys | own | {"confirm"} | (set() if listed else {"placeholder"})


def _button(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_text(faults, f"{place}/text", value.get("text"), 75, kinds=PLAIN)
    faults.optional_string(f"{place}/value", value.get("value"), 2000)
    faults.optional_string(f"{place}/url", value.get("url"), 3000)
    faults.optional_string(f"{place}/accessibility_label", value.get("accessibility_label"), 75)
    if value.get("style") is not None:
        faults.one_of(f"{place}/style", value["style"], {"primary", "danger"})


def _overflow(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_options(faults, f"{place}/options", value.get("options"), 5)


def _select(faults: Faults, place: str, value: dict[str, Any]) -> None:
    offered = value.get("options")
    if value.get("option_groups") is None:
        check_options(faults, f"{place}/options", offered, 100)
    else:
        if offered is not None:
            faults.add(place, "options and option_groups can't both be given")
        groups = faults.items(f"{place}/option_groups", value["option_groups"], 100)
        offered = []
        for index, group in enumerate(groups):
            here = f"{place}/option_groups/{index}"
            if not isinstance(group, dict):
                faults.add(here, "must be an object")
                continue
            check_text(faults, f"{here}/label", group.get("label"), 75, kinds=PLAIN)
            check_options(faults, f"{here}/options", group.get("options"), 100)
            offered += group.get("options") or ()
    _initial(faults, place, value, offered)


def _boxes(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_options(faults, f"{place}/options", value.get("options"), 10, kinds=EITHER)
    _initial(faults, place, value, value.get("options"))


def _initial(faults: Faults, place: str, value: dict[str, Any], offered: Any) -> None:
    """What is chosen at first is, word for word, among what is offered."""
    chosen = [value["initial_option"]] if value.get("initial_option") is not None else []
    for option in chosen + list(value.get("initial_options") or ()):
        if option not in (offered or ()):
            name = "initial_option" if chosen else "initial_options"
            faults.add(f"{place}/{name}", "must be one of the provided options")


def _date(faults: Faults, place: str, value: dict[str, Any]) -> None:
    faults.shaped(f"{place}/initial_date", value.get("initial_date"), r"\d{4}-\d{2}-\d{2}")


def _time(faults: Faults, place: str, value: dict[str, Any]) -> None:
    hours = r"([01]\d|2[0-3]):[0-5]\d"
    faults.shaped(f"{place}/initial_time", value.get("initial_time"), hours)
    faults.optional_string(f"{place}/timezone", value.get("timezone"), 100)


def _image(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_image(faults, place, value)


def _feedback(faults: Faults, place: str, value: dict[str, Any]) -> None:
    for side in ("positive_button", "negative_button"):
        here, button = f"{place}/{side}", value.get(side)
        if not isinstance(button, dict):
            faults.add(here, "missing required field")
            continue
        faults.only_keys(here, button, {"text", "value", "accessibility_label"})
        check_text(faults, f"{here}/text", button.get("text"), 75, kinds=PLAIN)
        faults.string(f"{here}/value", button.get("value"), 2000)
        label = button.get("accessibility_label")
        faults.optional_string(f"{here}/accessibility_label", label, 75)


def _icon_button(faults: Faults, place: str, value: dict[str, Any]) -> None:
    check_text(faults, f"{place}/text", value.get("text"), 75, kinds=PLAIN)
    faults.one_of(f"{place}/icon", value.get("icon"), {"trash"})
    faults.optional_string(f"{place}/value", value.get("value"), 2000)


def _input_text(faults: Faults, place: str, value: dict[str, Any]) -> None:
    initial = value.get("initial_value")
    if isinstance(initial, str) and len(initial) > (value.get("max_length") or 3000):
        faults.add(f"{place}/initial_value", "must not be longer than max_length")


_CHECKS: dict[str, Callable[[Faults, str, dict[str, Any]], None]] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _select,
    "radio_buttons": _boxes,
    "checkboxes": _boxes,
    "datepicker": _date,
    "timepicker": _time,
    "image": _image,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "plain_text_input": _input_text,
}
