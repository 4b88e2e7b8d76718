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

"""A soak of nodes that are not as they should be: it has to find out."""

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
from movenet_ros.tools.soak import graph as soak_graph
from movenet_ros.tools.soak import ledger as soak
from movenet_ros.tools.soak import stage as soak_stage
from movenet_ros.tools.soak.flood import FloodPlan
from movenet_ros.tools.soak.graph import run_soak
from movenet_ros.tools.soak.ledger import Phase
from movenet_ros.tools.soak.phases import DRAWN
from movenet_ros.tools.soak.phases import PHASES
from movenet_ros.tools.soak.stage import Log
from movenet_ros.tools.soak.verdict import violations
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level

pytestmark = pytest.mark.tool

MINUTES = 0.05
PARAMETERS = {'backend': 'onnxruntime'}
BROKEN_NODE = """
import os, time
from movenet_ros.node import pose_node

class Broken(pose_node.PoseNode):
    published = 0

    def _publish(self, *args):
        self.published += args[-1].frame_id == 'soak'  # not while the rate is measured
        {publish}
        super()._publish(*args)

    def _enable(self, request, response):
        {enable}
        return super()._enable(request, response)

pose_node.PoseNode = Broken
main = pose_node.main
"""

Soaked = Callable[..., list[str]]


@pytest.fixture
def soaked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo_bgr: NDArray[np.uint8]
) -> Iterator[Soaked]:
    """Return a function that soaks a node with a fault and tells the violations."""
    root = Path(__file__).resolve().parents[3]
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{root}')
    monkeypatch.setattr(soak_graph, 'MEASURE_S', 0.5)
    image = next(iter(two_people(photo_bgr).images()))
    assert isinstance(image, SourceImage)

    def run(name: str, publish: str = 'pass', enable: str = 'pass') -> list[str]:
        monkeypatch.setattr(soak_graph, 'plan', lambda seed: [(1, Phase(name, 30.0, ''))])
        code = BROKEN_NODE.format(publish=publish, enable=enable)
        (tmp_path / 'broken_node.py').write_text(code)
        soak = run_soak(
            image.pixels, MINUTES, 0, PARAMETERS, tmp_path / 'log', lambda *_: None,
            ('broken_node',),
        )
        assert soak.is_complete and soak.hold_hz > 0
        return violations(soak.ledger.runs)

    yield run
    assert not rclpy.ok()
    set_logger_level('', LoggingSeverity.INFO)  # the soak's stays with the process


FAULTS = """
        if self.published == 4: super()._publish(*args)
        if self.published == 5: self.get_logger().error("no luck")
        if self.published == 6: return
        if self.published == 7: time.sleep(4)
"""


def test_a_broken_node_is_found_out(soaked: Soaked) -> None:
    """Each of its faults is a line."""
    lines = soaked('steady', FAULTS)
    for words in (
        's, although good images were sent',
        '1 messages of poses to images that nobody sent, or twice',
        'no luck',
        'good images were lost',
    ):
        assert any(words in line for line in lines), lines


@pytest.mark.parametrize(
    ('fault', 'words'), [('os._exit(7)', 'with exit code 7: '), ('1 / 0', 'division by zero')]
)
def test_a_node_that_ends_early_is_found_out(fault: str, words: str, soaked: Soaked) -> None:
    lines = soaked('steady', f'if self.published == 7: {fault}')
    assert any('the pose node ended' in line and words in line for line in lines), lines


def test_a_switch_without_effect_is_found_out(soaked: Soaked) -> None:
    lines = soaked('switches', enable='request.data = True')
    assert any('poses while disabled' in line for line in lines)


def test_a_node_that_never_answers_again(
    soaked: Soaked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, and ended by force."""
    monkeypatch.setattr(soak_stage, 'GIVE_UP_S', 4.0)
    block = 'signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})'
    lines = soaked('steady', f'if self.published == 7: import signal; {block}; time.sleep(60)')
    assert any('no image came back in 4 s: the soak ends here' in line for line in lines), lines


def test_a_node_that_does_not_start(soaked: Soaked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own last line says why."""
    monkeypatch.setitem(PARAMETERS, 'model_path', '/nowhere/model.onnx')
    with pytest.raises(StartError, match="exit code 1: .*'/nowhere/model.onnx' does not exist"):
        soaked('steady')


def test_every_phase_of_the_plan_has_its_deeds() -> None:
    assert set(PHASES) == {each.name for each in soak.PHASES}


def test_every_parameter_that_changes_is_drawn_from_what_is_allowed() -> None:
    for name, draw in DRAWN.items():
        for seed in range(50):
            table_of(PoseParameters, {name: draw(Random(seed))})
        assert rows(PoseParameters)[name].run_time


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


def test_a_flood_is_passed_on_to_its_process() -> None:
    flood = FloodPlan(312.5, 4.0, (1280, 720), 'best_effort')
    assert FloodPlan.read(flood.args()) == flood
    assert flood.name == '1280x720 best effort'
