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

"""pose.launch.py: which nodes its arguments start, with which topics, parameters and options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import runpy
from typing import Any

from catkin_pkg.package import parse_package
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import VideoSourceParameters
import pytest
from rclpy.logging import LoggingSeverity
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / 'launch' / 'pose.launch.py'
PARAMS_FILE = str(ROOT / 'config' / 'pose.yaml')
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
VIDEO = {'camera': 'video', 'video': 'walk.mp4'}

Started = Callable[..., dict[str, Any]]
Resolve = Callable[[Any, str], str]


@pytest.fixture
def arguments(read_arguments: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return the declared arguments by name."""
    return read_arguments(LAUNCH_FILE)


@pytest.fixture
def start(start_file: Callable[..., list[Any]]) -> Started:
    """Return a function that starts the file with arguments and returns the nodes by name."""
    return lambda **given: {node.executable: node for node in start_file(LAUNCH_FILE, **given)}


def own_parameters(node: Any) -> dict[str, Any]:
    """Return the parameters that the launch file itself sets, without files."""
    return {name: value for part in node.parameters if isinstance(part, dict)
            for name, value in part.items()}


def test_every_argument_is_described_and_has_a_default_among_its_choices(
    arguments: dict[str, Any]
) -> None:
    assert all(each.description.endswith('.') for each in arguments.values())
    assert all(each.default_value in (each.choices or [each.default_value])
               for each in arguments.values())


def test_log_levels_are_those_of_ros(arguments: dict[str, Any]) -> None:
    levels = {level.name.lower() for level in LoggingSeverity if level.name != 'UNSET'}
    assert set(arguments['log_level'].choices) == levels


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, {'pose_node', 'usb_cam_node_exe', 'rviz2'}),
        (VIDEO, {'pose_node', 'video_source', 'rviz2'}),
        ({'camera': 'none', 'rviz': 'false'}, {'pose_node'}),
    ],
)
def test_arguments_choose_the_nodes(
    given: dict[str, str], expected: set[str], start: Started
) -> None:
    assert set(start(**given)) == expected


def test_nodes_of_the_package_are_installed(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup: dict[str, Any] = {}
    monkeypatch.setattr('setuptools.setup', setup.update)
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / 'setup.py'))
    installed = {each.split(' =')[0] for each in setup['entry_points']['console_scripts']}
    nodes = start() | start(**VIDEO)
    ours = {name for name, node in nodes.items() if node.package == 'movenet_ros'}
    assert ours == {'pose_node', 'video_source'} and ours <= installed


def test_nodes_of_other_packages_are_dependencies(start: Started) -> None:
    depends = {each.name for each in parse_package(ROOT).exec_depends}
    assert {node.package for node in start().values()} - {'movenet_ros'} <= depends


@pytest.mark.parametrize('image', ['image_raw', 'front/image', '/robot/front/image'])
@pytest.mark.parametrize('namespace', ['', 'robot1', '/fleet/robot1'])
@pytest.mark.parametrize(
    ('given', 'source', 'published', 'read'),
    [
        ({}, 'usb_cam_node_exe', 'image_raw', ''),
        ({}, 'usb_cam_node_exe', 'image_raw/compressed', '/compressed'),
        (VIDEO, 'video_source', 'image', ''),
    ],
)
def test_the_pose_node_subscribes_to_the_topic_of_the_camera(
    image: str,
    namespace: str,
    given: dict[str, str],
    source: str,
    published: str,
    read: str,
    start: Started,
    resolve: Resolve,
) -> None:
    nodes = start(image=image, namespace=namespace, **given)
    assert resolve(nodes[source], published) == resolve(nodes['pose_node'], 'image') + read


@pytest.mark.parametrize('namespace', ['', 'robot1', '/fleet/robot1'])
def test_rviz_shows_the_annotated_image(namespace: str, start: Started, resolve: Resolve) -> None:
    nodes = start(namespace=namespace)
    config = yaml.safe_load(Path(nodes['rviz2'].arguments[1]).read_text())
    shown = config['Visualization Manager']['Displays'][0]['Topic']['Value']
    drawn = resolve(nodes['pose_node'], 'image_annotated')
    assert resolve(nodes['rviz2'], shown) == drawn


def test_all_nodes_are_in_the_namespace(start: Started) -> None:
    assert {node.namespace for node in start(namespace='robot1').values()} == {'robot1'}


def test_nodes_keep_their_own_names(start: Started) -> None:
    nodes = start() | start(**VIDEO)
    assert {name: getattr(node, 'name', None) for name, node in nodes.items()} == {
        'pose_node': 'movenet',
        'usb_cam_node_exe': 'usb_cam',
        'video_source': 'video_source',
        'rviz2': None,
    }


def test_empty_arguments_leave_parameters_to_the_file(start: Started) -> None:
    nodes = start()
    assert nodes['pose_node'].parameters == [PARAMS_FILE]
    assert nodes['usb_cam_node_exe'].parameters == [PARAMS_FILE]


def test_given_arguments_override_the_file(start: Started) -> None:
    given = {'autostart': 'false', 'backend': 'onnxruntime', 'image_transport': 'raw'}
    file, overrides = start(**given)['pose_node'].parameters
    assert file == PARAMS_FILE
    assert {name: value.args for name, value in overrides.items()} == {
        name: (name,) for name in given
    }


def test_parameters_of_the_nodes_exist(start: Started) -> None:
    given = {'autostart': 'true', 'backend': 'auto', 'image_transport': 'raw'}
    nodes = start(**given) | start(**VIDEO, **given)
    for name, table in (('pose_node', PoseParameters), ('video_source', VideoSourceParameters)):
        assert own_parameters(nodes[name]).keys() <= rows(table).keys()


def test_nodes_use_the_simulated_time(start: Started) -> None:
    nodes = start(**VIDEO, use_sim_time='true')
    assert all('use_sim_time' in own_parameters(node) for node in nodes.values())


@pytest.mark.parametrize(
    ('given', 'source', 'parameters'),
    [
        ({'video': '/dev/video2'}, 'usb_cam_node_exe', {'video_device': '/dev/video2'}),
        ({'camera': 'video', 'video': '0'}, 'video_source', {'source': '0'}),
    ],
)
def test_the_argument_video_reaches_the_source_as_a_string(
    given: dict[str, str], source: str, parameters: dict[str, str], start: Started
) -> None:
    assert own_parameters(start(**given)[source]) == parameters


def test_a_camera_and_a_video_have_the_same_frame(start: Started) -> None:
    node = start()['usb_cam_node_exe']
    assert f'frame_id:={VideoSourceParameters().frame_id}' in node.ros_arguments


def test_the_camera_gets_a_profile_with_room_for_images(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    environment = start()['usb_cam_node_exe'].additional_env
    assert set(environment) == set(PROFILE_VARIABLES)
    assert all(Path(path).is_file() for path in environment.values())


@pytest.mark.parametrize('variable', PROFILE_VARIABLES)
def test_a_profile_of_the_users_own_stays(
    variable: str, start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, 'mine.xml')
    assert start()['usb_cam_node_exe'].additional_env == {}


@pytest.mark.parametrize(
    ('given', 'options'),
    [
        ({}, ['--log-level', 'info']),
        (
            {'log_level': 'debug', 'enclave': '/movenet'},
            ['--log-level', 'debug', '--enclave', '/movenet'],
        ),
    ],
)
def test_log_level_and_enclave_are_options_of_the_pose_node(
    given: dict[str, str], options: list[str], start: Started
) -> None:
    assert start(**given)['pose_node'].ros_arguments == options


def test_the_end_of_the_pose_node_or_the_video_ends_the_launch(start: Started) -> None:
    nodes = start() | start(**VIDEO)
    ends = {name for name, node in nodes.items() if hasattr(node, 'on_exit')}
    assert ends == {'pose_node', 'video_source'}


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'params_file': '/nowhere/mine.yaml'}, '/nowhere/mine.yaml'),
        ({'camera': 'video'}, 'video:='),
        ({**VIDEO, 'image_transport': 'compressed'}, 'image_transport'),
    ],
)
def test_contradictions_are_refused_in_one_line(
    given: dict[str, str], words: str, start: Started
) -> None:
    with pytest.raises(RuntimeError, match=words) as refused:
        start(**given)
    assert '\n' not in str(refused.value)


@pytest.mark.parametrize('camera', ['usb_cam', 'video', 'none'])
def test_the_real_launch_makes_the_nodes(
    camera: str, start_for_real: Callable[..., list[Any]]
) -> None:
    given = {'camera': camera, 'video': '0', 'backend': 'auto', 'use_sim_time': 'true'}
    nodes = start_for_real(LAUNCH_FILE, **given)
    assert len(nodes) == (2 if camera == 'none' else 3)


@pytest.mark.parametrize('given', [{'camera': 'webcam'}, {'backend': 'torch'}, {'rviz': 'maybe'}])
def test_the_real_launch_refuses_other_choices(
    given: dict[str, str], start_for_real: Callable[..., list[Any]]
) -> None:
    with pytest.raises(RuntimeError, match='is not valid'):
        start_for_real(LAUNCH_FILE, **given)
