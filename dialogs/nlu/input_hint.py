"""Hints of what an answer looks like, for keyboards and input fields."""

from typing import Literal

InputHint = Literal["text", "name", "email", "phone", "digits", "code", "long"]
"""Which keyboard or input field suits the answer; stored with prompts and part of the chat API."""
