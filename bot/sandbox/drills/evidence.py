"""What is left after a drill: what reached the company, the ledger, Slack and the tickets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.adapters.audit_key import signed_since
from bot.adapters.redis_slots import RedisSlots
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Posted
from bot.domain.seal import Seal
from bot.incidents.audit import Audited, audited
from bot.sandbox.drills.ground import Ground
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.traffic import ApiCall
from bot.slack import ids


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of the company's own log, which nothing ever takes out again."""

    at: datetime
    text: str
    """`operation target`"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Read once everything is over and was started again."""

    effects: Sequence[Effect]
    incidents: Sequence[Incident]
    decisions: dict[str, Sequence[e.IncidentEvent]]
    """Of each incident, in the order of their versions."""
    slots: dict[str, dict[str, Posted]]
    """Of each incident and storm."""
    messages: Sequence[Message]
    """Every message in Slack that says which slot of ours it is."""
    tickets: Sequence[str]
    audits: Sequence[Audited]
    """Of each incident's trail, as `opsbot audit verify` sees it."""
    said: Sequence[Message] = ()
    """Every message in Slack, whoever's."""
    calls: Sequence[ApiCall] = ()
    """Of Slack's Web API, in their order."""


async def gather(ground: Ground, data: Path) -> Evidence:
    """`data` is the folder of the drill's stage."""
    incidents = await ground.incidents()
    said = ground.slack.state.history.everything()
    ours = [message for message in said if _slot(message)]
    shown = {incident.id for incident in incidents} | {place(message)[0] for message in ours}
    slots = RedisSlots(ground.redis)
    seal = Seal(ground.stage.environment["OPSBOT_AUDIT_KEY"])
    since = await signed_since(ground.redis, seal)
    return Evidence(
        effects=_effects(data / "company" / "effects.jsonl"),
        incidents=incidents,
        decisions={i.id: await ground.ledger.decisions(i.id) for i in incidents},
        slots={name: await slots.all(name) for name in sorted(shown)},
        messages=ours,
        tickets=[ticket["summary"] for ticket in ground.company.tickets],
        audits=[audited(await ground.ledger.trail(i.id), seal, since) for i in incidents],
        said=said,
        calls=list(ground.slack.calls),
    )


def place(message: Message) -> tuple[str, str]:
    """The incident and the slot that a message of ours says it is."""
    payload = _slot(message)
    return str(payload.get("incident")), str(payload.get("slot"))


def _slot(message: Message) -> dict[str, Any]:
    metadata = message.metadata or {}
    payload = metadata.get("event_payload") if metadata.get("event_type") == ids.METADATA else None
    return payload or {}


def _effects(log: Path) -> list[Effect]:
    if not log.exists():
        return []
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        Effect(datetime.fromisoformat(line["at"]), f"{line['operation']} {line['target']}")
        for line in lines
    ]
