"""The dialogs about a booking that exists."""
