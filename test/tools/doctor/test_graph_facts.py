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

"""What is seen of a graph, and its way through JSON."""

from __future__ import annotations

from dataclasses import asdict
import json

from movenet_ros.tools.doctor.graph_facts import Diagnosis
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.doctor.graph_facts import Watch
import pytest

CAMERA, VIEWER = Endpoint('/camera', RAW, depth=5), Endpoint('/viewer', RAW)


def test_a_graph_comes_back_from_json() -> None:
    topic = Topic('/image', (CAMERA,), (VIEWER,), Watch(3, 0.2, 100, 'bgr8', (64, 48), moves=True))
    pose_node = PoseNode('/movenet', 'active', (Topic('/poses', (VIEWER,)),))
    graph = Graph(
        'rmw_x', 5, ('/camera', '/movenet'), (topic, Topic('/silent')), (pose_node,),
        (Diagnosis('movenet: images', 1, 'none'),), has_clock=True, seconds=3.0,
    )
    assert Graph.of(json.loads(json.dumps(asdict(graph)))) == graph


@pytest.mark.parametrize(
    ('watch', 'rate_hz'),
    [(Watch(), 0.0), (Watch(1), 0.0), (Watch(11, 2.0), 5.0), (Watch(2, 0.0), 0.0)],
)
def test_the_rate_is_that_of_the_gaps(watch: Watch, rate_hz: float) -> None:
    assert watch.rate_hz == rate_hz


@pytest.mark.parametrize('reliability', ['reliable', 'best effort'])
@pytest.mark.parametrize('durability', ['volatile', 'transient local'])
@pytest.mark.parametrize('offered_reliability', ['reliable', 'best effort'])
@pytest.mark.parametrize('offered_durability', ['volatile', 'transient local'])
def test_who_offers_less_than_is_asked_for_is_not_heard(
    reliability: str, durability: str, offered_reliability: str, offered_durability: str
) -> None:
    subscriber = Endpoint('/s', RAW, reliability, durability)
    publisher = Endpoint('/p', RAW, offered_reliability, offered_durability)
    wants_more = (reliability, offered_reliability) == ('reliable', 'best effort') or (
        (durability, offered_durability) == ('transient local', 'volatile')
    )
    assert subscriber.hears(publisher) != wants_more


def test_a_topic_knows_what_it_carries() -> None:
    assert Topic('/image', (CAMERA,)).publishes('x', RAW)
    assert not Topic('/image', (), (VIEWER,)).publishes(RAW)
