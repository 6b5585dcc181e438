"""A trail tells what was done to it, and where."""

from __future__ import annotations

import pytest

from bot.domain.chain import Entry, Trail, chained, head
from bot.domain.seal import Seal

OURS, THEIRS = Seal("a key of this test"), Seal("another's key")
STREAM = "INC-1"


def entries(count: int = 6, seal: Seal | None = OURS, *, old: int = 0) -> list[Entry]:
    """`old` of them are from before chaining."""
    written = [Entry(version=n, body=f"[{n}]") for n in range(1, old + 1)]
    for version in range(old + 1, count + 1):
        written.append(chained(STREAM, head(STREAM, written), version, f"[{version}]", seal))
    return written


def flaws(
    written: list[Entry], *, last: int | None = None, signed_from_first: bool = True
) -> list[tuple[int, int, str]]:
    given = Trail(stream=STREAM, entries=tuple(written), last=last or written[-1].version)
    found = given.flaws(OURS, signed_from_first=signed_from_first)
    return [(flaw.first, flaw.last, flaw.what) for flaw in found]


def replaced(written: list[Entry], version: int, **changes: object) -> list[Entry]:
    return [e.model_copy(update=changes) if e.version == version else e for e in written]


def anew(written: list[Entry], seal: Seal | None, *, since: int = 1, body: str = "") -> list[Entry]:
    """The chain from `since` on as somebody would write it who knows how, but not with our key."""
    kept = written[: since - 1]
    for entry in written[since - 1 :]:
        text = body or entry.body
        kept.append(chained(STREAM, head(STREAM, kept), entry.version, text, seal))
    return kept


pytestmark = pytest.mark.invariant(21)


@pytest.mark.parametrize("old", [0, 3, 6])
def test_one_that_nobody_touched_has_none(old: int) -> None:
    assert flaws(entries(old=old), signed_from_first=False) == []


@pytest.mark.parametrize("version", [1, 3, 6])
def test_an_edited_entry_is_named(version: int) -> None:
    edited = replaced(entries(), version, body="[0]")
    assert flaws(edited) == [(version, version, "edited after it was written")]


def test_two_edited_ones_are_both_named() -> None:
    edited = replaced(replaced(entries(), 3, body="[0]"), 4, body="[0]")
    assert flaws(edited) == [(3, 4, "edited after it was written")]


@pytest.mark.parametrize("gone", [{1}, {3, 4}])
def test_removed_ones_are_missing(gone: set[int]) -> None:
    left = [e for e in entries() if e.version not in gone]
    assert flaws(left) == [(min(gone), max(gone), "missing")]


def test_a_cut_off_end_is_missing_where_the_store_remembers_its_last_version() -> None:
    assert flaws(entries(4), last=6) == [(5, 6, "missing")]


def test_swapped_ones_say_where_they_belong() -> None:
    swapped = entries()
    swapped[2] = swapped[2].model_copy(update={"version": 4})
    swapped[3] = swapped[3].model_copy(update={"version": 3})
    swapped[2], swapped[3] = swapped[3], swapped[2]
    assert flaws(swapped) == [
        (3, 3, "out of its place: it was written as entry 4"),
        (4, 4, "out of its place: it was written as entry 3"),
    ]


def test_a_whole_chain_written_anew_is_one_flaw() -> None:
    forged = [
        e.model_copy(update={"seal": f"{OURS.name}:{'0' * 64}"})
        for e in anew(entries(), THEIRS, body="[0]")
    ]
    assert flaws(forged) == [(1, 6, "written anew by someone without the audit key")]


def test_an_end_written_anew_begins_where_it_was_written() -> None:
    forged = anew(entries(), None, since=4, body="[0]")
    assert flaws(forged) == [(4, 6, "not signed, though chaining had begun")]


def test_one_entry_written_anew_does_not_blame_the_next() -> None:
    kept = entries()
    lie = chained(STREAM, kept[2].hash, 4, "[0]", THEIRS)
    assert flaws([*kept[:3], lie, *kept[4:]]) == [
        (4, 4, f"signed with another audit key ({THEIRS.name!r})")
    ]


def test_another_key_is_named() -> None:
    [(first, last, what)] = flaws(entries(seal=THEIRS))
    assert (first, last) == (1, 6)
    assert what == f"signed with another audit key ({THEIRS.name!r})"


def test_an_unsigned_one_after_a_signed_one_is_tampering() -> None:
    written = [*entries(4, old=2), Entry(version=5, body="[5]")]
    assert flaws(written, signed_from_first=False) == [
        (5, 5, "not signed, though chaining had begun")
    ]


@pytest.mark.parametrize(
    "strip", [{"seal": ""}, {"hash": ""}, {"hash": "", "seal": ""}], ids=["seal", "hash", "both"]
)
def test_taking_off_what_proves_it_is_tampering(strip: dict[str, str]) -> None:
    [(first, _, _)] = flaws(replaced(entries(), 4, **strip))
    assert first == 4


def test_a_whole_trail_may_not_pass_for_one_from_before_chaining() -> None:
    bare = [Entry(version=e.version, body="[0]") for e in entries()]
    assert flaws(bare) == [(1, 6, "not signed, though chaining had begun")]
    assert flaws(bare, signed_from_first=False) == []


def test_what_is_from_before_chaining_is_vouched_for_by_the_first_signed_one() -> None:
    written = entries(old=3)
    assert flaws(replaced(written, 2, body="[0]"), signed_from_first=False) == [
        (4, 4, "it, or one from before chaining, was edited")
    ]


@pytest.mark.parametrize(
    "move", [("INC-2", 1), (STREAM, 2)], ids=["another stream", "another place"]
)
def test_a_seal_is_good_for_one_place_alone(move: tuple[str, int]) -> None:
    [first] = entries(1)
    assert OURS.made(first.seal, STREAM, 1, first.hash) == "ours"
    assert OURS.made(first.seal, *move, first.hash) == "forged"


def test_a_key_is_named_and_not_told() -> None:
    told = OURS.of(STREAM, 1, "h")
    assert told.startswith(f"{OURS.name}:")
    assert "a key of this test" not in told
    assert Seal("a key of this test").name == OURS.name != THEIRS.name
