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
A calibrated camera: pixels of its image to directions in space and back.

Two conventions meet here. Our pixels are continuous: (0, 0) is the outer corner of the first
pixel. K of a sensor_msgs/CameraInfo counts from the centre of that pixel, as OpenCV does: half a
pixel is taken away before K is applied, and added behind it. Space is the optical frame: x right,
y down, z forward, in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import cv2
from movenet_ros.core.errors import FrameError
from movenet_ros.core.wording import one_line
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

# As sensor_msgs/CameraInfo names them, and how many numbers D may have. OpenCV's rational
# polynomial goes on with thin prisms and a tilted sensor, which some drivers publish too.
COEFFICIENTS = {
    'plumb_bob': (4, 5),
    'rational_polynomial': (8, 12, 14),
    'equidistant': (4,),
}
MODELS = tuple(COEFFICIENTS)
LEAST_FOCAL = 1.0  # pixels
HALF = 0.5  # of a pixel: see above
TOLERANCE_PX = 1e-6
MAX_STEPS = 10  # of Newton's method; a usual lens takes 3
SMALL = 1e-6  # a step for differences, in x / z
STEPS = SMALL * np.array([[0, 0], [1, 0], [0, 1]])
ORIGIN = np.zeros(3)
UNIT = np.eye(3)

Floats = NDArray[np.float64]


class CameraError(FrameError):
    """A camera's calibration cannot be used."""


@dataclass(frozen=True)
class Camera:
    """
    A calibrated camera.

    :param wh: size in pixels of the image that the other numbers are for.
    :param fx: focal length in pixels, and fy.
    :param cx: principal point, counted from the centre of the first pixel, and cy.
    :param model: one of MODELS; '' for a pinhole, which a rectified image has.
    :param distortion: the numbers that D has for the model.
    """

    wh: tuple[int, int]
    fx: float
    fy: float
    cx: float
    cy: float
    model: str = ''
    distortion: tuple[float, ...] = ()

    def scaled(self, wh: tuple[int, int]) -> Camera:
        """Return the camera of an image of another size that shows the same."""
        if wh == self.wh:
            return self
        x, y = wh[0] / self.wh[0], wh[1] / self.wh[1]
        return replace(
            self,
            wh=wh,
            fx=self.fx * x,
            fy=self.fy * y,
            cx=(self.cx + HALF) * x - HALF,
            cy=(self.cy + HALF) * y - HALF,
        )

    def rays(self, points_xy: ArrayLike) -> Floats:
        """
        Return where points of the image lie at a distance of 1 along the optical axis.

        :param points_xy: ``(..., 2)`` in our pixels.
        :return: ``(..., 2)`` x / z and y / z; NaN where the lens shows nothing that is in front.
        """
        points = np.asarray(points_xy, np.float64)
        flat = (points - (self.cx + HALF, self.cy + HALF)) / (self.fx, self.fy)
        return self._straightened(flat) if self.model else flat

    def project(self, points_xyz: ArrayLike) -> Floats:
        """
        Return where points in space are seen.

        :param points_xyz: ``(..., 3)`` in metres.
        :return: ``(..., 2)`` in our pixels; NaN for what is not in front of the camera.
        """
        points = np.asarray(points_xyz, np.float64)
        depth = points[..., 2:]
        flat = points[..., :2] / np.where(depth > 0, depth, np.nan)
        if self.model:
            flat = self._bent(flat)
        return np.asarray(flat * (self.fx, self.fy) + (self.cx + HALF, self.cy + HALF))

    def _bent(self, flat: Floats) -> Floats:
        """Apply the lens to ``(..., 2)`` x / z and y / z."""
        points = np.ones((flat.size // 2, 1, 3))
        points[:, 0, :2] = flat.reshape(-1, 2)
        if not len(points):
            return flat
        lens = cv2.fisheye if self.model == 'equidistant' else cv2
        bent, _ = lens.projectPoints(points, ORIGIN, ORIGIN, UNIT, np.array(self.distortion))
        return np.asarray(bent, np.float64).reshape(flat.shape)

    def _straightened(self, bent: Floats) -> Floats:
        """Undo the lens by Newton's method, all points together."""
        tolerance = TOLERANCE_PX / max(self.fx, self.fy)
        flat = bent.copy()
        beside = STEPS.reshape(3, *(1,) * (flat.ndim - 1), 2)
        for _ in range(MAX_STEPS):
            here, right, below = self._bent(flat + beside)
            missing = bent - here
            if not (np.abs(missing) > tolerance).any():
                break
            # the step that undoes what is missing: two equations, solved by Cramer's rule
            (a, c), (b, d), (x, y) = (right - here).T, (below - here).T, missing.T
            with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
                flat += SMALL * (np.array([d * x - b * y, a * y - c * x]) / (a * d - b * c)).T
        is_found = (np.abs(missing) <= tolerance).all(-1, keepdims=True)
        return np.where(is_found, flat, np.nan)


def camera_of(
    wh: tuple[int, int],
    k: Sequence[float],
    d: Sequence[float],
    distortion_model: str,
    p: Sequence[float],
    rectified: bool,
) -> Camera:
    """
    Read the calibration in a sensor_msgs/CameraInfo.

    :param wh: its width and height, in pixels.
    :param k: ``(9,)``, p ``(12,)``: its matrices, row by row.
    :param rectified: whether the image is: then P counts, without D.
    :raises CameraError: if it is not calibrated, or by a lens that is not known here.
    """
    if min(wh) < 1:
        raise CameraError(f'camera_info states a size of {wh[0]}x{wh[1]}: calibrate the camera')
    lens = '' if rectified or not np.any(d) else distortion_model
    name, matrix = ('P', p) if rectified and np.any(p) else ('K', k)
    if rectified and name == 'K' and np.any(d):
        raise CameraError('camera_info has a P of zeros: a rectified image needs it')
    columns = len(matrix) // 3
    fx, fy, cx, cy = (float(matrix[at]) for at in (0, columns + 1, 2, columns + 2))
    if not np.isfinite([fx, fy, cx, cy]).all() or min(fx, fy) < LEAST_FOCAL:
        raise CameraError(
            f'camera_info has no focal length (fx {fx:g}, fy {fy:g} in {name}): calibrate the'
            ' camera, or have its driver publish the calibration'
        )
    if not lens and not rectified and np.any(d):
        raise CameraError('camera_info has a D without a distortion_model: name the model')
    if lens:
        _check_lens(lens, d)
    return Camera(wh, fx, fy, cx, cy, lens, tuple(float(each) for each in d) if lens else ())


def _check_lens(lens: str, d: Sequence[float]) -> None:
    if lens not in COEFFICIENTS:
        raise CameraError(
            f"camera_info has the distortion_model '{one_line(lens, 40)}', known are"
            f' {", ".join(MODELS)}: give the rectified image'
        )
    lengths = COEFFICIENTS[lens]
    if len(d) not in lengths:
        allowed = ' or '.join(map(str, lengths))
        raise CameraError(f'camera_info has {len(d)} numbers in D, {lens} takes {allowed}')
    if not np.isfinite(d).all():
        raise CameraError('camera_info has a number in D that is none: calibrate the camera')
