"""Natural language understanding: typed text to values with their spans."""
