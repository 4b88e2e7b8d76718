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

"""The doctor's checks of the ROS graph: pose nodes, and the images that they can subscribe to."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.messages.transports import republish
from movenet_ros.messages.transports import VIDEO_TYPES
from movenet_ros.node.diagnostics import DIAGNOSTICS
from movenet_ros.node.middleware import installed
from movenet_ros.node.middleware import profile_variable
from movenet_ros.tools.commands import echo_command
from movenet_ros.tools.commands import has_ros2
from movenet_ros.tools.commands import our_command
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import Status
from movenet_ros.tools.doctor.graph import look
from movenet_ros.tools.doctor.graph_facts import COMPRESSED
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.graph_facts import Images
from movenet_ros.tools.doctor.graph_facts import Kind
from movenet_ros.tools.doctor.graph_facts import PoseNode
from movenet_ros.tools.doctor.graph_facts import RAW
from movenet_ros.tools.doctor.graph_facts import Topic

DEFAULT_TOPIC = '/image'  # what a pose node subscribes to unless it is remapped
LARGE = (
    'large images get lost best effort: publish them reliable, or in the shell of the camera:'
    ' export {variable}={profile}'
    '\nfrom another machine: sudo sysctl -w net.core.rmem_max=33554432'
    ' net.core.rmem_default=33554432'
)
ISOLATED = 'in a container: docker run --network=host --ipc=host; start all nodes as one user'
LABELS = 'vision_msgs/msg/LabelInfo'


def graph(seconds: float, only: Sequence[str]) -> list[Check]:
    """Look at the graph, and judge it."""
    return graph_checks(look(seconds, only))


def graph_checks(seen: Graph) -> list[Check]:
    """Judge what was seen."""
    drawn = {out.name for each in seen.pose_nodes for out in each.outputs if out.publishers}
    images = [each for each in seen.topics if each.name not in drawn]
    return [
        _overview(seen, images),
        *(_pose_node(each, images) for each in seen.pose_nodes),
        *(_consumer(*each) for each in seen.consumers),
        *(_diagnosis(*each) for each in seen.statuses),
        *(topic_check(each) for each in images),
        *_input(seen, images),
    ]


def _overview(seen: Graph, images: Sequence[Topic]) -> Check:
    finding = (
        f'{_count(len(seen.nodes), "other node")}, {_count(len(seen.pose_nodes), "pose node")},'
        f' {_count(len(images), "image topic")} in domain {seen.domain_id} ({seen.rmw})'
    )
    if seen.nodes:
        return Check('graph', 'ok', finding)
    fix = (
        'start the camera; if it runs, compare its shell with this one:'
        " printenv | grep -E '^(ROS|RMW|FAST|CYCLONE)'"
        f'\n{ISOLATED}'
    )
    return Check('graph', 'warn', finding, fix)


def _pose_node(node: PoseNode, images: Sequence[Topic]) -> Check:
    name = 'pose node'
    asleep = _asleep(name, 'pose_node', node)
    if asleep:
        return asleep
    topics = [
        each.name for each in images if any(sub.node == node.name for sub in each.subscribers)
    ]
    finding = f'{node.name} is {node.state}, subscribes to {" and ".join(topics) or "no images"}'
    subscribers = _subscribers(node)
    if subscribers:
        return Check(name, 'ok', f'{finding}; its outputs go to {", ".join(subscribers)}')
    poses = next((out.name for out in node.outputs if out.name.endswith('poses')), '/poses')
    drawn = next((out.name for out in node.outputs if out.name.endswith('image_annotated')), '')
    fix = f'to see its output: {our_command(f"view {drawn}")}\nor: {echo_command(poses)}'
    return Check(name, 'ok', f'{finding}; its outputs have no subscribers: it waits for one', fix)


def _consumer(kind: Kind, node: PoseNode) -> Check:
    name = kind.title
    asleep = _asleep(name, kind.program, node)
    if asleep:
        return asleep
    finding = f'{node.name} is {node.state}, subscribes to {", ".join(node.inputs) or "nothing"}'
    subscribers = _subscribers(node)
    if subscribers:
        return Check(name, 'ok', f'{finding}; its outputs go to {", ".join(subscribers)}')
    named = (out.name for out in node.outputs if out.name.endswith(kind.topic))
    fix = f'to see its output: {echo_command(next(named, f"/{kind.topic}"))}'
    return Check(name, 'ok', f'{finding}; its outputs have no subscribers: it waits for one', fix)


def _asleep(name: str, program: str, node: PoseNode) -> Check | None:
    """Return the row of a node that is not active; None if it is."""
    if node.state in ('unconfigured', 'inactive'):
        fix = f'ros2 lifecycle set {node.name} activate'
        if node.state == 'unconfigured':
            fix = f'ros2 lifecycle set {node.name} configure && {fix}'
        if not has_ros2():
            again = our_command(f'{program} --ros-args -p autostart:=true')
            fix = f'end it, and start it again: {again}'
        finding = f'{node.name} is {node.state}: it does nothing until it is active'
        return Check(name, 'warn', finding, fix)
    if not node.state:
        finding = f'{node.name} does not answer: it is busy, hangs or has just ended'
        fix = f'see its log, then start it again: {our_command(program)}'
        return Check(name, 'warn', finding, fix)
    return None


def _subscribers(node: PoseNode) -> list[str]:
    """Return the names of the nodes that a node's outputs go to."""
    return sorted({
        sub.node for out in node.outputs if not out.publishes(LABELS) for sub in out.subscribers
    })


def _diagnosis(name: str, level: int, message: str) -> Check:
    levels: tuple[Status, ...] = ('ok', 'warn', 'fail')
    fix = echo_command(DIAGNOSTICS) if level else ''
    return Check('diagnostics', levels[min(level, 2)], f'{name}: {message}', fix)


def topic_check(topic: Topic) -> Check:
    """Judge a topic of images."""
    name, images = 'image topic', topic.images
    if not topic.publishers:
        who = ', '.join(sorted({each.node for each in topic.subscribers})) or 'no node'
        finding = f'{topic.name} has no publisher; {who} subscribes to it'
        return Check(name, 'warn', finding, 'start the camera, or remap the subscriber')
    types = sorted({each.msg_type.removeprefix('sensor_msgs/msg/') for each in topic.publishers})
    nodes = ', '.join(sorted({each.node for each in topic.publishers}))
    about = f'{topic.name} ({", ".join(types)}) by {nodes}'
    if len(types) > 1 or not topic.publishes(RAW, COMPRESSED):
        fix = f'see what it carries: {echo_command(topic.name)}'
        for transport in (VIDEO_TYPES.get(each.msg_type) for each in topic.publishers):
            fix = republish(transport, 'raw', topic.name) if transport else fix
        return Check(name, 'warn', f'{about}: a topic of images has one type', fix)
    if images is None:
        return Check(name, 'ok', f'{about}; not received', f'to receive it: doctor {topic.name}')
    if not images.count:
        return Check(name, 'warn', f'{about}: no image arrives', _silence_fix(topic, nodes))
    rate = f'{images.rate_hz:.1f} Hz' if images.rate_hz else _count(images.count, 'image')
    if images.depth:
        width, height = images.wh
        finding = f'{about}: {rate}, {width}x{height}, depth ({images.depth}), for the 3D node'
        return Check(name, 'ok', finding)
    if images.error:
        fix = images.fix or f'see the settings of the camera driver ({nodes})'
        return Check(name, 'warn', f'{about}: {rate}, not readable: {images.error}', fix)
    width, height = images.wh
    finding = f'{about}: {rate}, {width}x{height}, {_age(images.age_s)}'
    if images.blank:
        fix = 'is the lens covered, the exposure wrong, or the encoding?'
        return Check(name, 'warn', f'{finding}: the last image is {images.blank}', fix)
    return Check(name, 'ok', finding)


def _silence_fix(topic: Topic, nodes: str) -> str:
    lines = [f'see the log of the camera driver ({nodes})']
    if any(each.best_effort for each in topic.publishers):
        profile = installed('config/fastdds.xml')
        lines.append(LARGE.format(variable=profile_variable(), profile=profile))
    return '\n'.join([*lines, ISOLATED])


def _input(seen: Graph, images: Sequence[Topic]) -> list[Check]:
    """Propose an input; a pose node that runs states its own on /diagnostics."""
    if seen.pose_nodes:
        return []
    cameras = [each for each in images if each.publishes(RAW, COMPRESSED)]
    usable = sorted((each for each in cameras if not _error(each)), key=_rank)
    if any(each.name == DEFAULT_TOPIC and each.publishes(RAW) for each in usable):
        return [Check('input', 'ok', f'a pose node takes {DEFAULT_TOPIC} as it is')]
    finding = f'{DEFAULT_TOPIC}, which a pose node subscribes to, has no publisher of {RAW}'
    if usable:
        fix = f'{our_command("pose_node")} --ros-args {remapping(usable[0])}'
        return [Check('input', 'warn', finding, fix)]
    camera = our_command('video_source --ros-args -p source:=0')
    if has_ros2():
        camera = 'ros2 launch movenet_ros pose.launch.py'
    fix = f'start the camera, for example: {camera}'
    if cameras:
        finding = f'no topic has images that a pose node reads ({_error(cameras[0])})'
        fix = (cameras[0].images or Images()).fix or fix
    return [Check('input', 'warn', finding, fix)]


def _error(topic: Topic) -> str:
    return topic.images.error if topic.images else ''


def remapping(topic: Topic) -> str:
    """Return the arguments that have a pose node subscribe to a topic."""
    if topic.publishes(RAW):
        return f'-r image:={topic.name}'
    base = topic.name.removesuffix('/compressed')
    if base != topic.name:
        return f'-p image_transport:=compressed -r image:={base}'
    return f'-p image_transport:=compressed -r image/compressed:={topic.name}'


def _rank(topic: Topic) -> tuple[bool, bool, bool, str]:
    """Return a key that puts what is received first, depth last."""
    images = topic.images or Images()
    is_depth = 'depth' in topic.name.lower()
    return is_depth, not images.count, not topic.publishes(RAW), topic.name


def _count(number: int, what: str) -> str:
    return f'{number} {what}' if number == 1 else f'{number} {what}s'


def _age(seconds: float | None) -> str:
    if seconds is None:
        return 'without a timestamp'
    when = 'old' if seconds >= 0 else 'ahead of the clock'
    for unit, name in ((86400.0, 'days'), (3600.0, 'hours'), (60.0, 'minutes'), (1.0, 's')):
        if abs(seconds) >= 2 * unit:
            return f'{abs(seconds) / unit:.0f} {name} {when}'
    return f'{abs(seconds) * 1e3:.0f} ms {when}'
