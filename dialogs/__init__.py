"""The conversation. Knows no platform."""
