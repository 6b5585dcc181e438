"""Posts notices where followers are told, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError

from bot.domain.following import Notice
from bot.domain.ports import SlotStore
from bot.domain.values import is_person
from bot.slack.directory import SlackDirectory
from bot.slack.posting.messages import Messages
from bot.slack.slots import Slot
from bot.slack.views.notice import notice_blocks, notice_text

_UNREACHABLE = (
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "user_not_found",
    "user_disabled",
    "cannot_dm_bot",
    "messages_tab_disabled",
)


class SlackHerald:
    """A notice is a slot of its incident, so that a crash neither doubles nor loses it."""

    def __init__(
        self, messages: Messages, slots: SlotStore, directory: SlackDirectory, channel: str
    ) -> None:
        """`channel`: where incidents open."""
        self._messages = messages
        self._slots = slots
        self._directory = directory
        self._channel = channel

    async def may_hear(self, place: str) -> bool:
        """A channel while nobody of another organisation reads it; a person while they may look."""
        if is_person(place):
            return await self._directory.may_see(place, self._channel)
        return await self._directory.is_ours_alone(place)

    async def post(self, place: str, told: Sequence[Notice]) -> bool:
        """False where the place is gone. Raises NotYetError, SlackApiError."""
        # Named by its first notice: what joins before a second try goes out with the next.
        first = told[0]
        name = hashlib.sha256(f"{place} {first.key}".encode()).hexdigest()[:12]
        slot = Slot(
            id=f"notice:{name}",
            text=notice_text(told),
            blocks=notice_blocks(told, await self._links(told)),
        )
        posted = (await self._slots.all(first.incident)).get(slot.id)
        try:
            await self._messages.reconcile(first.incident, slot, posted, place, None)
        except SlackApiError as error:
            if error.response.get("error") not in _UNREACHABLE:
                raise
            return False
        return True

    async def _links(self, told: Sequence[Notice]) -> dict[str, str]:
        found: dict[str, str] = {}
        for incident in dict.fromkeys(n.incident for n in told):
            card = (await self._slots.all(incident)).get("card")
            link = await self._messages.permalink(card) if card and card.ts else None
            if link:
                found[incident] = link
        return found
