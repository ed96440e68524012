"""The steps of a booking."""
