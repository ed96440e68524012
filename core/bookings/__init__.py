"""Bookings: hold, confirm, move, cancel, edit, and the rules for each."""
