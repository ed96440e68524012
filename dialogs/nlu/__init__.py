"""Understanding of typed text: text to values."""
