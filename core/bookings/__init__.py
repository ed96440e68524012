"""Bookings: hold, confirm, move, cancel and edit them, and the rules for that."""
