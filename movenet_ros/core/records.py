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


"""The people in an image as a line of JSON."""

from __future__ import annotations

from typing import Any

from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.observing import Observed
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
import numpy as np
from numpy.typing import NDArray

DECIMALS = 3


def pose_record(
    stamp_ns: int, image_wh: tuple[int, int], poses: Poses, file: str = '',
    people_3d: Poses3D | None = None, observed: Observed | None = None,
) -> dict[str, Any]:
    """
    Return one line of a .jsonl file.

    :param file: name of the picture; empty for an image of a video or a camera.
    :param people_3d: the same people in metres; None where nobody was placed.
    :param observed: what they do; None where nobody was asked.
    :return: stamp_ns, file if there is one, image_wh, and people: each with id ("" if not
        tracked), score, box_xyxy and 17 keypoints (x, y, score), in pixels; and with people_3d
        17 keypoints_3d (x, y, z) in metres, null for one whose place is not known; and with
        observed angles_deg by name, null for one that is not known, and activities, name: score.
    """
    triples = np.concatenate([poses.keypoints, poses.keypoint_scores[..., None]], axis=-1)
    return {
        'stamp_ns': stamp_ns,
        **({'file': file} if file else {}),
        'image_wh': list(image_wh),
        'people': [
            {
                'id': str(poses.ids[i]) if poses.ids[i] else '',
                'score': _rounded(poses.scores[i]),
                'box_xyxy': _rounded(poses.boxes_xyxy[i]),
                'keypoints': _rounded(triples[i]),
                **({'keypoints_3d': _places(people_3d.positions[i])}
                   if people_3d is not None else {}),
                **(_doing(observed, i) if observed is not None else {}),
            }
            for i in range(len(poses))
        ],
    }


def _places(positions: NDArray[np.float64]) -> list[list[float] | None]:
    """Return points without NaN, which is not in JSON."""
    return [_rounded(each) if np.isfinite(each).all() else None for each in positions]


def _doing(observed: Observed, i: int) -> dict[str, Any]:
    """Return what a person does."""
    degrees = np.degrees(observed.angles.values[i])
    return {
        'angles_deg': {
            name: _rounded(value) if np.isfinite(value) else None
            for name, value in zip(ANGLES, degrees)
        },
        'activities': {
            each.name: _rounded(each.score) for each in observed.activities.of_people[i]
        },
    }


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), DECIMALS).tolist()
