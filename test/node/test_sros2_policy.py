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


"""The policy for SROS 2 against the running node: it allows what the node has, and no more."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.consumers.humans import body_outputs
from movenet_ros.consumers.humans import tracked_output
from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.node.video_source import VideoSource
import numpy as np
import pytest
from rclpy.node import Node
from ros_graph import overrides
from ros_graph import World
from sensor_msgs.msg import JointState
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray

Rights = set[tuple[str, str]]  # what may be done, and the full name of what it may be done to

POLICY = Path(__file__).parents[2] / 'config' / 'sros2_policy.xml'
NODE, NODE_3D, NODE_KINEMATICS = 'movenet', 'movenet_3d', 'movenet_kinematics'
NODE_HUMANS, VIDEO = 'movenet_humans', 'video_source'
ENCLAVES = {VIDEO: 'movenet_video'}  # else by the name of the node
NODES = NODE, NODE_3D, NODE_KINEMATICS, NODE_HUMANS, VIDEO
GROUPS = {'topics': {'publish', 'subscribe'}, 'services': {'reply', 'request'}}
TYPE_DESCRIPTION = 'get_type_description'  # of every node, but not in Humble

# Parameters of the node, and what it does not have with them.
CONFIGURATIONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    'raw on simulated time': ({'use_sim_time': True}, {'image/compressed'}),
    'compressed': ({'image_transport': 'compressed'}, {'image', '/clock'}),
    'two cameras': ({'cameras': ['front', 'left']}, {'image/compressed', '/clock'}),
}
OF_EACH_CAMERA = {'~/enable', '~/detect_once'}
TABLES = {
    NODE: (*OUTPUTS, LABEL_INFO), NODE_3D: OUTPUTS_3D, NODE_KINEMATICS: OUTPUTS_KINEMATICS,
}
BESIDE = {'/diagnostics', '/parameter_events', '/rosout', '/tf', '~/transition_event'}
TF = {'/tf', '/tf_static'}  # with target_frame and publish_tf
CONFIGURATIONS_3D: dict[str, tuple[dict[str, Any], set[str]]] = {
    'raw on simulated time': ({'use_sim_time': True}, {'depth/compressedDepth', *TF}),
    'compressed': ({'depth_transport': 'compressedDepth'}, {'depth', '/clock', *TF}),
    'monocular': ({'source': 'monocular'}, {'depth', 'depth/compressedDepth', '/clock', *TF}),
}


def groups(node: str) -> list[ElementTree.Element]:
    """Return the lists of a node's profile, which is alone in its enclave."""
    path = f'enclaves/enclave[@path="/{ENCLAVES.get(node, node)}"]/profiles/profile'
    (profile,) = ElementTree.parse(POLICY).getroot().findall(path)
    assert (profile.get('ns'), profile.get('node')) == ('/', node)
    return list(profile)


def allowed(
    namespace: str, without: set[str], node: str = NODE, cameras: Sequence[str] = ()
) -> Rights:
    """
    Resolve the names as SROS 2 does, apart from some.

    :param cameras: with which the file is copied as its head says.
    """

    def copied(name: str) -> list[str]:
        if not cameras or name.startswith('/'):
            return [name]
        if name.startswith('~'):
            own = [name.replace('~', f'~/{each}') for each in cameras]
            return [name, *(own if name in OF_EACH_CAMERA else [])]
        return [f'{each}/{name}' for each in cameras]

    def resolve(name: str) -> str:
        if name.startswith('~'):
            return f'{namespace}/{node}{name[1:]}'
        return name if name.startswith('/') else f'{namespace}/{name}'

    return {
        (right, resolve(name))
        for group in groups(node)
        for right in group.attrib
        for each in group
        if each.text not in without
        for name in copied(str(each.text))
    }


def shown(world: World, name: str = NODE) -> Rights:
    """Return what the graph says of a node."""
    node = world.node
    if (name, world.namespace) not in node.get_node_names_and_namespaces():
        return set()
    ask = {
        'publish': node.get_publisher_names_and_types_by_node,
        'subscribe': node.get_subscriber_names_and_types_by_node,
        'reply': node.get_service_names_and_types_by_node,
        'request': node.get_client_names_and_types_by_node,
    }
    return {
        (right, full_name)
        for right, of_node in ask.items()
        for full_name, _ in of_node(name, world.namespace)
    }


def test_the_policy_has_the_shape_that_sros2_wants() -> None:
    """See policy.xsd of sros2; only what is allowed is listed."""
    root = ElementTree.parse(POLICY).getroot()
    assert (root.tag, root.attrib) == ('policy', {'version': '0.2.0'})
    for group in (each for node in NODES for each in groups(node)):
        assert set(group.attrib.values()) == {'ALLOW'}
        assert set(group.attrib) <= GROUPS[group.tag]
        assert {each.tag for each in group} == {group.tag[:-1]}


def published(node: str) -> set[str]:
    """Return the names that a node may publish, as they are written."""
    lists = [group for group in groups(node) if 'publish' in group.attrib]
    return {str(each.text) for group in lists for each in group}


@pytest.mark.parametrize('node', TABLES)
def test_the_policy_allows_the_rows_of_the_table_of_outputs(node: str) -> None:
    names = {each.name for each in TABLES[node]}
    assert names <= published(node)
    assert published(node) - names <= BESIDE | {'annotations'}  # which needs foxglove_msgs


def test_the_policy_allows_what_there_is_of_a_body() -> None:
    pytest.importorskip('hri_msgs.msg')
    rows = [tracked_output('/humans')]
    rows += [row for kind in body_outputs('/humans', 'a0001') for row in kind]
    names = published(NODE_HUMANS)
    assert [x.name for x in rows if not any(fnmatchcase(x.name, each) for each in names)] == []


@pytest.mark.parametrize('configuration', CONFIGURATIONS)
def test_the_policy_allows_what_the_node_has(
    configuration: str, world: World, start_pose_node: Any, nobody: Any
) -> None:
    parameters, absent = CONFIGURATIONS[configuration]
    if not any(name.endswith(TYPE_DESCRIPTION) for _, name in shown(world, 'tester')):
        absent = {*absent, f'~/{TYPE_DESCRIPTION}'}
    cameras = parameters.get('cameras', ())
    expected = allowed(world.namespace, absent, cameras=cameras)
    for each in cameras or ('',):  # without a subscriber the node subscribes to no image
        world.sink(Detection2DArray, f'{each}/poses'.lstrip('/'))
    start_pose_node(RecordedBackend([nobody]), **parameters)
    try:
        world.until(lambda: expected <= shown(world))
    finally:
        assert shown(world) == expected


@pytest.mark.parametrize('configuration', CONFIGURATIONS_3D)
def test_the_policy_allows_what_the_3d_node_has(
    configuration: str, world: World, start_pose_3d_node: Any
) -> None:
    parameters, absent = CONFIGURATIONS_3D[configuration]
    if not any(name.endswith(TYPE_DESCRIPTION) for _, name in shown(world, 'tester')):
        absent = {*absent, f'~/{TYPE_DESCRIPTION}'}
    expected = allowed(world.namespace, absent, NODE_3D)
    world.sink(Detection3DArray, 'poses_3d')  # without it the node subscribes to nothing
    start_pose_3d_node(**parameters)
    try:
        world.until(lambda: expected <= shown(world, NODE_3D))
    finally:
        assert shown(world, NODE_3D) == expected


@pytest.mark.parametrize(('source', 'other'), [('poses', 'poses_3d'), ('poses_3d', 'poses')])
def test_the_policy_allows_what_the_kinematics_node_has(
    source: str, other: str, world: World, start_kinematics_node: Any
) -> None:
    absent = {other, '/clock'}
    if not any(name.endswith(TYPE_DESCRIPTION) for _, name in shown(world, 'tester')):
        absent = {*absent, f'~/{TYPE_DESCRIPTION}'}
    expected = allowed(world.namespace, absent, NODE_KINEMATICS)
    world.sink(JointState, 'joint_angles')  # without it the node subscribes to nothing
    start_kinematics_node(source=source)
    try:
        world.until(lambda: expected <= shown(world, NODE_KINEMATICS))
    finally:
        assert shown(world, NODE_KINEMATICS) == expected


@pytest.mark.parametrize('parameters', [{'image_transport': 'compressed'}, {'source': 'poses_3d'}])
def test_the_policy_allows_what_the_humans_node_has(
    parameters: dict[str, str], world: World, start_humans_node: Any
) -> None:
    """As long as there is nobody, whose topics are the one with a star."""
    hri_msgs = pytest.importorskip('hri_msgs.msg')
    absent = {'/clock', '/humans/bodies/*'}
    absent |= {'image/compressed'} if 'source' in parameters else {'image', 'poses_3d', '/tf'}
    if not any(name.endswith(TYPE_DESCRIPTION) for _, name in shown(world, 'tester')):
        absent = {*absent, f'~/{TYPE_DESCRIPTION}'}
    expected = allowed(world.namespace, absent, NODE_HUMANS)
    world.sink(hri_msgs.IdsList, '/humans/bodies/tracked')  # else it subscribes to nothing
    if 'source' in parameters:
        world.sink(import_module('tf2_msgs.msg').TFMessage, '/tf')
    start_humans_node(**parameters)
    try:
        world.until(lambda: expected <= shown(world, NODE_HUMANS))
    finally:
        assert shown(world, NODE_HUMANS) == expected


def test_the_policy_allows_what_the_video_source_has(
    world: World, spin_node: Callable[[Node], None], tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((48, 64, 3), np.uint8))
    node = VideoSource(
        context=world.context, namespace=world.namespace, use_global_arguments=False,
        parameter_overrides=overrides({'source': str(tmp_path)}),
    )
    spin_node(node)
    absent = {'/clock'}
    if not any(name.endswith(TYPE_DESCRIPTION) for _, name in shown(world, 'tester')):
        absent = {*absent, f'~/{TYPE_DESCRIPTION}'}
    expected = allowed(world.namespace, absent, VIDEO)
    try:
        world.until(lambda: expected <= shown(world, VIDEO))
    finally:
        assert shown(world, VIDEO) == expected
