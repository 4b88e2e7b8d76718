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

"""What the doctor says of the ROS graph: pose nodes, image topics and who hears whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import count
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Endpoint
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic
from movenet_ros.tools.doctor.graph_facts import Watch

DEFAULT_TOPIC = '/image'  # what a pose node subscribes to unless it is remapped
LATE_S, EARLY_S = 5.0, -1.0  # ages of a stamp that no camera of this machine's clock has
DEPTH_ENCODINGS = ('16UC1', '32FC1', 'mono16')
LABELS = 'vision_msgs/msg/LabelInfo'
CURES = {  # by the state of a lifecycle
    'unconfigured': 'ros2 lifecycle set {0} configure && ros2 lifecycle set {0} activate',
    'inactive': 'ros2 lifecycle set {0} activate',
}
WHOLE = 0.7  # of the images, at least
LARGE = 'large images get lost best effort: see the rows profile and sockets'
RUN = 'ros2 run movenet_ros pose_node'


def graph_checks(graph: Graph) -> list[Check]:
    """Judge all that was seen."""
    drawn = {out.name for each in graph.pose_nodes for out in each.outputs if out.publishers}
    images = [each for each in graph.topics if each.name not in drawn]
    return [
        _overview(graph, images),
        *_pose_nodes(graph, images),
        *_diagnoses(graph),
        *(topic_check(each, graph.has_clock) for each in images),
        *(check for each in images for check in _deaf(each)),
        *_input(graph, images),
    ]


def _overview(graph: Graph, images: Sequence[Topic]) -> Check:
    what = f'{count(len(graph.nodes), "other node")}, {count(len(images), "image topic")}'
    finding = f'{what} in domain {graph.domain_id} ({graph.rmw})'
    if graph.nodes:
        return Check('graph', 'ok', finding)
    cure = (
        'start the camera; if it runs, compare in its shell and in this one:'
        "\nprintenv | grep -E '^(ROS|RMW|FAST|CYCLONE)'"
    )
    return Check('graph', 'warn', finding, cure)


def _pose_nodes(graph: Graph, images: Sequence[Topic]) -> list[Check]:
    if not graph.pose_nodes:
        return [Check('pose node', 'ok', f'none runs here; to start one: {RUN}')]
    return [
        *(_pose_node(each, images) for each in graph.pose_nodes),
        *_twins(graph),
        *(check for each in graph.pose_nodes for out in each.outputs for check in _deaf(out)),
    ]


def _twins(graph: Graph) -> list[Check]:
    """Find pose nodes of the same name."""
    names = {each.name for each in graph.pose_nodes if graph.nodes.count(each.name) > 1}
    cure = f'end one of them, or start it under another name: {RUN} --ros-args -r __ns:=/NAME'
    return [
        Check('pose node', 'warn', f'{graph.nodes.count(name)} are called {name}', cure)
        for name in sorted(names)
    ]


def _pose_node(node: PoseNode, images: Sequence[Topic]) -> Check:
    if node.state in CURES:
        finding = f'{node.name} is {node.state}: it does nothing until it is active'
        return Check('pose node', 'warn', finding, CURES[node.state].format(node.name))
    if not node.state:
        finding = f'{node.name} does not say its state: it is busy, hangs or just went'
        return Check('pose node', 'warn', finding, f'look at its log, then: {RUN}')
    state = 'runs' if node.state == 'none' else f'is {node.state}'
    inputs = [
        each.name for each in images if any(sub.node == node.name for sub in each.subscribers)
    ]
    listeners = sorted({
        sub.node for out in node.outputs if not out.publishes(LABELS) for sub in out.subscribers
    })
    hears = f'takes {" and ".join(inputs)}' if inputs else 'takes no images'
    if listeners:
        finding = f'{node.name} {state}, {hears}, for {", ".join(listeners)}'
        return Check('pose node', 'ok', finding)
    cure = f'if something should come: ros2 topic echo {_poses(node)}'
    finding = f'{node.name} {state} and idle: nobody subscribes to what it publishes'
    return Check('pose node', 'ok', finding, cure)


def _poses(node: PoseNode) -> str:
    names = [each.name for each in node.outputs]
    usual = f'{node.name.rpartition("/")[0]}/poses'
    return next((each for each in names if each.endswith('poses')), usual)


def _diagnoses(graph: Graph) -> list[Check]:
    checks = []
    for each in sorted(graph.diagnoses, key=lambda each: each.name):
        levels: tuple[Literal['ok', 'warn', 'fail'], ...] = ('ok', 'warn', 'fail')
        status = levels[min(each.level, 2)]
        cure = '' if status == 'ok' else 'ros2 topic echo --once /diagnostics'
        checks.append(Check('diagnostics', status, f'{each.name}: {each.message}', cure))
    return checks


def _deaf(topic: Topic) -> list[Check]:
    """Find subscribers whose QoS cannot hear the publishers."""
    checks = []
    for sub in topic.subscribers:
        alike = [pub for pub in topic.publishers if pub.msg_type == sub.msg_type]
        deaf_to = [pub for pub in alike if not sub.hears(pub)]
        if deaf_to:
            pub = deaf_to[0]
            finding = (
                f'{topic.name}: {sub.node} hears nothing, for it asks for {sub.reliability},'
                f' {sub.durability}, and {pub.node} offers {pub.reliability}, {pub.durability}'
            )
            checks.append(Check('QoS', 'warn', finding, _qos_cure(sub, pub)))
    return checks


def _qos_cure(sub: Endpoint, pub: Endpoint) -> str:
    if sub.reliability == 'reliable' and pub.reliability == 'best effort':
        return (
            f'subscribe best effort in {sub.node}; a pose node: -p image.reliability:=auto'
            f'\nor publish reliable in {pub.node}'
        )
    return f'subscribe volatile in {sub.node}'


def topic_check(topic: Topic, has_clock: bool) -> Check:
    """Judge a topic of images."""
    if not topic.publishers:
        who = ', '.join(sorted({each.node for each in topic.subscribers})) or 'nobody'
        finding = f'{topic.name}: nobody publishes it; {who} subscribes'
        return Check('image topic', 'warn', finding, 'start the camera, or remap the subscriber')
    types = sorted({each.msg_type.removeprefix('sensor_msgs/msg/') for each in topic.publishers})
    by = ', '.join(sorted({each.node for each in topic.publishers}))
    qos = ' and '.join(sorted({_qos(each) for each in topic.publishers}))
    about = f'{topic.name} ({", ".join(types)}) by {by}, {qos}'
    if len(types) > 1 or not topic.publishes(RAW, COMPRESSED):
        cure = f'find out who publishes what: ros2 topic info -v {topic.name}'
        return Check('image topic', 'warn', f'{about}: a topic of images has one type', cure)
    if topic.watch is None:
        cure = f'to measure it: doctor {topic.name}'
        return Check('image topic', 'ok', f'{about}; not measured', cure)
    return _watched(topic, about, topic.watch, has_clock)


def _watched(topic: Topic, about: str, watch: Watch, has_clock: bool) -> Check:
    if not watch.count:
        return Check('image topic', 'warn', f'{about}: nothing arrives', _silence_cure(topic))
    rate = f'{watch.rate_hz:.1f} Hz' if watch.rate_hz else count(watch.count, 'image')
    wh = f' {watch.wh[0]}x{watch.wh[1]}' if any(watch.wh) else ''
    seen = f'{about}: {rate}, {watch.encoding}{wh}, {watch.size_bytes / 2**20:.2f} MiB'
    driver = f'see to the stamps in the driver ({topic.publishers[0].node})'
    if watch.error:
        cure = f'look at the driver ({topic.publishers[0].node})'
        return Check('image topic', 'warn', f'{about}: {rate}, not an image: {watch.error}', cure)
    if not watch.stamped:
        finding = f'{seen}; stamps are 0: people are not smoothed'
        return Check('image topic', 'warn', finding, driver)
    if watch.moves is False:
        finding = f'{seen}; stamps stand still: people are not smoothed'
        return Check('image topic', 'warn', finding, driver)
    if 0 < watch.rate_hz * watch.gap_s < WHOLE and _is_best_effort(topic):
        finding = f'{seen}; by their stamps {1 / watch.gap_s:.0f} Hz are sent, and the others lost'
        return Check('image topic', 'warn', finding, f'{LARGE}\nor publish them reliable')
    age = f'{seen}, {1000 * watch.age_s:.0f} ms old'
    if EARLY_S <= watch.age_s <= LATE_S:
        return Check('image topic', 'ok', age)
    when = 'old' if watch.age_s > 0 else 'ahead'
    finding = f'{seen}; stamps are {_duration(abs(watch.age_s))} {when}: another clock'
    if has_clock:
        return Check('image topic', 'warn', finding, f'{RUN} --ros-args -p use_sim_time:=true')
    cure = (
        'a bag: ros2 bag play --clock BAG, and start the nodes with use_sim_time:=true'
        '\nanother machine: sudo apt-get install chrony, on both'
    )
    return Check('image topic', 'warn', finding, cure)


def _silence_cure(topic: Topic) -> str:
    driver = f'look at the driver ({topic.publishers[0].node}): does it send?'
    if _is_best_effort(topic):
        return f'{driver}\n{LARGE}\nor publish them reliable'
    return f'{driver}\nfrom a container or another user: see rows container and /dev/shm'


def _is_best_effort(topic: Topic) -> bool:
    return any(each.reliability == 'best effort' for each in topic.publishers)


def _input(graph: Graph, images: Sequence[Topic]) -> list[Check]:
    """Say what a pose node takes with its defaults, where none takes anything yet."""
    nodes = {each.name for each in graph.pose_nodes}
    taken = [
        sub for each in images if each.publishers for sub in each.subscribers if sub.node in nodes
    ]
    if taken or graph.diagnoses:  # the node itself says what it waits for
        return []
    name = 'default input'
    default = next((each for each in images if each.name == DEFAULT_TOPIC), None)
    if default and default.publishes(RAW):
        return [Check(name, 'ok', f'a pose node takes {DEFAULT_TOPIC} as it is')]
    usable = sorted((each for each in images if each.publishes(RAW, COMPRESSED)), key=_rank)
    nothing = f'nobody publishes {DEFAULT_TOPIC} ({RAW})'
    if not usable:
        cure = 'start the camera, for example: ros2 launch movenet_ros pose.launch.py'
        return [Check(name, 'warn', f'{nothing}, nor any other image', cure)]
    finding = f'{nothing}, which a pose node takes unless it is remapped'
    return [Check(name, 'warn', finding, f'{RUN} --ros-args {remapping(usable[0])}')]


def remapping(topic: Topic) -> str:
    """Spell the arguments that have a pose node take a topic."""
    if topic.publishes(RAW):
        return f'-r image:={topic.name}'
    base = topic.name.removesuffix('/compressed')
    if base != topic.name:
        return f'-p image_transport:=compressed -r image:={base}'
    return f'-p image_transport:=compressed -r image/compressed:={topic.name}'


def _rank(topic: Topic) -> tuple[bool, bool, bool, str]:
    """Return a key that puts a camera's raw colours first, and depth last."""
    watch = topic.watch or Watch()
    is_depth = watch.encoding in DEPTH_ENCODINGS or 'depth' in topic.name.lower()
    return is_depth, not watch.count, not topic.publishes(RAW), topic.name


def _qos(endpoint: Endpoint) -> str:
    depth = f', depth {endpoint.depth}' if endpoint.depth else ''
    return f'{endpoint.reliability}, {endpoint.durability}{depth}'


def _duration(seconds: float) -> str:
    for unit, name in ((86400.0, 'days'), (3600.0, 'hours'), (60.0, 'minutes')):
        if seconds >= 2 * unit:
            return f'{seconds / unit:.0f} {name}'
    return f'{seconds:.1f} s'
