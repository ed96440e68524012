"""Read-only views of conversations and appointments."""
