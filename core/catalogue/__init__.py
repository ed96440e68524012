"""The catalogues: what municipalities offer, read from YAML and kept at hand."""
