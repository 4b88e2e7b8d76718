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

"""
Play a bag to the pose node and show the people in RViz: pose.launch.py with a bag as its camera.

The bag is played at its own pace: a node that is slower processes the newest image and drops the
others. "python -m movenet_ros replay" processes every image.
"""

from functools import partial
import math
import os
from pathlib import Path
import re
from shutil import which

from ament_index_python.packages import get_package_prefix
from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch import LaunchDescription
from launch import LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument
from launch.actions import ExecuteProcess
from launch.actions import GroupAction
from launch.actions import IncludeLaunchDescription
from launch.actions import LogInfo
from launch.actions import OpaqueFunction
from launch.actions import Shutdown
from launch.actions import TimerAction
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
import rclpy
from rclpy.context import Context
from rclpy.node import Node

SHARE = Path(get_package_share_directory('movenet_ros'))
# Fast DDS reads the first up to its version 2 and the second from version 3 on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
OUTPUTS = (  # printed by scripts/papers from the tables of outputs
    'poses',
    'detections',
    'annotations',
    'image_annotated',
    'label_info',
    'poses_3d',
    'person',
    'markers',
    'joint_angles',
    'activities',
)
NODES = 'movenet', 'movenet_3d', 'movenet_kinematics', 'movenet_humans'
BODY_TOPIC = re.compile(r'^ *name: (/humans/bodies/[\w/]+)$', re.MULTILINE)
CLOCK_HZ = '40'  # ros2 bag's own default
DISCOVERY_S = '1'  # from the start of the player to its first message
LOOK_S = 0.2  # from one look at the graph to the next, until the pose node reads images
SPELLINGS = {
    **dict.fromkeys(('true', '1', 'yes', 'on'), True),
    **dict.fromkeys(('false', '0', 'no', 'off'), False),
}
IMAGE_TYPES = {'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'}
LAST_IMAGES_S = 1.0  # from the end of the bag to the end of the launch

# Name, default, meaning and, where not every value is allowed, choices. Rows of the node's
# parameters are printed by scripts/papers from movenet_ros/settings.py.
ARGUMENTS = (
    ('bag', '', 'Bag to play, a folder or a file; required.'),
    ('rate', '1.0', 'Speed, as a multiple of the recorded one; more than 0.'),
    ('loop', 'false', 'Start again at the end of the bag; otherwise end.', 'true', 'false'),
    (
        'image', 'image_raw',
        'Image topic in the bag, such as /camera/image_raw; without /compressed.',
    ),
    (
        'image_transport', '',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed. Empty: as in params_file.',
        '', 'raw', 'compressed',
    ),
    (
        'depth', '',
        'Topic of aligned depth images in the bag, with /compressedDepth of compressed ones, for'
        ' the 3D node; monocular: without depth; empty: no 3D node.',
    ),
    (
        'camera_info', '',
        'Calibration topic in the bag for the 3D node; empty: camera_info beside the topic of'
        ' images.',
    ),
    (
        'target_frame', '',
        'Frame of tf in which the 3D node publishes people; empty: that of the camera, or as in'
        ' params_file.',
    ),
    (
        'kinematics', 'false',
        'Start the kinematics node, which publishes joint_angles and activities: of poses, with a'
        ' depth image of poses_3d.',
        'true', 'false',
    ),
    (
        'humans', 'false',
        'Start the humans node, which publishes the bodies of REP 155 on /humans: of poses, with a'
        ' depth image of poses_3d too. It needs hri_msgs.',
        'true', 'false',
    ),
    (
        'rviz', 'true', 'Show image_annotated in RViz; with depth, people in space too.',
        'true', 'false',
    ),
    (
        'namespace', '',
        'Namespace of the nodes and RViz; the topics of the bag keep their names.',
    ),
    (
        'params_file', '',
        'YAML file of parameters for pose_node, pose_3d_node, kinematics_node and humans_node; a'
        ' copy of config/pose.yaml, pose_3d.yaml, kinematics.yaml or humans.yaml, or all in one'
        ' file.',
    ),
    (
        'mode', '',
        'fast: people are detected, once an image; balanced: each person is looked at closely'
        ' too, within refine.budget_ms; accurate: two detections and everybody, in every image;'
        ' auto: accurate on a GPU, balanced on a CPU where the time measured there allows 30 Hz,'
        ' else fast. Empty: as in params_file.',
        '', 'auto', 'fast', 'balanced', 'accurate',
    ),
    (
        'backend', '',
        'Inference runtime; auto: the fastest that works on this machine. Empty: as in'
        ' params_file.',
        '', 'auto', 'tensorflow', 'onnxruntime', 'openvino',
    ),
    (
        'log_level', 'info',
        'Log level of the pose node and the nodes that read poses.',
        'debug', 'info', 'warn', 'error', 'fatal',
    ),
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and the actions to start with them, in a group as pose.launch.py."""
    declared = [declare(*row) for row in ARGUMENTS]
    return LaunchDescription([GroupAction([*declared, OpaqueFunction(function=start)])])


def declare(name: str, default: str, meaning: str, *choices: str) -> DeclareLaunchArgument:
    """Declare an argument; launch's own check of choices would take one spelling of each."""
    listed = f' One of: {", ".join(filter(None, choices))}.' if choices else ''
    return DeclareLaunchArgument(name, default_value=default, description=f'{meaning}{listed}')


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start the pose node and RViz, and the player as soon as no image would be lost."""
    given = dict(context.launch_configurations)
    refuse_contradictions(given)
    return [
        LogInfo(msg='the bag waits until an output of the pose node has a subscriber'),
        pose_node_and_rviz(),
        look_soon(player(given), given['namespace']),
    ]


def refuse_contradictions(given: dict[str, str]) -> None:
    """
    End the launch with one line if the bag cannot be played; pose.launch.py checks the rest.

    :raises RuntimeError: launch prints it and ends.
    """
    if not given['bag']:
        raise RuntimeError('which bag? bag:=PATH, a folder or a file')
    if not bag(given).exists():
        raise RuntimeError(f"bag '{bag(given)}' does not exist")
    try:
        rate = float(given['rate'])
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise RuntimeError(f"rate '{given['rate']}' is not a number above 0")
    if given['loop'].strip().lower() not in SPELLINGS:
        raise RuntimeError(f"loop '{given['loop']}' is neither true nor false")
    try:
        get_package_prefix('ros2bag')
    except LookupError:
        distro = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
        fix = f'sudo apt install ros-{distro}-ros2bag'
        raise RuntimeError(f'the package ros2bag is not installed: {fix}') from None
    if which('ros2') is None:
        raise RuntimeError('there is no program ros2 in PATH, which plays the bag')


def bag(given: dict[str, str]) -> Path:
    """Return the bag's path; a shell does not expand the ~ in bag:=~/bags/walk."""
    return Path(given['bag']).expanduser()


def pose_node_and_rviz() -> IncludeLaunchDescription:
    """Include pose.launch.py, which reads its other arguments by the same names."""
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'pose.launch.py')),
        launch_arguments=[
            ('autostart', 'true'), ('camera', 'none'), ('cameras', ''), ('enclave', ''),
            ('use_sim_time', 'true'), ('required', 'true'), ('respawn', 'false'),
        ],
    )


def look_soon(player: ExecuteProcess, namespace: str, graph: Node | None = None) -> TimerAction:
    """Start the player a little later, if images are read by then."""
    look = partial(play_if_images_are_read, player, namespace, graph)
    return TimerAction(period=LOOK_S, actions=[OpaqueFunction(function=look)])


def play_if_images_are_read(
    player: ExecuteProcess, namespace: str, graph: Node | None, context: LaunchContext
) -> list[LaunchDescriptionEntity]:
    """
    Start the player if the pose node subscribes to images, or look again soon.

    It does so once it has its model, which takes seconds, at a first start minutes, and its
    outputs have a subscriber: RViz, which takes seconds as well, or a node of the user's.
    """
    graph = graph or node_to_look_with()
    if not context.is_shutdown and not images_are_read(graph, namespace):
        return [look_soon(player, namespace, graph)]
    graph.destroy_node()
    graph.context.try_shutdown()
    return [] if context.is_shutdown else [player]


def node_to_look_with() -> Node:
    """Make a node that sees the graph; launch_ros's own one fails where two processes end."""
    context = Context()
    rclpy.init(args=[], context=context)
    return Node(f'replay_launch_{os.getpid()}', context=context, start_parameter_services=False)


def images_are_read(node: Node, namespace: str) -> bool:
    """Return whether the graph that a node sees has a pose node with a subscription to images."""
    pose_node = 'movenet', '/' + '/'.join(filter(None, namespace.split('/')))
    if pose_node not in node.get_node_names_and_namespaces():
        return False
    topics = node.get_subscriber_names_and_types_by_node(*pose_node)
    return any(not IMAGE_TYPES.isdisjoint(types) for _, types in topics)


def player(given: dict[str, str]) -> ExecuteProcess:
    """Describe the player of the bag; its options are those of every version since Humble."""
    return ExecuteProcess(
        cmd=[
            'ros2', 'bag', 'play', str(bag(given)),
            '--rate', given['rate'],
            *(['--loop'] if SPELLINGS[given['loop'].strip().lower()] else []),
            '--clock', CLOCK_HZ,
            '--delay', DISCOVERY_S,  # before every round in Humble, before the first since Jazzy
            '--disable-keyboard-controls',  # launch passes on no keys
            '--wait-for-all-acked', '1000',  # ms; else the last image may get lost
            '--remap', *earlier_outputs(given['namespace'], bag(given)),
        ],
        name='bag',
        additional_env=room_for_images(),
        output='log',  # warnings on the screen, progress in the log
        on_exit=end,
    )


def earlier_outputs(namespace: str, path: Path) -> list[str]:
    """
    Return remappings of the outputs of an earlier run in the bag, away from those of this run.

    On the same topics the two could not be distinguished; on two they can be compared. Which
    bodies there were, the bag's metadata.yaml tells.
    """
    here = ''.join(f'/{name}' for name in namespace.split('/') if name)
    names = (*OUTPUTS, *(f'{node}/transition_event' for node in NODES))
    topics = [*(f'{here}/{name}' for name in names), '/diagnostics', *bodies_in(path)]
    return [f'{topic}:=/recorded{topic}' for topic in topics]


def bodies_in(path: Path) -> list[str]:
    """Return the topics of REP 155's bodies in a bag; none where it has no metadata.yaml."""
    folder = path if path.is_dir() else path.parent
    try:
        return BODY_TOPIC.findall((folder / 'metadata.yaml').read_text(errors='replace'))
    except OSError:
        return []


def room_for_images() -> dict[str, str]:
    """Return the Fast DDS profile with room for whole images, unless the user has a profile."""
    if any(name in os.environ for name in PROFILE_VARIABLES):
        return {}
    try:
        share = Path(get_package_share_directory('rmw_fastrtps_cpp'))
        is_3 = '>fastdds<' in (share / 'package.xml').read_text()  # before, fastrtps
    except (LookupError, OSError):
        is_3 = False
    return {PROFILE_VARIABLES[is_3]: str(SHARE / 'config' / 'fastdds.xml')}


def end(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """
    End the launch with the bag, once the pose node has processed the last images.

    loop:=true goes on.

    :raises RuntimeError: if the player failed; launch prints it, ends, and returns 1.
    """
    if context.is_shutdown:
        return []
    if event.returncode:
        raise RuntimeError(f'ros2 bag play ended with exit code {event.returncode}')
    return [TimerAction(period=LAST_IMAGES_S, actions=[Shutdown(reason='the bag has ended')])]
