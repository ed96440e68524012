"""Conversations, the outbox and the notifications that bookings cause."""
