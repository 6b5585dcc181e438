"""What is stopped and which breaker is open, in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.controls import EVERYTHING, Stopped
from bot.domain.events import BreakerTripped, IncidentStopped
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import clock, noticed, said, section

_REASON = 200


def stopped(stop: Stopped | IncidentStopped) -> str:
    """`Stopped by Maya 02:27: a bad deploy`; not escaped."""
    return f"Stopped by {stop.name} {clock(stop.at)}: {stop.reason}"


def breakers(scene: Scene) -> list[Slot]:
    """One message for each breaker that this incident tripped, and how often."""
    tripped = [note for note in scene.work if isinstance(note, BreakerTripped)]
    slots = []
    for number, trip in enumerate(tripped, start=1):
        service = said(trip.scope, 40)
        words = (
            f"*I no longer act by myself on {service}:* {said(trip.reason, _REASON)}."
            " Each change there waits for an approval."
            f" When it is sound again, an approver says `@opsbot resume {service}`."
        )
        notice = f"{scene.incident.id}: the breaker of {trip.scope} tripped: {trip.reason}"
        slot = Slot(id=f"breaker:{number}", text=noticed(notice), blocks=(section(words),))
        slots.append(slot)
    return slots


def stop_answer(scope: str, stop: Stopped) -> str:
    """To whoever stopped it; also where somebody had before."""
    what = "Everything" if scope == EVERYTHING else said(scope, 40)
    back = "resume all" if scope == EVERYTHING else f"resume {said(scope, 40)}"
    return (
        f"*{what} is stopped*, by {said(stop.name, 40)} {clock(stop.at)}:"
        f" {said(stop.reason, _REASON)}. No further step or rollback starts there; a call that is"
        f" under way ends. An approver lifts it with `@opsbot {back}`."
    )


def resume_answer(scope: str, lifted: Sequence[Stopped | BreakerTripped]) -> str:
    """What was lifted. A plan that the stop voided is not taken up by itself."""
    what = "everything" if scope == EVERYTHING else said(scope, 40)
    if not lifted:
        return f"Nothing stopped {what}; it goes on."
    lines = []
    for each in lifted:
        reason = f"{said(each.reason, _REASON)} ({clock(each.at)})"
        if isinstance(each, Stopped):
            who = said(each.name, 40)
            may = f"*{what[:1].upper()}{what[1:]} may go on.*"
            lines.append(f"{may} {who} had stopped it: {reason}.")
        else:
            lines.append(f"*The breaker of {what} is set back.* It had tripped: {reason}.")
    lines.append("A plan that was stopped stays void: ask again in its thread.")
    return "\n".join(lines)


def which_scope(verb: str, services: Sequence[str]) -> str:
    """Asked of whoever names nothing that can be stopped."""
    shown = ", ".join(f"`{said(name, 40)}`" for name in services[:10])
    there = f" or a service ({shown}{' …' if len(services) > 10 else ''})" if services else ""
    word = verb.capitalize()
    return (
        f"{word} what? Say `@opsbot {verb} all`, or name an incident such as `INC-12`{there}."
        f" In an incident's thread `@opsbot {verb}` means that incident. Nothing was changed."
    )
