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
Smoothing: a One Euro filter on keypoints and boxes that moves along with the person.

The filter is that of Casiez, Roussel and Vogel (CHI 2012): a low-pass whose cutoff frequency rises
with speed, so that points at rest do not jitter and moving ones do not lag. Two things are
ours. Speeds are measured in sizes of the person (the square root of the box's area), so that near
and far people are treated alike. And the motion of the whole person, the mean over the keypoints,
is carried along rather than filtered away; only what a keypoint does beyond it counts as its
speed. A person walking by, or a camera that turns, then costs no lag, and a waving hand little.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
import math

from movenet_ros.core.camera_motion import carried
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

SPEED_CUTOFF_HZ = 1.0  # of the low-pass on speeds; the filter's authors' value
MOTION_BETA = 35.0  # how much it rises, for the whole person's motion, with that motion's speed
OUTLIER = 0.05  # sizes of the person in one step; what moves more than the others is no motion
MIN_KEYPOINTS = 4  # that say how the person moves; with fewer, the box does
CORNERS = slice(-2, None)  # the box's two, behind the keypoints

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class State:
    """
    The people of the latest image; a point is a keypoint or one of two corners of the box.

    :param keys: ``(n,)`` whose, by track.
    :param raw: ``(n, k + 2, 2)`` points as they came, in pixels.
    :param smooth: ``(n, k + 2, 2)`` points as they left.
    :param speeds: ``(n, k + 2, 2)`` of the points beyond the person's, in pixels per second.
    :param motion: ``(n, 2)`` of the whole person, in pixels per second.
    :param seen: ``(n, k + 2)`` which points count.
    """

    keys: NDArray[np.int64]
    raw: Floats
    smooth: Floats
    speeds: Floats
    motion: Floats
    seen: Mask


class Smoother:
    """Filters people from one image to the next; a person new to it starts unfiltered."""

    def __init__(self) -> None:
        self._state: State | None = None

    def restart(self) -> None:
        """Forget all people."""
        self._state = None

    def smooth(
        self,
        poses: Poses,
        keys: NDArray[np.int64],
        step_s: float,
        *,
        image_wh: tuple[int, int],
        keypoint_threshold: float,
        min_cutoff_hz: float,
        beta: float,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """
        Filter the people of the next image.

        Keypoints scored below the threshold pass as they are and leave no trace in the filter.

        :param keys: ``(n,)`` numbers of their tracks; people without one, 0, pass as they are.
        :param step_s: time since the image before, in seconds; above 0.
        :param image_wh: boxes are kept inside an image of this size.
        :param min_cutoff_hz: One Euro's min_cutoff: the cutoff frequency at rest.
        :param beta: One Euro's beta: the rise, in Hz at one size of the person a second.
        :return: ``(n, k, 2)`` keypoints and ``(n, 4)`` boxes, in pixels.
        """
        raw = np.concatenate([poses.keypoints, poses.boxes_xyxy.reshape(-1, 2, 2)], axis=1)
        seen = np.ones(raw.shape[:2], bool)
        seen[:, :-2] = poses.keypoint_scores >= keypoint_threshold
        none = np.zeros_like(raw, np.float64)
        now = State(keys, raw.astype(np.float64), none, none, none[:, 0], seen)
        before = self._state
        if before is not None and poses.camera is not None:
            before = _carried(before, poses.camera)
        self._state = state = _filtered(before, now, step_s, min_cutoff_hz, beta)
        points = state.smooth.astype(np.float32)
        corners = np.clip(points[:, CORNERS], 0, image_wh)
        return points[:, :-2], corners.reshape(-1, 4)


def _carried(before: State, camera: Floats) -> State:
    """Move people with the background, so that what is left is their own motion."""
    return replace(
        before, raw=carried(before.raw, camera), smooth=carried(before.smooth, camera)
    )


def _filtered(
    before: State | None, now: State, step_s: float, min_cutoff_hz: float, beta: float
) -> State:
    """Take one step of the filter with the points that both images have."""
    if before is None or not len(before.keys) or not len(now.keys):
        return replace(now, smooth=now.raw)
    rows = {key: row for row, key in enumerate(before.keys.tolist()) if key}
    at = [rows.get(key, 0) for key in now.keys.tolist()]
    is_known = np.array([key in rows for key in now.keys.tolist()])
    both = now.seen & before.seen[at] & is_known[:, None]
    sides = now.raw[:, -1] - now.raw[:, -2]
    size = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1.0))[:, None]
    moved = (now.raw - before.raw[at]) / step_s
    motion, common = before.motion[at], _common(moved, both, OUTLIER * size / step_s)
    speed = np.hypot(motion[:, :1], motion[:, 1:]) / size
    motion = motion + _weight(SPEED_CUTOFF_HZ + MOTION_BETA * speed, step_s) * (common - motion)
    motion = np.where(is_known[:, None], motion, 0.0)
    speeds = before.speeds[at]
    beyond = moved - motion[:, None]
    speeds = speeds + _weight(SPEED_CUTOFF_HZ, step_s) * (beyond - speeds)
    speeds = np.where(both[..., None], speeds, 0.0)
    cutoff_hz = min_cutoff_hz + beta * np.hypot(speeds[..., 0], speeds[..., 1]) / size
    expected = before.smooth[at] + step_s * motion[:, None]
    smooth = expected + _weight(cutoff_hz, step_s)[..., None] * (now.raw - expected)
    smooth = np.where(both[..., None], smooth, now.raw)
    return State(now.keys, now.raw, smooth, speeds, motion, now.seen)


def _common(moved: Floats, both: Mask, limit: Floats) -> Floats:
    """
    Return ``(n, 2)`` how each person moves as a whole: the mean over its keypoints.

    Around the median, keypoints count up to a limit ``(n, 1)``: one that is taken for another
    joint jumps. The median alone is too slow, since the model moves keypoints in small jumps.
    """
    keypoints, counted = moved[:, :-2], both[:, :-2]
    count = np.count_nonzero(counted, axis=1)
    ordered = np.sort(np.where(counted[..., None], keypoints, np.inf), axis=1)
    middle = ordered[np.arange(len(moved)), count // 2]
    enough = (count >= MIN_KEYPOINTS)[:, None]
    middle = np.where(enough, middle, 0.0)
    limit = limit[:, None]
    near = np.minimum(np.maximum(keypoints - middle[:, None], -limit), limit)
    near *= counted[..., None]
    mean = middle + near.sum(axis=1) / np.maximum(count, 1)[:, None]
    return np.where(enough, mean, (moved[:, -2] + moved[:, -1]) / 2)


def _weight(cutoff_hz: Floats | float, step_s: float) -> Floats:
    """Return the weight of a new value in an exponential low-pass with a cutoff frequency."""
    turn = 2 * math.pi * step_s * np.asarray(cutoff_hz)
    return np.asarray(turn / (turn + 1))
