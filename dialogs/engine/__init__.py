"""The conversation engine: one turn of a dialog, whatever it is about."""
