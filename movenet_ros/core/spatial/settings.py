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

"""How people are lifted into space: the parameters."""

from __future__ import annotations

from dataclasses import dataclass

from movenet_ros.core.param import param


@dataclass(frozen=True)
class SpatialSettings:
    """How keypoints get their place in metres."""

    inside: bool = param(
        True,
        "true: keypoints lie inside the body, by each joint's radius behind its surface; false: on"
        ' the surface that the depth camera sees.',
        run_time=True,
    )
    keypoint_threshold: float = param(
        0.3,
        'Minimum score of a keypoint to get a place in metres.',
        between=(0.0, 1.0),
        run_time=True,
    )
    min_depth_m: float = param(
        0.2, 'Depth nearer than this is not used, in metres.', between=(0.0, 60.0), run_time=True
    )
    max_depth_m: float = param(
        8.0,
        'Depth farther than this is not used, in metres.',
        between=(0.1, 65.0),
        run_time=True,
    )
    smooth: bool = param(
        True,
        'Filter positions in metres over time; people without an id are not filtered.',
        run_time=True,
    )
