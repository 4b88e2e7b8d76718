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

"""The graph of a demo: with a camera, and where something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from itertools import count
from itertools import islice
import json
from pathlib import Path
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.tools.demo import graph as demo_graph
from movenet_ros.tools.demo.graph import run_graph
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level

pytestmark = pytest.mark.tool

IMAGES = 8
PARAMETERS = {'backend': 'onnxruntime', 'input_size': 128}
WAIT_S = 30.0


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the graph into a domain of its own."""
    monkeypatch.setenv('PYTHONPATH', str(Path(__file__).resolve().parents[3]))
    yield
    rclpy.try_shutdown()
    set_logger_level('', LoggingSeverity.INFO)  # the demo's stays with the process


def camera(photo_bgr: NDArray[np.uint8], total: int | None) -> Media:
    """Make a camera, cut short as `--seconds` does it, that tells which image is which."""

    def images() -> Iterator[TimedImage]:
        for i in count():
            time.sleep(0.03)
            image = SourceImage(photo_bgr[: 400 + i, :400], 'bgr')
            yield TimedImage(image, i * 30_000_000)

    return Media('camera 0', 30.0, total, True, lambda: islice(images(), IMAGES))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give the folder for the files."""
    return tmp_path


def test_a_camera_waits_for_the_pose_node(
    domain: None, out: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Its first image is not lost while the model loads, and its last one is the end."""
    done: list[int] = []
    outcome = run_graph(camera(photo_bgr, IMAGES), out, PARAMETERS, done.append)
    records = [json.loads(line) for line in (out / 'poses.jsonl').read_text().splitlines()]
    assert outcome.sent == IMAGES
    assert records[0]['image_wh'] == [400, 400]
    assert len(outcome.people) == len(records) == len(outcome.latencies_s) == done[-1]
    assert 0 < len(records) <= IMAGES


def test_a_camera_that_is_unplugged(
    domain: None, out: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Is said, and ends the graph."""
    with pytest.raises(StartError, match=r'camera 0 delivers no images \(any more\)'):
        run_graph(camera(photo_bgr, None), out, PARAMETERS, lambda done: None)
    assert not rclpy.ok()


def test_a_pose_node_that_does_not_start(
    domain: None, out: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Its own last line says why."""
    wrong = {'model_path': '/nowhere/model.onnx'}
    with pytest.raises(StartError, match="exit code 1: model path '/nowhere/model.onnx' does"):
        run_graph(camera(photo_bgr, IMAGES), out, wrong, lambda done: None)


def test_a_folder_that_is_not_there(
    domain: None, out: Path, photo_bgr: NDArray[np.uint8]
) -> None:
    """Is said before anything is started."""
    with pytest.raises(StartError, match='cannot write .*poses.jsonl'):
        run_graph(camera(photo_bgr, IMAGES), out / 'no', PARAMETERS, lambda done: None)


class FakePoses:
    """What an image recorder asks of a pose recorder."""

    def __init__(self, people: dict[int, int]) -> None:
        self.people = people


class FakeVideo:
    """Takes images."""

    def __init__(self) -> None:
        self.stamps: list[int] = []

    def write(self, image_bgr: Any, stamp: int) -> None:
        """Note the stamp."""
        self.stamps.append(stamp)


@pytest.mark.parametrize(
    ('people', 'typical'),
    [
        ({1: 2, 2: 2, 3: 1}, 2),  # the latest with the usual number
        ({1: 0, 2: 0, 3: 1}, 3),  # one person is better than none
        ({1: 0, 2: 0}, 2),
        ({}, None),
    ],
)
def test_the_typical_image(
    people: dict[int, int], typical: int | None, world: Any, make_image: Callable[..., Any]
) -> None:
    """Shows as many people as most do."""
    recorder = demo_graph.ImageRecorder(
        FakeVideo(), FakePoses({sec * 10**9: n for sec, n in people.items()}),  # type: ignore
        context=world.context, namespace=world.namespace,
    )
    for sec in people:
        image = make_image(sec)
        image.data[:] = type(image.data)('B', bytes([sec]) * len(image.data))
        recorder._on_image(image)
    shown = recorder.typical()
    recorder.destroy_node()
    assert (None if shown is None else int(shown[0, 0, 0])) == typical
