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
from os.path import normpath
from pathlib import Path
import runpy
from types import SimpleNamespace
from typing import Any

from catkin_pkg.package import parse_package
from movenet_ros.settings import HumansParameters
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import table_of
from movenet_ros.settings import VideoSourceParameters
import pytest
from rclpy.logging import LoggingSeverity
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / 'launch' / 'pose.launch.py'
PARAMS_FILE = str(ROOT / 'config' / 'pose.yaml')
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
VIDEO = {'camera': 'video', 'video': 'walk.mp4'}
DEPTH = {'depth': '/camera/depth/image'}
KINEMATICS = {'kinematics': 'true'}
CAMERAS = {'cameras': 'front,left', 'video': '/dev/video0,/dev/video2'}
HUMANS = {'humans': 'true'}
READERS = {**KINEMATICS, **HUMANS}

Started = Callable[..., dict[str, Any]]
Resolve = Callable[[Any, str], str]
ReadForReal = Callable[[Path], tuple[set[str], set[str]]]


@pytest.fixture
def arguments(read_arguments: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return the declared arguments by name."""
    return read_arguments(LAUNCH_FILE)


@pytest.fixture
def start(start_file: Callable[..., list[Any]]) -> Started:
    """Return a function that starts the file with arguments and returns the nodes by name."""

    def start_with(**given: str) -> dict[str, Any]:
        _, *nodes = start_file(LAUNCH_FILE, **given)
        return {node.executable: node for node in nodes}

    return start_with


def own_parameters(node: Any) -> dict[str, Any]:
    """Return the parameters that the launch file itself sets, without files."""
    return {name: value for part in node.parameters if isinstance(part, dict)
            for name, value in part.items()}


def test_every_argument_is_described(arguments: dict[str, Any]) -> None:
    assert all(each.description.endswith('.') for each in arguments.values())


@pytest.mark.parametrize('level', [each.name for each in LoggingSeverity if each.name != 'UNSET'])
def test_log_levels_are_those_of_ros(level: str, start: Started) -> None:
    options = start(log_level=level)['pose_node'].ros_arguments
    assert options == ['--log-level', level.lower()]


@pytest.mark.parametrize('spelling', ['true', 'True', 'TRUE', '1', 'yes', 'on', ' true'])
def test_true_may_be_spelt_in_every_usual_way(spelling: str, start: Started) -> None:
    nodes = start(rviz=spelling, use_sim_time=spelling, autostart=spelling)
    assert own_parameters(nodes['pose_node']) == {'use_sim_time': True, 'autostart': True}
    assert 'rviz2' in nodes


@pytest.mark.parametrize('spelling', ['false', 'False', 'FALSE', '0', 'no', 'off'])
def test_false_may_be_spelt_in_every_usual_way(spelling: str, start: Started) -> None:
    nodes = start(rviz=spelling, use_sim_time=spelling, autostart=spelling)
    assert own_parameters(nodes['pose_node']) == {'use_sim_time': False, 'autostart': False}
    assert 'rviz2' not in nodes


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, {'pose_node', 'usb_cam_node_exe', 'rviz2'}),
        (VIDEO, {'pose_node', 'video_source', 'rviz2'}),
        ({'camera': 'none', 'rviz': 'false'}, {'pose_node'}),
        ({'camera': 'none', 'rviz': 'false', **DEPTH}, {'pose_node', 'pose_3d_node'}),
        ({'camera': 'none', 'rviz': 'false', **KINEMATICS}, {'pose_node', 'kinematics_node'}),
        ({'camera': 'none', 'rviz': 'false', **HUMANS}, {'pose_node', 'humans_node'}),
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
    nodes = start(**DEPTH, **READERS) | start(**VIDEO)
    ours = {name for name, node in nodes.items() if node.package == 'movenet_ros'}
    assert ours <= installed
    assert ours == {
        'pose_node', 'pose_3d_node', 'kinematics_node', 'humans_node', 'video_source'
    }


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
        ({}, 'usb_cam_node_exe', 'camera_info', '/../camera_info'),
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
    expected = normpath(resolve(nodes['pose_node'], 'image') + read)
    assert resolve(nodes[source], published) == expected


@pytest.mark.parametrize('namespace', ['', 'robot1', '/fleet/robot1'])
def test_rviz_shows_the_annotated_image(namespace: str, start: Started, resolve: Resolve) -> None:
    nodes = start(namespace=namespace)
    config = yaml.safe_load(Path(nodes['rviz2'].arguments[1]).read_text())
    shown = config['Visualization Manager']['Displays'][0]['Topic']['Value']
    drawn = resolve(nodes['pose_node'], 'image_annotated')
    assert resolve(nodes['rviz2'], shown) == drawn


@pytest.mark.parametrize('namespace', ['', 'robot1'])
def test_with_depth_rviz_shows_people_in_space(
    namespace: str, start: Started, resolve: Resolve
) -> None:
    """What the 3D node publishes, in its namespace."""
    nodes = start(namespace=namespace, **DEPTH)
    config = yaml.safe_load(Path(nodes['rviz2'].arguments[1]).read_text())
    topics = {
        each['Class'].partition('/')[2]: each['Topic']['Value']
        for each in config['Visualization Manager']['Displays'] if 'Topic' in each
    }
    for display, output in (('MarkerArray', 'markers'), ('Pose', 'person')):
        published = resolve(nodes['pose_3d_node'], output)
        assert resolve(nodes['rviz2'], topics[display]) == published


def test_rviz_looks_from_the_frame_in_which_people_are(start: Started) -> None:
    frame = {'target_frame': 'odom', **DEPTH}
    assert start(**frame)['rviz2'].arguments[2:] == ['-f', 'odom']
    assert start(**DEPTH)['rviz2'].arguments[2:] == ['-f', 'camera_link']
    assert start(depth='monocular')['rviz2'].arguments[2:] == []  # the frame of the images


def test_all_nodes_are_in_the_namespace(start: Started) -> None:
    nodes = start(namespace='robot1', **DEPTH, **READERS)
    assert {node.namespace for node in nodes.values()} == {'robot1'}


def test_nodes_keep_their_own_names(start: Started) -> None:
    nodes = start(**DEPTH, **READERS) | start(**VIDEO)
    assert {name: getattr(node, 'name', None) for name, node in nodes.items()} == {
        'pose_node': 'movenet',
        'pose_3d_node': 'movenet_3d',
        'kinematics_node': 'movenet_kinematics',
        'humans_node': 'movenet_humans',
        'usb_cam_node_exe': 'usb_cam',
        'video_source': 'video_source',
        'rviz2': None,
    }


def test_an_empty_argument_is_as_if_it_were_not_given(
    arguments: dict[str, Any], start: Started
) -> None:
    plain, empty = start(), start(**dict.fromkeys(arguments, ''))
    assert plain.keys() == empty.keys()
    for name, node in plain.items():
        assert (node.remappings, node.parameters) == (
            empty[name].remappings, empty[name].parameters
        )


def test_by_default_nothing_overrides_a_parameter_that_an_including_file_sets(
    start: Started
) -> None:
    nodes = start(video='') | start(**VIDEO)
    assert own_parameters(nodes['video_source']) == {'source': VIDEO['video']}
    assert not any(nodes[name].parameters for name in ('pose_node', 'usb_cam_node_exe', 'rviz2'))


def test_given_arguments_override_the_file(start: Started) -> None:
    given = {
        'autostart': 'false', 'backend': 'onnxruntime', 'image_transport': 'raw', 'mode': 'fast',
    }
    file, own = start(params_file=PARAMS_FILE, **given)['pose_node'].parameters
    assert file == Path(PARAMS_FILE)
    assert own == {**given, 'autostart': False}


@pytest.mark.parametrize(
    ('pushed', 'given', 'expected'),
    [
        ('', 'robot1', 'robot1'),
        ('/robot1', 'robot1', ''),
        ('/fleet/robot1', 'robot1', ''),
        ('/fleet/robot1', '/robot1', '/robot1'),
        ('/robot1', 'front', 'front'),
        ('/robot11', 'robot1', 'robot1'),
        ('/robot1', '', ''),
    ],
)
def test_a_namespace_that_an_including_file_has_pushed_comes_once(
    pushed: str, given: str, expected: str, start_file: Callable[..., list[Any]]
) -> None:
    _, *nodes = start_file(LAUNCH_FILE, {'ros_namespace': pushed}, namespace=given)
    assert {node.namespace for node in nodes} == {expected}


def test_parameters_of_the_nodes_exist(start: Started) -> None:
    given = {'autostart': 'true', 'backend': 'auto', 'image_transport': 'raw', 'mode': 'auto'}
    compressed = {'depth': '/depth/compressedDepth', 'target_frame': 'map'}
    nodes = start(**given, **compressed, **READERS) | start(**VIDEO, **given)
    for name, table in (
        ('pose_node', PoseParameters), ('pose_3d_node', Pose3DParameters),
        ('kinematics_node', KinematicsParameters), ('humans_node', HumansParameters),
        ('video_source', VideoSourceParameters),
    ):
        own = own_parameters(nodes[name])
        table_of(table, own)  # which refuses values
        assert own.keys() <= rows(table).keys()


def test_nodes_use_the_simulated_time(start: Started) -> None:
    nodes = start(**VIDEO, **DEPTH, use_sim_time='true')
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


@pytest.mark.parametrize('namespace', ['', '/fleet/robot1'])
@pytest.mark.parametrize(
    ('more', 'source', 'published', 'device'),
    [
        ({}, 'usb_cam', 'image_raw', 'video_device'),
        ({'camera': 'video'}, 'video_source', 'image', 'source'),
    ],
)
def test_each_camera_has_a_driver_whose_images_the_pose_node_receives(
    namespace: str,
    more: dict[str, str],
    source: str,
    published: str,
    device: str,
    start_file: Callable[..., list[Any]],
    resolve: Resolve,
) -> None:
    _, pose, *drivers, rviz = start_file(LAUNCH_FILE, namespace=namespace, **CAMERAS, **more)
    assert own_parameters(pose) == {'cameras': 'front,left'}
    assert [each.name for each in drivers] == [source, source]
    for name, driver, its in zip(('front', 'left'), drivers, CAMERAS['video'].split(',')):
        assert resolve(driver, published) == resolve(pose, f'{name}/image')
        assert own_parameters(driver)[device] == its
    assert resolve(rviz, '/image_annotated') == resolve(pose, 'front/image_annotated')


def test_people_of_each_of_several_cameras_are_placed_and_observed(
    start_file: Callable[..., list[Any]], resolve: Resolve
) -> None:
    given = {**CAMERAS, 'depth': 'depth/image', **KINEMATICS}
    _, pose, *nodes, rviz = start_file(LAUNCH_FILE, namespace='robot1', **given)
    for name, of_it in (('front', nodes[:2]), ('left', nodes[2:4])):
        in_space, kinematics = of_it
        assert [each.executable for each in of_it] == ['pose_3d_node', 'kinematics_node']
        assert resolve(in_space, 'image') == resolve(pose, f'{name}/image')
        assert resolve(in_space, 'depth') == f'/robot1/{name}/depth/image'
        for node in of_it:
            assert resolve(node, 'poses') == resolve(pose, f'{name}/poses')
        assert resolve(kinematics, 'poses_3d') == resolve(in_space, 'poses_3d')
    assert resolve(rviz, '/markers') == resolve(nodes[0], 'markers')


def test_a_camera_and_a_video_have_the_same_frame(start: Started) -> None:
    node = start()['usb_cam_node_exe']
    assert f'frame_id:={VideoSourceParameters().frame_id}' in node.ros_arguments


def test_the_camera_gets_a_profile_with_room_for_images(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in PROFILE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    ((variable, path),) = start()['usb_cam_node_exe'].additional_env.items()
    assert variable in PROFILE_VARIABLES and Path(path).is_file()


@pytest.mark.parametrize(('package', 'variable'), zip(('fastrtps', 'fastdds'), PROFILE_VARIABLES))
def test_fast_dds_gets_the_variable_of_its_version_alone(
    package: str, variable: str, start: Started, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 3 warns of the variable of version 2, in every node."""
    for each in PROFILE_VARIABLES:
        monkeypatch.delenv(each, raising=False)
    manifest = prefix / 'share' / 'rmw_fastrtps_cpp' / 'package.xml'
    manifest.parent.mkdir(parents=True)
    manifest.write_text(f'<package><build_depend>{package}</build_depend></package>')
    assert set(start()['usb_cam_node_exe'].additional_env) == {variable}


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


@pytest.mark.parametrize(
    ('name', 'enclave'),
    [
        ('pose_3d_node', '/movenet_3d'), ('kinematics_node', '/movenet_kinematics'),
        ('humans_node', '/movenet_humans'), ('video_source', '/movenet_video'),
    ],
)
def test_the_other_nodes_of_ours_have_enclaves_of_their_own(
    name: str, enclave: str, start: Started
) -> None:
    options = start(enclave='/movenet', **VIDEO, **DEPTH, **READERS)[name].ros_arguments
    assert options[-2:] == ['--enclave', enclave]


@pytest.mark.parametrize('name', ['kinematics_node', 'humans_node'])
@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, {}),
        ({'depth': 'monocular'}, {}),
        (DEPTH, {'source': 'poses_3d'}),
        ({**DEPTH, 'target_frame': 'odom'}, {'source': 'poses_3d', 'down': '-z'}),
    ],
)
def test_people_in_metres_are_read_where_they_are_measured(
    given: dict[str, str], expected: dict[str, str], name: str, start: Started, resolve: Resolve
) -> None:
    nodes = start(**given, **READERS)
    node = nodes[name]
    assert own_parameters(node) == expected
    source = expected.get('source', 'poses')
    published = nodes['pose_3d_node' if expected else 'pose_node']
    assert resolve(node, source) == resolve(published, source)


def test_the_humans_node_reads_the_images_of_the_pose_node(
    start: Started, resolve: Resolve
) -> None:
    nodes = start(image='camera/image', **HUMANS)
    assert resolve(nodes['humans_node'], 'image') == resolve(nodes['pose_node'], 'image')


@pytest.mark.parametrize('namespace', ['', 'robot1'])
def test_the_3d_node_subscribes_to_what_the_pose_node_publishes(
    namespace: str, start: Started, resolve: Resolve
) -> None:
    nodes = start(namespace=namespace, **DEPTH)
    assert resolve(nodes['pose_3d_node'], 'poses') == resolve(nodes['pose_node'], 'poses')


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, '/camera/camera_info'),
        ({'camera_info': '/camera/color/camera_info'}, '/camera/color/camera_info'),
    ],
)
def test_the_3d_node_takes_the_calibration_of_the_images(
    given: dict[str, str], expected: str, start: Started, resolve: Resolve
) -> None:
    node = start(image='/camera/image_rect', **given, **DEPTH)['pose_3d_node']
    assert resolve(node, 'camera_info') == expected
    assert resolve(node, 'image') == '/camera/image_rect'
    assert resolve(node, 'depth') == DEPTH['depth']


def test_compressed_depth_is_named_by_its_topic(start: Started, resolve: Resolve) -> None:
    node = start(depth='/camera/depth/image/compressedDepth')['pose_3d_node']
    assert own_parameters(node) == {'depth_transport': 'compressedDepth'}
    assert resolve(node, 'depth') == '/camera/depth/image'


def test_without_a_depth_camera_nothing_is_remapped_for_it(start: Started) -> None:
    node = start(depth='monocular')['pose_3d_node']
    assert own_parameters(node) == {'source': 'monocular'}
    assert 'depth' not in dict(node.remappings)


def test_the_end_of_the_3d_node_ends_nothing(start: Started) -> None:
    assert getattr(start(**DEPTH)['pose_3d_node'], 'on_exit', None) is None


def end_of(nodes: dict[str, Any], name: str, code: int) -> list[Any]:
    """Let launch end a node with an exit code, and return what follows."""
    event = SimpleNamespace(action=nodes[name], process_name=name, returncode=code)
    return list(nodes[name].on_exit(event, SimpleNamespace(is_shutdown=False)))


@pytest.mark.parametrize('name', ['pose_node', 'video_source'])
def test_with_a_node_the_others_of_the_file_end_and_no_more(name: str, start: Started) -> None:
    nodes = start(**VIDEO, **DEPTH, **READERS)
    ended = [each.event.process_matcher.args[0] for each in end_of(nodes, name, 0)]
    assert {node.executable for node in ended} == {*nodes} - {name}


def test_a_failure_becomes_the_exit_code_as_soon_as_nothing_else_runs(start: Started) -> None:
    *_, told = end_of(start(), 'pose_node', -9)
    (handler,) = told.args
    handler.on_shutdown(SimpleNamespace(reason='ctrl-c (SIGINT)'), None)
    with pytest.raises(RuntimeError, match='-9'):
        handler.on_shutdown(SimpleNamespace(reason='idle'), None)


def test_a_required_node_takes_the_launch_with_it(start: Started) -> None:
    nodes = start(**VIDEO, required='true')
    (shutdown,) = end_of(nodes, 'pose_node', 0)
    assert type(shutdown).__name__ == 'Shutdown'
    with pytest.raises(RuntimeError, match='exit code 1'):
        end_of(nodes, 'pose_node', 1)


def test_a_node_that_ends_with_the_launch_ends_nothing(start: Started) -> None:
    event = SimpleNamespace(process_name='pose_node-1', returncode=0)
    context = SimpleNamespace(is_shutdown=True)
    assert start()['pose_node'].on_exit(event, context) == []


def test_the_pose_node_and_the_camera_may_be_kept_alive(start: Started) -> None:
    nodes = start(**DEPTH, **READERS, respawn='true')
    kept = {name for name, node in nodes.items() if getattr(node, 'respawn', False)}
    assert kept == {
        'pose_node', 'pose_3d_node', 'kinematics_node', 'humans_node', 'usb_cam_node_exe'
    }
    assert start(respawn='true')['pose_node'].on_exit is None


def test_a_program_whose_python_is_gone_is_not_started(start: Started, prefix: Path) -> None:
    program = prefix / 'lib' / 'movenet_ros' / 'pose_node'
    program.write_text('#!/bin/sh -e\n')
    start()
    program.write_text(f'#!{prefix}/gone/python3\n')
    with pytest.raises(RuntimeError, match='gone/python3'):
        start()


@pytest.mark.parametrize(
    ('given', 'program', 'words'),
    [
        ({}, 'usb_cam', 'sudo apt install ros-jazzy-usb-cam'),
        ({}, 'rviz2', 'sudo apt install ros-jazzy-rviz2'),
        ({'rviz': 'false'}, 'movenet_ros/pose_node', 'colcon build'),
        (VIDEO, 'movenet_ros/video_source', 'colcon build'),
        (DEPTH, 'movenet_ros/pose_3d_node', 'colcon build'),
        (KINEMATICS, 'movenet_ros/kinematics_node', 'colcon build'),
        (HUMANS, 'movenet_ros/humans_node', 'colcon build'),
    ],
)
def test_nothing_starts_before_every_program_is_found(
    given: dict[str, str],
    program: str,
    words: str,
    start: Started,
    prefix: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    start(**given)
    (prefix / 'lib' / program).rename(prefix / 'gone')
    with pytest.raises(RuntimeError, match=words):
        start(**given)


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'params_file': '/nowhere/mine.yaml'}, '/nowhere/mine.yaml'),
        ({'camera': 'video'}, 'video:='),
        ({**VIDEO, 'image_transport': 'compressed'}, 'image_transport'),
        ({'rviz': 'maybe'}, 'rviz'),
        ({'camera': 'webcam'}, 'usb_cam, video, none'),
        ({'backend': 'torch'}, 'openvino'),
        ({'log_level': 'loud'}, 'debug'),
        ({'respawn': 'true', 'required': 'true'}, 'respawn'),
        ({'camera_info': '/camera/camera_info'}, 'depth:='),
        ({'target_frame': 'map'}, 'depth:='),
        ({'cameras': 'front,left'}, 'video:='),
        ({**CAMERAS, 'video': '/dev/video0'}, 'video:='),
        ({**CAMERAS, 'cameras': 'front,le-ft'}, 'le-ft'),
        ({**CAMERAS, 'image': '/image_raw'}, 'image is a topic below'),
        ({**CAMERAS, **DEPTH}, 'depth is a topic below'),
        ({**CAMERAS, **HUMANS}, '__ns:=/front'),
        ({'namespace': 'my-robot'}, 'my-robot'),
        ({'namespace': 'robot//1'}, 'robot//1'),
        ({'namespace': '1st'}, '1st'),
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
    _, *nodes = start_for_real(LAUNCH_FILE, **given)
    assert len(nodes) == (2 if camera == 'none' else 3)


def test_the_real_launch_knows_the_arguments_in_the_group(read_for_real: ReadForReal) -> None:
    arguments, left = read_for_real(LAUNCH_FILE)
    assert 'rviz' in arguments and 'rviz' not in left
