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

"""The log of C++ libraries, which write it to stderr whatever the program wants."""

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
def native_chatter_dropped() -> Iterator[list[str]]:
    """
    Drop the lines of level INFO that C++ code writes to stderr; keep warnings and errors.

    TensorFlow writes some of them before it reads any of its settings. If the work raises, no line
    is dropped.

    :return: all lines, once the block has ended.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    lines: list[str] = []
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        failed = False
        try:
            yield lines
        except Exception:  # and not Ctrl-C
            failed = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(screen, 2)
            held.seek(0)
            for line in held:
                lines.append(line.decode(errors='replace'))
                if failed or not _CHATTER.match(line):
                    os.write(2, line)
            os.close(screen)
