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

"""Boxes: how they are compared."""

from __future__ import annotations

from movenet_ros.core.boxes import iou
import numpy as np


def test_iou_is_that_of_the_books() -> None:
    a = np.array([[0, 0, 2, 2], [0, 0, 0, 0]], np.float64)
    b = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [0, 0, 1, 2], [5, 5, 5, 9]], float)
    np.testing.assert_allclose(iou(a, b), [[1, 1 / 7, 0, 0.5, 0], [0, 0, 0, 0, 0]])
