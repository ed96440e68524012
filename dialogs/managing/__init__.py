"""The dialogs about an existing booking."""
