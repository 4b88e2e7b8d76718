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

"""The graph of a demo, with the real pose node."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from itertools import islice
import json
from pathlib import Path
import time

from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.tools.demo.graph import running_graph
from movenet_ros.tools.demo.player import Outcome
from movenet_ros.tools.demo.player import Player
from movenet_ros.tools.demo.results import Results
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level

pytestmark = pytest.mark.tool

IMAGES = 8
PARAMETERS = {'backend': 'onnxruntime', 'input_size': 128}


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the graph into a domain of its own."""
    monkeypatch.setenv('PYTHONPATH', str(Path(__file__).resolve().parents[3]))
    yield
    rclpy.try_shutdown()
    set_logger_level('', LoggingSeverity.INFO)  # the demo's stays with the process


def camera(photo_bgr: NDArray[np.uint8]) -> Media:
    """Make a camera, cut short as `--seconds` does it, that tells which image is which."""

    def images() -> Iterator[TimedImage]:
        for i in count():
            time.sleep(0.03)
            yield TimedImage(SourceImage(photo_bgr[: 400 + i, :400], 'bgr'), i * 30_000_000)

    return Media('camera 0', 30.0, IMAGES, True, lambda: islice(images(), IMAGES))


def play(media: Media, out: Path, **parameters: str) -> Outcome:
    """Run the graph to its end."""
    warnings: list[str] = []
    with running_graph({**PARAMETERS, **parameters}, out / 'pose_node.log') as (node, child):
        player = Player(node, child, warnings.append, signals=[])
        assert player.wait_for_node()
        with Results(out, media) as results:
            player.play(media, results, lambda: None)
            results.finish()
    assert not warnings
    return player.outcome


def test_a_camera_waits_for_the_pose_node(
    domain: None, tmp_path: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Its first image is not lost while the model loads, and its last one is the end."""
    outcome = play(camera(photo_bgr), tmp_path)
    records = [json.loads(line) for line in (tmp_path / 'poses.jsonl').read_text().splitlines()]
    assert outcome.sent == IMAGES
    assert records[0]['image_wh'] == [400, 400]
    assert records[-1]['image_wh'] == [400, 400 + IMAGES - 1]
    assert len(outcome.people) == len(records) == len(outcome.latencies_s)
    assert outcome.backend.startswith('onnxruntime')


def test_a_pose_node_that_does_not_start(
    domain: None, tmp_path: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Its own last line says why, and nothing is written."""
    with pytest.raises(StartError, match="exit code 1: model path '/nowhere/model.onnx' does"):
        play(camera(photo_bgr), tmp_path, model_path='/nowhere/model.onnx')
    assert [each.name for each in tmp_path.iterdir()] == ['pose_node.log']
    assert not rclpy.ok()
