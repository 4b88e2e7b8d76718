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

"""MoveNet Thunder: its names, shapes and sizes."""

from __future__ import annotations

from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import TensorSpec

INPUT = 'input'
SPEC = ModelSpec(
    title='MoveNet Thunder',
    variant='singlepose_thunder',
    inputs={INPUT: TensorSpec('uint8', (None, None, None, 3))},
    outputs={
        'center': TensorSpec('float32', (None, 1, None, None)),
        'kpt_heatmap': TensorSpec('float32', (None, 17, None, None)),
        'kpt_regress': TensorSpec('float32', (None, 34, None, None)),
        'kpt_offset': TensorSpec('float32', (None, 34, None, None)),
    },
    smallest={INPUT: (1, 32, 32, 3)},
    usual={INPUT: (1, 224, 128, 3)},
    largest={INPUT: (16, 256, 256, 3)},
    any_shape=True,
)
