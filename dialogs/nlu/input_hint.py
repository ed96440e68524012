"""Hints of what an answer looks like, for keyboards and input fields."""

from typing import Literal

InputHint = Literal["text", "name", "email", "phone", "digits", "code", "long"]
"""The keyboard or input field that suits the answer; stored with prompts, part of the chat API."""
