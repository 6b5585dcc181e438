"""GitHub's webhooks: a workflow of the default branch, or a deployment, that failed."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.sources.payload import Id, placed, read

_RUN_FAILED = ("failure", "timed_out", "startup_failure")
_DEPLOY_FAILED = ("failure", "error")


class _Repository(BaseModel):
    name: str
    full_name: Id
    default_branch: str = ""


class _Run(BaseModel):
    name: str | None = None
    workflow_id: int
    conclusion: str | None = None
    head_branch: str | None = None
    head_sha: str = ""
    html_url: str | None = None
    started: AwareDatetime = Field(alias="run_started_at")


class _RunPayload(BaseModel):
    action: str
    repository: _Repository
    workflow_run: _Run


class _Deployment(BaseModel):
    ref: str = ""
    sha: str = ""
    environment: Id


class _State(BaseModel):
    state: str
    created_at: AwareDatetime
    target_url: str | None = None
    description: str | None = None


class _DeploymentPayload(BaseModel):
    repository: _Repository
    deployment: _Deployment
    deployment_status: _State


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """A failure, or the success that ends it; none of any other event. Raises BadPayloadError."""
    match delivery.header("X-GitHub-Event"):
        case "workflow_run":
            return _run(read(_RunPayload, delivery.body), inventory)
        case "deployment_status":
            return _deployment(read(_DeploymentPayload, delivery.body), inventory)
        case None:
            raise BadPayloadError("X-GitHub-Event: the header must say, once, what this is")
        case _:
            return []


def _run(payload: _RunPayload, inventory: Inventory) -> list[Alert]:
    run, repository = payload.workflow_run, payload.repository
    status = _status(run.conclusion, _RUN_FAILED)
    if payload.action != "completed" or status is None:
        return []
    # What fails on a branch under review is its author's business.
    if run.head_branch != repository.default_branch:
        return []
    return [
        Alert(
            fingerprint=f"github:{repository.full_name}:workflow:{run.workflow_id}",
            source="github",
            status=status,
            title=f"{run.name or 'Workflow'} failed on {run.head_branch} of {repository.full_name}",
            labels={"alertname": "WorkflowFailed", "repository": repository.full_name}
            | {"workflow": run.name or "", "commit": run.head_sha},
            starts_at=run.started,
            ends_at=run.started if status == "resolved" else None,
            url=run.html_url,
            **placed(inventory, [repository.name]),
        )
    ]


def _deployment(payload: _DeploymentPayload, inventory: Inventory) -> list[Alert]:
    said, deployment, repository = (
        payload.deployment_status,
        payload.deployment,
        payload.repository,
    )
    status = _status(said.state, _DEPLOY_FAILED)
    if status is None:
        return []
    where = deployment.environment
    return [
        Alert(
            fingerprint=f"github:{repository.full_name}:deployment:{where}",
            source="github",
            status=status,
            title=f"Deployment of {repository.full_name} to {where} failed",
            labels={"alertname": "DeploymentFailed", "repository": repository.full_name}
            | {"environment": where, "ref": deployment.ref, "commit": deployment.sha},
            annotations={"description": said.description} if said.description else {},
            starts_at=said.created_at,
            ends_at=said.created_at if status == "resolved" else None,
            url=said.target_url or None,
            severity="sev2",
            **placed(inventory, [repository.name], where.lower()),
        )
    ]


def _status(outcome: str | None, failed: tuple[str, ...]) -> Literal["firing", "resolved"] | None:
    if outcome in failed:
        return "firing"
    return "resolved" if outcome == "success" else None
