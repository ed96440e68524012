"""The middleware of every request and response."""
