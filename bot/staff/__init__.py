"""Turns of staff in their chats: commands, buttons, and why a booking is cancelled."""
