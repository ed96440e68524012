"""Free times: openings minus closures minus bookings."""
