"""Texts and time zones in the languages of `locales/`."""
