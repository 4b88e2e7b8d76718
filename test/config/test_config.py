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

"""Files in config/ against the parameter tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geometry_msgs.msg import PoseStamped
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.messages.markers import NAMESPACE
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import unknown_parameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import VideoSourceParameters
import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from visualization_msgs.msg import MarkerArray
import yaml

CONFIG = Path(__file__).parents[2] / 'config'
POSE_YAML = CONFIG / 'pose.yaml'
POSE_RVIZ = CONFIG / 'pose.rviz'


@pytest.fixture
def node() -> Iterator[Node]:
    """Return a node that was started with pose.yaml."""
    context = Context()
    rclpy.init(context=context)
    arguments = ['--ros-args', '--params-file', str(POSE_YAML)]
    node = Node('movenet', namespace='/robot1', context=context, cli_args=arguments)
    yield node
    node.destroy_node()
    context.try_shutdown()


def rviz() -> dict[str, Any]:
    """Return RViz's configuration."""
    config: dict[str, Any] = yaml.safe_load(POSE_RVIZ.read_text())
    return config


def displays() -> dict[str, dict[str, Any]]:
    """Return the displays of pose.rviz by their classes."""
    shown = rviz()['Visualization Manager']['Displays']
    return {each['Class'].removeprefix('rviz_default_plugins/'): each for each in shown}


def image_display() -> dict[str, Any]:
    """Return the one of images."""
    return displays()['Image']


def test_ros_takes_pose_yaml(node: Node) -> None:
    """A node in any namespace reads it, with the right types."""
    assert declare(node, PoseParameters) == PoseParameters()


def test_pose_yaml_names_real_parameters_only(node: Node) -> None:
    """The node says nothing against it at start."""
    assert unknown_parameters(node, PoseParameters) == []


def test_rviz_asks_for_reliable_images() -> None:
    """Best effort loses large images; a queue would show the past."""
    assert image_display()['Topic'] == {
        'Depth': 1,
        'Durability Policy': 'Volatile',
        'History Policy': 'Keep Last',
        'Reliability Policy': 'Reliable',
        'Value': '/image_annotated',
    }


def test_rviz_shows_the_image_at_once() -> None:
    """The display is on, and its panel is not folded away."""
    display = image_display()
    geometry = rviz()['Window Geometry']
    assert display['Enabled'] and not geometry[display['Name']]['collapsed']


def test_rviz_lays_out_the_panels_that_there_are() -> None:
    """Qt keeps a panel's place under its name, and forgets it silently for another."""
    state = bytes.fromhex(rviz()['Window Geometry']['QMainWindow State'])
    names = [image_display()['Name'], *(panel['Name'] for panel in rviz()['Panels'])]
    assert [name for name in names if name.encode('utf-16-be') not in state] == []


def test_rviz_looks_at_the_cameras_frame() -> None:
    """The frame that the images carry."""
    fixed_frame = rviz()['Visualization Manager']['Global Options']['Fixed Frame']
    assert fixed_frame == VideoSourceParameters().frame_id


@pytest.mark.parametrize(
    ('display', 'msg_type'), [('MarkerArray', MarkerArray), ('Pose', PoseStamped)]
)
def test_rviz_shows_what_the_3d_node_publishes(display: str, msg_type: Any) -> None:
    (output,) = (each for each in OUTPUTS_3D if each.msg_type is msg_type)
    assert displays()[display]['Topic']['Value'] == f'/{output.name}'


def test_rviz_draws_people_over_the_cloud_among_the_frames_of_tf() -> None:
    """All are on: without its topic, a display of RViz shows nothing, and no fault."""
    shown = displays()
    assert {'Grid', 'PointCloud2', 'MarkerArray', 'TF'} <= {*shown}
    assert all(each['Enabled'] for each in shown.values())
    assert shown['MarkerArray']['Namespaces'] == {NAMESPACE: True}
