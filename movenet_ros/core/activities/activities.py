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

"""What the people in one image do, as a value; names as in REP-155's hri_msgs where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from movenet_ros.core.arrays import frozen
import numpy as np
from numpy.typing import NDArray

OTHER = 'other'  # of a posture: none of these, or not to be told
POSTURES = ('standing', 'sitting', 'crouching', 'laying')
GESTURES = (
    'hands_on_face', 'arms_crossed', 'left_hand_raised', 'right_hand_raised',
    'both_hands_raised', 'waving', 'pointing_left', 'pointing_right', 't_pose',
)
"""
Left and right are the person's own: with pointing_left, either arm points to the own left. The
names of pointing and t_pose are ours, as FALL is; hri_msgs has none for them.
"""
FALL = 'fall'


class Activity(NamedTuple):
    """
    What a person does.

    :param name: one of ``OTHER``, ``POSTURES``, ``GESTURES`` or ``FALL``.
    :param score: from 0 to 1; of ``OTHER`` 0.
    """

    name: str
    score: float


@dataclass(frozen=True, eq=False)
class Activities:
    """
    What the people in one image do.

    :param ids: ``(n,)`` int64 track ids; 0 for a person that is not tracked.
    :param of_people: for each, the posture first, then any number of gestures, and a fall in the
        one image in which it is noticed.
    """

    ids: NDArray[np.int64]
    of_people: tuple[tuple[Activity, ...], ...]

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        ids = frozen('ids', self.ids, np.int64, (len(self.of_people),))
        object.__setattr__(self, 'ids', ids)

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.ids)
