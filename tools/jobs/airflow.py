"""Jobs kept in Airflow 3: DAGs, their runs, and parameters in Variables `<dag_id>.<name>`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import Field, SecretStr, model_validator

from tools.jobs import airflow_marks
from tools.jobs.airflow_session import AirflowSession
from tools.jobs.port import Job, Parameter, Run, RunState
from tools.jobs.tools import job_tools
from tools.kit.http import Query, segment, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context

PAGE = 100
STATES: dict[str, RunState] = {
    "queued": "queued",
    "running": "running",
    "success": "success",
    "failed": "failed",
}


class AirflowSettings(IntegrationSettings):
    """Either a name and a password, exchanged for a token, or a token."""

    url: Annotated[str, Field(description="Address, such as https://airflow.example.com")]
    username: Annotated[str, Field(description="User that may edit variables and runs")] = ""
    password: Annotated[SecretStr | None, Field(description="That user's password")] = None
    token: Annotated[SecretStr | None, Field(description="A token, instead of the two")] = None

    @model_validator(mode="after")
    def _some_credential(self) -> AirflowSettings:
        if self.token is None and not (self.username and self.password):
            raise ValueError(
                "set OPSBOT_AIRFLOW_USERNAME and OPSBOT_AIRFLOW_PASSWORD, or OPSBOT_AIRFLOW_TOKEN"
            )
        return self


class Airflow:
    """A JobScheduler over the REST API v2."""

    def __init__(self, settings: AirflowSettings) -> None:
        self._session = AirflowSession(
            settings.url, settings.username, settings.password, settings.token
        )
        self._pages = settings.url.rstrip("/")

    async def check(self) -> str:
        version = await self._session.read("/version", within(10))
        dags = await self._session.read("/dags", within(10), query={"limit": 1})
        number, jobs = version.record.get("version", "?"), dags.record.get("total_entries", "?")
        return f"Airflow {number} at {self._pages}, {jobs} jobs"

    async def close(self) -> None:
        await self._session.close()

    async def job(self, name: str, ctx: Context) -> Job:
        dag = (await self._session.read(f"/dags/{segment(name)}", ctx)).record
        tags = tuple(tag["name"] for tag in dag.get("tags") or ())
        return Job(name=name, paused=bool(dag.get("is_paused")), affects=tags)

    async def parameters(self, job: str, ctx: Context) -> tuple[Parameter, ...]:
        prefix = f"{job}."
        found = [
            _parameter(job, variable)
            async for variable in self._variables(ctx, f"{prefix}%")
            # A further dot belongs to the name of another job.
            if variable["key"].startswith(prefix) and "." not in variable["key"][len(prefix) :]
        ]
        return tuple(sorted(found, key=lambda parameter: parameter.name))

    async def parameter(self, job: str, name: str, ctx: Context) -> Parameter | None:
        path = f"/variables/{segment(f'{job}.{name}')}"
        reply = await self._session.read(path, ctx, allow=(404,))
        return None if reply.status == 404 else _parameter(job, reply.record)

    async def set_parameter(self, parameter: Parameter, ctx: Context) -> None:
        key = f"{parameter.job}.{parameter.name}"
        path = f"/variables/{segment(key)}"
        words = (await self._session.read(path, ctx)).record.get("description")
        await self._session.write(
            "PATCH",
            path,
            ctx,
            query={"update_mask": ["value", "description"]},
            json={
                "key": key,
                "value": parameter.value,
                "description": airflow_marks.write(words, parameter.mark),
            },
        )

    async def marked(self, key: str, ctx: Context) -> tuple[Parameter, ...]:
        found = []
        async for variable in self._variables(ctx, "%"):
            mark = airflow_marks.read(variable.get("description"))
            job, dot, _ = variable["key"].rpartition(".")
            if mark and mark.key == key and dot:
                found.append(_parameter(job, variable))
        return tuple(sorted(found, key=lambda parameter: parameter.name))

    async def latest_run(self, job: str, ctx: Context) -> Run | None:
        path = f"/dags/{segment(job)}/dagRuns"
        query: Query = {"order_by": "-run_after", "limit": 1}
        runs = (await self._session.read(path, ctx, query=query)).record["dag_runs"]
        return self._run(runs[0]) if runs else None

    async def start_run(self, job: str, run_id: str, ctx: Context) -> Run:
        body: dict[str, Any] = {"dag_run_id": run_id, "logical_date": None, "conf": {}}
        path = f"/dags/{segment(job)}/dagRuns"
        reply = await self._session.write("POST", path, ctx, json=body, allow=(409,))
        if reply.status == 409:
            reply = await self._session.read(f"{path}/{segment(run_id)}", ctx)
        return self._run(reply.record)

    async def run(self, job: str, run_id: str, ctx: Context) -> Run | None:
        path = f"/dags/{segment(job)}/dagRuns/{segment(run_id)}"
        reply = await self._session.read(path, ctx, allow=(404,))
        return None if reply.status == 404 else self._run(reply.record)

    async def find_run(self, run_id: str, ctx: Context) -> Run | None:
        # The single-run address knows no `~` for "any job"; the list does.
        query: Query = {"run_id_pattern": run_id, "order_by": "-run_after", "limit": PAGE}
        reply = await self._session.read("/dags/~/dagRuns", ctx, query=query)
        runs = [run for run in reply.record["dag_runs"] if run["dag_run_id"] == run_id]
        return self._run(runs[0]) if runs else None

    async def last_words(self, run: Run, ctx: Context) -> str:
        path = f"/dags/{segment(run.job)}/dagRuns/{segment(run.id)}/taskInstances"
        tasks = (await self._session.read(path, ctx)).record["task_instances"]
        failed = [task for task in tasks if task.get("state") == "failed"]
        if not failed:
            return ""
        task = max(failed, key=lambda each: each.get("end_date") or "")
        log = await self._session.read(
            f"{path}/{segment(task['task_id'])}/logs/{task.get('try_number') or 1}", ctx
        )
        return _last_words(log.record.get("content") or [])

    def _run(self, run: dict[str, Any]) -> Run:
        job, run_id = run["dag_id"], run["dag_run_id"]
        return Run(
            job=job,
            id=run_id,
            state=STATES.get(run["state"], "running"),
            url=f"{self._pages}/dags/{segment(job)}/runs/{segment(run_id)}",
        )

    async def _variables(self, ctx: Context, pattern: str) -> AsyncIterator[dict[str, Any]]:
        offset = 0
        while True:
            query: Query = {"variable_key_pattern": pattern, "limit": PAGE, "offset": offset}
            page: dict[str, Any] = (await self._session.read("/variables", ctx, query=query)).record
            for variable in page["variables"]:
                yield variable
            offset += PAGE
            if offset >= page["total_entries"] or not page["variables"]:
                return


def _parameter(job: str, variable: dict[str, Any]) -> Parameter:
    return Parameter(
        job=job,
        name=variable["key"].removeprefix(f"{job}."),
        value="" if variable["value"] is None else variable["value"],
        mark=airflow_marks.read(variable.get("description")),
    )


def _last_words(content: list[Any]) -> str:
    events = [event for event in content if isinstance(event, dict) and event.get("event")]
    errors = [event for event in events if event.get("level") in ("error", "critical")]
    for event in reversed(errors or events):
        text = str(event["event"])
        if text.startswith("::"):
            continue
        detail: dict[str, Any] = next(iter(event.get("error_detail") or ()), {})
        kind = detail.get("exc_type")
        return f"{kind}: {detail.get('exc_value', '')}" if kind else text
    return ""


AIRFLOW = Integration(
    name="airflow",
    capability="jobs",
    settings=AirflowSettings,
    connect=Airflow,
    tools=job_tools,
)
