"""Plans that policy is there to let through: the runbook's own steps, the right people, a world
that stands still but for what may move.
"""

from __future__ import annotations

from random import Random

from bot.domain.values import PlanDraft
from tests.fakes.story import alert, diagnosis
from tests.hostile.brain import parts
from tests.hostile.machine import Machine

_RULEBOOKS = (
    *("shipped", "autonomous", "pairs", "teams", "careful", "assisted", "semi-autonomous"),
    "thresholds",
)


def let_through(seed: int) -> bool:
    """Whether each effect of one harmless plan arrived, once."""
    chance = Random(seed)
    it = Machine(chance.choice(_RULEBOOKS))
    try:
        plan = _plan(chance)
        it.house.brain.plan, it.house.brain.diagnosis = plan, diagnosis()
        it.receive(alert())
        it.work()
        it.look()
        people = ["U1", "U2", "U3"]
        chance.shuffle(people)
        for user in people:
            _stir(it, chance)
            for message in it.messages.values():
                it.click([(user, "approve", message.ref)] * chance.randint(1, 3))
        for _ in range(4):
            _stir(it, chance)
            it.pass_time(chance.choice((1, 16, 31)))
            it.work()
        # The queue may have been lost each time: what is due is enqueued again within that.
        it.pass_time(31)
        it.work()
        assert not it.oracle.faults, "\n".join(it.oracle.faults)
        return sorted(what for _, what in it.world.effects if _of_plan(what)) == sorted(
            " ".join([step.tool, *(str(value) for value in step.params.values())])
            for step in plan.steps
        )
    finally:
        it.close()


def _plan(chance: Random) -> PlanDraft:
    """Any of the runbook's steps, in its order, as the runbook or a model asks for them."""
    return parts(chance.sample(range(4), chance.randint(1, 4)), chance.choice(("runbook", "model")))


def _stir(it: Machine, chance: Random) -> None:
    """What happens every day and must hinder nothing."""
    match chance.randrange(7):
        case 0:
            it.deploy(it.rulebook)
        case 1:
            it.house.queue.items.clear()
        case 2:
            it.world.dust = chance.choice((0, 3, 9))
        case 3:
            it.receive(alert())
        case 4 if it.enqueued:
            it.do(chance.choice(it.enqueued))
        case 5:
            it.click([("U3", "approve", m.ref) for m in it.messages.values()])
        case _:
            it.pass_time(1)


def _of_plan(what: str) -> bool:
    return what.startswith(("paint", "ring", "smash"))
