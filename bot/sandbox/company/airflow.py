"""The sample company's Airflow 3: jobs, variables and runs over its REST API."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from bot.sandbox.company import airflow_shapes as shapes
from bot.sandbox.company.change_feed import ChangeFeed
from bot.sandbox.company.effects import Effects
from bot.sandbox.company.instant import iso
from bot.sandbox.company.job import Job, Run
from bot.sandbox.company.scheduler import Scheduler

VERSION = "3.3.2"
MOST_ROWS = 100
SYSTEM = "airflow"
NOTHING = "(none)"

Body = TypeVar("Body", bound=BaseModel)
ORDERS = {
    "start_date": lambda run: run.started_at or float("inf"),
    "run_after": lambda run: run.queued_at,
    "end_date": lambda run: run.ended_at or float("inf"),
    "logical_date": lambda run: run.logical_date or 0.0,
    "dag_run_id": lambda run: run.run_id,
    "run_id": lambda run: run.run_id,
    "state": lambda run: run.state,
}


class Problem(Exception):
    """An answer with a status and a `detail`, as Airflow words its refusals."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(str(detail))
        self.status, self.detail = status, detail


class AirflowApi:
    """Speaks Airflow's REST API v2 to one user; writes each change to the effects, and each of a
    variable to the change feed.
    """

    def __init__(self, scheduler: Scheduler, effects: Effects, changes: ChangeFeed) -> None:
        self._scheduler = scheduler
        self._effects = effects
        self._changes = changes
        self.username, self.password = "opsbot", secrets.token_urlsafe(18)
        self._tokens: set[str] = set()
        self.app = web.Application(middlewares=[self._guard])
        route = self.app.router
        route.add_post("/auth/token", self._login)
        route.add_get("/api/v2/version", self._version)
        route.add_get("/api/v2/variables", self._variables)
        route.add_post("/api/v2/variables", self._add_variable)
        route.add_get("/api/v2/variables/{key}", self._variable)
        route.add_patch("/api/v2/variables/{key}", self._set_variable)
        route.add_delete("/api/v2/variables/{key}", self._delete_variable)
        route.add_get("/api/v2/dags", self._dags)
        route.add_get("/api/v2/dags/{dag}", self._dag)
        route.add_get("/api/v2/dags/{dag}/dagRuns", self._runs)
        route.add_post("/api/v2/dags/{dag}/dagRuns", self._trigger)
        route.add_get("/api/v2/dags/{dag}/dagRuns/{run}", self._run)
        route.add_post("/api/v2/dags/{dag}/dagRuns/{run}/clear", self._clear)
        tasks = "/api/v2/dags/{dag}/dagRuns/{run}/taskInstances"
        route.add_get(tasks, self._task_instances)
        route.add_get(tasks + "/{task}", self._task_instance)
        route.add_get(tasks + "/{task}/logs/{number}", self._log)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path != "/auth/token":
                self._authenticate(request.headers.get("Authorization", ""))
            return await handler(request)
        except Problem as problem:
            headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
            body = {"detail": problem.detail}
            return web.json_response(body, status=problem.status, headers=headers)
        except web.HTTPNotFound:
            return web.json_response({"detail": "Not Found"}, status=404)
        except web.HTTPMethodNotAllowed:
            return web.json_response({"detail": "Method Not Allowed"}, status=405)

    def _authenticate(self, given: str) -> None:
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(401, "Not authenticated")
        if token not in self._tokens:
            raise Problem(403, "Invalid JWT token")

    async def _login(self, request: web.Request) -> web.Response:
        given = await _parsed(request, shapes.Credentials)
        right = secrets.compare_digest(given.password.encode(), self.password.encode())
        if given.username != self.username or not right:
            raise Problem(401, "Invalid credentials")
        token = secrets.token_urlsafe(40)
        self._tokens.add(token)
        return web.json_response({"access_token": token}, status=201)

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": VERSION, "git_version": None})

    def _named(self, key: str) -> tuple[str, str | None]:
        if key not in self._scheduler.variables:
            raise Problem(404, f"The Variable with key: `{key}` was not found")
        return self._scheduler.variables[key]

    async def _variables(self, request: web.Request) -> web.Response:
        pattern = request.query.get("variable_key_pattern", "").replace("%", "")
        found = [
            shapes.variable(key, *held)
            for key, held in sorted(self._scheduler.variables.items())
            if pattern in key
        ]
        return _page(request, "variables", found)

    async def _variable(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        return web.json_response(shapes.variable(key, *self._named(key)))

    async def _add_variable(self, request: web.Request) -> web.Response:
        body = await _parsed(request, shapes.VariableBody)
        if body.key in self._scheduler.variables:
            raise Problem(409, f"The Variable with key: `{body.key}` already exists")
        self._note("variable.set", body.key, NOTHING, body.value)
        self._scheduler.variables[body.key] = (body.value, body.description)
        return web.json_response(
            shapes.variable(body.key, body.value, body.description), status=201
        )

    async def _set_variable(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        body = await _parsed(request, shapes.VariableBody)
        if body.key != key:
            raise Problem(400, "Invalid body, key from request body doesn't match uri parameter")
        value, description = self._named(key)
        mask = request.query.getall("update_mask", ["value", "description"])
        new = body.value if "value" in mask else value
        self._note("variable.set", key, value, new)
        text = body.description if "description" in mask else description
        self._scheduler.variables[key] = (new, text)
        return web.json_response(shapes.variable(key, new, text))

    async def _delete_variable(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        value, _ = self._named(key)
        self._note("variable.deleted", key, value, NOTHING)
        del self._scheduler.variables[key]
        return web.Response(status=204)

    def _note(self, operation: str, key: str, before: str, after: str) -> None:
        self._effects.record(SYSTEM, operation, f"{key}: {before} → {after}")
        job_id, _, name = key.partition(".")
        job = self._scheduler.jobs.get(job_id)
        if job is not None and before != after:
            self._changes.parameter(job_id, job.service, name, before, after, self.username)

    def _job(self, request: web.Request) -> Job:
        name = request.match_info["dag"]
        if name not in self._scheduler.jobs:
            raise Problem(404, f"The Dag with ID: `{name}` was not found")
        return self._scheduler.jobs[name]

    def _found(self, request: web.Request) -> tuple[Job, Run]:
        name, run_id = request.match_info["dag"], request.match_info["run"]
        run = self._scheduler.find(name, run_id)
        if run is None:
            detail = f"The DagRun with dag_id: `{name}` and run_id: `{run_id}` was not found"
            raise Problem(404, detail)
        return self._scheduler.jobs[name], run

    async def _dags(self, request: web.Request) -> web.Response:
        return _page(request, "dags", [shapes.dag(job) for job in self._scheduler.jobs.values()])

    async def _dag(self, request: web.Request) -> web.Response:
        return web.json_response(shapes.dag(self._job(request)))

    async def _runs(self, request: web.Request) -> web.Response:
        every = request.match_info["dag"] == "~"
        runs = list(self._scheduler.runs)
        if not every:
            runs = self._scheduler.runs_of(self._job(request).id)
        states = request.query.getall("state", [])
        runs = [run for run in runs if not states or run.state in states]
        for order in reversed(request.query.getall("order_by", [])):
            field = order.lstrip("-")
            if field not in ORDERS:
                detail = f"Ordering with '{field}' is disallowed or the attribute does not exist"
                raise Problem(400, detail)
            runs.sort(key=ORDERS[field], reverse=order.startswith("-"))
        return _page(request, "dag_runs", [shapes.dag_run(run) for run in runs])

    async def _run(self, request: web.Request) -> web.Response:
        return web.json_response(shapes.dag_run(self._found(request)[1]))

    async def _trigger(self, request: web.Request) -> web.Response:
        job = self._job(request)
        body = await _parsed(request, shapes.TriggerBody)
        now = time.time()
        run_id = body.dag_run_id or f"manual__{iso(now, digits=6)}"
        if self._scheduler.find(job.id, run_id) is not None:
            reason = {"reason": "Unique constraint violation", "statement": "hidden"}
            raise Problem(409, {**reason, "orig_error": "hidden", "message": f"{run_id} exists"})
        logical = None if body.logical_date is None else body.logical_date.timestamp()
        run = Run(
            job.id, run_id, "manual", "rest_api", now, logical,
            conf=body.conf or {}, note=body.note,
        )  # fmt: skip
        self._effects.record(SYSTEM, "run.started", f"{job.id}/{run_id}")
        self._scheduler.start(run)
        return web.json_response(shapes.dag_run(run))

    async def _clear(self, request: web.Request) -> web.Response:
        job, run = self._found(request)
        body = await _parsed(request, shapes.ClearBody)
        touched = run.state == "failed" or not body.only_failed
        if body.dry_run:
            tasks = [shapes.task_instance(job, run)] if touched else []
            return web.json_response({"task_instances": tasks, "total_entries": len(tasks)})
        if touched and run.finished:
            self._effects.record(SYSTEM, "run.cleared", f"{job.id}/{run.run_id}")
            self._scheduler.start(run)
        return web.json_response(shapes.dag_run(run))

    async def _task_instances(self, request: web.Request) -> web.Response:
        return _page(request, "task_instances", [shapes.task_instance(*self._found(request))])

    async def _task_instance(self, request: web.Request) -> web.Response:
        job, run = self._task(request)
        return web.json_response(shapes.task_instance(job, run))

    def _task(self, request: web.Request) -> tuple[Job, Run]:
        job, run = self._found(request)
        if request.match_info["task"] != job.task:
            detail = (
                f"The Task Instance with dag_id: `{job.id}`, run_id: `{run.run_id}` and "
                f"task_id: `{request.match_info['task']}` was not found"
            )
            raise Problem(404, detail)
        return job, run

    async def _log(self, request: web.Request) -> web.Response:
        job, run = self._task(request)
        number = request.match_info["number"]
        if not number.isdigit() or not 1 <= int(number) <= len(run.tries):
            raise Problem(404, "TaskInstance not found")
        events = [shapes.log_event(job, said) for said in run.tries[int(number) - 1]]
        return web.json_response({"content": events, "continuation_token": None})


async def _parsed(request: web.Request, model: type[Body]) -> Body:
    try:
        return model.model_validate_json(await request.text())
    except ValidationError as error:
        problems = json.loads(error.json(include_url=False))
        raise Problem(422, [{**one, "loc": ["body", *one["loc"]]} for one in problems]) from error


def _page(request: web.Request, name: str, rows: list[dict[str, Any]]) -> web.Response:
    try:
        limit = min(int(request.query.get("limit", 50)), MOST_ROWS)
        offset = int(request.query.get("offset", 0))
    except ValueError:
        limit = offset = -1
    if limit < 0 or offset < 0:
        loc = ["query", "limit"]
        raise Problem(422, [{"type": "int_parsing", "loc": loc, "msg": "Input should be valid"}])
    return web.json_response({name: rows[offset : offset + limit], "total_entries": len(rows)})
