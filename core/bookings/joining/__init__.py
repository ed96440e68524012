"""Joining the chats of one person on several platforms, and parting them again."""
