"""Delivery of outbox messages to the platforms that push."""
