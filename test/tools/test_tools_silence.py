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

"""Why nothing arrives on a topic, of a graph in plain values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from movenet_ros.tools.silence import explain
from movenet_ros.tools.silence import Status
import pytest
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy

OK, WARN, ERROR = range(3)


def publisher(best_effort: bool = False) -> Any:
    """Make the endpoint of a publisher."""
    policy = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
    return SimpleNamespace(
        node_name='movenet', node_namespace='/robot',
        qos_profile=QoSProfile(depth=1, reliability=policy),
    )


def status(part: str, level: int, node: str = '/robot/movenet') -> Status:
    """Make a status."""
    return Status(node, part, level, f'{part} of {node}', {})


@pytest.mark.parametrize(
    ('topic', 'what'), [('/robot/poses', 'pose_node'), ('/camera/image', 'its publisher')]
)
def test_it_says_what_to_start(topic: str, what: str) -> None:
    assert what in explain(topic, [], [], [])


def test_many_other_topics_are_cut_short() -> None:
    others = [f'/camera{i}/image' for i in range(100)]
    assert len(explain('/image', [], others, [])) < 400


@pytest.mark.parametrize(
    ('levels', 'part'), [((OK, OK, OK), 'images'), ((OK, WARN, ERROR), 'model'),
                         ((OK, WARN, WARN), 'poses')]
)
def test_the_worst_of_what_the_publisher_reports_is_told(
    levels: tuple[int, int, int], part: str
) -> None:
    statuses = [status('model', ERROR, '/other/movenet')]
    statuses += [status(*each) for each in zip(('images', 'poses', 'model'), levels)]
    said = explain('/robot/poses', [publisher()], [], statuses)
    assert f'{part} of /robot/movenet' in said and '/other' not in said


@pytest.mark.parametrize('best_effort', [False, True])
def test_images_that_get_lost_are_a_reason_where_they_can(best_effort: bool) -> None:
    said = explain('/camera/image', [publisher(best_effort)], [], [])
    assert ('best effort' in said) is best_effort and 'doctor' in said
