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

"""What FFmpeg complains about: often the only sign that a part of a video is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from movenet_ros.core.needs import pyav
from movenet_ros.core.wording import one_line

KEPT = 20
HARMLESS = ('mmco:', 'co located POCs', 'MVs not available', 'overread')  # in whole files, too


class Complaints:
    """
    What is complained about while a video is read.

    FFmpeg's threads need Python's lock for each line: whoever collects lines has a decoder finish
    before closing it.

    :param names: of those whose complaints count: the container's reader and the decoder.
    """

    def __init__(self, *names: str) -> None:
        self._names = {'', *names}  # a part of a reader has no name of its own
        self._lines: list[tuple[int, str, str]] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect complaints in the block."""
        logging = pyav().logging
        before = logging.get_level()
        logging.set_skip_repeated(False)
        logging.set_level(logging.ERROR)
        try:
            with logging.Capture(local=False) as self._lines:
                yield
        finally:
            logging.set_level(before)

    def shorten(self) -> None:
        """Forget all but the first ones: there may be thousands."""
        del self._lines[KEPT:]

    def first(self, about: str = '') -> str:
        """Return the first one in which a word occurs, with who complains; '' for none."""
        for _, name, text in self._lines:
            if name in self._names and about in text and not any(map(text.count, HARMLESS)):
                return one_line(f'{name}: {text.strip()}')
        return ''
