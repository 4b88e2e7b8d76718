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
Start cameras, the pose node, with depth the 3D node, further nodes if asked, and RViz.

An empty argument leaves a parameter as it is in params_file, or else in a SetParameter of an
including launch file, or else at the node's default; a value overrides these.

Nothing of the package is imported here: ros2 launch runs in the distribution's Python, which does
not see a .venv. So scripts/papers prints the arguments that are parameters from the one table.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
import os
from pathlib import Path
import re
from typing import Any

from ament_index_python.packages import get_package_prefix
from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext
from launch import LaunchDescription
from launch import LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument
from launch.actions import EmitEvent
from launch.actions import GroupAction
from launch.actions import LogInfo
from launch.actions import OpaqueFunction
from launch.actions import RegisterEventHandler
from launch.actions import Shutdown
from launch.actions import TimerAction
from launch.event_handlers import OnShutdown
from launch.events import matches_action
from launch.events import Shutdown as ShuttingDown
from launch.events.process import ProcessExited
from launch.events.process import ShutdownProcess
from launch_ros.actions import Node

CONFIG = Path(get_package_share_directory('movenet_ros')) / 'config'
# Fast DDS reads the first up to its version 2 and the second from version 3 on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
SPELLINGS = {
    **dict.fromkeys(('true', '1', 'yes', 'on'), 'true'),
    **dict.fromkeys(('false', '0', 'no', 'off'), 'false'),
}
NAME = re.compile(r'[a-z]\w*', re.ASCII | re.IGNORECASE)
NAMESPACE = re.compile(r'/?([a-z_]\w*(/[a-z_]\w*)*/?)?', re.ASCII | re.IGNORECASE)
RESPAWN_S = 2.0
DEPTH_TRANSPORT = '/compressedDepth'
MONOCULAR = 'monocular'
DEPTH_CAMERA = 'camera_link'  # the frame of a RealSense, in which up is up
BUILD = 'colcon build --packages-select movenet_ros, and source install/setup.bash'

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
        ' with camera:=usb_cam its device, by default /dev/video0; with cameras one for each, in'
        ' their order, with commas between.',
    ),
    (
        'cameras', '',
        'Names of several cameras for the one pose node, such as front,left: a source of images'
        ' for each, in a namespace of its name; outputs on front/poses and so on. Empty: one.',
    ),
    (
        'image', 'image_raw',
        'Image topic that the camera publishes and the pose node subscribes to;'
        ' without /compressed; camera_info is beside it; with cameras, both and depth are below'
        ' the name of each.',
    ),
    (
        'depth', '',
        'Depth image topic, aligned to the images; with /compressedDepth, compressed ones. Starts'
        ' the 3D node, which publishes poses_3d; monocular: without a depth camera, by the size of'
        ' people; empty: no 3D node.',
    ),
    (
        'camera_info', '',
        'Calibration topic for the 3D node; empty: camera_info beside the topic of images.',
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
        'params_file', '',
        'YAML file of parameters for pose_node, pose_3d_node, kinematics_node, humans_node,'
        ' usb_cam and video_source; a copy of config/pose.yaml, pose_3d.yaml, kinematics.yaml or'
        ' humans.yaml, or all in one file.',
    ),
    (
        'rviz', 'true',
        'Show image_annotated in RViz, with depth people in space too; with cameras those of'
        ' the first.',
        'true', 'false',
    ),
    (
        'image_transport', '',
        'raw: sensor_msgs/Image on image; compressed: sensor_msgs/CompressedImage on'
        ' image/compressed. Empty: as in params_file.',
        '', 'raw', 'compressed',
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
        'autostart', '',
        'Configure and activate the node at its start, and exit if that fails; false leaves it'
        ' to "ros2 lifecycle set". Empty: as in params_file.',
        '', 'true', 'false',
    ),
    (
        'enclave', '',
        'SROS 2 enclave of the pose node, such as /movenet; that of the 3D node has _3d behind it,'
        ' that of the kinematics node _kinematics, that of the humans node _humans, that of the'
        ' video source _video; empty: none.',
    ),
    (
        'log_level', 'info',
        'Log level of the pose node and the nodes that read poses.',
        'debug', 'info', 'warn', 'error', 'fatal',
    ),
    (
        'use_sim_time', '',
        'Use the time on /clock, from a simulator or "ros2 bag play --clock".'
        ' Empty: as in params_file.',
        '', 'true', 'false',
    ),
    (
        'respawn', 'false',
        'Start the pose node, the nodes that read poses and the camera driver again 2 s after they'
        ' end.',
        'true', 'false',
    ),
    (
        'required', 'false',
        'When the pose node ends, end everything that was launched; otherwise the camera, the'
        ' nodes that read poses and RViz end with it, and the other nodes of an including launch'
        ' file stay.',
        'true', 'false',
    ),
)


def generate_launch_description() -> LaunchDescription:
    """
    Declare the arguments and the nodes to start with them.

    In a group: their defaults are not those of what is launched behind it.
    """
    declared = [declare(*row) for row in ARGUMENTS]
    return LaunchDescription([GroupAction([*declared, OpaqueFunction(function=start)])])


def declare(name: str, default: str, meaning: str, *choices: str) -> DeclareLaunchArgument:
    """Declare an argument; launch's own check of choices would take one spelling of each."""
    listed = f' One of: {", ".join(filter(None, choices))}.' if choices else ''
    return DeclareLaunchArgument(name, default_value=default, description=f'{meaning}{listed}')


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """
    Return the nodes that the arguments ask for, or a moment later the reason why not.

    An error at once would leave behind what an including launch file is just starting.
    """
    try:
        return nodes_for(in_one_spelling(context.launch_configurations))
    except RuntimeError as error:
        return [TimerAction(period=0.0, actions=[OpaqueFunction(function=partial(refuse, error))])]


def refuse(error: RuntimeError, context: LaunchContext) -> None:
    """
    End the launch, and all its nodes, with exit code 1.

    :raises RuntimeError: launch prints it.
    """
    raise error


def nodes_for(given: dict[str, str]) -> list[LaunchDescriptionEntity]:
    """
    Return the nodes that the arguments ask for, if all that they need is there.

    :raises RuntimeError: if something is missing or makes no sense.
    """
    refuse_contradictions(given)
    nodes: list[Node] = []
    nodes.append(pose_node(given, nodes))
    for camera in listed(given['cameras']) or ['']:
        if given['depth']:
            nodes.append(pose_3d_node(given, camera))
        if given['kinematics'] == 'true':
            nodes.append(kinematics_node(given, camera))
    if given['humans'] == 'true':
        nodes.append(humans_node(given))
    for camera, source in sources(given):
        if given['camera'] == 'usb_cam':
            nodes.append(usb_cam(given, camera, source))
        elif given['camera'] == 'video':
            nodes.append(video_source(given, camera, source, nodes))
    if given['rviz'] == 'true':
        nodes.append(rviz(given))
    return [LogInfo(msg=f'movenet_ros: {summary(given)}'), *nodes]


def in_one_spelling(configurations: Mapping[str, str]) -> dict[str, str]:
    """
    Return the arguments, with true for True, 1, yes and on, and other choices in small letters.

    An empty one is as if it were not given.

    :raises RuntimeError: if one is none of its choices.
    """
    given = dict(configurations)
    for name, default, _, *choices in ARGUMENTS:
        value = given[name].strip() or default
        if choices:
            value = value.lower()
            value = SPELLINGS.get(value, value) if 'true' in choices else value
        if choices and value not in ('', *choices):
            listed = ', '.join(filter(None, choices))
            where = f"an including launch file's {name} holds here, too"
            raise RuntimeError(f"{name} '{given[name]}' is none of: {listed}; {where}")
        given[name] = value
    return given


def refuse_contradictions(given: dict[str, str]) -> None:
    """
    Refuse arguments with which the nodes would wait for each other for ever.

    :raises RuntimeError: with the reason in one line.
    """
    if not all(path.is_file() for path in params_file(given)):  # launch would go on without it
        raise RuntimeError(f"params_file '{given['params_file']}' is not a file")
    if not NAMESPACE.fullmatch(given['namespace']):
        raise RuntimeError(f"namespace '{given['namespace']}' may have letters, digits, _ and /")
    if given['camera'] == 'video' and not given['video']:
        raise RuntimeError('camera:=video needs video:=, a file, folder, camera index or device')
    if given['camera'] == 'video' and given['image_transport'] == 'compressed':
        raise RuntimeError('camera:=video publishes raw images, so image_transport must be raw')
    if given['cameras']:
        refuse_cameras(given)
    for name in ('camera_info', 'target_frame'):
        if given[name] and not given['depth']:
            raise RuntimeError(f'{name} is for the 3D node: give depth:=, a topic, or monocular')
    if given['respawn'] == given['required'] == 'true':
        raise RuntimeError('respawn and required contradict each other: one of them must be false')


def refuse_cameras(given: dict[str, str]) -> None:
    """
    Refuse what does not go with several cameras.

    :raises RuntimeError: with the reason in one line.
    """
    names = listed(given['cameras'])
    for name in names:
        if not NAME.fullmatch(name):
            raise RuntimeError(f"cameras '{name}': a name has letters, digits and _")
    if given['camera'] != 'none' and len(listed(given['video'])) != len(names):
        raise RuntimeError(
            f'cameras:={given["cameras"]} needs video:= with as many sources, in the same order,'
            ' such as video:=/dev/video0,/dev/video2, or camera:=none'
        )
    for name in ('image', 'depth', 'camera_info'):
        if given[name].startswith('/'):
            raise RuntimeError(f'with cameras, {name} is a topic below the name of each: no /')
    if given['humans'] == 'true':
        raise RuntimeError(
            'humans is for one camera, as there is one /humans: with cameras, start humans_node'
            f' for one of them, in its namespace: --ros-args -r __ns:=/{names[0]}'
        )


def listed(text: str) -> list[str]:
    """Return what a text lists with commas between."""
    return [*filter(None, map(str.strip, text.split(',')))]


def sources(given: dict[str, str]) -> list[tuple[str, str]]:
    """Return the name of each camera with its device or video; without a name if there is one."""
    if not given['cameras']:
        return [('', given['video'])]
    return [*zip(listed(given['cameras']), listed(given['video']))]


def summary(given: dict[str, str]) -> str:
    """Return the arguments that differ from the defaults, an including file's own among them."""
    changed = [
        f'{name}:={given[name]}' for name, default, *_ in ARGUMENTS if given[name] != default
    ]
    return ' '.join(changed) or 'default arguments'


def params_file(given: dict[str, str]) -> list[Path]:
    """Return the file of parameters, if one is given; a shell does not expand its ~."""
    return [Path(given['params_file']).expanduser()] if given['params_file'] else []


def overrides(given: dict[str, str], *names: str) -> list[dict[str, str | bool]]:
    """Return the arguments that are not empty as parameters of the same name."""
    typed: dict[str, str | bool] = {'true': True, 'false': False}
    filled = {name: typed.get(given[name], given[name]) for name in names if given[name]}
    return [filled] if filled else []


def namespace(given: dict[str, str], camera: str = '') -> str:
    """
    Return the namespace of the nodes: once where an including file has pushed the same.

    :param camera: of several, for the namespace of its driver and of what reads its poses.
    """
    own, pushed = given['namespace'].rstrip('/'), given.get('ros_namespace', '')
    is_pushed = not own.startswith('/') and f'/{pushed}'.endswith(f'/{own}')
    return '/'.join(filter(None, ('' if is_pushed else own, camera)))


def executable(package: str, name: str, fix: str) -> dict[str, str]:
    """
    Name a program for Node, which would look for it when others run already.

    :raises RuntimeError: if it is not installed.
    """
    try:
        path = Path(get_package_prefix(package), 'lib', package, name)
    except LookupError:
        raise RuntimeError(f'the package {package} is not installed: {fix}') from None
    if not os.access(path, os.X_OK):
        raise RuntimeError(f'there is no program {path}: {fix}')
    with path.open('rb') as file:
        first, *_ = [*file.readline(256).split(), b'']
    interpreter = os.fsdecode(first.removeprefix(b'#!'))
    if first.startswith(b'#!/') and not os.access(interpreter, os.X_OK):
        raise RuntimeError(f'{path} needs {interpreter}, which is missing: {fix}')
    return {'package': package, 'executable': name}


def apt(package: str) -> str:
    """Return the command that installs a package of the distribution."""
    distro = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
    return f'sudo apt install ros-{distro}-{package.replace("_", "-")}'


def pose_node(given: dict[str, str], nodes: list[Node]) -> Node:
    """
    Describe the pose node.

    :param nodes: those of this file, which end with it.
    """
    is_kept = given['respawn'] == 'true'
    prefixes = [f'{name}/' for name in listed(given['cameras'])] or ['']
    own = 'autostart', 'backend', 'cameras', 'image_transport', 'mode', 'use_sim_time'
    return Node(
        **executable('movenet_ros', 'pose_node', BUILD),
        # With a full name, the overrides precede every wildcard in params_file.
        name='movenet',
        namespace=namespace(given),
        parameters=[*params_file(given), *overrides(given, *own)],
        remappings=[(f'{prefix}image', f'{prefix}{given["image"]}') for prefix in prefixes],
        ros_arguments=process_arguments(given),
        output='screen',
        respawn=is_kept,
        respawn_delay=RESPAWN_S,
        on_exit=None if is_kept else partial(end, nodes, given['required'] == 'true'),
    )


def pose_3d_node(given: dict[str, str], camera: str = '') -> Node:
    """
    Describe the 3D node.

    :param camera: of several, whose people it places; empty: the only one.
    """
    depth, image = given['depth'], given['image']
    is_monocular = depth == MONOCULAR
    parameters: dict[str, str] = {'source': MONOCULAR} if is_monocular else {}
    if depth.endswith(DEPTH_TRANSPORT):
        parameters['depth_transport'] = DEPTH_TRANSPORT[1:]
    remappings = [
        ('image', image),  # whose name tells whether it is rectified
        ('camera_info', given['camera_info'] or beside(image, 'camera_info')),
        *([] if is_monocular else [('depth', depth.removesuffix(DEPTH_TRANSPORT))]),
    ]
    parameter_sets = [*overrides(given, 'target_frame'), *([parameters] if parameters else [])]
    return consumer(given, 'pose_3d_node', '_3d', parameter_sets, remappings, camera)


def kinematics_node(given: dict[str, str], camera: str = '') -> Node:
    """
    Describe the kinematics node.

    :param camera: of several, whose people it observes; empty: the only one.
    """
    return consumer(given, 'kinematics_node', '_kinematics', people_source(given), (), camera)


def humans_node(given: dict[str, str]) -> Node:
    """Describe the humans node."""
    parameters = [*overrides(given, 'image_transport'), *people_source(given)]
    return consumer(given, 'humans_node', '_humans', parameters, [('image', given['image'])])


def consumer(
    given: dict[str, str],
    program: str,
    suffix: str,
    parameters: list[Any],
    remappings: Sequence[tuple[str, str]] = (),
    camera: str = '',
) -> Node:
    """
    Describe a node that reads poses.

    Its end does not end the launch: a robot needs the poses, whatever else is made of them.

    :param suffix: of its name and its enclave.
    :param parameters: of it alone.
    :param camera: of several, in whose namespace it is; empty: the only one.
    """
    return Node(
        **executable('movenet_ros', program, BUILD),
        name=f'movenet{suffix}',
        namespace=namespace(given, camera),
        parameters=[
            *params_file(given), *overrides(given, 'autostart', 'use_sim_time'), *parameters,
        ],
        remappings=[*remappings],
        ros_arguments=process_arguments(given, suffix),
        output='screen',
        respawn=given['respawn'] == 'true',
        respawn_delay=RESPAWN_S,
    )


def people_source(given: dict[str, str]) -> list[dict[str, str]]:
    """
    Return what tells nodes to read people in metres, where they are measured.

    Without a depth camera, they are as flat as in the image: poses tell as much.
    """
    if given['depth'] in ('', MONOCULAR):
        return []
    is_moved = bool(given['target_frame'])  # z is up in all frames of robots and maps
    return [{'source': 'poses_3d', **({'down': '-z'} if is_moved else {})}]


def process_arguments(given: dict[str, str], suffix: str = '') -> list[str]:
    """
    Return what holds for the process of a node of ours.

    :param suffix: of its enclave.
    """
    return ['--log-level', given['log_level'], *secured(given, suffix)]


def secured(given: dict[str, str], suffix: str) -> list[str]:
    """Return what puts a process into its enclave of SROS 2, if there are any."""
    enclave = given['enclave']
    return ['--enclave', f'{enclave}{suffix}'] if enclave else []


def beside(topic: str, name: str) -> str:
    """Return a topic of another name in the same namespace."""
    return f'{topic[:topic.rfind("/") + 1]}{name}'


def usb_cam(given: dict[str, str], camera: str, device: str) -> Node:
    """
    Describe a camera driver.

    Its end does not end the launch: the pose node warns that no image arrives, and continues when
    the driver is back.

    :param camera: of several, in a namespace and with a frame of its name; empty: the only one.
    """
    image = given['image']
    return Node(
        **executable('usb_cam', 'usb_cam_node_exe', f'{apt("usb_cam")}, or camera:=none'),
        name='usb_cam',
        namespace=namespace(given, camera),
        # params_file overrides these. usb_cam's own default sets the brightness to 50 of 255; -1
        # leaves the camera's.
        ros_arguments=['-p', f'frame_id:={camera or "camera"}', '-p', 'brightness:=-1'],
        parameters=[
            *params_file(given),
            *([{'video_device': device}] if device else []),
        ],
        # Up to Jazzy, image_transport remaps neither compressed nor camera_info along with raw.
        remappings=[
            ('image_raw', image),
            ('image_raw/compressed', f'{image}/compressed'),
            ('camera_info', beside(image, 'camera_info')),
        ],
        additional_env=room_for_images(),
        output='screen',
        respawn=given['respawn'] == 'true',
        respawn_delay=RESPAWN_S,
    )


def room_for_images() -> dict[str, str]:
    """Return the Fast DDS profile with room for whole images, unless the user has a profile."""
    if any(name in os.environ for name in PROFILE_VARIABLES):
        return {}
    try:
        share = Path(get_package_share_directory('rmw_fastrtps_cpp'))
        is_3 = '>fastdds<' in (share / 'package.xml').read_text()  # before, fastrtps
    except (LookupError, OSError):
        is_3 = False
    return {PROFILE_VARIABLES[is_3]: str(CONFIG / 'fastdds.xml')}


def video_source(given: dict[str, str], camera: str, video: str, nodes: list[Node]) -> Node:
    """
    Describe the source of a video, which ends where its parameter loop is false.

    :param camera: of several, in a namespace and with a frame of its name; empty: the only one.
    :param nodes: those of this file, which end with it.
    """
    return Node(
        **executable('movenet_ros', 'video_source', BUILD),
        name='video_source',
        namespace=namespace(given, camera),
        parameters=[
            *params_file(given),
            {'source': video, **({'frame_id': camera} if camera else {})},
            *overrides(given, 'use_sim_time'),
        ],
        remappings=[('image', given['image'])],
        ros_arguments=secured(given, '_video'),
        output='screen',
        on_exit=partial(end, nodes, given['required'] == 'true'),
    )


def rviz(given: dict[str, str]) -> Node:
    """
    Describe RViz.

    Its end does not end the launch: a robot needs the poses, with or without a display.
    """
    prefix = f'{listed(given["cameras"])[0]}/' if given['cameras'] else ''
    frame = given['target_frame']
    if given['depth'] not in ('', MONOCULAR):
        frame = frame or DEPTH_CAMERA
    return Node(
        **executable('rviz2', 'rviz2', f'{apt("rviz2")}, or rviz:=false'),
        namespace=namespace(given),
        arguments=['-d', str(CONFIG / 'pose.rviz'), *(['-f', frame] if frame else [])],
        parameters=overrides(given, 'use_sim_time'),
        # RViz writes absolute names of topics into its files; these follow the namespace.
        remappings=[
            ('/image_annotated', f'{prefix}image_annotated'),
            *((f'/{topic}', f'{prefix}{topic}') for topic in ('markers', 'person')),
        ],
        output='screen',
    )


def end(
    nodes: list[Node], required: bool, event: ProcessExited, context: LaunchContext
) -> list[LaunchDescriptionEntity]:
    """
    End the other nodes of this file with one of them, or the whole launch.

    Launch ends when nothing is left, with exit code 1 where an event handler raises. Without an
    including file that is now; the nodes of one go on.

    :raises RuntimeError: launch prints it, ends all nodes, and returns 1.
    """
    failure = f'{event.process_name} ended with exit code {event.returncode}'
    if context.is_shutdown:
        return []
    if required and event.returncode:
        raise RuntimeError(failure)
    if required:
        return [Shutdown(reason=f'{event.process_name} has ended')]
    ended = [
        EmitEvent(event=ShutdownProcess(process_matcher=matches_action(node)))
        for node in nodes
        if node is not event.action
    ]
    told = RegisterEventHandler(OnShutdown(on_shutdown=partial(fail, failure)))
    return [*ended, told] if event.returncode else ended


def fail(failure: str, event: ShuttingDown, context: LaunchContext) -> None:
    """
    Have a launch that ends for want of nodes return 1.

    :raises RuntimeError: launch prints it; there are no nodes left to be ended.
    """
    if event.reason == 'idle':
        raise RuntimeError(failure)
