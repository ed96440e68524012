"""What takes long, in parts: `python -m tests.soak`."""
