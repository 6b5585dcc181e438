"""What can be searched: runbooks and plain Markdown, as title, headings and text."""

from __future__ import annotations

import re
from pathlib import Path

from bot.knowledge.runbook import Runbook
from tools.kit.types import Frozen

_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_HEAD = re.compile(r"\A---\r?\n(.*?)^---\s*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^title:\s*['\"]?(.*?)['\"]?\s*$", re.MULTILINE)


class Document(Frozen):
    """A text to be found."""

    id: str
    """The runbook's id; of a plain document its path below the folder, without `.md`."""
    title: str
    path: str
    names: tuple[str, ...] = ()
    """Other words as weighty as the title: alert names, the file's name."""
    headings: tuple[str, ...] = ()
    body: str = ""


def runbook_document(runbook: Runbook) -> Document:
    """A runbook as it is searched: by its title, alerts, causes, words to match and text."""
    spoken = (*runbook.match.text, *(check.title for check in runbook.checks))
    return Document(
        id=runbook.id,
        title=runbook.title,
        path=str(runbook.path),
        names=(runbook.id, *runbook.match.alerts),
        headings=(*spoken, *_HEADING.findall(runbook.body)),
        body="\n".join((*(cause.cause for cause in runbook.causes), runbook.body)),
    )


def plain_document(path: str, text: str) -> Document:
    """A Markdown text, its title taken from its head, its first heading or its file's name."""
    head = _HEAD.match(text)
    body = text[head.end() :] if head else text
    headings = _HEADING.findall(body)
    titled = _TITLE.search(head.group(1)) if head else None
    named = (titled.group(1) if titled else "", *headings[:1])
    stem = Path(path).stem
    return Document(
        id=path.removesuffix(".md"),
        title=next((name for name in named if name), stem),
        path=path,
        names=(stem, *(name for name in named if name)),
        headings=tuple(headings[1:]),
        body=body,
    )


def load_documents(folder: Path) -> tuple[Document, ...]:
    """Every Markdown file below a folder as a plain document, by path; reads the files."""
    return tuple(
        plain_document(
            file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8", errors="replace")
        )
        for file in sorted(folder.rglob("*.md"))
    )
