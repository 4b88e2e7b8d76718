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

"""The joint angles of one person over time."""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.arrays import frozen
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.units import NANOSECONDS
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """
    The joint angles of one person, image by image; arrays are copied and read-only.

    :param stamps_ns: ``(t,)`` int64, each later than the one before.
    :param values: ``(t, a)`` radians, in the order of ``ANGLES``; NaN where one is not known.
    :param deviations: ``(t, a)`` their standard deviations, in radians.
    :raises ValueError: if a shape is not the one above, or stamps do not grow.
    """

    stamps_ns: NDArray[np.int64]
    values: Floats
    deviations: Floats

    def __post_init__(self) -> None:
        """Check shapes and take read-only copies."""
        stamps_ns = frozen('stamps_ns', self.stamps_ns, np.int64, (None,))
        if (np.diff(stamps_ns) <= 0).any():
            raise ValueError('stamps do not grow')
        object.__setattr__(self, 'stamps_ns', stamps_ns)
        shape = (len(stamps_ns), len(ANGLES))
        for name in ('values', 'deviations'):
            object.__setattr__(self, name, frozen(name, getattr(self, name), np.float64, shape))

    @classmethod
    def in_order(
        cls, stamps_ns: NDArray[np.int64], values: Floats, deviations: Floats
    ) -> Curves:
        """Return curves without the images whose stamps repeat or jump back."""
        stamps_ns = np.asarray(stamps_ns, np.int64)
        latest = np.maximum.accumulate(stamps_ns)
        later = np.ones(len(stamps_ns), np.bool_)
        later[1:] = latest[1:] > latest[:-1]
        return cls(stamps_ns[later], values[later], deviations[later])

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.stamps_ns)

    @property
    def seconds(self) -> Floats:
        """Return ``(t,)`` the time since the first image."""
        return np.asarray((self.stamps_ns - self.stamps_ns[:1]) / NANOSECONDS)

    @property
    def rate_hz(self) -> float:
        """Return the images per second, by the median of their steps; 0 for fewer than two."""
        return float(1 / np.median(np.diff(self.seconds))) if len(self) > 1 else 0.0

    def of(self, name: str) -> Floats:
        """Return ``(t,)`` one angle."""
        return np.asarray(self.values[:, ANGLES.index(name)])

    def resampled(self, rate_hz: float) -> Curves:
        """
        Return the curves in even steps of time, with straight lines over what is not known.

        An angle that is never known stays NaN.
        """
        if not len(self):
            return self
        seconds = self.seconds
        even = np.arange(int(seconds[-1] * rate_hz + 1e-6) + 1) / rate_hz
        values, deviations = (
            np.stack([_filled(even, seconds, each) for each in array.T], axis=1)
            for array in (self.values, self.deviations)
        )
        stamps_ns = self.stamps_ns[0] + np.rint(even * NANOSECONDS).astype(np.int64)
        return Curves(stamps_ns, values, deviations)


def _filled(at: Floats, seconds: Floats, values: Floats) -> Floats:
    """Return values at other times, by those that are known."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(at), np.nan)
    return np.interp(at, seconds[known], values[known])
