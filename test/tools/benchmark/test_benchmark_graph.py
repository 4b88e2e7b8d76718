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

"""The benchmark's graph."""

from __future__ import annotations

from pathlib import Path

from movenet_ros.core.errors import StartError
from movenet_ros.tools.benchmark.graph import measure_graph
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level


@pytest.mark.tool
def test_a_node_that_does_not_start_says_why(
    small_image: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own last line, and rclpy is shut down."""
    monkeypatch.setenv('PYTHONPATH', str(Path(__file__).resolve().parents[3]))
    wrong = {'model_path': '/nowhere/model.onnx'}
    with pytest.raises(StartError, match="exit code 1: model path '/nowhere/model.onnx' does"):
        measure_graph(small_image, None, wrong, 1.0)  # type: ignore[arg-type]
    assert not rclpy.ok()
    set_logger_level('', LoggingSeverity.INFO)  # the benchmark's stays with the process
