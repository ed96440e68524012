"""The staff API, over HTTP against the real application."""
