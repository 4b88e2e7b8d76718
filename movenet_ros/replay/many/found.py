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

"""What was found in one recording, or why nothing was: a row of the summary."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

DONE, DAMAGED, FAILED, STOPPED = 'done', 'damaged', 'failed', 'stopped'


@dataclass(frozen=True)
class Row:
    """
    What was found in one recording.

    :param bag: name of the output.
    :param recording: its path.
    :param state: ``done``; ``damaged`` where images were lost; ``failed`` without an output;
        ``stopped`` where the run ended before.
    :param images: processed.
    :param skipped: images that could not be read.
    :param people: in all images together; who is in ten images counts ten times.
    :param most_people: in one image.
    :param tracks: different people, by their ids.
    :param presence_s: time with somebody in the image, in seconds of the recording; None for
        pictures, which have no time.
    :param gestures: how often each was begun, such as ``waving 2, t_pose 1``.
    :param images_per_s: of processing.
    :param line: what is wrong.
    """

    bag: str
    recording: str
    state: str = DONE
    images: int = 0
    skipped: int = 0
    people: int = 0
    most_people: int = 0
    tracks: int = 0
    presence_s: float | None = None
    gestures: str = ''
    images_per_s: float = 0.0
    line: str = ''

    def as_dict(self) -> dict[str, Any]:
        """Return the columns by name."""
        return asdict(self)
