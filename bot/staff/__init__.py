"""What staff write and tap in their chats: commands, buttons, and why a booking is cancelled."""
