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

"""
Which gestures a person makes in one image; waving takes several.

Left and right are the person's own. Who raises both hands raises neither the left nor the right
one; who stands as a T points nowhere; a hand at the face, one or both, is not raised. Who is seen
from the side points neither left nor right.
"""

from __future__ import annotations

from movenet_ros.core.activities.activities import GESTURES
from movenet_ros.core.activities.likely import both
from movenet_ros.core.activities.likely import either
from movenet_ros.core.activities.likely import every
from movenet_ros.core.activities.likely import Figure
from movenet_ros.core.activities.likely import known
from movenet_ros.core.activities.likely import Likely
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OF_GESTURES: dict[str, Figure] = {
    'raised': ('wrist_over_shoulder', '>', 0.06, 0.02),  # as high as the chin
    'over_elbow': ('wrist_over_elbow', '>', 0.02, 0.02),  # the forearm is up, where it is seen
    'at_face': ('palm_to_face', '<', 0.07, 0.015),
    'not_high': ('wrist_over_shoulder', '<', 0.11, 0.02),  # for an arm that points: 20 degrees up
    'not_low': ('wrist_over_shoulder', '>', -0.11, 0.02),  # or down
    'straight': ('elbow', '<', 0.65, 0.12),  # 37 degrees, for an arm that points
    'to_left': ('reach', '>', 0.2, 0.025),  # of 0.33 for an arm that is stretched out level
    'to_right': ('reach', '<', -0.2, 0.025),
    'wide': ('width', '>', 0.09, 0.015),  # less: seen from the side, which hides left and right
    'swapped': ('swapped', '>', 0.05, 0.015),  # wrists of arms that are crossed
    'folded': ('elbow', '>', 1.0, 0.15),  # 57 degrees: their elbows
    'over_hip': ('wrist_over_hip', '>', 0.08, 0.02),  # their wrists
    'under_shoulder': ('wrist_over_shoulder', '<', -0.03, 0.02),
}


def gesture_likelihoods(likely: Likely) -> tuple[Floats, ...]:
    """Return ``(n,)`` how likely each of ``GESTURES`` is; NaN where it is not to be told."""
    at_face = known(likely['at_face'])
    raised = every(likely['raised'], 1 - at_face)
    left, right = known(np.minimum(raised, np.fmin(likely['over_elbow'], 1.0)))
    to_left, to_right = _arms_out(likely)
    t_pose = known(every(to_left[0], to_right[1]))
    told = {
        'hands_on_face': either(at_face),
        'arms_crossed': _arms_crossed(likely),
        'left_hand_raised': np.minimum(left, 1 - right),
        'right_hand_raised': np.minimum(right, 1 - left),
        'both_hands_raised': np.minimum(left, right),
        'pointing_left': every(either(to_left), 1 - t_pose),
        'pointing_right': every(either(to_right), 1 - t_pose),
        't_pose': t_pose,
        'waving': np.zeros(len(left)),
    }
    return tuple(told[name] for name in GESTURES)


def _arms_out(likely: Likely) -> tuple[Floats, Floats]:
    """Return ``(2, n)`` how likely each arm points to the own left, and to the own right."""
    out = every(*(likely[name] for name in ('not_high', 'not_low', 'straight', 'wide')))
    return every(out, likely['to_left']), every(out, likely['to_right'])


def _arms_crossed(likely: Likely) -> Floats:
    """Return ``(n,)`` how likely the arms are crossed on the trunk."""
    return both(every(*(
        likely[name] for name in ('swapped', 'folded', 'over_hip', 'under_shoulder', 'wide')
    )))
