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
What an image costs: the time of the networks, by a table that was measured once.

The table decides how many people are looked at closely, and the clock never does: the same images
give the same people, on a busy machine too.
"""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.letterbox import Letterbox


@dataclass(frozen=True)
class Line:
    """
    Time of one run of a network, which grows with its input.

    :param fixed_ms: milliseconds, for any input.
    :param ms_per_kpx: milliseconds for each thousand pixels of the input.
    """

    fixed_ms: float
    ms_per_kpx: float

    @classmethod
    def through(cls, smaller: tuple[float, float], larger: tuple[float, float]) -> Line:
        """
        Return the line through two measurements, which never falls and is never below 0.

        :param smaller: thousands of pixels of an input, and milliseconds.
        :param larger: the same of a larger input.
        """
        slope = max(0.0, (larger[1] - smaller[1]) / (larger[0] - smaller[0]))
        slope = min(slope, smaller[1] / smaller[0])
        return cls(smaller[1] - slope * smaller[0], slope)

    def ms(self, pixels: int) -> float:
        """Return the milliseconds for an input."""
        return self.fixed_ms + self.ms_per_kpx * pixels / 1e3


@dataclass(frozen=True)
class Costs:
    """
    The table.

    :param detection: of the network that finds people in an image.
    :param crop: of the one that looks at a crop.
    :param multiple: in pixels, of which the sides of a detection's input are multiples.
    """

    detection: Line
    crop: Line
    multiple: int

    def detection_ms(self, image_wh: tuple[int, int], input_size: int) -> float:
        """Return the milliseconds that finding people in an image takes."""
        width, height = Letterbox.fit(image_wh, input_size, self.multiple).input_wh
        return self.detection.ms(width * height)

    def crop_ms(self, crop_wh: tuple[int, int]) -> float:
        """Return the milliseconds that looking at a crop takes."""
        return self.crop.ms(crop_wh[0] * crop_wh[1])


FREE = Costs(Line(0.0, 0.0), Line(0.0, 0.0), 32)
"""Where time is no matter."""
