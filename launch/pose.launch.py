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

An argument that is left empty changes nothing: what params_file says holds, or else the node's
own default. An argument that is given wins over the file.
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

# name, default, meaning and, where not everything goes, choices
ARGUMENTS = (
    ('namespace', '', 'Namespace of all nodes and topics.'),
    (
        'camera', 'usb_cam',
        'Where images come from; none: from elsewhere, a robot or a bag.',
        'usb_cam', 'video', 'none',
    ),
    (
        'video', '',
        'With camera:=video a video file, folder of pictures, camera index or device;'
        ' with camera:=usb_cam its device, if empty /dev/video0.',
    ),
    (
        'image', 'image_raw',
        'Topic where the camera publishes images and the pose node reads them;'
        ' without /compressed.',
    ),
    (
        'params_file', str(CONFIG / 'pose.yaml'),
        'YAML file of parameters for the pose node, usb_cam and video_source.',
    ),
    ('rviz', 'true', 'Show the annotated image in RViz.', 'true', 'false'),
    (
        'image_transport', '',
        'What the pose node reads; compressed: the topic with /compressed;'
        ' empty: as params_file says.',
        '', 'raw', 'compressed',
    ),
    (
        'backend', '',
        'Inference runtime; empty: as params_file says.',
        '', 'auto', 'tensorflow', 'onnxruntime', 'openvino',
    ),
    (
        'autostart', '',
        'Configure and activate the pose node at its start; false: leave it to'
        ' "ros2 lifecycle set /movenet configure" and activate; empty: as params_file says.',
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
        'Take the time from /clock, as a simulator or "ros2 bag play --clock" sends it;'
        ' empty: as params_file says.',
        '', 'true', 'false',
    ),
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments, and what to start with them."""
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
    """Choose the nodes that the arguments ask for."""
    given = context.launch_configurations
    refuse_what_cannot_work(given)
    nodes = [pose_node(given)]
    if given['camera'] == 'usb_cam':
        nodes.append(usb_cam(given))
    elif given['camera'] == 'video':
        nodes.append(video_source(given))
    if given['rviz'] == 'true':
        nodes.append(rviz(given))
    return nodes


def refuse_what_cannot_work(given: dict[str, str]) -> None:
    """
    End the launch with one line where its nodes would only wait for each other.

    :raises RuntimeError: launch prints it and ends.
    """
    if not Path(given['params_file']).is_file():  # launch would warn and go on without it
        raise RuntimeError(f"params_file '{given['params_file']}' is not a file")
    if given['camera'] == 'video' and not given['video']:
        raise RuntimeError('camera:=video needs video:=, a file, folder, camera index or device')
    if given['camera'] == 'video' and given['image_transport'] == 'compressed':
        raise RuntimeError('camera:=video publishes raw images, so image_transport must be raw')


def overrides(given: dict[str, str], *names: str) -> list[dict[str, LaunchConfiguration]]:
    """Pass on those arguments as parameters of the same name that are not empty."""
    filled = {name: LaunchConfiguration(name) for name in names if given[name]}
    return [filled] if filled else []


def pose_node(given: dict[str, str]) -> Node:
    """Describe the pose node; without it nothing else is of use, so its end ends the launch."""
    return Node(
        package='movenet_ros',
        executable='pose_node',
        # Named in full, it gets overrides that win over every wildcard in params_file.
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

    Its end ends nothing: the pose node says that images are missing, and takes them up again when
    the driver is back.
    """
    return Node(
        package='usb_cam',
        executable='usb_cam_node_exe',
        name='usb_cam',
        namespace=given['namespace'],
        # These come before params_file, which may say otherwise. usb_cam's own default sets the
        # brightness to 50 of 255; -1 leaves it as the camera has it.
        ros_arguments=['-p', 'frame_id:=camera', '-p', 'brightness:=-1'],
        parameters=[
            given['params_file'],
            *([{'video_device': given['video']}] if given['video'] else []),
        ],
        # Up to Jazzy, image_transport leaves compressed where it was when only raw is remapped.
        remappings=[
            ('image_raw', given['image']),
            ('image_raw/compressed', f'{given["image"]}/compressed'),
        ],
        additional_env=room_for_images(),
        output='screen',
    )


def room_for_images() -> dict[str, str]:
    """Name a profile for Fast DDS that does not lose parts of images, unless the user has one."""
    if any(name in os.environ for name in PROFILE_VARIABLES):
        return {}
    return dict.fromkeys(PROFILE_VARIABLES, str(CONFIG / 'fastdds.xml'))


def video_source(given: dict[str, str]) -> Node:
    """Describe the player of a video; where params_file says loop: false, its end ends all."""
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

    Its end ends nothing: robots go on reading the poses, and a machine without a display goes on.
    """
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=given['namespace'],
        arguments=['-d', str(CONFIG / 'pose.rviz')],
        parameters=overrides(given, 'use_sim_time'),
        # pose.rviz names the topic absolutely, as RViz writes it; here it follows the namespace.
        remappings=[('/image_annotated', 'image_annotated')],
        output='screen',
    )
