"""What is to be done about a cause: the runbook's plan, or a model's wish held against it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.domain.values import FollowUp, Intended, PlanDraft
from bot.incidents.readings import parsed
from bot.knowledge.reasoning import Reasoning
from bot.policy.inventory import Inventory
from tools.kit.catalog import Catalog
from tools.kit.errors import InvalidCall


def runbook_plan(reasoning: Reasoning, requester: str, inventory: Inventory) -> PlanDraft | None:
    """The runbook's own plan; None where it has no steps for the cause. Raises MissingValue."""
    steps = reasoning.steps()
    if not steps:
        return None
    return PlanDraft(
        steps=tuple(
            Intended(
                tool=step.tool,
                params=step.params,
                cites=step.cites,
                tainted=not all(_known(value, inventory) for value in step.borrowed),
            )
            for step in steps
        ),
        guards=reasoning.guards(),
        verify=reasoning.verify_checks(),
        verify_within=reasoning.verify_within(),
        runbook=reasoning.runbook.ref,
        requester=requester,
        resolution=reasoning.resolution(),
    )


def wished_plan(
    wished: Sequence[Intended], playbook: PlanDraft | None, requester: str
) -> PlanDraft | None:
    """What a model wants. Steps that are the runbook's, to the letter, cite it and bring its
    guards and checks along; any other cites nothing, and so goes to a person. Steps in another
    order than the runbook's are none of its own."""
    if not wished:
        return None
    known = {_call(step): step for step in playbook.steps} if playbook else {}
    steps = [known.get(_call(s), _foreign(s)) for s in wished]
    if playbook is None or not _in_order(steps, playbook):
        return PlanDraft(steps=tuple(map(_foreign, steps)), requester=requester)
    whole = [step.cites for step in steps] == [step.cites for step in playbook.steps]
    return playbook.model_copy(
        update={
            "steps": tuple(steps),
            "partial": not whole,
            "requester": requester,
            "resolution": playbook.resolution if whole else "",
        }
    )


def spelt_out(playbook: PlanDraft, catalog: Catalog) -> PlanDraft:
    """The same plan, each parameter with a default given: as a model has to call it."""
    return playbook.model_copy(update={"steps": tuple(_spelt(s, catalog) for s in playbook.steps)})


def _spelt(step: Intended, catalog: Catalog) -> Intended:
    try:
        params = parsed(catalog.write(step.tool), step.params)
    except InvalidCall:
        return step
    return step.model_copy(update={"params": params.model_dump(mode="json")})


def follow_ups(reasoning: Reasoning, inventory: Inventory) -> tuple[FollowUp, ...]:
    """The tickets that the diagnosis leaves open, their owners from the inventory."""
    return tuple(
        FollowUp(
            summary=f.summary,
            description=f.description,
            owners=inventory.owners_of(f.owner_of) if f.owner_of else (),
            project=f.project,
        )
        for f in reasoning.follow_ups()
    )


def _foreign(step: Intended) -> Intended:
    """A model's own idea, whatever it says of itself."""
    return step.model_copy(update={"cites": "", "tainted": True})


def _known(value: object, inventory: Inventory) -> bool:
    return isinstance(value, str) and inventory.service_of(value) is not None


def _in_order(steps: Sequence[Intended], playbook: PlanDraft) -> bool:
    """Whether there are steps of the runbook's, and as it orders them."""
    cited = [step.cites for step in steps if step.cites]
    return bool(cited) and cited == [s.cites for s in playbook.steps if s.cites in cited]


def _call(step: Intended) -> str:
    """Tool and parameters, to the letter."""
    return json.dumps([step.tool, step.params], sort_keys=True)
