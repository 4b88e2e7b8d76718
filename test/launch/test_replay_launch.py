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

"""replay.launch.py against ros2 bag, pose.launch.py and the pose node."""

from argparse import ArgumentParser
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
import time
from types import SimpleNamespace
from typing import Any

from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.node.pose_node import PoseNode
import numpy as np
import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rosbags.rosbag2 import Writer
from vision_msgs.msg import Detection2DArray

ROOT = Path(__file__).parents[2]
LAUNCH_FILE = ROOT / 'launch' / 'replay.launch.py'
POSE_LAUNCH_FILE = ROOT / 'launch' / 'pose.launch.py'
OWN_ARGUMENTS = {'bag', 'rate', 'loop'}
PASSED_ON = {
    'image', 'image_transport', 'depth', 'camera_info', 'target_frame', 'rviz', 'namespace',
    'kinematics', 'humans', 'params_file', 'mode', 'backend', 'log_level',
}
# of pose.launch.py's: not to choose here
SETTLED = {
    'autostart', 'camera', 'cameras', 'enclave', 'required', 'respawn', 'video', 'use_sim_time',
}
VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
NAMESPACES = ['', 'robot1', '/fleet/robot1']
BUILT_IN = {'/rosout', '/parameter_events'}
WAIT_S = 20.0

Started = Callable[..., SimpleNamespace]


@pytest.fixture
def arguments(read_arguments: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return the declared arguments by name."""
    return read_arguments(LAUNCH_FILE)


@pytest.fixture
def start(start_file: Callable[..., list[Any]], tmp_path: Path) -> Started:
    """Return a function that starts the file with arguments and returns its actions."""

    def start_with(bag: str = str(tmp_path), **given: str) -> SimpleNamespace:
        log, included, timer = start_file(LAUNCH_FILE, bag=bag, **given)
        (waiting,) = timer.actions
        player, *_ = waiting.function.args
        return SimpleNamespace(
            log=log, look=waiting.function, player=player, included=included
        )

    return start_with


def understood(cmd: list[str]) -> Namespace:
    """Read a command line as ros2 bag play of every version since Humble does."""
    assert cmd[:3] == ['ros2', 'bag', 'play']
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument('bag_path')
    parser.add_argument('-r', '--rate', type=float, default=1.0)
    parser.add_argument('-l', '--loop', action='store_true')
    parser.add_argument('-m', '--remap', nargs='+', default='')
    parser.add_argument('--clock', type=float, nargs='?', const=40, default=0)
    parser.add_argument('-d', '--delay', type=float, default=0.0)
    parser.add_argument('--disable-keyboard-controls', action='store_true')
    parser.add_argument('--wait-for-all-acked', type=int, default=-1)
    return parser.parse_args(cmd[3:])


def pose_nodes(
    included: Any, start_file: Callable[..., list[Any]], **given: str
) -> dict[str, Any]:
    """Start what is included as launch does: with its own arguments over those of the includer."""
    passed = {name: value for name, value in given.items() if name in PASSED_ON}
    (source,) = included.args
    _, *nodes = start_file(Path(source.args[0]), **passed, **dict(included.launch_arguments))
    return {node.executable: node for node in nodes}


def test_every_argument_is_described(arguments: dict[str, Any]) -> None:
    assert all(each.description.endswith('.') for each in arguments.values())


@pytest.mark.parametrize('name', sorted(PASSED_ON))
def test_arguments_passed_on_are_those_of_the_pose_launch_file(
    name: str, arguments: dict[str, Any], read_arguments: Callable[[Path], dict[str, Any]]
) -> None:
    there = read_arguments(POSE_LAUNCH_FILE)[name]
    assert arguments[name].default_value == there.default_value


def test_every_argument_of_the_pose_launch_file_is_passed_on_or_settled(
    read_arguments: Callable[[Path], dict[str, Any]]
) -> None:
    assert read_arguments(POSE_LAUNCH_FILE).keys() == PASSED_ON | SETTLED


def test_the_bag_takes_the_cameras_place(
    start: Started, start_file: Callable[..., list[Any]]
) -> None:
    nodes = pose_nodes(start().included, start_file)
    assert set(nodes) == {'pose_node', 'rviz2'}


def test_the_simulated_time_reaches_the_nodes(
    start: Started, start_file: Callable[..., list[Any]]
) -> None:
    included = start().included
    assert ('use_sim_time', 'true') in included.launch_arguments
    for node in pose_nodes(included, start_file).values():
        *_, own = node.parameters
        assert own['use_sim_time'] is True


@pytest.mark.parametrize('name', ['image', 'namespace', 'rviz', 'backend', 'log_level'])
def test_the_included_file_keeps_the_arguments_of_the_user(name: str, start: Started) -> None:
    assert name not in dict(start().included.launch_arguments)


@pytest.mark.parametrize(
    ('given', 'rate', 'loop'),
    [({}, 1.0, False), ({'rate': '1e1'}, 10.0, False), ({'loop': 'True'}, 1.0, True)],
)
def test_the_bag_is_played_at_the_rate_once_or_for_ever(
    given: dict[str, str], rate: float, loop: bool, start: Started, tmp_path: Path
) -> None:
    options = understood(start(**given).player.cmd)
    assert (options.bag_path, options.rate, options.loop) == (str(tmp_path), rate, loop)


def test_a_home_folder_is_expanded(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'walk').mkdir()
    assert understood(start(bag='~/walk').player.cmd).bag_path == str(tmp_path / 'walk')


def test_the_player_publishes_the_clock_and_loses_no_image(start: Started) -> None:
    options = understood(start().player.cmd)
    assert min(options.clock, options.delay, options.wait_for_all_acked) > 0
    assert options.disable_keyboard_controls


@pytest.mark.parametrize('namespace', NAMESPACES)
def test_outputs_of_an_earlier_run_are_remapped(
    namespace: str,
    start: Started,
    start_file: Callable[..., list[Any]],
    context: Context,
    node_args: Callable[..., dict[str, Any]],
) -> None:
    started = start(namespace=namespace)
    described = pose_nodes(started.included, start_file, namespace=namespace)['pose_node']
    remaps = [part for rule in understood(started.player.cmd).remap for part in ('-r', rule)]
    node = PoseNode(RecordedBackend([np.zeros((1, 0, 56), np.float32)]), **node_args(described))
    player = Node('player', context=context, cli_args=['--ros-args', *remaps])
    outputs = {each.topic_name for each in node.publishers} - BUILT_IN
    moved = {player.resolve_topic_name(topic) for topic in outputs}
    player.destroy_node()
    node.destroy_node()
    assert len(outputs) > len(OUTPUTS) and moved == {f'/recorded{topic}' for topic in outputs}


def test_bodies_of_an_earlier_run_are_remapped(
    start: Started, tmp_path: Path, typestore: Any
) -> None:
    names = ['/humans/bodies/tracked', '/humans/bodies/p0001/roi', '/humans/faces/tracked']
    with Writer(tmp_path / 'bag', version=9) as bag:
        for name in names:
            bag.add_connection(name, 'std_msgs/msg/Header', typestore=typestore)
    remaps = understood(start(bag=str(tmp_path / 'bag')).player.cmd).remap
    moved = [rule.partition(':=')[::2] for rule in remaps if rule.startswith('/humans')]
    assert moved == [(name, f'/recorded{name}') for name in names[:2]]


@pytest.mark.parametrize('topic', ['/camera/image_raw', '/tf_static', '/clock', '/robot2/poses'])
def test_other_topics_keep_their_names(topic: str, start: Started, context: Context) -> None:
    remaps = understood(start(namespace='robot1').player.cmd).remap
    arguments = ['--ros-args', *(part for rule in remaps for part in ('-r', rule))]
    player = Node('player', context=context, cli_args=arguments)
    resolved = player.resolve_topic_name(topic)
    player.destroy_node()
    assert resolved == topic


def test_the_player_gets_a_profile_with_room_for_images(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    ((variable, path),) = start().player.additional_env.items()
    assert variable in VARIABLES and Path(path).is_file()
    monkeypatch.setenv(VARIABLES[0], 'mine.xml')
    assert start().player.additional_env == {}


@pytest.mark.parametrize('namespace', NAMESPACES)
def test_the_bag_waits_until_images_are_read(
    namespace: str,
    start: Started,
    start_file: Callable[..., list[Any]],
    context: Context,
    node_args: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until then it looks again and again; no log line is an interface."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(context.get_domain_id()))
    started = start(namespace=namespace, log_level='fatal')
    described = pose_nodes(started.included, start_file, namespace=namespace)['pose_node']
    probe = Node('probe', context=context, namespace=namespace)

    look = started.look

    def waits() -> bool:
        nonlocal look
        (action,) = look(SimpleNamespace(is_shutdown=False))
        if action is not started.player:
            look = action.actions[0].function
        return action is not started.player

    assert waits()
    node = PoseNode(RecordedBackend([np.zeros((1, 0, 56), np.float32)]), **node_args(described))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    node.start()
    while ('movenet', node.get_namespace()) not in probe.get_node_names_and_namespaces():
        executor.spin_once(timeout_sec=0.05)
    assert waits()
    probe.create_subscription(Detection2DArray, 'poses', lambda _: None, 1)
    until = time.monotonic() + WAIT_S
    while (still := waits()) and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.05)
    node.destroy_node()
    probe.destroy_node()
    assert not still


def test_a_launch_that_ends_waits_no_longer(start: Started) -> None:
    assert start().look(SimpleNamespace(is_shutdown=True)) == []


def test_the_user_is_told_what_the_bag_waits_for(start: Started) -> None:
    """Without RViz, the user's own subscriber starts it."""
    assert 'subscriber' in start().log.msg


def test_the_end_of_the_bag_ends_the_launch(start: Started) -> None:
    ended = SimpleNamespace(returncode=0)
    (timer,) = start().player.on_exit(ended, SimpleNamespace(is_shutdown=False))
    (action,) = timer.actions
    assert type(action).__name__ == 'Shutdown' and timer.period > 0


def test_a_player_that_fails_is_the_exit_code(start: Started) -> None:
    failed = SimpleNamespace(returncode=2)
    with pytest.raises(RuntimeError, match='exit code 2'):
        start().player.on_exit(failed, SimpleNamespace(is_shutdown=False))


@pytest.mark.parametrize(
    ('program', 'words'), [('lib/ros2bag', 'sudo apt install'), ('bin/ros2', 'PATH')]
)
def test_nothing_starts_before_the_player_is_found(
    program: str, words: str, start: Started, prefix: Path
) -> None:
    (prefix / program).rename(prefix / 'gone')
    with pytest.raises(RuntimeError, match=words):
        start()


def test_ctrl_c_is_not_delayed(start: Started) -> None:
    assert start().player.on_exit(None, SimpleNamespace(is_shutdown=True)) == []


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'bag': ''}, 'bag:='),
        ({'bag': '/nowhere/walk'}, '/nowhere/walk'),
        ({'rate': '0'}, "rate '0'"),
        ({'rate': '-1'}, "rate '-1'"),
        ({'rate': 'fast'}, "rate 'fast'"),
        ({'rate': 'nan'}, "rate 'nan'"),
        ({'rate': 'inf'}, "rate 'inf'"),
        ({'loop': 'maybe'}, 'loop'),
    ],
)
def test_a_bag_that_cannot_be_played_is_refused_in_one_line(
    given: dict[str, str], words: str, start: Started
) -> None:
    with pytest.raises(RuntimeError, match=words) as refused:
        start(**given)
    assert '\n' not in str(refused.value)


def test_packages_are_dependencies() -> None:
    manifest = (ROOT / 'package.xml').read_text()
    for package in ('ros2bag', 'rosbag2_storage_default_plugins', 'rosbag2_storage_mcap'):
        assert f'<exec_depend>{package}</exec_depend>' in manifest


def test_the_real_launch_makes_the_actions(
    start_for_real: Callable[..., list[Any]], tmp_path: Path
) -> None:
    actions = start_for_real(LAUNCH_FILE, bag=str(tmp_path), loop='true')
    assert [type(each).__name__ for each in actions] == [
        'LogInfo', 'IncludeLaunchDescription', 'TimerAction'
    ]
