"""Availability: openings − closures − bookings → free times."""
