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

"""What people do from image to image: a posture or a gesture holds for a while, or is none."""

from __future__ import annotations

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.activities import OTHER
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.angles import DOWN
from movenet_ros.core.kinematics.bodies import Bodies
from numpy.typing import ArrayLike


class Recogniser:
    """Tells what people do, in a stream of images or in one of its own."""

    def restart(self) -> None:
        """Forget everybody."""

    def recognise(
        self, bodies: Bodies, angles: Angles, stamp_ns: int | None = None,
        down: ArrayLike = DOWN,
    ) -> Activities:
        """
        Tell what the people in the next image do.

        :param angles: of the same people.
        :param stamp_ns: when the image was taken; None: it is on its own. A stamp that is not
            later than the one before restarts.
        :param down: as for the angles.
        """
        return Activities(bodies.ids, ((Activity(OTHER, 0.0),),) * len(bodies))
