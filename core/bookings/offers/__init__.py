"""Offers of another time, in place of one that can't be kept."""
