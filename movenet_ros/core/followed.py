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

"""The one person whom a robot follows, and the way people face."""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.param import param
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OFF = 'off'
LOST_S = 3.0  # as long as the tracker keeps someone who is occluded
TINY_M = 1e-6
LEAST_WIDTH_M = 0.15  # of a body across; a narrower one is seen from its side, or wrongly


@dataclass(frozen=True)
class FollowedSettings:
    """Which person the topic person tells of."""

    follow: str = param(
        'nearest',
        'Whom the topic person tells of; nearest: to the camera; largest: in the image; both keep'
        ' to one person until that one is lost; id: the person follow_id and nobody else; off:'
        ' nobody.',
        choices=('nearest', 'largest', 'id', OFF),
        run_time=True,
    )
    follow_id: int = param(
        0,
        'Track id of the person to follow with follow: id.',
        between=(0, 2**31 - 1),
        run_time=True,
    )
    follow_lost_s: float = param(
        LOST_S,
        'The followed person is lost after this many seconds (of the image stamps) without a place'
        ' in metres; then another one is chosen.',
        between=(0.0, 3600.0),
        run_time=True,
    )


class Followed:
    """Chooses one of the people, and keeps to that one from image to image."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget who it was."""
        self._id = 0
        self._how = ''
        self._seen_ns = self._latest_ns = 0

    def choose(self, people: Poses3D, stamp_ns: int, settings: FollowedSettings) -> int | None:
        """
        Return the index of the person to follow in the next image.

        While the one who was chosen is out of sight, it is nobody: a robot had better wait than
        turn to somebody else. People without an id are chosen where nobody has one, and then from
        image to image.

        :param people: in the frame of the camera.
        :param stamp_ns: of the image; one that jumps back makes a new choice.
        :return: None for nobody; otherwise the place of that person is known.
        """
        if settings.follow != self._how or stamp_ns < self._latest_ns:
            self.restart()
            self._how = settings.follow
        self._latest_ns = stamp_ns
        if settings.follow == OFF:
            return None
        ids = people.poses.ids
        is_placed = np.asarray(np.isfinite(people.person_positions).all(axis=1))
        if settings.follow == 'id':
            return _first(is_placed & (ids == settings.follow_id) & (ids > 0))
        kept = _first(is_placed & (ids == self._id) & (ids > 0))
        lost_ns = settings.follow_lost_s * NANOSECONDS
        if kept is None and self._id and stamp_ns - self._seen_ns <= lost_ns:
            return None
        chosen = _best(people, is_placed, settings.follow) if kept is None else kept
        self._id = 0 if chosen is None else int(ids[chosen])
        self._seen_ns = stamp_ns
        return chosen


def _first(which: NDArray[np.bool_]) -> int | None:
    return int(which.argmax()) if which.any() else None


def _best(people: Poses3D, is_placed: NDArray[np.bool_], how: str) -> int | None:
    """Return the nearest or the largest of the people, of those with an id if there are any."""
    ids = people.poses.ids
    candidates = np.flatnonzero(is_placed & ((ids > 0) | ~ids.any()))
    if not len(candidates):
        return None
    if how == 'largest':
        boxes = people.poses.boxes_xyxy[candidates].astype(np.float64)
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        return int(candidates[np.argmax(width * height)])
    distances = np.linalg.norm(people.person_positions[candidates], axis=1)
    return int(candidates[np.argmin(distances)])


def headings(people: Poses3D, up: ArrayLike, camera: ArrayLike) -> Floats:
    """
    Return the way each person faces, level with the ground.

    It is square to the line from the right to the left of shoulders and hips, those of the two
    that are known on both sides. Where neither is, or the body is seen from its side, the way is
    that from the camera to the person: so a robot that is to stand behind a person of unknown
    heading comes straight from where it is.

    :param up: ``(3,)`` of length 1.
    :param camera: ``(3,)`` where the camera is, in metres.
    :return: ``(n, 3)`` of length 1; NaN for a person whose place is not known.
    """
    up, across = np.asarray(up, np.float64), sideways(people)
    forward = np.cross(across, up)  # level, and as long as the body is wide
    is_wide = np.linalg.norm(forward, axis=1) >= LEAST_WIDTH_M
    seen_along = people.person_positions - np.asarray(camera, np.float64)
    seen_along = seen_along - (seen_along @ up)[:, None] * up
    ways = np.where(is_wide[:, None], forward, seen_along)
    lengths = np.linalg.norm(ways, axis=1, keepdims=True)
    anywhere = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])  # right above or below the camera
    ways = np.where(lengths > TINY_M, ways, anywhere)
    ways[~np.isfinite(people.person_positions).all(axis=1)] = np.nan
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def sideways(people: Poses3D) -> Floats:
    """
    Return the mean way from the right to the left of shoulders and hips, of those that are known.

    :return: ``(n, 3)`` in metres; 0 where neither is known on both sides.
    """
    index = people.poses.skeleton.index
    sides = [
        people.positions[:, index[f'left_{part}']] - people.positions[:, index[f'right_{part}']]
        for part in ('shoulder', 'hip')
    ]
    known = np.isfinite(sides).all(axis=2).sum(axis=0)
    return np.asarray(np.nansum(sides, axis=0) / np.maximum(known, 1)[:, None])
