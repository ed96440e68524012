"""The domain: catalogues, free times, bookings, messages, and their storage.

It knows no chat, no web and no language.
"""
