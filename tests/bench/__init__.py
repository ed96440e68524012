"""`make bench`: figures, each beside other work of the same run."""
