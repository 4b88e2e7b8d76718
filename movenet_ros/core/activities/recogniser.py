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

from itertools import repeat

from movenet_ros.core.activities.activities import Activities
from movenet_ros.core.activities.activities import Activity
from movenet_ros.core.activities.gestures import gesture_likelihoods
from movenet_ros.core.activities.gestures import OF_GESTURES
from movenet_ros.core.activities.likely import Figures
from movenet_ros.core.activities.likely import known
from movenet_ros.core.activities.measures import measures_of
from movenet_ros.core.activities.person import BEGIN
from movenet_ros.core.activities.person import IN_NAMES
from movenet_ros.core.activities.person import most_likely_posture
from movenet_ros.core.activities.person import Person
from movenet_ros.core.activities.person import told
from movenet_ros.core.activities.postures import OF_POSTURES
from movenet_ros.core.activities.postures import posture_likelihoods
from movenet_ros.core.activities.waving import forearms_of
from movenet_ros.core.kinematics.angles import Angles
from movenet_ros.core.kinematics.angles import DOWN
from movenet_ros.core.kinematics.bodies import Bodies
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import ArrayLike

FIGURES = Figures(OF_POSTURES, OF_GESTURES)
GONE_NS = 5 * NANOSECONDS  # who is not seen for longer is forgotten


class Recogniser:
    """Tells what people do, in a stream of images or in one of its own."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everybody."""
        self._people: dict[int, Person] = {}
        self._latest_ns: int | None = None

    def recognise(
        self, bodies: Bodies, angles: Angles, stamp_ns: int | None = None,
        down: ArrayLike = DOWN,
    ) -> Activities:
        """
        Tell what the people in the next image do.

        In a stream, an activity begins after about 0.3 s and two images, and ends as late. Who is
        not tracked is judged in each image anew, as on an image of its own.

        :param angles: of the same people.
        :param stamp_ns: when the image was taken; None: it is on its own, and nobody waves or
            falls. A stamp that is earlier than the one before restarts.
        :param down: as for the angles.
        """
        with np.errstate(invalid='ignore', divide='ignore'):  # NaN: not seen
            body = measures_of(bodies, angles, down)
            likely = FIGURES.likely(body)
            likelihoods = known(
                np.array([*posture_likelihoods(likely), *gesture_likelihoods(likely)])
            )
            forearms = forearms_of(body).tolist()
        if stamp_ns is None:
            return Activities(bodies.ids, tuple(map(_at_once, likelihoods.T.tolist())))
        self._go_on_to(stamp_ns)
        return Activities(bodies.ids, tuple(map(
            self._told, bodies.ids.tolist(), likelihoods.T.tolist(),
            forearms, body.of('lean')[0].tolist(), repeat(stamp_ns),
        )))

    def _told(
        self, track: int, likelihoods: list[float], forearms: list[list[float]], lean: float,
        stamp_ns: int,
    ) -> tuple[Activity, ...]:
        """Tell what one of the people does."""
        if track <= 0:
            return _at_once(likelihoods)
        if track not in self._people:
            self._people[track] = Person(stamp_ns)
        return self._people[track].see(likelihoods, forearms, lean, stamp_ns)

    def _go_on_to(self, stamp_ns: int) -> None:
        """Restart where time goes back, and forget who is gone."""
        if self._latest_ns is not None and stamp_ns < self._latest_ns:
            self.restart()
        self._latest_ns = stamp_ns
        gone = [
            track for track, person in self._people.items()
            if stamp_ns - person.seen_ns > GONE_NS
        ]
        for track in gone:
            del self._people[track]


def _at_once(likelihoods: list[float]) -> tuple[Activity, ...]:
    """Return what a person does by one image alone."""
    gestures = [i for i in IN_NAMES if likelihoods[i] >= BEGIN]
    return told(likelihoods, most_likely_posture(likelihoods), gestures)
