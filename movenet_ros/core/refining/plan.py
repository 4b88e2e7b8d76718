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


"""What one image may cost: its detections, and the time for looking closely at people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """
    What one image may cost.

    :param sizes: input sizes of its detections, in pixels; empty: there is none in this image.
    :param budget_ms: of both networks, in milliseconds; infinity: everybody is looked at.
    :param crop_size: longer side of a crop, in pixels.
    :param max_people: who are looked at in this image.
    """

    sizes: tuple[int, ...]
    budget_ms: float
    crop_size: int = 224
    max_people: int = 30
