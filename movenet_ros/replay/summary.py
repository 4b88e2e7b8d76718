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

"""What a run over a recording has found, in lines."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movenet_ros.replay.inputs import Done


def summary(done: Done, total: int | None) -> list[str]:
    """
    Return the lines of a summary.

    :param total: images of the recording; None where that is unknown.
    """
    tally, perception, placing = done
    lines = []
    if tally.is_interrupted:
        lines.append(f'interrupted after {tally.images} of {total or "?"} images')
    lost = ', which makes the exit code 1' if tally.skipped else ''
    lines.append(f'images     {tally.processed} processed, {tally.skipped} skipped{lost}')
    if tally.people:
        median = statistics.median(tally.people.elements())
        least, most = min(tally.people), max(tally.people)
        lines.append(f'people     {median:g} in an image (median; {least} to {most})')
    if placing:
        lines.append(f'placed     {placing.placed} of {placing.people} people, in metres')
    blank = ', '.join(f'{count} {kind}' for kind, count in tally.blank.items() if kind)
    if blank:
        lines.append(f'blank      {blank}: these images show nothing (lens, exposure, encoding?)')
    lines.append(f'tracks     {len(tally.ids)}')
    if tally.seconds:
        rate = tally.images / tally.seconds
        lines.append(f'speed      {rate:.1f} images processed per second')
    lines.append(f'backend    {perception.runtime.info}')
    mode, closely = perception.choice.mode, ''
    if mode != 'fast' and tally.processed:
        closely = f', {tally.looked / tally.processed:.2f} people looked at closely in an image'
    lines.append(f'mode       {mode}{closely}')
    return lines
