"""The conversation, independent of platforms."""
