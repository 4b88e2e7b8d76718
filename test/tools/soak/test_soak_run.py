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

"""A soak of nodes with faults: it has to find them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import os
from pathlib import Path
from random import Random

from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import table_of
from movenet_ros.tools.scene import two_people
from movenet_ros.tools.soak import fixture as soak_fixture
from movenet_ros.tools.soak import phases
from movenet_ros.tools.soak import run as soak_run
from movenet_ros.tools.soak.fixture import Log
from movenet_ros.tools.soak.phases import drawn
from movenet_ros.tools.soak.plan import Phase
from movenet_ros.tools.soak.plan import PHASES
from movenet_ros.tools.soak.results import violations
from movenet_ros.tools.soak.run import run_soak
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level

pytestmark = pytest.mark.tool

MINUTES = 0.05
PARAMETERS = {'backend': 'onnxruntime'}
FAULTY_NODE = """
import os, sys, time
from movenet_ros.node.pose_node import main
from rclpy.node import Node
from rclpy.publisher import Publisher

publish, create_service = Publisher.publish, Node.create_service
published = 0

def faulty_publish(self, msg):
    global published
    if self.topic_name.endswith('/poses') and b'soak' in bytes(msg)[:24]:  # not the measurement
        published += 1
        {fault}
    publish(self, msg)

def always_enabled(self, srv_type, name, callback, **more):
    def answer(request, response):
        request.data = True
        return callback(request, response)
    return create_service(self, srv_type, name, answer if 'enable' in name else callback, **more)

Publisher.publish, Node.create_service = faulty_publish, always_enabled
"""

Soaked = Callable[..., list[str]]


@pytest.fixture
def soaked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo_bgr: NDArray[np.uint8]
) -> Iterator[Soaked]:
    """Return a function that soaks a node with a fault, and returns the violations."""
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{Path(__file__).parents[3]}')
    monkeypatch.setattr(soak_run, 'MEASURE_S', 0.3)
    image = next(two_people(photo_bgr, photo_bgr).images()).image
    assert isinstance(image, SourceImage)

    def run(fault: str, *names: str) -> list[str]:
        steps = [(1, Phase(name, 20.0, '')) for name in names]
        monkeypatch.setattr(soak_run, 'plan', lambda seed: steps)
        (tmp_path / 'faulty_node.py').write_text(FAULTY_NODE.format(fault=fault))
        soak = run_soak(
            image.pixels, MINUTES, 0, PARAMETERS, tmp_path / 'log', lambda *_: None,
            ('faulty_node',),
        )
        assert soak.is_complete and soak.good_hz > 0
        return violations(soak.counts.runs)

    yield run
    assert not rclpy.ok()
    set_logger_level('', LoggingSeverity.INFO)  # the soak's stays with the process


FAULTS = """
        if published == 1: publish(self, msg)
        if published == 2: print('[ERROR] no luck', file=sys.stderr)
        if published == 3: return
        if published == 4: time.sleep(3)
"""


def test_faults_are_found(soaked: Soaked) -> None:
    lines = soaked(FAULTS, 'steady', 'switches')
    for words in (
        's, although good images were sent',
        'messages of poses for images that were not sent, or twice',
        'no luck',
        'good images were lost',
        'poses while disabled',
    ):
        assert any(words in line for line in lines), lines


def test_a_node_that_ends_early_is_found(soaked: Soaked) -> None:
    lines = soaked('if published == 7: os._exit(7)', 'steady')
    assert any('the pose node ended with exit code 7' in line for line in lines), lines


def test_a_node_that_never_answers_again_is_given_up(
    soaked: Soaked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_fixture, 'GIVE_UP_S', 2.0)
    lines = soaked('if published > 6: return', 'steady')
    assert any('no poses came in 2 s: the soak ends here' in line for line in lines), lines


def test_a_node_that_does_not_start_says_why(
    soaked: Soaked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARAMETERS, 'model_path', '/nowhere/model.onnx')
    with pytest.raises(StartError, match="exit code 1: .*'/nowhere/model.onnx' does not exist"):
        soaked('pass', 'steady')


@pytest.mark.parametrize('phase', PHASES, ids=lambda phase: phase.name)
def test_every_phase_of_the_plan_has_its_function(phase: Phase) -> None:
    assert callable(getattr(phases, phase.name))


def test_values_are_drawn_from_what_is_allowed() -> None:
    for name, row in rows(PoseParameters).items():
        for seed in range(20) if row.run_time else ():
            table_of(PoseParameters, {name: drawn(name, Random(seed))})


def test_errors_in_a_log(tmp_path: Path) -> None:
    path = tmp_path / 'log'
    path.write_text('[INFO] fine\n[ERROR] no such model soak_no_model.onnx\n[ERROR] half a li')
    log = Log(path)
    log.expected.append('soak_no_model')
    assert log.new_errors() == []
    with path.open('a') as file:
        file.write('ne\n[WARN] hm\nTraceback (most recent call last):\n  File "x.py"\n')
    assert log.new_errors() == ['[ERROR] half a line', 'Traceback (most recent call last):']
    assert log.new_errors() == []
