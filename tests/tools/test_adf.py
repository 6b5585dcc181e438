"""Plain text and the Atlassian Document Format."""

from __future__ import annotations

import pytest

from tools.tickets import adf


def test_paragraphs_and_breaks_become_nodes() -> None:
    assert adf.document("One\ntwo\n\nThree") == {
        "type": "doc",
        "version": 1,
        "content": [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "One"},
                    {"type": "hardBreak"},
                    {"type": "text", "text": "two"},
                ],
            },
            {"type": "paragraph", "content": [{"type": "text", "text": "Three"}]},
        ],
    }


@pytest.mark.parametrize("text", ["One", "One\ntwo", "One\n\nTwo\nthree\n\nFour", "a  b", ""])
def test_text_comes_back_as_it_went(text: str) -> None:
    assert adf.plain(adf.document(text)) == text


@pytest.mark.parametrize("text", ["", "\n\n\n", "  \n \n", "\r\n\r\n"])
def test_no_text_node_is_ever_empty(text: str) -> None:
    assert adf.document(text)["content"] == []


def test_nodes_that_are_unknown_give_the_text_within() -> None:
    mention = {"type": "panel", "content": [{"type": "text", "text": "inside"}]}
    assert adf.plain({"type": "doc", "content": [mention]}) == "inside"
    assert adf.plain("plain") == ""
