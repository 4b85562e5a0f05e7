"""Reading must not slow down faster than its text grows.

How many milliseconds a megabyte takes is a matter for `benchmarks/`; a test only tells what grows
linearly (well under a second) from what does not (minutes), on a machine of any speed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_SECONDS = 15.0


@contextmanager
def no_runaway() -> Iterator[None]:
    """Fail where the code inside needs more CPU time than any linear reading would."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took < _SECONDS, f"{took:.0f} s of CPU time: it grows faster than the text"
