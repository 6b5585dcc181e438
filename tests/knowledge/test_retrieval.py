"""Finding runbooks by words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.values import Alert
from bot.knowledge.documents import load_documents, plain_document, runbook_document
from bot.knowledge.evaluation import Query, evaluate
from bot.knowledge.folder import load_folder
from bot.knowledge.matching import match
from bot.knowledge.retrieval import RunbookIndex
from bot.knowledge.search_tool import SearchRunbooks, SearchRunbooksParams
from bot.knowledge.words import stem, words
from tools.kit.catalog import Catalog
from tools.kit.tool import Context

CTX = Context(deadline=datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
TEXTS = {
    "KubePodCrashLooping.md": "# KubePodCrashLooping\nA container of a pod keeps restarting.",
    "KubeNodeNotReady.md": "# KubeNodeNotReady\n## Meaning\nA node is gone; its pods move.",
    "certificates/expiry.md": "---\ntitle: Expiring certificates\n---\n# TLS\nRenew them in time.",
}


@pytest.fixture
def index() -> RunbookIndex:
    return RunbookIndex(plain_document(path, text) for path, text in TEXTS.items())


def test_identifiers_are_taken_apart_and_words_cut_to_their_stem() -> None:
    assert words("KubePodCrashLooping, the HTTPServer's p99") == [
        "kub", "pod", "crash", "loop", "kubepodcrashlooping",
        "http", "serv", "httpserver", "p", "99", "p99",
    ]  # fmt: skip
    for forms in (
        ("failing", "failed", "fails", "failure", "failures"),
        ("replicas", "replica"),
        ("running", "runs"),
        ("retries", "retry", "retried"),
        ("restarts", "restarting", "restart"),
        ("certificates", "certificate"),
    ):
        assert len({stem(form) for form in forms}) == 1, forms
    assert stem("status") == "status"
    assert stem("lag") != stem("log")


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("pod crash looping", "KubePodCrashLooping.md"),
        ("KubePodCrashLooping", "KubePodCrashLooping.md"),
        ("containers restarted", "KubePodCrashLooping.md"),
        ("nodes not ready", "KubeNodeNotReady.md"),
        ("certificate expires", "certificates/expiry.md"),
    ],
)
def test_the_document_is_found_that_the_words_are_about(
    index: RunbookIndex, query: str, path: str
) -> None:
    assert index.search(query)[0].document.path == path


@pytest.mark.parametrize("query", ["", "the of and", "kafka partition rebalance", "🙂"])
def test_nothing_similar_gives_nothing(index: RunbookIndex, query: str) -> None:
    assert index.search(query) == ()


def test_an_empty_index_finds_nothing() -> None:
    assert RunbookIndex(()).search("anything") == ()
    assert RunbookIndex((plain_document("a.md", ""),)).search("anything") == ()


def test_a_title_is_taken_from_the_head_the_first_heading_or_the_name() -> None:
    assert (
        plain_document("a/b.md", TEXTS["certificates/expiry.md"]).title == "Expiring certificates"
    )
    assert plain_document("a/b.md", "# Head\ntext").title == "Head"
    assert plain_document("a/b.md", "text").title == "b"


@pytest.mark.parametrize("process", ["bot.worker", "bot.serving"])
def test_a_process_starts_without_what_only_a_search_or_a_terminal_needs(process: str) -> None:
    code = f"import sys, {process}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    assert "cel" in loaded
    assert not loaded & {"llama_index", "numpy", "bm25s", "prompt_toolkit", "rich"}


def test_the_index_is_a_llama_index_retriever(index: RunbookIndex) -> None:
    from bot.knowledge.llama_retriever import RunbookRetriever

    (node, *_) = RunbookRetriever(index, limit=1).retrieve("certificate expires")
    assert node.node.metadata == {
        "title": "Expiring certificates",
        "path": "certificates/expiry.md",
    }
    assert node.score is not None
    assert node.score > 0


async def test_the_tool_names_what_it_found(index: RunbookIndex) -> None:
    tool = SearchRunbooks(index)
    Catalog([tool])
    evidence = await tool.run(SearchRunbooksParams(query="pod crash looping", limit=1), CTX)
    assert evidence.status == "found"
    (found,) = evidence.values["runbooks"]
    assert (found["id"], found["title"]) == ("KubePodCrashLooping", "KubePodCrashLooping")
    assert "keeps restarting" in evidence.excerpt
    nothing = await tool.run(SearchRunbooksParams(query="kafka rebalance"), CTX)
    assert (nothing.status, nothing.values) == ("empty", {"runbooks": []})


def test_evaluation_counts_where_the_right_document_stands(tmp_path: Path) -> None:
    for path, text in TEXTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert len(load_documents(tmp_path)) == 3
    right = Query(text="pod crash", right=("KubePodCrashLooping.md",))
    second = Query(text="KubePodCrashLooping node", right=("KubeNodeNotReady.md",))
    never = Query(text="kafka", right=("KubeNodeNotReady.md",))
    scores = evaluate(tmp_path, [right, right, second, never])
    assert (scores.hit_1, scores.hit_3, scores.mrr_10) == (0.5, 0.75, 0.625)
    by_document = evaluate(tmp_path, [right, right, second, never], by_document=True)
    assert (by_document.hit_1, by_document.hit_3) == (0.5, 0.75)


@pytest.fixture
def three(write: Callable[..., Path]) -> Path:
    write(("id: slow", "id: any-db"), ("  labels: {service: db}\n", ""), name="any-db.md")
    write(("id: slow", "id: by-label"), ("  alerts: [DiskSlow]\n", ""), name="by-label.md")
    words_only = (
        "  alerts: [DiskSlow]\n  labels: {service: db}\n",
        "  text: [spindle noise, disk slow]\n",
    )
    write(("id: slow", "id: by-words"), words_only, name="by-words.md")
    return write()


def test_a_runbook_that_names_the_alert_comes_before_one_that_is_merely_similar(
    three: Path, alert: Callable[..., Alert]
) -> None:
    runbooks, _ = load_folder(three)
    index = RunbookIndex(runbook_document(runbook) for runbook in runbooks)
    fired = alert("Disk slow, spindle noise", alertname="DiskSlow", service="db")
    found = match(fired, runbooks, index)
    assert [(m.runbook.id, m.by, m.is_playbook) for m in found] == [
        ("slow", "alert", True),
        ("any-db", "alert", True),
        ("by-label", "labels", True),
        ("by-words", "text", False),
    ]
    assert found[0].reason == "alert DiskSlow with service=db"
    assert match(fired, reversed(runbooks), index) == found


def test_another_alert_is_matched_by_words_alone_and_only_with_an_index(
    three: Path, alert: Callable[..., Alert]
) -> None:
    runbooks, _ = load_folder(three)
    fired = alert("Slow disk, spindle noise", alertname="Spindle", service="web")
    assert match(fired, runbooks) == ()
    index = RunbookIndex(runbook_document(runbook) for runbook in runbooks)
    assert {m.by for m in match(fired, runbooks, index)} == {"text"}
    assert match(alert("Kafka lagging", alertname="KafkaLag"), runbooks, index) == ()
