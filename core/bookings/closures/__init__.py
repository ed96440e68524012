"""Closures and extra openings of staff, and the bookings in their way."""
