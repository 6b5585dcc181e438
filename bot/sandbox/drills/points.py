"""Every crash point: what it stands for, which process gets there, and when it is armed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Process = Literal["serve", "wait", "act"]
Scene = Literal["etl", "model", "fix-fails"]


@dataclass(frozen=True, slots=True)
class Point:
    """`crashpoint(name)` in the product."""

    name: str
    told: str
    process: Process
    """Which of opsbot's processes the drill means to find there."""
    armed: Literal["alert", "approval"]
    """Before the alert goes out, or once the fix waits for its approval and all else is done."""
    scene: Scene = "etl"
    """What has to happen for anybody to get there."""


POINTS = (
    Point("W1", "before the inbox entry", "serve", "alert"),
    Point("W2", "before the 2xx", "serve", "alert"),
    Point("W3", "before the incident", "serve", "alert"),
    Point("S1", "before a post", "serve", "alert"),
    Point("S2", "posted, its ts not saved", "serve", "alert"),
    Point("P1", "after the model's reply", "wait", "alert", "model"),
    Point("P2", "the plan is saved", "wait", "alert"),
    Point("A1", "before the decision is taken", "serve", "approval"),
    Point("A2", "before the job is enqueued", "serve", "approval"),
    Point("Q1", "the job is enqueued", "serve", "approval"),
    Point("Q2", "the job is popped", "act", "approval"),
    Point("E1", "the step is claimed", "act", "approval"),
    Point("E2", "its checkpoint is taken", "act", "approval"),
    Point("E3", "its effect is sent", "act", "approval"),
    Point("E4", "its result is saved", "act", "approval"),
    Point("M1", "monitoring", "wait", "approval"),
    Point("R1", "the rollback is sent", "act", "approval", "fix-fails"),
    Point("F1", "the report is posted", "serve", "approval"),
)
BY_NAME = {point.name: point for point in POINTS}
