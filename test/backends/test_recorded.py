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

from __future__ import annotations

from movenet_ros.backends.recorded import RecordedBackend
import numpy as np


def test_outputs_are_played_in_turn_and_the_last_one_stays() -> None:
    outputs = [np.full((1, 6, 56), i, np.float32) for i in range(2)]
    backend = RecordedBackend(outputs)
    batch = np.zeros((1, 32, 32, 3), np.int32)
    assert [backend.run({'input': batch})['output_0'][0, 0, 0] for _ in range(4)] == [0, 1, 1, 1]


def test_batches_are_kept() -> None:
    backend = RecordedBackend([np.zeros((1, 6, 56), np.float32)])
    batches = [np.full((1, 32, 32, 3), i, np.int32) for i in range(3)]
    for batch in batches:
        backend.run({'input': batch})['output_0']
    assert [batch[0, 0, 0, 0] for batch in backend.batches] == [0, 1, 2]
