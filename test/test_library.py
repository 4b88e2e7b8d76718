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

"""The library without ROS: what importing it does, and what it returns."""

from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from movenet_ros import Perception
from movenet_ros import Settings
from movenet_ros.core.errors import ImageError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
FOREIGN = ('rclpy', 'tensorflow', 'onnxruntime', 'openvino', 'onnx', 'scipy', 'vision_msgs')
LOOK = """
import json, os, sys
import cv2
log = getattr(cv2.utils, 'logging', cv2)
before = dict(os.environ), log.getLogLevel()
{statement}
print(json.dumps({{
    'same': (dict(os.environ), log.getLogLevel()) == before,
    'modules': sorted(sys.modules),
}}))
"""


def looked(statement: str) -> dict[str, Any]:
    """Run a statement in a process of its own; return what it changed and imported there."""
    run = subprocess.run(
        [sys.executable, '-c', LOOK.format(statement=statement)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, capture_output=True, text=True, check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.process
def test_importing_the_library_loads_no_ros_and_no_runtime() -> None:
    found = looked('from movenet_ros import Perception, Settings')
    assert not {*FOREIGN} & {*found['modules']}
    assert found['same']


@pytest.mark.process
def test_importing_what_a_subscriber_needs_changes_nothing() -> None:
    found = looked('from movenet_ros.messages import poses_from_msg')
    ours = [name for name in found['modules'] if name.startswith('movenet_ros.')]
    assert found['same'] and len(ours) < 10
    assert not {'rclpy', 'scipy'} & {*found['modules']}


def test_people_in_an_array(onnxruntime_cpu: Runtime, astronaut: SourceImage) -> None:
    perception = Perception(Settings(), runtime=onnxruntime_cpu)
    people = perception.people(astronaut.pixels)
    assert people.keypoints.shape == (1, 17, 2)
    assert people.ids.tolist() == [0]


def test_with_stamps_people_are_followed(onnxruntime_cpu: Runtime, astronaut: SourceImage) -> None:
    perception = Perception(Settings(), runtime=onnxruntime_cpu)
    found = [perception.people(astronaut.pixels, stamp) for stamp in range(0, 10**9, 10**8)]
    assert found[-1].ids.tolist() == [1]


@pytest.mark.parametrize('image', [np.zeros((48, 64), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_another_array_is_refused(onnxruntime_cpu: Runtime, image: Any) -> None:
    with pytest.raises(ImageError):
        Perception(Settings(), runtime=onnxruntime_cpu).people(image)


@pytest.mark.runtime  # the first time on a machine, it tries the runtime in a process
def test_the_block_ends_with_the_network_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('onnxruntime')
    closed: list[bool] = []
    with Perception(Settings(backend='onnxruntime', device='cpu')) as perception:
        close = perception.runtime.close
        monkeypatch.setattr(perception.runtime, 'close', lambda: (closed.append(True), close()))
    assert closed == [True]


def test_a_name_that_the_package_lacks_is_an_attribute_error() -> None:
    import movenet_ros

    with pytest.raises(AttributeError, match='Perceptron'):
        _ = movenet_ros.Perceptron
