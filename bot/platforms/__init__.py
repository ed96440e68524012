"""One file each: read, render, send."""
