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
What the model's numbers mean.

The layout of the output is stated on MoveNet MultiPose's model card: six people, each 17 times
(y, x, score), then ymin, xmin, ymax, xmax and the person's score; coordinates are fractions of
the input that went in.
"""

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import NUM_KEYPOINTS
import numpy as np
from numpy.typing import NDArray

MAX_PEOPLE = 6
PERSON_VALUES = 3 * NUM_KEYPOINTS + 5
OUTPUT_SHAPE = (1, MAX_PEOPLE, PERSON_VALUES)
KEYPOINTS, CORNERS = slice(0, 3 * NUM_KEYPOINTS), slice(3 * NUM_KEYPOINTS, -1)


def decode(
    output: NDArray[np.float32],
    letterbox: Letterbox,
    person_threshold: float,
    max_people: int = MAX_PEOPLE,
) -> Poses:
    """
    Turn the model's output into people, best score first.

    :param output: ``(1, 6, 56)`` float32.
    :param letterbox: the one that made the input.
    :param person_threshold: people scored below it are dropped.
    :param max_people: at most so many are kept.
    :raises InferenceError: if the output has another shape or holds NaN or infinity.
    """
    if output.shape != OUTPUT_SHAPE:
        raise InferenceError(f'the model answered {output.shape}, expected {OUTPUT_SHAPE}')
    if not np.isfinite(output).all():
        raise InferenceError('the model answered with NaN or infinity')
    best_first = np.argsort(-output[0, :, -1], kind='stable')[:max_people]
    people = output[0, best_first]
    people = people[people[:, -1] >= person_threshold]
    keypoints_yxs = people[:, KEYPOINTS].reshape(-1, NUM_KEYPOINTS, 3)
    corners_yx = people[:, CORNERS].reshape(-1, 2, 2)
    corners_xy = letterbox.to_image(corners_yx[..., ::-1])
    return Poses(
        keypoints=letterbox.to_image(keypoints_yxs[..., 1::-1]),
        keypoint_scores=np.clip(keypoints_yxs[..., 2], 0.0, 1.0),
        boxes_xyxy=np.clip(corners_xy, 0.0, letterbox.image_wh).reshape(-1, 4),
        scores=np.clip(people[:, -1], 0.0, 1.0),
        ids=np.zeros(len(people), np.int64),
    )
