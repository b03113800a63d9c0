"""Keeps Python's collector of reference cycles from going through the whole process again and again during a run.

Hundreds of calls in flight make many objects that live for a while, which is what the collector takes as a sign to
look at everything there is: the imported modules, the state, every recorded event. None of that has become garbage,
and looking took a fifth of a run. So a run sets aside what was there before it; what the run itself leaves is
collected as always, and at its end all is as it was.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_running = 0
_ours = False


@contextmanager
def set_aside() -> Iterator[None]:
    """Leave what exists by now out of collections until the last such block of the process ends.

    Where the program has set objects aside by itself (``gc.freeze``), nothing is changed.
    """
    global _running, _ours
    with _lock:
        _running += 1
        if _running == 1 and not gc.get_freeze_count():
            gc.freeze()
            _ours = True
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if not _running and _ours:
                gc.unfreeze()
                _ours = False
