"""What applies to every request and response."""
