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

"""Progress of long work, line by line."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import sys
import threading
import time

Log = Callable[[str], None]

HEARTBEAT_S = 5.0


def log_to_stderr(line: str) -> None:
    """Print one line at once, apart from a program's results."""
    print(line, file=sys.stderr, flush=True)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder, which others may be writing to."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_size
            except FileNotFoundError:  # a temporary file that was renamed meanwhile
                continue
    return total


@contextmanager
def heartbeat(
    log: Log, doing: str, folder: Path | None = None, period_s: float = HEARTBEAT_S
) -> Iterator[None]:
    """
    Log every few seconds that the work inside the ``with`` goes on.

    :param doing: the work, for example ``downloading``.
    :param folder: of the result that grows; its size is logged too.
    """
    start = time.monotonic()
    finished = threading.Event()

    def beat() -> None:
        while not finished.wait(period_s):
            size = f', {folder_bytes(folder) / 1e6:.0f} MB' if folder else ''
            log(f'      {doing}: {time.monotonic() - start:.0f} s{size}')

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
