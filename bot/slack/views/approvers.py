"""Whose approval is needed, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.values import ApprovalGroup, Ask

Write = Callable[[str], str]
"""How a person, a group or a rota is written here: plain, or as a mention."""


def who(groups: Sequence[ApprovalGroup], write: Write) -> str:
    """`@data-oncall or Maya`; of several groups `@platform-oncall and @security`."""
    return " and ".join(" or ".join(map(write, group.approvers)) for group in groups)


def who_and_how_many(ask: Ask, write: Write) -> str:
    """`@data-oncall, 2 needed`; of several groups `@platform-oncall and @security, 1 each`."""
    people, groups = who(ask.needs, write), ask.needs
    counts = {group.count for group in groups}
    if len(groups) == 1:
        return f"{people}, {ask.approvals} needed"
    if len(counts) == 1:
        told = f"{people}, {counts.pop()} each"
    else:
        told = " and ".join(f"{g.count} of {who([g], write)}" for g in groups)
    more = ask.approvals > sum(group.count for group in groups)
    return f"{told}, {ask.approvals} people in all" if more else told
