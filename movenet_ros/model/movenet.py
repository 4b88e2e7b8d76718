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

"""MoveNet MultiPose: its names, shapes and sizes, and what its numbers mean."""

from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import TensorSpec

INPUT, OUTPUT = 'input', 'output_0'

SPEC = ModelSpec(
    title='MoveNet MultiPose',
    inputs={INPUT: TensorSpec('int32', (1, None, None, 3))},
    outputs={OUTPUT: TensorSpec('float32', (1, 6, 56))},
    smallest={INPUT: (1, 32, 32, 3)},
    usual={INPUT: (1, 192, 256, 3)},
    largest={INPUT: (1, 1024, 1024, 3)},
)
