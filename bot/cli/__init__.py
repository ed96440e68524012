"""The command `rantevou`."""
