"""The shell: platforms, settings and the one transaction of a turn."""
