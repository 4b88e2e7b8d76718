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

"""Camera motion: how the background moved from one image to the next, or that it is another."""

from __future__ import annotations

import cv2
from movenet_ros.core.image import SourceImage
import numpy as np
from numpy.typing import NDArray

SIDE = 224  # pixels: longer side of the picture in which motion is measured
GREY_FIRST = 6  # times SIDE: of larger images, scaling all colours is less than making all grey
CORNERS, QUALITY, APART = 80, 0.01, 5
WINDOW = (13, 13)
STEPS = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 10, 0.03)
LEAST_CORNERS = 8
LEAST_SHARE = 0.4  # of the corners that agree
AGREE = 1.0  # pixels apart
ALIKE = 0.5  # correlation of two pictures of one scene

Floats = NDArray[np.float64]
STILL: Floats = np.eye(2, 3)


def carried(points_xy: NDArray[np.floating], camera: Floats) -> Floats:
    """Return where the camera's motion, ``(2, 3)``, moves points ``(..., 2)`` in pixels."""
    return np.asarray(points_xy @ camera[:, :2].T + camera[:, 2])


class Background:
    """
    A small grey picture of an image, and how large it is.

    :param image: of which it is made.
    """

    def __init__(self, image: SourceImage) -> None:
        pixels = np.ascontiguousarray(image.pixels)  # a turned one is a view
        self._scale = min(1.0, SIDE / max(image.wh))
        wh = tuple(max(1, round(side * self._scale)) for side in image.wh)
        twice_wh = 2 * wh[0], 2 * wh[1]  # to wh in one step takes three times as long
        if max(image.wh) <= GREY_FIRST * SIDE:
            twice = cv2.resize(image.with_pixels(pixels).as_grey(), twice_wh)
        else:
            twice = image.with_pixels(cv2.resize(pixels, twice_wh)).as_grey()
        self._grey = cv2.resize(twice, wh, interpolation=cv2.INTER_AREA)
        self._centred: Floats = self._grey - np.mean(self._grey)

    def is_cut_off(self, after: Background, boxes_xyxy: Floats) -> bool:
        """
        Return whether the next image shows another scene: it is neither alike nor this one moved.

        :param after: of the next image, of the same size.
        :param boxes_xyxy: ``(n, 4)`` of people in this image, in pixels.
        """
        if after._grey.shape != self._grey.shape:
            return True
        grey, other = self._centred, after._centred
        alike = _product(grey, other)
        most = np.sqrt(_product(grey, grey) * _product(other, other))
        return bool(alike < ALIKE * most and self.motion_to(after, boxes_xyxy) is None)

    def motion_to(self, after: Background, boxes_xyxy: Floats) -> Floats | None:
        """
        Return how the camera's motion moved points of this image.

        :param after: of the next image, of the same size.
        :param boxes_xyxy: ``(n, 4)`` of people in this image, in pixels, who move by themselves.
        :return: ``(2, 3)`` matrix for points in pixels of the images; None where the pictures do
            not show it.
        """
        if after._grey.shape != self._grey.shape:
            return None
        mask = np.full_like(self._grey, 255)
        for left, top, right, bottom in (boxes_xyxy * self._scale).round().astype(int).tolist():
            mask[max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)] = 0
        corners = cv2.goodFeaturesToTrack(self._grey, CORNERS, QUALITY, APART, mask=mask)
        if corners is None or len(corners) < LEAST_CORNERS:
            return None
        moved, status, _ = cv2.calcOpticalFlowPyrLK(
            self._grey, after._grey, corners, np.empty_like(corners), winSize=WINDOW,
            criteria=STEPS,
        )
        is_found = np.ravel(status) > 0
        if is_found.sum() < LEAST_CORNERS:
            return None
        matrix, agrees = cv2.estimateAffinePartial2D(
            corners[is_found], moved[is_found], ransacReprojThreshold=AGREE
        )
        if matrix is None or agrees.sum() < max(LEAST_CORNERS, LEAST_SHARE * len(corners)):
            return None
        return np.asarray(matrix, np.float64) / (1.0, 1.0, self._scale)


def _product(one: Floats, other: Floats) -> float:
    """Return the sum of products, which BLAS would split among threads."""
    return float(np.einsum('ij,ij', one, other))
