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

"""config/foxglove.json and config/diagnostics.yaml against what our nodes publish."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from movenet_ros.consumers.humans_report import HumansReport
from movenet_ros.consumers.humans_report import statuses_humans
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.kinematics_report import KinematicsReport
from movenet_ros.consumers.kinematics_report import statuses_kinematics
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.consumers.report import Report3D
from movenet_ros.consumers.report import statuses_3d
from movenet_ros.consumers.report import Tally3D
from movenet_ros.consumers.tally import Tally
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.messages.markers import NAMESPACE
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.node.diagnostics import DIAGNOSTICS
from movenet_ros.node.diagnostics import statuses
from movenet_ros.node.monitor import Monitor
from movenet_ros.node.report import Report
from movenet_ros.settings import DiagnosticsSettings
import pytest
import yaml

CONFIG = Path(__file__).parents[2] / 'config'
LAYOUT = json.loads((CONFIG / 'foxglove.json').read_text())
PANELS: dict[str, dict[str, Any]] = {
    name.partition('!')[0]: panel for name, panel in LAYOUT['configById'].items()
}
CAMERA = '/image_raw'  # of the camera that pose.launch.py starts
OURS = {f'/{each.name}' for each in (*OUTPUTS, *OUTPUTS_3D, *OUTPUTS_KINEMATICS)}
GENERIC = 'diagnostic_aggregator/GenericAnalyzer'


def panels_in(layout: Any) -> Iterator[str]:
    """Yield the panels that a layout shows."""
    if isinstance(layout, str):
        yield layout
    else:
        yield from panels_in(layout['first'])
        yield from panels_in(layout['second'])


def test_foxglove_shows_every_panel_once() -> None:
    assert sorted(panels_in(LAYOUT['layout'])) == sorted(LAYOUT['configById'])


def test_foxglove_shows_topics_that_there_are() -> None:
    image, space, plot = PANELS['Image'], PANELS['3D'], PANELS['Plot']
    topics = {
        image['imageMode']['imageTopic'],
        *image['imageMode']['annotations'],
        *image['syncedTopics'],
        *space['topics'],
        *(path['value'].partition('.')[0] for path in plot['paths']),
        PANELS['DiagnosticSummary']['topicToRender'],
    }
    assert topics <= OURS | {CAMERA, DIAGNOSTICS}
    assert {CAMERA, DIAGNOSTICS, '/annotations', '/markers', '/joint_angles'} <= topics


def test_foxglove_shows_the_skeletons() -> None:
    assert PANELS['3D']['topics']['/markers']['namespaces'] == {NAMESPACE: {'visible': True}}


def test_foxglove_plots_the_angles_that_the_legend_names() -> None:
    """Of the first person: a message has all angles of one after those of the other."""
    for path in PANELS['Plot']['paths']:
        assert path['value'] == f'/joint_angles.position[{ANGLES.index(path["label"])}].@rad2deg'


@pytest.mark.parametrize('namespace', ['', 'robot1/'])
def test_diagnostic_aggregator_finds_every_status_once(namespace: str) -> None:
    """As its GenericAnalyzer does: the name contains the text."""
    parameters = yaml.safe_load((CONFIG / 'diagnostics.yaml').read_text())['analyzers']
    group = parameters['ros__parameters']['people']
    assert group['type'] == 'diagnostic_aggregator/AnalyzerGroup'
    analyzers = group['analyzers'].values()
    assert all(each['type'] == GENERIC and each['path'] for each in analyzers)
    report = Report('active', Monitor().activity(), DiagnosticsSettings())
    found = [
        statuses(f'{namespace}movenet', report),
        statuses_3d(f'{namespace}movenet_3d', Report3D('active', '', '', {}, '', Tally3D())),
        statuses_kinematics(
            f'{namespace}movenet_kinematics', KinematicsReport('active', '', '', '', Tally())
        ),
        statuses_humans(
            f'{namespace}movenet_humans', HumansReport('active', '', '', '', Tally(), (), None)
        ),
    ]
    matching = [
        [[text in status.name for text in each['contains']].count(True) for each in analyzers]
        for node in found
        for status in node
    ]
    assert matching == [[1, 0, 0, 0]] * 3 + [[0, 1, 0, 0]] * 2 + [[0, 0, 1, 0], [0, 0, 0, 1]]
