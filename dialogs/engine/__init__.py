"""The conversation engine: turns of dialogs on any subject."""
