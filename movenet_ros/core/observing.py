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

"""What people do from image to image: their joint angles and their activities, in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from functools import partial

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.recogniser import Recogniser
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.angles import joint_angles
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.param import param
from movenet_ros.core.velocities import Velocities
import numpy as np
from numpy.typing import NDArray

DOWN = {
    '+y': (0.0, 1.0, 0.0), '-y': (0.0, -1.0, 0.0), '+x': (1.0, 0.0, 0.0), '-x': (-1.0, 0.0, 0.0),
    '+z': (0.0, 0.0, 1.0), '-z': (0.0, 0.0, -1.0),
}
DOWN_OF_ROTATE = {0: '+y', 90: '+x', 180: '-y', 270: '-x'}
"""Where down is in an image that is to be turned clockwise by so many degrees."""


@dataclass(frozen=True)
class ObserverSettings:
    """Which keypoints tell what people do, and in which way they stand."""

    keypoint_threshold: float = param(
        0.3,
        'Minimum score of a keypoint that is used; of poses_3d, all that have a place are.',
        between=(0.0, 1.0),
        run_time=True,
    )
    down: str = param(
        '+y',
        'Where down is in the frame of the keypoints; +y: images, and the optical frame of an'
        ' upright camera; with the parameter rotate of the pose node at 90 +x, at 180 -y, at 270'
        ' -x; -z: base_link, odom or map.',
        choices=tuple(DOWN),
        run_time=True,
    )


@dataclass(frozen=True, eq=False)
class Observed:
    """
    What the people in one image do.

    :param ids: ``(n,)`` int64 of the people; 0 for one that is not tracked.
    :param angles: of their joints.
    :param tell_velocities: calculates how fast they change, once somebody asks.
    :param tell_activities: the same of activities.
    :param down: where that was, a name of ``DOWN``.
    """

    ids: NDArray[np.int64]
    angles: Angles
    tell_velocities: Callable[[], NDArray[np.float64]]
    tell_activities: Callable[[], Activities]
    down: str

    @cached_property
    def velocities(self) -> NDArray[np.float64]:
        """
        Return ``(n, a)`` how fast the angles change, in radians per second.

        NaN where that is not known: of people without an id, and of the first image that somebody
        is in.
        """
        return self.tell_velocities()

    @cached_property
    def activities(self) -> Activities:
        """
        Return what they do, of images of whose activities somebody has asked alone.

        :raises RuntimeError: if it is asked for the first time when the next image has come: what
            holds for a while has to be told in the order of images.
        """
        return self.tell_activities()

    def told(self) -> Observed:
        """Return this with its activities told, for one who asks when later images have come."""
        _ = self.activities
        return self


class Observer:
    """Observes the people of one stream of images, which come in the order of their stamps."""

    def __init__(self) -> None:
        self._recogniser = Recogniser()
        self._velocities = Velocities()
        self._count = 0  # of images so far

    def restart(self) -> None:
        """Forget everybody."""
        self._recogniser.restart()
        self._velocities.restart()

    def observe(self, bodies: Bodies, stamp_ns: int, down: str) -> Observed:
        """
        Tell what the people in the next image do.

        :param stamp_ns: of the image; one that is earlier than the one before restarts.
        :param down: a name of ``DOWN``.
        """
        self._count += 1
        with np.errstate(invalid='ignore', over='ignore'):  # a point at infinity bends nothing
            angles = joint_angles(bodies, DOWN[down])
        return Observed(
            bodies.ids,
            angles,
            self._velocities.add(stamp_ns, bodies.ids, angles.values),
            partial(self._activities, self._count, bodies, angles, stamp_ns, down),
            down,
        )

    def _activities(
        self, number: int, bodies: Bodies, angles: Angles, stamp_ns: int, down: str
    ) -> Activities:
        if number != self._count:
            raise RuntimeError('the activities of an image are asked for before the next one')
        with np.errstate(over='ignore'):
            return self._recogniser.recognise(bodies, angles, stamp_ns, DOWN[down])
