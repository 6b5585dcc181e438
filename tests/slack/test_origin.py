"""What a message says that somebody chose a shortcut on, and where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.origin import Origin, users_in, words_of
from tests.slack.scenes import DEV, MAYA


def body(**message: Any) -> dict[str, Any]:
    """The payload of a message shortcut."""
    said = {"type": "message", "user": DEV, "ts": "1760000000.000100", **message}
    return {
        "channel": {"id": "C1", "name": "data"},
        "message_ts": said["ts"],
        "message": said,
        "team": {"id": "T1", "domain": "acme"},
    }


def test_people_and_links_are_read_as_a_person_reads_them() -> None:
    told = body(text=f"<@{MAYA}> see <https://a.test|the lag> &amp; <!here> \u202e\u200bx")
    assert users_in(told) == {MAYA}
    assert words_of(told, {MAYA: "Maya"}) == "@Maya see the lag & !here x"
    assert words_of(told, {}).startswith(f"@{MAYA} see")


def test_an_apps_message_says_what_its_attachments_say() -> None:
    attached = [{"title": "Disk full", "fallback": "disk is 91%"}, {"text": "on db-1"}]
    told = body(text="", bot_id="B1", attachments=attached)
    assert words_of(told, {}) == "Disk full\ndisk is 91%\non db-1"
    assert Origin.of(told).author == "", "an app is nobody who could be named"


def test_of_files_alone_their_names_are_left() -> None:
    assert words_of(body(text="", files=[{"name": "lag.png"}, {}]), {}) == "lag.png\na file"
    assert words_of(body(text=""), {}) == ""


def test_its_own_address_is_as_slack_makes_it() -> None:
    alone = Origin.of(body())
    assert alone.address == "https://acme.slack.com/archives/C1/p1760000000000100"
    inside = Origin.of(body(thread_ts="1759999999.000200"))
    assert inside.address == f"{alone.address}?thread_ts=1759999999.000200&cid=C1"
    assert (inside.root, alone.root) == ("1759999999.000200", "1760000000.000100")
    assert Origin(channel="C1", ts="1.1").address == ""


@pytest.mark.parametrize("value", ["", "[]", "{}", "nonsense", '["C1"]', "[1, 2, 3, 4, 5]"])
def test_a_window_of_another_release_is_not_taken_for_ours(value: str) -> None:
    assert Origin.unpack(value) is None


def test_it_survives_a_window() -> None:
    origin = Origin.of(body(thread_ts="1759999999.000200"))
    assert Origin.unpack(origin.pack()) == origin
