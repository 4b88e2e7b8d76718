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

"""What the graph that Google exports makes of MultiPose's heads: the reference for ours."""

from __future__ import annotations

import cv2
from movenet_ros.core.runtime import Tensors
import numpy as np
from numpy.typing import NDArray

PEOPLE = 6
TIE = 1.013279e-06
SPREAD = 0.30004883  # of the weights, in shorter sides of the map
SEEN = 0.12695312


def exported_people(heads: Tensors) -> NDArray[np.float32]:
    """
    Decode as the exported graph does.

    :param heads: of one input, ``(1, maps, H, W)`` by name.
    :return: ``(6, 56)``: 17 times y, x and score, then ymin, xmin, ymax, xmax and the person's
        score; coordinates in fractions of the input.
    """
    center = heads['center'][0, 0]
    hw = np.array(center.shape, np.float32)
    hottest = cv2.dilate(center, np.ones((5, 5), np.uint8))
    peaks = np.where(np.abs(center - hottest) < TIE, center, 0.0).ravel()
    rows, columns = np.indices(center.shape, np.float32)
    people = np.zeros((PEOPLE, 56), np.float32)
    weighted = np.zeros((PEOPLE, 17, *center.shape), np.float32)
    best_first = np.argsort(-peaks, kind='stable')[:PEOPLE]
    for person, peak, weights in zip(people, best_first, weighted):
        y, x = divmod(int(peak), center.shape[1])
        middle = heads['box_offset'][0, :, y, x] + (y, x)
        half = np.maximum(heads['box_scale'][0, :, y, x], 0.0) / 2
        (top, left), (bottom, right) = np.clip([middle - half, middle + half], 0.0, hw)
        inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        person[51:55] = np.array([top, left, bottom, right]) / np.tile(hw, 2)
        for i, (to_y, to_x) in enumerate(heads['kpt_regress'][0, :, y, x].reshape(17, 2)):
            apart = (rows - y - to_y) ** 2 + (columns - x - to_x) ** 2
            near = np.exp(-apart / (SPREAD * hw.min())) * inside
            weights[i] = heads['kpt_heatmap'][0, i] * near
    for person, peak, weights in zip(people, best_first, weighted):
        keypoints = person[:51].reshape(17, 3)
        for i, weight in enumerate(weights):
            row, column = np.unravel_index(weight.argmax(), center.shape)
            offset = heads['kpt_offset'][0, 2 * i:2 * i + 2, row, column]
            keypoints[i, :2] = (offset + (row, column)) / hw
            keypoints[i, 2] = weighted[:, i, row, column].max()  # of whoever is nearest
        seen = keypoints[keypoints[:, 2] > SEEN, 2]
        person[55] = peaks[peak] * seen.sum() / max(len(seen), 1)
    return people
