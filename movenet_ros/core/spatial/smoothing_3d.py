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
Smoothing of people in metres, and how fast they are.

A Kalman filter for each coordinate of each keypoint, with a place and a speed: a person who walks
costs no lag, and how much is filtered follows from how good the measurement is. Near the camera
that is little; far away, where depth is noise, it is much. As in the One Euro filter, what moves
is filtered less: the acceleration that is expected grows with speed, and where a measurement is
farther away than the filter can explain, the filter follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.spatial.body import body_of
from movenet_ros.core.spatial.placing import of_people
from movenet_ros.core.spatial.settings import SpatialSettings
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_STEP_S = 1.0  # after which a person may be anywhere
# Standard deviations in m / s^2 of what is at rest: a joint, and the whole person.
JOINT_ACCELERATION, PERSON_ACCELERATION = 3.0, 1.5
PER_SPEED = 4.0  # 1 / s: more for those who move
SURPRISE = 2.5  # standard deviations, from which on a measurement is followed
FASTEST = 2.0  # m / s, a standard deviation of the speed of somebody new
PERSON = -1  # behind the keypoints: the place of the person


@dataclass(frozen=True, eq=False)
class State:
    """
    The people of the latest image; a point is a keypoint or, behind these, the person.

    :param ids: ``(n,)`` of their tracks.
    :param places: ``(n, k + 1, 3)`` in metres, NaN where nothing is known; speeds in m / s.
    :param uncertain: ``(3, n, k + 1, 3)`` variance of the place, covariance of both, variance of
        the speed.
    :param is_moving: ``(n, k + 1)`` whether the speed has been measured.
    """

    ids: NDArray[np.int64]
    places: Floats
    speeds: Floats
    uncertain: Floats
    is_moving: NDArray[np.bool_]


class Smoother3D:
    """Filters people from one image to the next; whoever is new to it starts unfiltered."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._stamp_ns = 0

    def restart(self) -> None:
        """Forget all people."""
        self._state = None

    def smooth(self, people: Poses3D, stamp_ns: int, settings: SpatialSettings) -> Poses3D:
        """
        Filter the people of the next image, and say how fast they are.

        Keypoints without a place stay without one. A stamp that is before the last one, or far
        behind it, restarts the filter.

        :param stamp_ns: of the image.
        """
        step_s = (stamp_ns - self._stamp_ns) / NANOSECONDS
        before = self._state if 0 <= step_s <= LONGEST_STEP_S else None
        measured = np.concatenate([people.positions, people.person_positions[:, None]], axis=1)
        variances = np.concatenate([people.variances, people.person_variances[:, None]], axis=1)
        state = _started(people.poses.ids, measured, variances)
        if before is not None and len(before.ids):
            state = _filtered(_predicted(before, people.poses.ids, step_s), state, variances)
        self._state, self._stamp_ns = state, stamp_ns
        is_known = np.isfinite(measured) & np.isfinite(state.places)
        places = np.where(is_known, state.places, measured)
        moves = is_known[:, PERSON] & state.is_moving[:, PERSON, None]
        speeds = np.where(moves, state.speeds[:, PERSON], np.nan)
        if not settings.smooth:
            return replace(people, velocities=speeds)
        smooth = of_people(
            people.poses, places[:, :PERSON], people.variances, body_of(people.poses.skeleton),
            people.is_monocular,
        )
        return replace(smooth, person_positions=places[:, PERSON], velocities=speeds)


def _started(ids: NDArray[np.int64], measured: Floats, variances: Floats) -> State:
    """Return people who are new."""
    of_speeds = np.full_like(variances, FASTEST**2)
    uncertain = np.stack([variances, np.zeros_like(variances), of_speeds])
    still = np.zeros(measured.shape[:2], bool)
    return State(ids, measured, np.zeros_like(measured), uncertain, still)


def _predicted(before: State, ids: NDArray[np.int64], step_s: float) -> State:
    """Return where people should be by now; NaN for those who are new."""
    rows = {number: row for row, number in enumerate(before.ids.tolist()) if number}
    at = [rows.get(number, 0) for number in ids.tolist()]
    is_new = np.array([number not in rows for number in ids.tolist()], bool)
    speeds = before.speeds[at]
    places = before.places[at] + step_s * speeds
    places[is_new] = np.nan
    place, both, speed = before.uncertain[:, at]
    total = np.sqrt((speeds**2).sum(axis=-1, keepdims=True))
    accelerations = np.full((places.shape[1], 1), JOINT_ACCELERATION)
    accelerations[PERSON] = PERSON_ACCELERATION
    noise = (accelerations + PER_SPEED * total) ** 2 * step_s**2
    uncertain = np.stack([
        place + 2 * step_s * both + step_s**2 * speed + noise * step_s**2 / 4,
        both + step_s * speed + noise * step_s / 2,
        speed + noise,
    ])
    return State(ids, places, speeds, uncertain, before.is_moving[at] & ~is_new[:, None])


def _filtered(expected: State, new: State, variances: Floats) -> State:
    """Take the measurements in: a step of the filter."""
    off = new.places - expected.places
    has_both, is_measured = np.isfinite(off), np.isfinite(new.places)
    place, both, speed = expected.uncertain
    is_surprise = off**2 > SURPRISE**2 * (place + variances)  # it was surer than it should be
    surprise = np.where(is_surprise, off**2 - variances, place)
    together = surprise + variances
    gain, speed_gain = surprise / together, both / together
    rest = 1 - gain

    def of_both(values: Floats, start: Floats, wait: Floats) -> Floats:
        return np.where(has_both, values, np.where(is_measured, start, wait))

    return State(
        new.ids,
        of_both(expected.places + gain * off, new.places, expected.places),
        of_both(expected.speeds + speed_gain * off, new.speeds, expected.speeds),
        np.stack([
            of_both(rest * surprise, variances, place),
            of_both(rest * both, new.uncertain[1], both),
            of_both(np.maximum(speed - speed_gain * both, 1e-6), new.uncertain[2], speed),
        ]),
        has_both.all(axis=-1) | (expected.is_moving & ~is_measured.all(axis=-1)),
    )
