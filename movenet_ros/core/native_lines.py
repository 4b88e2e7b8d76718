# Copyright 2026 movenet_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
What C libraries print to stderr about an image: collected, and logged once rather than each time.

libjpeg and libpng print a line for each image that they have something to complain about; a camera
can have them print 100,000 an hour. OpenCV has no setting for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
import ctypes
from functools import lru_cache
import logging
import os
import re
from threading import Lock

from movenet_ros.core.wording import one_line

LOG = logging.getLogger('movenet_ros')
KINDS = 20  # of lines that are logged; hostile data can make any number of them
AGAIN = 1000  # lines of a kind, after which it is logged again, and after ten times as many
UNBUFFERED = 2  # for setvbuf, from stdio.h
SEVERITY = re.compile(r'\b(DEBUG|INFO|WARN|ERROR|FATAL)\b')  # in a line of ROS's log

_counts: Counter[str] = Counter()  # lines, by kind


class _Printed:
    """
    A file in memory, put into the C library's variable ``stderr``: glibc documents that it may be.

    File descriptor 2 stays as it is: Python, C++ streams and child processes go on writing to the
    screen. What another thread logs by ROS meanwhile goes there a moment later. And a file in
    memory never makes a writer wait, as a pipe does that is full.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 (elsewhere, the variable must not be written to)
        library.fdopen.restype = ctypes.c_void_p
        library.setvbuf.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
        self._stderr = ctypes.c_void_p.in_dll(library, 'stderr')
        self._file = os.memfd_create('printed by C libraries')
        self._stream = library.fdopen(self._file, b'a')
        library.setvbuf(self._stream, None, UNBUFFERED, 0)
        self._lock = Lock()

    @contextmanager
    def collected(self) -> Iterator[list[str]]:
        """Collect the lines that are printed in the block."""
        lines: list[str] = []
        with self._lock:
            screen, self._stderr.value = self._stderr.value, self._stream
            try:
                yield lines
            finally:
                self._stderr.value = screen
                size = os.lseek(self._file, 0, os.SEEK_END)
                if size:
                    text = os.pread(self._file, size, 0).decode(errors='replace')
                    for line in text.splitlines():
                        if SEVERITY.search(line):
                            os.write(2, f'{line}\n'.encode())
                        else:
                            lines.append(line)
                    os.ftruncate(self._file, 0)


@lru_cache(1)
def _printed() -> _Printed | None:
    try:
        return _Printed()
    except (AttributeError, OSError, ValueError):  # not glibc, or no files in memory
        return None


@contextmanager
def native_lines() -> Iterator[list[str]]:
    """
    Collect what C libraries print to stderr, in any thread, instead of showing it.

    :return: the lines, once the block has ended; where the C library is not glibc, they are shown.
    """
    printed = _printed()
    if printed is None:
        yield []
    else:
        with printed.collected() as lines:
            yield lines


def log_once(lines: Iterable[str]) -> None:
    """Log lines as warnings, but those that differ in numbers only once, and now and then."""
    for line in lines:
        kind = re.sub(r'0x[0-9a-f]+|\d+', '#', line)
        if kind not in _counts and len(_counts) >= KINDS:
            kind = ''
        _counts[kind] += 1
        count = _counts[kind]
        if kind and count == 1:
            LOG.warning(f'an image is read, with a complaint: {one_line(line)} (logged once)')
        elif count >= AGAIN and set(str(count)[1:]) == {'0'} and str(count)[0] == '1':
            LOG.warning(f'{count} images are read, with a complaint: {one_line(line)}')
