"""Sequences of everything that can happen, drawn by Hypothesis and judged after each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.values import Diagnosis, PlanDraft
from bot.incidents.narrowing import Edit
from bot.slack import ids
from tests.fakes.story import alert, at, diagnosis
from tests.hostile.brain import diagnoses, parts, plans
from tests.hostile.machine import Machine
from tests.hostile.rulebooks import RULEBOOKS

COUNTED: Counter[str] = Counter()
"""Over all sequences of this process: sequences, steps, effects, refusals, faults."""

USERS = ("U1", "U2", "U1", "U2", "U3", "G1", "B1", "U9", "@oncall", "")
"""Approvers most often; another team, a guest, a bot, a stranger, a group itself, nobody."""
FIRST_TWO = ("fp-1", "fp-2")
_CRASHES = (
    *("Q2", "E1", "E2", "E3", "E4", "R1", "M1", "P2", "A1", "A2", "W3"),
    *("committed", "sending", "landed"),
)
CUT = Edit(steps=1)


def _newest(it: Machine) -> str:
    return next(reversed(it.messages.values())).ref.incident


def _reopened(it: Machine) -> None:
    for what in ("over", "not over"):
        it.says("U3", what, _newest(it))


def _handed_on(it: Machine) -> None:
    for user, what in (("U3", "I command"), ("U1", "U2 is to command"), ("U2", "I accept")):
        it.says(user, what, _newest(it))


CHANGES: dict[str, Callable[[Machine], object]] = {
    "nothing": lambda it: None,
    "the guard is false": lambda it: setattr(it.world, "dust", 50),
    "the guard is unknown": lambda it: setattr(it.world, "dust", None),
    "a lamp is painted": lambda it: it.world.lamps.update(hall="blue", attic="blue"),
    "policy forbids it": lambda it: it.deploy("forbidden"),
    "policy wants two": lambda it: it.deploy("pairs"),
    "a freeze begins": lambda it: it.deploy_and_wait("freeze", 301),
    "a fix failed before": lambda it: it.deploy("thresholds"),
    "policy wants two teams": lambda it: it.deploy("teams"),
    "no disk confirms": lambda it: setattr(it.store.ledger, "unsure", True),
    "it is made smaller": lambda it: it.narrow("U3", next(reversed(it.messages.values())).ref, CUT),
    "it is halted": lambda it: it.halt("U3", next(reversed(it.messages.values())).ref),
    "it is handed over": lambda it: it.hand("U3", next(reversed(it.messages.values())).ref),
    "it is resolved by hand": lambda it: it.says("U3", "over", _newest(it)),
    "it is resolved and reopened": lambda it: _reopened(it),
    "it is less severe": lambda it: it.says("U3", "less bad", _newest(it)),
    "command changes hands": lambda it: _handed_on(it),
    "the alerts clear": lambda it: it.receive(*(alert(f, status="resolved") for f in FIRST_TWO)),
    "no checkpoint": lambda it: setattr(it.world, "checkpoint_down", True),
    "the answer is lost": lambda it: setattr(it.world, "painting", "answer lost"),
    "it does not help": lambda it: setattr(it.world, "spoilt", True),
    "the worker dies sending": lambda it: it.dies("sending"),
    "the worker dies after it": lambda it: it.dies("landed"),
    "the worker is held": lambda it: it.hold("checkpoint"),
}
"""What may happen after an approval and before its step."""
SAYINGS = (
    "over", "not over", "worse", "less bad", "I command", "U2 is to command", "G1 is to command",
    "I accept", "I am on it", "a hint", "a note",
)  # fmt: skip
WHOLE = parts([0, 1, 2, 3], "runbook")
SCOPES = ("all", "lamps", "bells", "INC-1", "INC-2")
_EDITS: tuple[dict[str, Any], ...] = (
    {},
    {"times": 1},
    {"times": 0},
    {"times": 4},
    {"lamps": ["hall"]},
    {"lamps": []},
    {"lamps": ["hall", "moon"]},
    {"lamp": "cellar"},
    {"colour": "blue"},
    {"force": True},
)
"""Less, more and something else, of whichever steps have such a parameter."""
_choices = st.sampled_from(("approve", "approve", "approve", "reject"))
_press = st.tuples(st.sampled_from(USERS), _choices)


class Sequences(RuleBasedStateMachine):
    """One sequence: an incident with a hostile plan, and then whatever comes."""

    def __init__(self) -> None:
        super().__init__()
        self.it = Machine("shipped")
        COUNTED["sequences"] += 1

    @initialize(
        rulebook=st.sampled_from(sorted(RULEBOOKS)),
        plan=plans,
        diagnosis=diagnoses,
        ready=st.sampled_from((True, True, True, False)),
    )
    def begins(
        self, rulebook: str, plan: PlanDraft | None, diagnosis: Diagnosis, ready: bool
    ) -> None:
        self.it.deploy(rulebook)
        self.thinks(plan, diagnosis)
        self.it.receive(alert())
        if ready:
            self.it.work()

    @rule(plan=plans, diagnosis=diagnoses)
    def another_incident_begins(self, plan: PlanDraft | None, diagnosis: Diagnosis) -> None:
        """Of no service, so that it joins no other."""
        self.thinks(plan, diagnosis)
        COUNTED["incidents"] += 1
        name = f"fp-{len(self.it.messages)}-{len(self.it.enqueued)}"
        self.it.receive(alert(name, service=""))
        self.it.work()

    @rule(change=st.sampled_from(sorted(CHANGES)), most=st.sampled_from((1, 300)))
    def something_changes_between_the_click_and_the_act(self, change: str, most: int) -> None:
        if self._approved():
            CHANGES[change](self.it)
            self.it.work(most)

    @rule(
        scope=st.sampled_from(("all", "lamps", "bells", "its incident")),
        most=st.sampled_from((0, 1, 2, 3)),
    )
    def it_is_stopped_in_the_middle_of_a_plan(self, scope: str, most: int) -> None:
        ref = self._approved()
        if ref:
            self.it.work(most)
            self.it.stop("U3", ref.incident if scope == "its incident" else scope)
            self.it.work()

    @rule(
        event=st.sampled_from(
            ("action.started", "action.finished", "action.verified", "rollback.started")
        ),
        scope=st.sampled_from(("all", "lamps")),
        spoilt=st.booleans(),
    )
    def it_is_stopped_the_moment_that(self, event: str, scope: str, spoilt: bool) -> None:
        self.another_incident_begins(WHOLE, diagnosis())
        if self._approved():
            self.it.stops_at(event, scope)
            self.it.world.spoilt = spoilt
            self.it.work()

    @rule(users=st.lists(st.sampled_from(("U1", "U2", "U3")), min_size=1, max_size=4))
    def two_teams_are_asked(self, users: list[str]) -> None:
        self.it.deploy("teams")
        self.another_incident_begins(parts([0, 1], "runbook"), diagnosis())
        ref = self._ref(0)
        if ref:
            self.it.click([(user, "approve", ref) for user in users])
            self.it.work()

    @rule(most=st.sampled_from((0, 1, 2, 3, 4)), user=st.sampled_from(("U1", "U3", "G1")))
    def it_is_halted_in_the_middle_of_a_plan(self, most: int, user: str) -> None:
        self.another_incident_begins(parts([0, 1], "runbook"), diagnosis())
        ref = self._approved()
        if ref:
            self.it.work(most)
            self.it.halt(user, ref)
            self.it.work()

    @rule(
        user=st.sampled_from(("U1", "U2", "U1", "U3", "G1")),
        book=st.sampled_from(("shipped", "shipped", "pairs", "teams", "autonomous")),
        spoilt=st.booleans(),
        colours=st.tuples(*[st.sampled_from(("", "", "blue", "red", "green"))] * 3),
    )
    def what_is_done_is_undone_by_a_person(
        self, user: str, book: str, spoilt: bool, colours: tuple[str, ...]
    ) -> None:
        """And at each turn somebody else may paint the lamp."""
        before, meanwhile, after = colours
        self.it.deploy(book)
        self.another_incident_begins(parts([0, 1], "runbook"), diagnosis())
        ref = self._approved()
        if not ref:
            return
        self.it.world.spoilt = spoilt
        if spoilt:
            self.it.work(4)
        else:
            self.it.work()
        self._paint(before)
        self.it.work()
        self.it.undo(user, ref)
        self._paint(meanwhile)
        self.it.work()
        self.it.roll_back(user, ref, lambda it: self._paint(after))
        self.it.work()
        self.it.world.spoilt = False
        COUNTED["undone by people"] += len(self.it.oracle.plans[ref.incident, ref.plan].wanted)

    def _paint(self, colour: str) -> None:
        if colour:
            self.it.world.lamps["hall"] = colour

    @rule(
        user=st.sampled_from(USERS),
        what=st.sampled_from(SAYINGS),
        incident=st.sampled_from(("INC-1", "INC-1", "INC-2", "INC-3", "INC-99", "")),
    )
    def somebody_says_something_of_it(self, user: str, what: str, incident: str) -> None:
        self.it.says(user, what, incident)

    @rule(
        user=st.sampled_from(("U1", "U2", "U3", "G1")),
        stopped=st.booleans(),
        rulebook=st.sampled_from(("autonomous", "led", "shipped")),
        most=st.sampled_from((0, 1, 2, 3)),
    )
    def it_ends_by_hand_and_begins_again(
        self, user: str, stopped: bool, rulebook: str, most: int
    ) -> None:
        """What was stopped or ended by a person doesn't begin again by itself."""
        self.it.deploy(rulebook)
        self.another_incident_begins(parts([0, 1], "runbook"), diagnosis())
        incidents = self.it.run(self.it.store.ledger.open_incidents())
        if not incidents:
            return
        name = incidents[-1]
        if stopped:
            self.it.stop("U3", name)
        self.it.work(most)
        for what in ("over", "not over", "a hint"):
            self.it.says(user, what, name)
        ref = self._ref(0)
        if ref and ref.incident == name:
            self.it.ask_again(user, ref)
        self.it.work()

    @rule(
        leader=st.sampled_from(("U3", "U2", "G1", "U9")),
        next_one=st.sampled_from(("U2 is to command", "G1 is to command")),
        presses=st.lists(_press, min_size=1, max_size=6),
    )
    def whoever_commands_is_asked(self, leader: str, next_one: str, presses: list[Any]) -> None:
        self.it.deploy("led")
        self.another_incident_begins(parts([0], "runbook"), diagnosis())
        ref = self._ref(0)
        if ref:
            self.it.says(leader, "I command", ref.incident)
            self.it.says("U1", next_one, ref.incident)
            self.it.says("U2", "I accept", ref.incident)
            self.it.click([(leader, "approve", ref), *((u, c, ref) for u, c in presses)])
            self.it.work()

    @rule(user=st.sampled_from(USERS), plan=st.integers(0, 3))
    def somebody_halts_a_plan(self, user: str, plan: int) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.halt(user, ref)

    @rule(user=st.sampled_from(USERS), plan=st.integers(0, 3))
    def somebody_hands_a_plan_over(self, user: str, plan: int) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.hand(user, ref)

    @rule(
        user=st.sampled_from(USERS),
        plan=st.integers(0, 3),
        edit=st.sampled_from(({}, {}, {}, {"digest": "0" * 64}, {"plan": "books-open"})),
    )
    def somebody_undoes_a_plan(self, user: str, plan: int, edit: dict[str, str]) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.undo(user, ref.model_copy(update=edit))

    @rule(
        user=st.sampled_from(USERS),
        plan=st.integers(0, 3),
        colour=st.sampled_from(("", "blue", "red")),
    )
    def somebody_rolls_a_plan_back(self, user: str, plan: int, colour: str) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.roll_back(user, ref, lambda it: self._paint(colour))

    @rule(plan=plans, diagnosis=diagnoses, others=st.sampled_from(((), (), ("U2",))))
    def it_is_prompted_by_others_too(
        self, plan: PlanDraft | None, diagnosis: Diagnosis, others: tuple[str, ...]
    ) -> None:
        self.thinks(plan and plan.model_copy(update={"prompted_by": others}), diagnosis)

    @rule(plan=plans, diagnosis=diagnoses)
    def thinks(self, plan: PlanDraft | None, diagnosis: Diagnosis) -> None:
        self.it.house.brain.plan, self.it.house.brain.diagnosis = plan, diagnosis

    @rule(
        name=st.sampled_from(("fp-1", "fp-2")),
        status=st.sampled_from(("firing", "resolved")),
        began=st.sampled_from((-600, 0, 0, 600)),
        service=st.sampled_from(("lamps", "bells", "")),
    )
    def an_alert(self, name: str, status: str, began: float, service: str) -> None:
        self.it.receive(alert(name, status=status, starts_at=at(began), service=service))

    @rule(most=st.sampled_from((1, 2, 300)))
    def works(self, most: int) -> None:
        self.it.work(most)

    @rule(user=st.sampled_from(("U1", "U2", "U3")), plan=st.integers(0, 3))
    def an_approver_approves(self, user: str, plan: int) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.click([(user, "approve", ref)])

    @rule(presses=st.lists(_press, min_size=1, max_size=6), plan=st.integers(0, 3))
    def people_click_at_once(self, presses: list[Any], plan: int) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.click([(user, choice, ref) for user, choice in presses])

    @rule(
        press=_press,
        plan=st.integers(0, 3),
        edit=st.sampled_from(
            (
                {"digest": "0" * 64},
                {"digest": ""},
                {"plan": "books-open"},
                {"plan": "P2"},
                {"incident": "INC-2"},
            )
        ),
    )
    def an_edited_button_is_clicked(self, press: Any, plan: int, edit: dict[str, str]) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.click([(*press, ref.model_copy(update=edit))])

    @rule(user=st.sampled_from(USERS), plan=st.integers(0, 3))
    def somebody_asks_again(self, user: str, plan: int) -> None:
        ref = self._ref(plan)
        if ref:
            self.it.ask_again(user, ref)

    @rule(seconds=st.sampled_from((1, 6, 16, 31, 61, 301, 899, 900, 1201, 4000)))
    def time_passes(self, seconds: float) -> None:
        self.it.pass_time(seconds)

    @rule(seconds=st.sampled_from((-86_400, -901, -31, -1, 1, 31, 901, 86_400)))
    def the_clock_jumps(self, seconds: float) -> None:
        self.it.clock.advance(seconds)

    @rule(point=st.sampled_from(_CRASHES), most=st.sampled_from((1, 4)))
    def a_worker_dies(self, point: str, most: int) -> None:
        self.it.dies(point)
        self.it.work(most)

    @rule(place=st.sampled_from(("look", "dry run", "checkpoint", "sending")))
    def a_worker_is_held(self, place: str) -> None:
        self.it.hold(place)
        self.it.work(2)

    @precondition(lambda self: self.it.world.held)
    @rule()
    def a_held_worker_goes_on(self) -> None:
        self.it.resume()

    @precondition(lambda self: self.it.enqueued)
    @rule(which=st.integers(0, 20))
    def a_job_is_done_again(self, which: int) -> None:
        self.it.do(self.it.enqueued[-1 - which % len(self.it.enqueued)])

    @rule()
    def the_queue_is_lost(self) -> None:
        self.it.house.queue.items.clear()

    @rule(rulebook=st.sampled_from(sorted(RULEBOOKS)))
    def policy_changes(self, rulebook: str) -> None:
        self.it.deploy(rulebook)

    @rule(lamp=st.sampled_from(("hall", "attic")), colour=st.sampled_from(("blue", "red", "green")))
    def somebody_paints_a_lamp(self, lamp: str, colour: str) -> None:
        self.it.world.lamps[lamp] = colour

    @rule(dust=st.sampled_from((1, 9, 50, None)), down=st.booleans())
    def a_reading_moves(self, dust: float | None, down: bool) -> None:
        self.it.world.dust, self.it.world.reads_down = dust, down

    @rule(how=st.sampled_from(("down", "refuses", "answer lost", "answer lost", "request lost")))
    def the_backend_fails(self, how: Any) -> None:
        self.it.world.painting = self.it.world.tracking = how

    @rule(what=st.sampled_from(("readback_down", "drying", "spoilt", "checkpoint_down")))
    def something_else_fails(self, what: str) -> None:
        setattr(self.it.world, what, True)

    @rule()
    def all_is_well_again(self) -> None:
        self.it.heal()

    @rule(user=st.sampled_from(USERS), scope=st.sampled_from(SCOPES))
    def somebody_stops_it(self, user: str, scope: str) -> None:
        self.it.stop(user, scope)

    @rule(user=st.sampled_from(USERS), scope=st.sampled_from(SCOPES))
    def somebody_resumes_it(self, user: str, scope: str) -> None:
        self.it.lift(user, scope)

    @rule(
        user=st.sampled_from(("U1", "U2", "U3", *USERS)),
        plan=st.integers(0, 1),
        steps=st.sampled_from((None, None, 1, 2, 3, 0, 9)),
        edit=st.sampled_from(_EDITS),
    )
    def somebody_makes_a_plan_smaller(
        self, user: str, plan: int, steps: int | None, edit: dict[str, Any]
    ) -> None:
        ref = self._ref(plan)
        if ref:
            whole = self.it.oracle.plans[ref.incident, ref.plan].plan.steps
            has = [i for i, step in enumerate(whole) if edit.keys() & {*step.params, "force"}]
            self.it.narrow(user, ref, Edit(steps=steps, params=dict.fromkeys(has, edit)))
            COUNTED["made smaller"] += 1

    @rule(times=st.integers(1, 4), book=st.sampled_from(("autonomous", "shipped")))
    def a_service_breaks_down(self, times: int, book: str) -> None:
        """Fix after fix lands and does not help."""
        self.it.deploy(book)
        for _ in range(times):
            self.another_incident_begins(WHOLE, diagnosis())
            self._approved()
            self.it.world.spoilt = True
            self.it.work()
            self.it.world.spoilt = False

    @rule()
    def no_disk_confirms(self) -> None:
        self.it.store.ledger.unsure = True

    @rule(
        group=st.sampled_from(("@oncall", "@security")),
        people=st.sampled_from((("U1", "U2", "G1", "B1"), ("U2", "U3"), ("U2",), ("U3",), ())),
        away=st.booleans(),
    )
    def people_come_and_go(self, group: str, people: tuple[str, ...], away: bool) -> None:
        self.it.groups[group] = frozenset(people)
        self.it.full.discard("U1") if away else self.it.full.add("U1")

    @invariant()
    def nothing_unauthorised_happened(self) -> None:
        COUNTED["steps"] += 1
        self.it.look()
        assert not self.it.oracle.faults, "\n".join(self.it.oracle.faults)

    def teardown(self) -> None:
        try:
            self.it.end()
            assert not self.it.oracle.faults, "\n".join(self.it.oracle.faults)
        finally:
            COUNTED["effects"] += self.it.oracle.reached.total()
            COUNTED["faults"] += len(self.it.oracle.faults)
            COUNTED["refusals"] += self.it.refusals
            self.it.close()

    def _approved(self) -> ids.PlanRef | None:
        """The newest message, once both of those on call have pressed Approve."""
        ref = self._ref(0)
        if ref:
            self.it.click([("U1", "approve", ref)])
            self.it.click([("U2", "approve", ref)])
        return ref

    def _ref(self, number: int) -> ids.PlanRef | None:
        """What the buttons of one of the messages carry, the newest for 0."""
        self.it.look()
        messages = list(self.it.messages.values())
        return messages[-1 - number % len(messages)].ref if messages else None
