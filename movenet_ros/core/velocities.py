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

"""How fast the angles of people change, told of the newest image of a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from movenet_ros.core.kinematics.motion import angular_velocities
from movenet_ros.core.kinematics.motion import GAP_S
from movenet_ros.core.kinematics.motion import WINDOW_S
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 30  # images, of a camera that is faster than any


class _Image(NamedTuple):
    """
    What was in an image.

    :param rows: of people who have an id, by id.
    """

    stamp_ns: int
    rows: dict[int, int]
    values: Floats


class Velocities:
    """
    Knows the angles of the last tenth of a second.

    A stream has no images after its newest one: the line is through those before it, so that the
    velocity is that of half a window ago, and noisier than it is where both sides are known.
    """

    def __init__(self) -> None:
        self._images: deque[_Image] = deque(maxlen=MOST)

    def restart(self) -> None:
        """Forget everything."""
        self._images.clear()

    def add(
        self, stamp_ns: int, ids: NDArray[np.int64], values: Floats
    ) -> Callable[[], Floats]:
        """
        Add the next image; a stamp that is earlier than the one before restarts.

        :param ids: ``(n,)`` of the people; 0 for one that is not tracked.
        :param values: ``(n, a)`` their angles, in radians.
        :return: what calculates ``(n, a)`` radians per second, at any time; NaN where that is not
            known. Most who look at people do not ask.
        """
        images = self._images
        if images and stamp_ns < images[-1].stamp_ns:
            images.clear()
        if images and stamp_ns == images[-1].stamp_ns:
            images.pop()  # the same once more
        rows = {each: i for i, each in enumerate(ids.tolist()) if each > 0}
        images.append(_Image(stamp_ns, rows, values))
        while len(images) > 2 and stamp_ns - images[0].stamp_ns > WINDOW_S * NANOSECONDS:
            images.popleft()
        return partial(_velocities, tuple(images))


def _velocities(images: Sequence[_Image]) -> Floats:
    """Return the velocities of those in the last one of some images."""
    stamp_ns, rows, values = images[-1]
    if len(images) < 2 or not rows or stamp_ns - images[-2].stamp_ns > GAP_S * NANOSECONDS:
        return np.full_like(values, np.nan)
    known = np.full((len(images), *values.shape), np.nan)
    for image, of_image in zip(known, images):
        for each, i in rows.items():
            if each in of_image.rows:
                image[i] = of_image.values[of_image.rows[each]]
    stamps = np.array([each.stamp_ns for each in images])
    velocities = angular_velocities(known.reshape(len(images), -1), stamps)
    return np.asarray(velocities[-1].reshape(values.shape))
