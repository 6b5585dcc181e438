"""Loads the runbooks of a folder; one that does not parse is named and never stops the others."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.knowledge import runbook as models
from bot.knowledge.front_matter import (
    FrontMatter,
    FrontMatterError,
    has_front_matter,
    read_front_matter,
)
from bot.knowledge.front_matter import Path as Keys
from bot.knowledge.problem import Place, Problem
from bot.knowledge.provenance import Provenance
from bot.knowledge.runbook import Head, Runbook

MAX_BYTES = 256 * 1024
"""A runbook is read by people; a file beyond this is something else."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A runbook with the places of its values, for whoever finds fault with it later."""

    runbook: Runbook
    front: FrontMatter


def load_folder(
    path: Path, release: str | None = None
) -> tuple[tuple[Runbook, ...], tuple[Problem, ...]]:
    """The runbooks below a folder by id, and what is wrong with the rest; reads files and asks git.

    A Markdown file without front matter is a plain document, no runbook and no problem. `release`
    names the release of opsbot that the folder came with, and pins its runbooks where git does not.
    """
    loaded, problems = load_with_places(path, release)
    return tuple(each.runbook for each in loaded), problems


def load_with_places(
    path: Path, release: str | None = None
) -> tuple[tuple[Loaded, ...], tuple[Problem, ...]]:
    """As `load_folder`, with the places of everything that was written."""
    if not path.is_dir():
        remedy = "name an existing folder in OPSBOT_RUNBOOKS"
        return (), (_problem(path, Place(1, 1), f"no folder {str(path)!r}", remedy),)
    provenance = Provenance.of(path)
    loaded: list[Loaded] = []
    problems: list[Problem] = []
    for file in sorted(path.rglob("*.md")):
        found = _load(file, file.relative_to(path).as_posix(), provenance, release)
        if isinstance(found, Loaded):
            loaded.append(found)
        else:
            problems.extend(found)
    return tuple(sorted(loaded, key=lambda each: each.runbook.id)), tuple(problems)


def _load(
    file: Path, name: str, provenance: Provenance, release: str | None
) -> Loaded | tuple[Problem, ...]:
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            size = f"{len(content)} bytes, more than {MAX_BYTES}"
            return (_problem(file, Place(1, 1), size, "cut it into several runbooks"),)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "make it a readable file in UTF-8"
        return (_problem(file, Place(1, 1), f"cannot be read: {error}", remedy),)
    if not has_front_matter(text):
        return ()
    try:
        front = read_front_matter(text)
    except FrontMatterError as error:
        return (_problem(file, error.place, str(error), error.remedy),)
    try:
        head = Head.model_validate(front.data)
    except ValidationError as error:
        return tuple(_problems(file, front, error))
    if head.id != file.stem:
        remedy = f"write 'id: {file.stem}', or rename the file to {head.id}.md"
        message = f"id {head.id!r} is not the file's name"
        return (_problem(file, front.place(("id",)), message, remedy),)
    runbook = Runbook(
        **{field: getattr(head, field) for field in Head.model_fields},
        body=front.body,
        path=file,
        digest=hashlib.sha256(content).hexdigest()[:12],
        commit=provenance.commit_of(name, content),
        release=release,
    )
    return Loaded(runbook, front)


def _problems(file: Path, front: FrontMatter, error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_url=False):
        context = each.get("ctx", {})
        below = context.get("path", ())
        path = _known(front, (*each["loc"], *below))
        if each["type"] == "extra_forbidden":
            place = front.key_place(path)
        elif "column" in context:
            place = front.within(path, context["line"], context["column"])
        else:
            place = front.place(path)
        named = ".".join(str(part) for part in path) or "the front matter"
        message, remedy = _words(each["type"], each["msg"], each["loc"], named)
        yield _problem(file, place, message, remedy)


def _known(front: FrontMatter, loc: tuple[Any, ...]) -> Keys:
    """The loc without what pydantic adds of its own, such as the kind of a union's member."""
    path: Keys = ()
    for part in loc:
        if (*path, part) in front.values:
            path = (*path, part)
    return path


def _words(kind: str, said: str, loc: tuple[Any, ...], named: str) -> tuple[str, str]:
    last = str(loc[-1]) if loc else ""
    match kind:
        case "missing":
            return f"{named}: no {last!r}", f"add '{last}: …'"
        case "extra_forbidden":
            return f"{named}: no such field", _instead(last)
        case "expression":
            return f"{named}: {said}", "mend the CEL expression; 'x == 1 && y' is one"
        case "regex":
            return f"{named}: {said}", "mend the regex, and quote it with single quotes"
        case "group":
            return f"{named}: {said}", "name a group like the capture"
        case "duration":
            return f"{named}: {said}", "write '90s', '15m' or '2h'"
        case "match":
            return f"{named}: {said}", "write 'alerts: [NameOfTheAlert]'"
        case "string_type":
            return f"{named}: {said}", "put the value in quotes"
        case "string_pattern_mismatch":
            return f"{named}: {said}", "use lower-case letters and digits, beginning with a letter"
        case _:
            return f"{named}: {said}", "write it as in the runbooks that come with opsbot"


def _instead(wrong: str) -> str:
    fields = {
        info.alias or name
        for model in vars(models).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, info in model.model_fields.items()
    }
    near = difflib.get_close_matches(wrong, sorted(fields), n=1)
    return f"did you mean {near[0]!r}?" if near else "remove it"


def _problem(file: Path, place: Place, message: str, remedy: str) -> Problem:
    return Problem(
        path=str(file), line=place.line, column=place.column, message=message, remedy=remedy
    )
