"""The citizen's web page."""
