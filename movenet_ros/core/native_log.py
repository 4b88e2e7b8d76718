"""The log of C++ libraries, which know no other place for it than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
import re
import sys
import tempfile

_CHATTER = re.compile(
    rb'I\d{4} |'  # absl: level I with month and day
    rb'\d{4}-\d\d-\d\d [\d:.]+: I |'  # TensorFlow's older format
    rb'WARNING: All log messages before absl|'
    rb'To enable the following instructions'
)


@contextmanager
def native_chatter_dropped() -> Iterator[None]:
    """
    Drop the informational lines that C++ code writes to stderr; warnings and errors pass.

    TensorFlow writes some of them before it looks at any of its settings. If the work raises,
    everything is shown.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(screen, 2)
            held.seek(0)
            for line in held:
                if failed or not _CHATTER.match(line):
                    os.write(2, line)
            os.close(screen)
