"""`make bench`: performance figures, each compared with other work of the same run."""
