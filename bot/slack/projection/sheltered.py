"""What an incident shows of itself while a storm's card stands for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain import events as e
from bot.domain.ports import Posted
from bot.domain.storm import shared_calls, stands_alone
from bot.slack.scene import Scene
from bot.slack.slots import Slot


def sheltered(scene: Scene, slots: Sequence[Slot], posted: Mapping[str, Posted]) -> list[Slot]:
    """All but the calls that the storm makes; nothing but answers where it has no card.

    A card that was there before the storm was known stays. Another gets one when something in it
    needs a decision, or when a person asks for its thread.
    """
    asked = any(isinstance(note, e.ThreadAsked) for note in scene.work)
    own = "card" in posted or asked or stands_alone(scene.incident)
    shared = {str(number) for number, _ in shared_calls(scene.incident)}

    def shown(slot: Slot) -> bool:
        if not own:
            return slot.kind == "answer"
        folded = slot.kind == "escalation" and slot.id.split(":")[1] in shared
        return not folded or slot.id in posted

    return [slot for slot in slots if shown(slot)]
