"""The slow proofs, in parts: `python -m tests.soak`."""
