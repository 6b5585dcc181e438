"""The tool that changes what a job reads when it runs, and can put it back."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tools.jobs.port import JobScheduler, Mark, Parameter
from tools.kit.errors import InvalidCall, OutcomeUnknown, Refused, ToolError
from tools.kit.excerpt import cut
from tools.kit.narrowing import Narrows
from tools.kit.tool import Context, Params, ReversibleTool
from tools.kit.types import (
    Applied,
    Change,
    DryRun,
    Effect,
    Frozen,
    Handle,
    Target,
    Verification,
)

JobName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$", description="Name of the job, exactly.")
]
ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
HIDDEN = "***"
"""How schedulers mask what they take for a secret."""


class SetJobParametersParams(Params):
    job: JobName
    parameters: Annotated[
        dict[ParameterName, str],
        Field(min_length=1, max_length=20, description="New values, by parameter name."),
        Narrows.FEWER,
    ]


class SavedParameters(Frozen):
    """The values before, all that a rollback needs."""

    job: str
    values: dict[str, str]


class SetJobParameters(ReversibleTool[SetJobParametersParams, SavedParameters]):
    """Set parameters that a scheduled job reads at its next run.

    Use it to point a job away from what is broken, such as to another replica. It takes
    effect at the next run: follow it with rerun_job. It only changes parameters that exist.
    """

    name: ClassVar[str] = "set_job_parameters"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, backend: JobScheduler) -> None:
        self._backend = backend

    async def dry_run(self, params: SetJobParametersParams, ctx: Context) -> DryRun:
        before = await self._read(params, ctx)
        changes = tuple(
            Change(target=params.job, field=name, before=before[name].value, after=value)
            for name, value in params.parameters.items()
        )
        warnings = []
        latest = await self._backend.latest_run(params.job, ctx)
        if latest and latest.state in ("queued", "running"):
            warnings.append(f"a run is {latest.state}; it may still use the old values")
        if all(change.before == change.after for change in changes):
            warnings.append("these are the values it has now")
        return DryRun(
            summary=_summary(params, changes),
            targets=(Target(kind="job", name=params.job),),
            changes=changes,
            affects=(f"every later run of {params.job}",),
            warnings=tuple(warnings),
        )

    async def checkpoint(self, params: SetJobParametersParams, ctx: Context) -> SavedParameters:
        before = await self._read(params, ctx)
        values = {name: before[name].value for name in params.parameters}
        return SavedParameters(job=params.job, values=values)

    async def execute(self, params: SetJobParametersParams, ctx: Context) -> Handle:
        return await self._set(params.job, params.parameters, ctx)

    async def rollback(
        self, params: SetJobParametersParams, checkpoint: SavedParameters, ctx: Context
    ) -> Handle:
        return await self._set(checkpoint.job, checkpoint.values, ctx)

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        """A later call over the same parameters takes the mark away: then the answer is no."""
        try:
            found = await self._backend.marked(key, ctx)
        except ToolError as error:
            return Applied(answer="unknown", summary=f"could not be read back: {error}")
        if not found:
            return Applied(answer="no", summary=f"no parameter carries {key!r}")
        names = ", ".join(parameter.name for parameter in found)
        wanted = max(parameter.mark.of for parameter in found if parameter.mark)
        if len(found) < wanted:
            return Applied(
                answer="unknown",
                summary=f"only {len(found)} of {wanted} parameters carry {key!r}: {names}",
            )
        return Applied(
            answer="yes",
            summary=f"{names} of {found[0].job} carry {key!r}",
            handle=handle or _handle(found[0].job, {each.name: each.value for each in found}),
        )

    async def verify(
        self, params: SetJobParametersParams, handle: Handle, ctx: Context
    ) -> Verification:
        now = await self._read(params, ctx)
        wrong = [
            f"{name} is {now[name].value!r}, not {value!r}"
            for name, value in params.parameters.items()
            if now[name].value != value
        ]
        if wrong:
            return Verification(status="failed", summary="; ".join(wrong))
        return Verification(status="passed", summary=f"{_pairs(params.parameters)}, read back")

    async def _read(self, params: SetJobParametersParams, ctx: Context) -> dict[str, Parameter]:
        """The parameters named, as they are. Raises InvalidCall where one does not exist."""
        await self._backend.job(params.job, ctx)
        found = {}
        for name in params.parameters:
            parameter = await self._backend.parameter(params.job, name, ctx)
            if parameter is None:
                there = [each.name for each in await self._backend.parameters(params.job, ctx)]
                raise InvalidCall(
                    f"{params.job!r} has no parameter {name!r};"
                    f" it has: {', '.join(there) or 'none'}"
                )
            if HIDDEN in parameter.value:
                raise Refused(
                    f"the scheduler hides the value of {name!r}, so it could not be put back;"
                    " a person has to change it"
                )
            found[name] = parameter
        return found

    async def _set(self, job: str, values: dict[str, str], ctx: Context) -> Handle:
        mark = Mark(ctx.key, len(values))
        written: list[str] = []
        for name, value in values.items():
            try:
                before = await self._backend.parameter(job, name, ctx)
                if before is None:
                    raise InvalidCall(f"{job!r} has no parameter {name!r} any more")
                if before.mark != mark:
                    await self._backend.set_parameter(Parameter(job, name, value, mark), ctx)
            except ToolError as error:
                # Only half of it happened: neither "nothing was changed" nor "it is done".
                if written and not isinstance(error, OutcomeUnknown):
                    raise OutcomeUnknown(f"{', '.join(written)} set, then: {error}") from error
                raise
            written.append(name)
        return _handle(job, values)


def _handle(job: str, values: dict[str, str]) -> Handle:
    return Handle(ref=job, summary=f"{job}: {_pairs(values)}")


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name} is {value}" for name, value in values.items())


def _summary(params: SetJobParametersParams, changes: tuple[Change, ...]) -> str:
    if len(changes) == 1:
        change = changes[0]
        text = f"Set {change.field} of {params.job}: {change.before} → {change.after}"
    else:
        text = f"Set {len(changes)} parameters of {params.job}: {', '.join(params.parameters)}"
    return cut(" ".join(text.split()), 120)
