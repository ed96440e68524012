"""Move the clock of every Python process begun with this folder in PYTHONPATH.

Python imports this as it starts. MOVED_CLOCK_SECONDS says by how much the time of day moves;
time.monotonic stays, as do the clocks of PostgreSQL and of files. A forked process has its
parent's clock.
"""

import os
import time

import time_machine

time_machine.travel(time.time() + float(os.environ["MOVED_CLOCK_SECONDS"])).start()
time.time()  # From here on it ticks.
