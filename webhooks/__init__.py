"""The HTTP side: FastAPI."""
