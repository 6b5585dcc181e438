"""As much of Airflow 3's REST API v2 as the jobs tools ask, after Airflow 3.3."""

from __future__ import annotations

from itertools import count
from typing import Any

from aiohttp import web

JOB = "daily_revenue_aggregation"


class FakeAirflow:
    """One DAG, its Variables and its runs, in memory."""

    def __init__(self) -> None:
        self.passwords = {"opsbot": "s3cret"}
        self.tokens: set[str] = set()
        self.variables: dict[str, dict[str, str | None]] = {
            f"{JOB}.source": {"value": "replica-2", "description": "Where it reads from"},
            f"{JOB}.batch": {"value": "100", "description": None},
            "other.source": {"value": "elsewhere", "description": None},
        }
        self.runs: dict[str, str] = {"scheduled__1": "failed"}
        self.new_run_state = "success"
        self.paused = False
        self.changes = 0
        self._numbers = count(1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/auth/token":
            return await self._sign_in(request)
        # As the real one: 401 without a token, 403 with one that is not good.
        header = request.headers.get("Authorization", "")
        if not header:
            return _detail(401, "Not authenticated")
        if header.removeprefix("Bearer ") not in self.tokens:
            return _detail(403, "Invalid JWT token")
        path = request.path.removeprefix("/api/v2")
        if path == "/version":
            return web.json_response({"version": "3.3.2"})
        if path == "/dags":
            return web.json_response({"dags": [], "total_entries": 1})
        if path.startswith("/variables"):
            return await self._variable(request, path.removeprefix("/variables").lstrip("/"))
        return await self._dag(request, path.removeprefix("/dags/"))

    async def _sign_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.passwords.get(body["username"]) != body["password"]:
            return _detail(401, "Invalid credentials")
        token = f"token-{next(self._numbers)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token}, status=201)

    async def _variable(self, request: web.Request, key: str) -> web.Response:
        if not key:
            # Like SQL's: `%` is anything. The tools must not lean on more than that.
            prefix = request.query.get("variable_key_pattern", "%").partition("%")[0]
            rows = [_row(k, v) for k, v in self.variables.items() if k.startswith(prefix)]
            offset, limit = int(request.query["offset"]), int(request.query["limit"])
            page = rows[offset : offset + limit]
            return web.json_response({"variables": page, "total_entries": len(rows)})
        if key not in self.variables:
            return _detail(404, f"The Variable with key: `{key}` was not found")
        if request.method == "PATCH":
            body = await request.json()
            assert body["key"] == key
            for field in request.query.getall("update_mask"):
                self.variables[key][field] = body[field]
            self.changes += 1
        return web.json_response(_row(key, self.variables[key]))

    async def _dag(self, request: web.Request, path: str) -> web.Response:
        job, _, rest = path.partition("/")
        if job not in (JOB, "~"):
            return _detail(404, f"The Dag with ID: `{job}` was not found")
        if not rest:
            tags = [{"name": "finance"}]
            return web.json_response({"dag_id": JOB, "is_paused": self.paused, "tags": tags})
        parts = rest.split("/")[1:]
        if request.method == "POST":
            return await self._start(request)
        if not parts:
            return self._list_runs(request)
        run_id = parts[0]
        if job == "~" or run_id not in self.runs:
            return _detail(404, f"The DagRun with run_id: `{run_id}` was not found")
        if len(parts) == 1:
            return web.json_response(self._run(run_id))
        if len(parts) == 2:
            task = {"task_id": "extract", "state": self.runs[run_id], "try_number": 1}
            return web.json_response({"task_instances": [task], "total_entries": 1})
        detail = [{"exc_type": "RuntimeError", "exc_value": "connection timeout to replica-2"}]
        failed = {"event": "Task failed", "level": "error", "error_detail": detail}
        content = [{"event": "starting", "level": "info"}, failed, {"event": "::endgroup::"}]
        return web.json_response({"content": content, "continuation_token": None})

    async def _start(self, request: web.Request) -> web.Response:
        body = await request.json()
        run_id = body["dag_run_id"]
        if "logical_date" not in body:
            missing = {"type": "missing", "loc": ["body", "logical_date"], "msg": "Field required"}
            return _detail(422, [missing])
        if run_id in self.runs:
            return _detail(409, {"reason": "Unique constraint violation"})
        self.runs[run_id] = self.new_run_state
        self.changes += 1
        return web.json_response(self._run(run_id))

    def _list_runs(self, request: web.Request) -> web.Response:
        wanted = request.query.get("run_id_pattern", "")
        ids = [run_id for run_id in self.runs if wanted in run_id]
        if request.query.get("order_by") == "-run_after":
            ids.reverse()
        page = [self._run(run_id) for run_id in ids[: int(request.query["limit"])]]
        return web.json_response({"dag_runs": page, "total_entries": len(ids)})

    def _run(self, run_id: str) -> dict[str, Any]:
        return {"dag_id": JOB, "dag_run_id": run_id, "state": self.runs[run_id]}


def _row(key: str, variable: dict[str, str | None]) -> dict[str, str | None]:
    return {"key": key, **variable}


def _detail(status: int, detail: object) -> web.Response:
    return web.json_response({"detail": detail}, status=status)
