"""The tool that starts one new run of a job."""

from __future__ import annotations

from typing import ClassVar

from tools.jobs.port import JobScheduler, Run
from tools.jobs.set_job_parameters import JobName
from tools.kit.errors import InvalidCall, Refused, ToolError
from tools.kit.excerpt import cut
from tools.kit.tool import Context, Params, WriteTool
from tools.kit.types import Applied, Change, DryRun, Effect, Handle, Target, Verification

LOOK_AGAIN_SECONDS = 2.0


class RerunJobParams(Params):
    job: JobName


class RerunJob(WriteTool[RerunJobParams]):
    """Start one new run of a scheduled job, now.

    Use it when the cause of its failure is mended. Never to wait out a cause that is not
    known, and never while a run is under way: it says so and starts nothing.
    """

    name: ClassVar[str] = "rerun_job"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, backend: JobScheduler) -> None:
        self._backend = backend

    async def dry_run(self, params: RerunJobParams, ctx: Context) -> DryRun:
        job = await self._backend.job(params.job, ctx)
        if job.paused:
            raise Refused(f"{params.job!r} is paused; a person has to unpause it first")
        latest = await self._backend.latest_run(params.job, ctx)
        if latest and latest.state in ("queued", "running"):
            raise InvalidCall(
                f"{params.job!r} has run {latest.id!r} {latest.state} already; wait for its end"
            )
        before = latest.state if latest else None
        change = Change(target=params.job, field="run", before=before, after="one new run")
        last = f"last run {'was a success' if before == 'success' else before}"
        return DryRun(
            summary=cut(f"Run {params.job} once", 120),
            targets=(Target(kind="job", name=params.job),),
            changes=(change,),
            affects=job.affects,
            sentence=f"run {params.job} once ({last if before else 'it never ran'})",
            undo="what it writes stays",
        )

    async def execute(self, params: RerunJobParams, ctx: Context) -> Handle:
        return _handle(await self._backend.start_run(params.job, _run_id(ctx.key), ctx))

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        run_id = _run_id(key)
        try:
            run = await self._backend.find_run(run_id, ctx)
        except ToolError as error:
            return Applied(answer="unknown", summary=f"could not be read back: {error}")
        if run is None:
            return Applied(answer="no", summary=f"there is no run {run_id!r}")
        return Applied(
            answer="yes", summary=f"run {run_id!r} of {run.job} exists", handle=_handle(run)
        )

    async def verify(self, params: RerunJobParams, handle: Handle, ctx: Context) -> Verification:
        run = await self._backend.run(params.job, handle.ref, ctx)
        if run is None:
            return Verification(status="failed", summary=f"run {handle.ref!r} is gone")
        if run.state == "success":
            return Verification(status="passed", summary=f"new run of {run.job} succeeded")
        if run.state == "failed":
            return Verification(status="failed", summary=await self._failure(run, ctx))
        return Verification(
            status="pending", summary=f"new run of {run.job} is {run.state}",
            after_seconds=LOOK_AGAIN_SECONDS,
        )  # fmt: skip

    async def _failure(self, run: Run, ctx: Context) -> str:
        try:
            words = await self._backend.last_words(run, ctx)
        except ToolError:
            # The verdict stands without them.
            words = ""
        return cut(f"new run: {words}" if words else f"new run of {run.job} failed", 500)


def _run_id(key: str) -> str:
    return f"opsbot-{key}"


def _handle(run: Run) -> Handle:
    return Handle(ref=run.id, summary=f"New run of {run.job}", url=run.url)
