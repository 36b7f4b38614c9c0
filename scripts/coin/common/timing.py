"""How long the mathematics of a job takes, beside all that is around it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loop_timed() -> Iterator[None]:
    """Log the CPU seconds that the block takes, of all threads of this process."""
    start = time.process_time()
    yield
    logging.info("loop: %.2f s of CPU", time.process_time() - start)
