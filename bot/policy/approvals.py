"""Whom a rule asks, and how several rules ask as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from bot.domain.values import COMMANDER, ApprovalGroup
from tools.kit.types import Frozen

FROM_SETTINGS = "approvers"
"""Stands for the people of OPSBOT_APPROVERS."""

Approver = Annotated[
    str, Field(pattern=rf"^({FROM_SETTINGS}|{COMMANDER}|@\S+|rota:\S+|[UW][A-Z0-9]+)$")
]
"""A Slack group (`@dba`), a rota (`rota:dba`), a user id, `approvers`, or `commander`:
whoever leads the incident at the click, and nobody where nobody does."""
Count = Annotated[int, Field(ge=1, le=20)]


class Group(Frozen):
    """So many different people of these."""

    who: tuple[Approver, ...] = Field(alias="from", min_length=1)
    count: Count = 1


def _kind(value: Any) -> str:
    return "groups" if isinstance(value, list | tuple) else "number"


Approvals = Annotated[
    Annotated[Count, Tag("number")]
    | Annotated[Annotated[tuple[Group, ...], Field(min_length=1)], Tag("groups")],
    Discriminator(_kind),
]
"""How many of the rule's approvers; or groups, each of which has to agree."""


def groups_of(
    approvals: int | tuple[Group, ...], who: tuple[str, ...], settings: tuple[str, ...]
) -> tuple[ApprovalGroup, ...]:
    """What a rule asks for, `approvers` replaced by those of the settings."""
    if isinstance(approvals, int):
        return (ApprovalGroup(approvers=_expanded(who, settings), count=approvals),)
    return tuple(
        ApprovalGroup(approvers=_expanded(group.who, settings), count=group.count)
        for group in approvals
    )


def together(asked: Sequence[tuple[ApprovalGroup, ...]]) -> tuple[ApprovalGroup, ...]:
    """One question for all: where each is one group, whoever is in all of them, and as many as the
    most demanding; else every group there is. Empty where nobody is in all."""
    if all(len(groups) == 1 for groups in asked):
        lists = [groups[0].approvers for groups in asked]
        in_all = tuple(who for who in lists[0] if all(who in others for others in lists))
        most = max(groups[0].count for groups in asked)
        return (ApprovalGroup(approvers=in_all, count=most),) if in_all else ()
    counts: dict[tuple[str, ...], int] = {}
    for groups in asked:
        own: dict[tuple[str, ...], int] = {}
        for group in groups:
            own[group.approvers] = own.get(group.approvers, 0) + group.count
        for who, count in own.items():
            counts[who] = max(counts.get(who, 0), count)
    return tuple(ApprovalGroup(approvers=who, count=count) for who, count in counts.items())


def _expanded(who: tuple[str, ...], settings: tuple[str, ...]) -> tuple[str, ...]:
    names = (n for entry in who for n in (settings if entry == FROM_SETTINGS else (entry,)))
    return tuple(dict.fromkeys(names))
