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

"""pose.launch.py against the nodes: arguments, topics, parameters, executables."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
import runpy
import time
from typing import Any

import cv2
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.node.pose_node import PoseNode
from movenet_ros.node.video_source import VideoSource
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import VideoSourceParameters
import numpy as np
import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import LoggingSeverity
from rclpy.node import Node
from vision_msgs.msg import Detection2DArray
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / 'launch' / 'pose.launch.py'
ARGUMENTS = {
    'namespace', 'camera', 'video', 'image', 'params_file', 'rviz', 'image_transport', 'backend',
    'autostart', 'enclave', 'log_level', 'use_sim_time',
}
USB_CAM_PARAMETERS = {'video_device', 'frame_id', 'brightness'}
WAIT_S = 20.0


Started = Callable[..., dict[str, Any]]


@pytest.fixture
def arguments(read_arguments: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return the declared arguments by name."""
    return read_arguments(LAUNCH_FILE)


@pytest.fixture
def start(start_file: Callable[..., list[Any]]) -> Started:
    """Return a function that starts the file with arguments and returns the nodes by name."""
    return lambda **given: {node.executable: node for node in start_file(LAUNCH_FILE, **given)}


def choices(table: type, name: str) -> list[str]:
    """Return the choices that a parameter table states."""
    return [*next(each for each in fields(table) if each.name == name).metadata['choices']]


def own_parameters(node: Any) -> dict[str, Any]:
    """Return the parameters that the launch file itself sets, files left out."""
    return {name: value for part in node.parameters if isinstance(part, dict)
            for name, value in part.items()}


def test_it_has_the_documented_arguments(arguments: dict[str, Any]) -> None:
    """What the README names is there, and nothing else."""
    assert arguments.keys() == ARGUMENTS


def test_every_argument_is_described(arguments: dict[str, Any]) -> None:
    """`--show-args` explains each."""
    assert all(each.description.endswith('.') for each in arguments.values())


def test_every_argument_has_a_default(arguments: dict[str, Any]) -> None:
    """Without arguments, it starts."""
    assert all(isinstance(each.default_value, str) for each in arguments.values())


def test_defaults_are_choices(arguments: dict[str, Any]) -> None:
    """Launch refuses the file otherwise."""
    limited = [each for each in arguments.values() if each.choices]
    assert limited and all(each.default_value in each.choices for each in limited)


@pytest.mark.parametrize('name', ['backend', 'image_transport'])
def test_choices_are_those_of_the_parameter(name: str, arguments: dict[str, Any]) -> None:
    """A choice that the node does not know, or one that cannot be launched, is a fault."""
    assert arguments[name].choices == ['', *choices(PoseParameters, name)]


def test_log_levels_are_those_of_ros(arguments: dict[str, Any]) -> None:
    """The node would not start with another."""
    levels = {level.name.lower() for level in LoggingSeverity if level.name != 'UNSET'}
    assert set(arguments['log_level'].choices) == levels


def test_params_file_is_the_packages_own(arguments: dict[str, Any]) -> None:
    """The default exists, and is installed where it is looked for."""
    assert arguments['params_file'].default_value == str(ROOT / 'config' / 'pose.yaml')


def test_without_arguments_a_usb_camera_is_shown(start: Started) -> None:
    """The first thing that anybody tries."""
    assert set(start()) == {'pose_node', 'usb_cam_node_exe', 'rviz2'}


def test_a_video_takes_the_cameras_place(start: Started) -> None:
    """Only the source of images changes."""
    nodes = start(camera='video', video='walk.mp4')
    assert set(nodes) == {'pose_node', 'video_source', 'rviz2'}


def test_a_robot_needs_the_pose_node_only(start: Started) -> None:
    """Images come from elsewhere, nobody looks."""
    assert set(start(camera='none', rviz='false')) == {'pose_node'}


def test_executables_are_installed(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ros2 run` and launch find what setup.py installs."""
    setup: dict[str, Any] = {}
    monkeypatch.setattr('setuptools.setup', setup.update)
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / 'setup.py'))
    installed = {each.split(' =')[0] for each in setup['entry_points']['console_scripts']}
    nodes = start() | start(camera='video', video='walk.mp4')
    ours = {name for name, node in nodes.items() if node.package == 'movenet_ros'}
    assert ours == {'pose_node', 'video_source'} and ours <= installed


def test_packages_are_dependencies(start: Started) -> None:
    """The tool rosdep installs what is started here."""
    manifest = (ROOT / 'package.xml').read_text()
    packages = {node.package for node in start().values()} - {'movenet_ros'}
    assert all(f'<exec_depend>{package}</exec_depend>' in manifest for package in packages)


@pytest.mark.parametrize('image', ['image_raw', 'front/image', '/robot/front/image'])
@pytest.mark.parametrize('namespace', ['', 'robot1', '/fleet/robot1'])
@pytest.mark.parametrize(
    ('given', 'source', 'published'),
    [
        ({'camera': 'usb_cam'}, 'usb_cam_node_exe', 'image_raw'),
        ({'camera': 'video', 'video': 'walk.mp4'}, 'video_source', 'image'),
    ],
)
def test_camera_and_pose_node_meet(
    image: str,
    namespace: str,
    given: dict[str, str],
    source: str,
    published: str,
    start: Started,
    resolve: Callable[[Any, str], str],
) -> None:
    """Whatever the topic and the namespace, the pose node hears the camera."""
    nodes = start(image=image, namespace=namespace, **given)
    assert resolve(nodes[source], published) == resolve(nodes['pose_node'], 'image')


@pytest.mark.parametrize('image', ['image_raw', '/robot/front/image'])
def test_camera_and_pose_node_meet_compressed(
    image: str, start: Started, resolve: Callable[[Any, str], str]
) -> None:
    """The compressed topic moves with the raw one."""
    nodes = start(image=image, namespace='robot1')
    compressed = resolve(nodes['pose_node'], 'image') + '/compressed'
    assert resolve(nodes['usb_cam_node_exe'], 'image_raw/compressed') == compressed


def test_a_robots_topic_is_taken_as_it_is(
    start: Started, resolve: Callable[[Any, str], str]
) -> None:
    """An absolute topic ignores the namespace, as everywhere in ROS."""
    node = start(camera='none', image='/robot/cam', namespace='robot1')['pose_node']
    assert resolve(node, 'image') == '/robot/cam'


@pytest.mark.parametrize('namespace', ['', 'robot1', '/fleet/robot1'])
def test_rviz_shows_what_the_pose_node_draws(
    namespace: str, start: Started, resolve: Callable[[Any, str], str]
) -> None:
    """The topic in pose.rviz follows the namespace."""
    nodes = start(namespace=namespace)
    config = yaml.safe_load(Path(nodes['rviz2'].arguments[1]).read_text())
    shown = config['Visualization Manager']['Displays'][0]['Topic']['Value']
    drawn = resolve(nodes['pose_node'], 'image_annotated')
    assert resolve(nodes['rviz2'], shown) == drawn


def test_the_real_pose_node_follows_the_arguments(
    start: Started, context: Context, node_args: Callable[..., dict[str, Any]]
) -> None:
    """The topics that launch remaps are those that the node uses."""
    described = start(namespace='robot1', image='front/image')['pose_node']
    backend = RecordedBackend([np.zeros((1, 6, 56), np.float32)])
    node = PoseNode(backend, **node_args(described))
    node.start()
    probe = Node('probe', context=context)
    probe.create_subscription(Detection2DArray, '/robot1/poses', lambda _: None, 1)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    until = time.monotonic() + WAIT_S
    while not probe.count_subscribers('/robot1/front/image') and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.1)
    found = probe.count_subscribers('/robot1/front/image')
    node.destroy_node()
    probe.destroy_node()
    assert found == 1


def test_the_real_video_source_follows_the_arguments(
    start: Started, node_args: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """The topic that launch remaps is the one that it publishes."""
    cv2.imwrite(str(tmp_path / 'grey.png'), np.full((48, 64), 128, np.uint8))
    given = {'camera': 'video', 'video': str(tmp_path), 'namespace': 'robot1'}
    described = start(image='front/image', **given)['video_source']
    parameters = own_parameters(described)
    node = VideoSource(**node_args(described, **parameters))
    found = [name for name, _ in node.get_topic_names_and_types()]
    node.destroy_node()
    assert '/robot1/front/image' in found


def test_node_names_are_the_nodes_own(start: Started) -> None:
    """What params files and `ros2 param` say holds with and without launch."""
    nodes = start() | start(camera='video', video='walk.mp4')
    names = {name: getattr(node, 'name', None) for name, node in nodes.items()}
    assert names == {
        'pose_node': 'movenet',
        'usb_cam_node_exe': 'usb_cam',
        'video_source': 'video_source',
        'rviz2': None,
    }


def test_empty_arguments_leave_everything_to_the_file(start: Started) -> None:
    """A params_file is not overridden in silence."""
    nodes = start()
    params_file = str(ROOT / 'config' / 'pose.yaml')
    assert nodes['pose_node'].parameters == [params_file]
    assert nodes['usb_cam_node_exe'].parameters == [params_file]


VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')


def test_the_camera_gets_room_for_images(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile for Fast DDS, of every version, that is there."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    environment = start()['usb_cam_node_exe'].additional_env
    assert set(environment) == set(VARIABLES)
    assert all(Path(path).is_file() for path in environment.values())


@pytest.mark.parametrize('variable', VARIABLES)
def test_a_profile_of_the_users_own_stays(
    variable: str, start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches the camera as everything in the environment does."""
    monkeypatch.setenv(variable, 'mine.xml')
    assert start()['usb_cam_node_exe'].additional_env == {}


def test_given_arguments_come_after_the_file(start: Started) -> None:
    """The last one wins."""
    given = {'autostart': 'false', 'image_transport': 'raw', 'use_sim_time': 'true'}
    node = start(backend='onnxruntime', **given)['pose_node']
    assert list(node.parameters[1]) == ['autostart', 'backend', 'image_transport', 'use_sim_time']


def test_an_enclave_is_passed_on(start: Started) -> None:
    """And without one, nothing is."""
    assert start()['pose_node'].ros_arguments == ['--log-level', 'info']
    given = start(enclave='/movenet')['pose_node'].ros_arguments
    assert given == ['--log-level', 'info', '--enclave', '/movenet']


def test_overrides_take_their_own_arguments_value(start: Started) -> None:
    """No mix-up between the names."""
    node = start(backend='onnxruntime', use_sim_time='true')['pose_node']
    assert {name: value.args for name, value in own_parameters(node).items()} == {
        'backend': ('backend',), 'use_sim_time': ('use_sim_time',)
    }


def test_parameters_exist(start: Started) -> None:
    """Every parameter that is set is one that the node reads."""
    given = {
        'autostart': 'true', 'backend': 'auto', 'image_transport': 'raw', 'use_sim_time': 'true',
    }
    camera = start(video='/dev/video2', **given)
    video = start(camera='video', video='walk.mp4', **given)
    for node, known in (
        (camera['pose_node'], {each.name for each in fields(PoseParameters)}),
        (video['video_source'], {each.name for each in fields(VideoSourceParameters)}),
        (camera['usb_cam_node_exe'], USB_CAM_PARAMETERS),
        (camera['rviz2'], set()),
    ):
        assert own_parameters(node).keys() <= known | {'use_sim_time'}


def test_all_nodes_take_the_simulated_time(start: Started) -> None:
    """Stamps of a bag would be decades away otherwise."""
    nodes = start(camera='video', video='walk.mp4', use_sim_time='true')
    assert all('use_sim_time' in own_parameters(node) for node in nodes.values())


def test_a_device_goes_to_the_camera(start: Started) -> None:
    """The video argument names the device of a USB camera."""
    node = start(video='/dev/video2')['usb_cam_node_exe']
    assert own_parameters(node) == {'video_device': '/dev/video2'}


def test_a_camera_index_stays_a_string(start: Started) -> None:
    """The parameter source is a string; as a number it would be refused."""
    assert own_parameters(start(camera='video', video='0')['video_source']) == {'source': '0'}


def test_images_carry_the_frame_that_rviz_shows(start: Started) -> None:
    """The same coordinate frame with a camera and with a video."""
    node = start()['usb_cam_node_exe']
    assert f'frame_id:={VideoSourceParameters().frame_id}' in node.ros_arguments


def test_the_log_level_reaches_the_node(start: Started) -> None:
    """As an argument of ROS."""
    assert start(log_level='debug')['pose_node'].ros_arguments == ['--log-level', 'debug']


def test_all_nodes_are_in_the_namespace(start: Started) -> None:
    """Two robots do not meet."""
    assert {node.namespace for node in start(namespace='robot1').values()} == {'robot1'}


def test_some_nodes_end_the_launch(start: Started) -> None:
    """Without the pose node or the video nothing will come; driver and viewer can come back."""
    nodes = start() | start(camera='video', video='walk.mp4')
    ends = {name for name, node in nodes.items() if hasattr(node, 'on_exit')}
    assert ends == {'pose_node', 'video_source'}


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'params_file': '/nowhere/mine.yaml'}, '/nowhere/mine.yaml'),
        ({'camera': 'video'}, 'video:='),
        ({'camera': 'video', 'video': 'a', 'image_transport': 'compressed'}, 'image_transport'),
    ],
)
def test_what_cannot_work_is_refused(
    given: dict[str, str], words: str, start: Started
) -> None:
    """One line, instead of nodes that wait for each other."""
    with pytest.raises(RuntimeError, match=words) as refused:
        start(**given)
    assert '\n' not in str(refused.value)


@pytest.mark.parametrize('camera', ['usb_cam', 'video', 'none'])
def test_the_real_launch_makes_the_nodes(
    camera: str, start_for_real: Callable[..., list[Any]]
) -> None:
    """Real actions take what the file gives them."""
    given = {'camera': camera, 'video': '0', 'backend': 'auto', 'use_sim_time': 'true'}
    nodes = start_for_real(LAUNCH_FILE, **given)
    assert len(nodes) == (2 if camera == 'none' else 3)


@pytest.mark.parametrize('given', [{'camera': 'webcam'}, {'backend': 'torch'}, {'rviz': 'maybe'}])
def test_the_real_launch_refuses_what_is_no_choice(
    given: dict[str, str], start_for_real: Callable[..., list[Any]]
) -> None:
    """The choices are enforced before anything starts."""
    with pytest.raises(RuntimeError, match='is not valid'):
        start_for_real(LAUNCH_FILE, **given)
