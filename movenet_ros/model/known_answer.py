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
A drawn person, and the answer that MoveNet MultiPose gives to it.

A file may have the right name and signature and hold other weights, or damaged ones: such a model
places the joints of this figure elsewhere. The drawing is arithmetic on pixel coordinates, so it
is the same on every machine.
"""

from __future__ import annotations

from movenet_ros.core.errors import ModelError
from movenet_ros.model.movenet import CORNERS
from movenet_ros.model.movenet import KEYPOINTS
from movenet_ros.model.movenet import OUTPUT_SHAPE
from movenet_ros.model.movenet import SCORE
import numpy as np
from numpy.typing import NDArray

SIZE = 256
GROUND_Y = 223

WALL, GROUND = (150, 160, 170), (110, 100, 90)
SKIN, HAIR, SHIRT, TROUSERS = (205, 160, 130), (60, 40, 30), (40, 70, 150), (50, 50, 60)
SHOES, EYES, NOSE, MOUTH = (20, 20, 20), (30, 30, 30), (170, 120, 95), (150, 70, 70)

STROKES = (  # drawn in this order: colour, radius, x and y of one end, x and y of the other
    (TROUSERS, 9.0, (115, 150), (112, 188)),
    (TROUSERS, 7.0, (112, 188), (110, 226)),
    (TROUSERS, 9.0, (141, 150), (144, 188)),
    (TROUSERS, 7.0, (144, 188), (146, 226)),
    (SHOES, 5.0, (110, 230), (102, 232)),
    (SHOES, 5.0, (146, 230), (154, 232)),
    (SHIRT, 7.0, (104, 88), (92, 122)),
    (SKIN, 6.0, (92, 122), (88, 150)),
    (SKIN, 6.0, (88, 154), (88, 158)),
    (SHIRT, 7.0, (152, 88), (164, 122)),
    (SKIN, 6.0, (164, 122), (168, 150)),
    (SKIN, 6.0, (168, 154), (168, 158)),
    (SHIRT, 14.0, (113, 92), (117, 148)),
    (SHIRT, 14.0, (143, 92), (139, 148)),
    (SHIRT, 14.0, (128, 92), (128, 148)),
    (SKIN, 7.0, (128, 76), (128, 66)),
    (HAIR, 18.0, (128, 42), (128, 48)),
    (SKIN, 15.0, (128, 46), (128, 54)),
    (EYES, 2.2, (121, 47), (122, 47)),
    (EYES, 2.2, (134, 47), (135, 47)),
    (NOSE, 2.0, (128, 50), (128, 55)),
    (MOUTH, 1.4, (123, 61), (133, 61)),
    (SKIN, 3.0, (112, 50), (112, 54)),
    (SKIN, 3.0, (144, 50), (144, 54)),
)

KEYPOINTS_YXS = np.array(  # the model's order and layout: y, x as fractions, score
    [
        (0.2214, 0.4989, 0.518),  # nose
        (0.1947, 0.5266, 0.638),  # left_eye
        (0.1976, 0.4758, 0.650),  # right_eye
        (0.2120, 0.5559, 0.647),  # left_ear
        (0.2156, 0.4485, 0.600),  # right_ear
        (0.3309, 0.5919, 0.814),  # left_shoulder
        (0.3288, 0.4126, 0.885),  # right_shoulder
        (0.4494, 0.6301, 0.848),  # left_elbow
        (0.4470, 0.3689, 0.803),  # right_elbow
        (0.5500, 0.6508, 0.450),  # left_wrist
        (0.5578, 0.3475, 0.620),  # right_wrist
        (0.5359, 0.5478, 0.876),  # left_hip
        (0.5368, 0.4472, 0.925),  # right_hip
        (0.7184, 0.5642, 0.757),  # left_knee
        (0.7158, 0.4354, 0.729),  # right_knee
        (0.8696, 0.5647, 0.774),  # left_ankle
        (0.8671, 0.4317, 0.725),  # right_ankle
    ],
    np.float32,
)
BOX_YXYX = np.array((0.0990, 0.3202, 0.9253, 0.6743), np.float32)
PERSON_SCORE = 0.680

# Weights rounded to float16 (npm's are) move positions by up to 0.002 and scores of keypoints by
# up to 0.09, which the model reads from a coarse grid. Weights rounded to 8 bits, or shifted in
# one layer, move some position by 0.02 to 0.7.
POSITION_TOLERANCE = 0.01
KEYPOINT_SCORE_TOLERANCE = 0.2
PERSON_SCORE_TOLERANCE = 0.03


def drawn_person() -> NDArray[np.int32]:
    """Draw the figure: ``(1, 256, 256, 3)`` int32 RGB."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    image = np.empty((SIZE, SIZE, 3), np.int32)
    image[:] = WALL
    image[GROUND_Y:] = GROUND
    for colour, radius, start, end in STROKES:
        along_x, along_y = end[0] - start[0], end[1] - start[1]
        length2 = along_x**2 + along_y**2
        t = ((x - start[0]) * along_x + (y - start[1]) * along_y) / length2
        t = np.clip(t, 0.0, 1.0)
        distance2 = (x - start[0] - t * along_x) ** 2 + (y - start[1] - t * along_y) ** 2
        image[distance2 <= radius**2] = colour
    return image[np.newaxis]


def check_answer(output: NDArray[np.float32]) -> None:
    """
    Compare a model's answer to the drawn person with MoveNet MultiPose's.

    :param output: ``(1, 6, 56)``, for :func:`drawn_person`.
    :raises ModelError: if it is another model, or its weights are damaged.
    """
    if output.shape != OUTPUT_SHAPE:
        raise ModelError(f'it gives an output of shape {output.shape}, expected {OUTPUT_SHAPE}')
    person = output[0, 0]
    keypoints, box, score = person[KEYPOINTS].reshape(-1, 3), person[CORNERS], person[SCORE]
    positions_off = np.append(keypoints[:, :2] - KEYPOINTS_YXS[:, :2], box - BOX_YXYX)
    scores_off = keypoints[:, 2] - KEYPOINTS_YXS[:, 2]
    known = (
        (np.abs(positions_off) <= POSITION_TOLERANCE).all()
        and (np.abs(scores_off) <= KEYPOINT_SCORE_TOLERANCE).all()
        and abs(score - PERSON_SCORE) <= PERSON_SCORE_TOLERANCE
    )
    if not known:
        raise ModelError(
            'its weights are damaged or of another model: keypoints of a drawn person are up to'
            f' {np.abs(positions_off).max():.3f} of the picture off, and its score is'
            f' {score:.2f}, expected {PERSON_SCORE:.2f}'
        )
