"""Answers in chat, one file for each kind of question: pure, from what is known."""
