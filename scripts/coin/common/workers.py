"""One task after the other, on as many cores as a program was given."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from coin.common.errors import BadInput
from coin.common.lifetime import end_with_parent

Task = TypeVar("Task")
Result = TypeVar("Result")


def each(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int, what: str
) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order; logs how far it is now and then.

    Args:
        function: A module's own function, or a partial of one; its results should be small.
        tasks: What to call it with.
        workers: Processes to use. They are not threads, since most decoders of compressed images
            let only one thread run.
        what: What is done, for the log: "images cropped".
    """
    if workers == 1 or len(tasks) < 2:
        yield from _logged(map(function, tasks), len(tasks), what)
        return
    workers = min(workers, len(tasks))
    with ProcessPoolExecutor(workers, initializer=end_with_parent) as pool:
        try:
            yield from _logged(pool.map(function, tasks), len(tasks), what)
        except BrokenProcessPool as error:
            raise BadInput(
                "a process died while it decoded images: memory ran out, or a file is so damaged "
                "that its decoder crashed; use fewer cores, or look for the file with one"
            ) from error


def _logged(results: Iterator[Result], total: int, what: str) -> Iterator[Result]:
    for done, result in enumerate(results, start=1):
        yield result
        if total >= 50 and done % (total // 10) == 0:
            logging.info("%d of %d %s", done, total, what)
