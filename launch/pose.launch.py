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
Start a camera, the pose node and RViz.

An empty argument leaves a parameter as it is in params_file, or else at the node's default; a
value overrides the file.

Nothing of the package is imported here: ros2 launch runs in the distribution's Python, which does
not see a .venv. So scripts/papers prints the arguments that are parameters from the one table.
"""

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import OpaqueFunction
from launch.actions import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

CONFIG = Path(get_package_share_directory('movenet_ros')) / 'config'
# Fast DDS reads the first up to its version 2 and the second from version 3 on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')

# Name, default, meaning and, where not every value is allowed, choices. Rows of the node's
# parameters are printed by scripts/papers from movenet_ros/settings.py.
ARGUMENTS = (
    ('namespace', '', 'Namespace of all nodes and topics.'),
    (
        'camera', 'usb_cam',
        'Source of the images; usb_cam: the camera driver; video: see the argument video;'
        ' none: another program, a robot or a bag.',
        'usb_cam', 'video', 'none',
    ),
    (
        'video', '',
        'With camera:=video a video file, folder of pictures, camera index or device;'
        ' with camera:=usb_cam its device, by default /dev/video0.',
    ),
    (
        'image', 'image_raw',
        'Image topic that the camera publishes and the pose node subscribes to;'
        ' without /compressed.',
    ),
    (
        'params_file', str(CONFIG / 'pose.yaml'),
        'YAML file of parameters for pose_node, usb_cam and video_source.',
    ),
    ('rviz', 'true', 'Show image_annotated in RViz.', 'true', 'false'),
    (
        'image_transport', '',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed. Empty: as in params_file.',
        '', 'raw', 'compressed',
    ),
    (
        'backend', '',
        'Inference runtime; auto: the fastest that works on this machine. Empty: as in'
        ' params_file.',
        '', 'auto', 'tensorflow', 'onnxruntime', 'openvino',
    ),
    (
        'autostart', '',
        'Configure and activate the node at its start, and exit if that fails; false leaves it'
        ' to "ros2 lifecycle set". Empty: as in params_file.',
        '', 'true', 'false',
    ),
    ('enclave', '', 'SROS 2 enclave of the pose node, such as /movenet; empty: none.'),
    (
        'log_level', 'info',
        'Log level of the pose node.',
        'debug', 'info', 'warn', 'error', 'fatal',
    ),
    (
        'use_sim_time', '',
        'Use the time on /clock, from a simulator or "ros2 bag play --clock".'
        ' Empty: as in params_file.',
        '', 'true', 'false',
    ),
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and the nodes to start with them."""
    return LaunchDescription([
        *(
            DeclareLaunchArgument(
                name, default_value=default, description=meaning, choices=choices or None
            )
            for name, default, meaning, *choices in ARGUMENTS
        ),
        OpaqueFunction(function=start),
    ])


def start(context: LaunchContext) -> list[Node]:
    """Return the nodes that the arguments ask for."""
    given = context.launch_configurations
    refuse_contradictions(given)
    nodes = [pose_node(given)]
    if given['camera'] == 'usb_cam':
        nodes.append(usb_cam(given))
    elif given['camera'] == 'video':
        nodes.append(video_source(given))
    if given['rviz'] == 'true':
        nodes.append(rviz(given))
    return nodes


def refuse_contradictions(given: dict[str, str]) -> None:
    """
    End the launch with one line where its nodes would wait for each other for ever.

    :raises RuntimeError: launch prints it and ends.
    """
    if not Path(given['params_file']).is_file():  # launch would warn and go on without it
        raise RuntimeError(f"params_file '{given['params_file']}' is not a file")
    if given['camera'] == 'video' and not given['video']:
        raise RuntimeError('camera:=video needs video:=, a file, folder, camera index or device')
    if given['camera'] == 'video' and given['image_transport'] == 'compressed':
        raise RuntimeError('camera:=video publishes raw images, so image_transport must be raw')


def overrides(given: dict[str, str], *names: str) -> list[dict[str, LaunchConfiguration]]:
    """Return the arguments that are not empty as parameters of the same name."""
    filled = {name: LaunchConfiguration(name) for name in names if given[name]}
    return [filled] if filled else []


def pose_node(given: dict[str, str]) -> Node:
    """Describe the pose node; its end ends the launch."""
    return Node(
        package='movenet_ros',
        executable='pose_node',
        # With a full name, the overrides precede every wildcard in params_file.
        name='movenet',
        namespace=given['namespace'],
        parameters=[
            given['params_file'],
            *overrides(given, 'autostart', 'backend', 'image_transport', 'use_sim_time'),
        ],
        remappings=[('image', given['image'])],
        ros_arguments=[
            '--log-level', given['log_level'],
            *(['--enclave', given['enclave']] if given['enclave'] else []),
        ],
        output='screen',
        on_exit=Shutdown(),
    )


def usb_cam(given: dict[str, str]) -> Node:
    """
    Describe the camera driver.

    Its end does not end the launch: the pose node warns that no image arrives, and continues when
    the driver is back.
    """
    return Node(
        package='usb_cam',
        executable='usb_cam_node_exe',
        name='usb_cam',
        namespace=given['namespace'],
        # params_file overrides these. usb_cam's own default sets the brightness to 50 of 255; -1
        # leaves the camera's.
        ros_arguments=['-p', 'frame_id:=camera', '-p', 'brightness:=-1'],
        parameters=[
            given['params_file'],
            *([{'video_device': given['video']}] if given['video'] else []),
        ],
        # Up to Jazzy, image_transport does not remap compressed along with raw.
        remappings=[
            ('image_raw', given['image']),
            ('image_raw/compressed', f'{given["image"]}/compressed'),
        ],
        additional_env=room_for_images(),
        output='screen',
    )


def room_for_images() -> dict[str, str]:
    """Return the Fast DDS profile with room for whole images, unless the user has a profile."""
    if any(name in os.environ for name in PROFILE_VARIABLES):
        return {}
    return dict.fromkeys(PROFILE_VARIABLES, str(CONFIG / 'fastdds.xml'))


def video_source(given: dict[str, str]) -> Node:
    """Describe the source of a video; its end (see its parameter loop) ends the launch."""
    return Node(
        package='movenet_ros',
        executable='video_source',
        name='video_source',
        namespace=given['namespace'],
        parameters=[
            given['params_file'],
            {'source': given['video']},
            *overrides(given, 'use_sim_time'),
        ],
        remappings=[('image', given['image'])],
        output='screen',
        on_exit=Shutdown(),
    )


def rviz(given: dict[str, str]) -> Node:
    """
    Describe RViz.

    Its end does not end the launch: a robot needs the poses, with or without a display.
    """
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=given['namespace'],
        arguments=['-d', str(CONFIG / 'pose.rviz')],
        parameters=overrides(given, 'use_sim_time'),
        # RViz writes absolute names of topics into its files; this one follows the namespace.
        remappings=[('/image_annotated', 'image_annotated')],
        output='screen',
    )
