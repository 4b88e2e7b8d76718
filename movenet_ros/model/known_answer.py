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
A drawn person, and the answers that the networks give to it.

A file may have the right names and hold other weights, or damaged ones: such a network places the
joints of this figure elsewhere. The drawing is arithmetic on pixel coordinates, so it is the same
on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import Tensors
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


@dataclass(frozen=True)
class Answer:
    """
    What a network sees in the drawn person; places are fractions of the picture.

    :param keypoints: in the skeleton's order: y, x and score of the heat map's peak, then y and x
        as regressed from the person's centre.
    :param center_score: of that centre.
    :param box: y and x of its middle, height, width; empty where the network gives none.
    """

    keypoints: Sequence[Sequence[float]]
    center_score: float
    box: Sequence[float] = ()


ANSWERS = {  # by variant
    'multipose_lightning': Answer(
        keypoints=(
            (0.2214, 0.4989, 0.559, 0.2071, 0.4990),
            (0.1947, 0.5266, 0.646, 0.1881, 0.5195),
            (0.1976, 0.4758, 0.665, 0.1884, 0.4790),
            (0.2120, 0.5559, 0.649, 0.2052, 0.5446),
            (0.2156, 0.4485, 0.667, 0.2062, 0.4558),
            (0.3279, 0.5925, 0.852, 0.3084, 0.5894),
            (0.3288, 0.4126, 0.896, 0.3083, 0.4124),
            (0.4494, 0.6301, 0.849, 0.4408, 0.6206),
            (0.4470, 0.3689, 0.826, 0.4401, 0.3846),
            (0.5500, 0.6508, 0.462, 0.5517, 0.6506),
            (0.5578, 0.3475, 0.625, 0.5578, 0.3387),
            (0.5359, 0.5478, 0.913, 0.5306, 0.5451),
            (0.5368, 0.4472, 0.936, 0.5301, 0.4448),
            (0.7184, 0.5642, 0.799, 0.7124, 0.5478),
            (0.7158, 0.4354, 0.832, 0.7039, 0.4468),
            (0.8701, 0.5653, 0.809, 0.8552, 0.5445),
            (0.8673, 0.4310, 0.833, 0.8502, 0.4495),
        ),
        center_score=0.943,
        box=(0.5121, 0.4973, 0.8263, 0.3541),
    ),
    'singlepose_thunder': Answer(
        keypoints=(
            (0.2214, 0.5000, 0.587, 0.2062, 0.5034),
            (0.2002, 0.5225, 0.789, 0.1889, 0.5248),
            (0.1994, 0.4796, 0.760, 0.1889, 0.4822),
            (0.2148, 0.5536, 0.744, 0.2099, 0.5523),
            (0.2177, 0.4482, 0.779, 0.2091, 0.4537),
            (0.3262, 0.5914, 0.851, 0.3220, 0.5988),
            (0.3299, 0.4086, 0.858, 0.3190, 0.4050),
            (0.4609, 0.6341, 0.759, 0.4637, 0.6346),
            (0.4550, 0.3679, 0.702, 0.4573, 0.3644),
            (0.5773, 0.6560, 0.467, 0.5671, 0.6510),
            (0.5287, 0.3480, 0.386, 0.5418, 0.3538),
            (0.5876, 0.5546, 0.844, 0.5830, 0.5620),
            (0.5905, 0.4489, 0.770, 0.5817, 0.4460),
            (0.7371, 0.5722, 0.788, 0.7439, 0.5573),
            (0.7271, 0.4405, 0.671, 0.7493, 0.4536),
            (0.8763, 0.5703, 0.769, 0.8594, 0.5647),
            (0.8690, 0.4312, 0.736, 0.8626, 0.4521),
        ),
        center_score=0.910,
    ),
}

# Weights rounded to float16 (npm's are) move places by up to 0.01, scores of keypoints by 0.05 and
# the centre's by 0.02. Weights rounded to 8 bits, or shifted in one layer, go beyond a limit.
PLACE_TOLERANCE = 0.015
SCORE_TOLERANCE = 0.15
CENTER_SCORE_TOLERANCE = 0.03


def drawn_person() -> NDArray[np.uint8]:
    """Draw the figure: ``(1, 256, 256, 3)`` uint8 RGB."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    image = np.empty((SIZE, SIZE, 3), np.uint8)
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


def check_answer(variant: str, heads: Tensors) -> None:
    """
    Compare a network's answer to the drawn person with the known one.

    :param heads: for :func:`drawn_person`.
    :raises ModelError: if it is another network, or its weights are damaged.
    """
    known, given = ANSWERS[variant], _answer(heads)
    places, places_known = _places(given), _places(known)
    off = np.abs(places - places_known)
    scores_off = np.abs(np.array(given.keypoints)[:, 2] - np.array(known.keypoints)[:, 2])
    is_known = (
        (off <= PLACE_TOLERANCE).all()
        and (scores_off <= SCORE_TOLERANCE).all()
        and abs(given.center_score - known.center_score) <= CENTER_SCORE_TOLERANCE
    )
    if not is_known:
        raise ModelError(
            'its weights are damaged or of another model: keypoints of a drawn person are up to'
            f' {off.max():.3f} of the picture off, their scores up to {scores_off.max():.2f}, and'
            f' its centre scores {given.center_score:.2f}, expected {known.center_score:.2f}'
        )


def _answer(heads: Tensors) -> Answer:
    """Read what the heads say of the one person in a picture."""
    heat = heads['kpt_heatmap'][0]
    count, *size = heat.shape
    cells = heat.reshape(count, -1).argmax(1)
    (center,) = heads['center'].reshape(1, -1).argmax(1)
    each = np.arange(count)
    by_cell = {
        name: head.reshape(-1, 2, heat[0].size) / np.reshape(size, (2, 1))
        for name, head in heads.items() if head.shape[1] % 2 == 0
    }
    cell_yx = np.stack(np.unravel_index(cells, size), 1) / size
    center_yx = np.stack(np.unravel_index(center, size)) / size
    found = cell_yx + by_cell['kpt_offset'][each, :, cells]
    regressed = center_yx + by_cell['kpt_regress'][..., center]
    box: list[float] = []
    if 'box_scale' in heads:
        middle = center_yx + by_cell['box_offset'][0, :, center]
        box = [*middle, *by_cell['box_scale'][0, :, center]]
    return Answer(
        np.column_stack([found, heat.reshape(count, -1).max(1), regressed]).tolist(),
        float(heads['center'].max()),
        box,
    )


def _places(answer: Answer) -> NDArray[np.float64]:
    keypoints = np.array(answer.keypoints)
    return np.concatenate([np.delete(keypoints, 2, 1).ravel(), answer.box])
