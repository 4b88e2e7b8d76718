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

"""People in metres in a replay: the same as live, byte by byte, and found by themselves."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any
from weakref import ref

import cv2
from depth_scene import CAMERA
from depth_scene import depth_of
from depth_scene import standing
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.messages import joint_angles_from_msg
from movenet_ros.messages import poses_3d_from_msg
from movenet_ros.messages.images import image_to_msg
from movenet_ros.perception import Perception
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.observing import Observing
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.placing import Placing
from movenet_ros.replay.run import replay
from movenet_ros.replay.source import Asked3D
from movenet_ros.replay.source import open_source
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from ros_graph import World
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

COLOR, INFO = '/camera/color/image_raw', '/camera/color/camera_info'
DEPTH = '/camera/aligned_depth_to_color/image_raw'
IMAGE, CAMERA_INFO = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CameraInfo'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
BEGIN_NS, STEP_NS = 1_700_000_000 * 10**9, 50_000_000
COUNT = 6
DISTANCES = [2.0, 3.0]
SETTINGS = table_of(PoseParameters, {'input_size': 128, 'mode': 'fast'})
OURS = {'/poses': Detection2DArray, '/poses_3d': Detection3DArray, '/markers': MarkerArray}

Row = tuple[str, str, int, bytes]
WriteBag = Callable[..., Path]
Run = Callable[..., Placing | None]


def header(i: int, later_ns: int = 0) -> Header:
    """Return the header of an image."""
    made = Header(frame_id='camera_color_optical_frame')
    stamp = divmod(BEGIN_NS + i * STEP_NS + later_ns, 10**9)
    made.stamp.sec, made.stamp.nanosec = stamp
    return made


def depth_msg(metres: NDArray[np.float32], header: Header) -> Image:
    """Make a depth image in millimetres."""
    mm = np.rint(metres * 1000).astype(np.uint16)
    msg = Image(header=header, height=mm.shape[0], width=mm.shape[1], encoding='16UC1')
    msg.step, msg.data = 2 * mm.shape[1], mm.tobytes()
    return msg


def info_msg(header: Header) -> CameraInfo:
    """Make the calibration of the camera of depth_scene."""
    width, height = CAMERA.wh
    k = [CAMERA.fx, 0, CAMERA.cx, 0, CAMERA.fy, CAMERA.cy, 0, 0, 1]
    msg = CameraInfo(header=header, width=width, height=height, distortion_model='plumb_bob')
    msg.k, msg.d = [float(each) for each in k], [0.0] * 5
    msg.p = [*msg.k[:3], 0.0, *msg.k[3:6], 0.0, *msg.k[6:], 0.0]
    return msg


@pytest.fixture(scope='module')
def people(people_at: Callable[..., Poses]) -> list[Poses]:
    """Give two people who walk through the images of that camera."""
    return [
        people_at(standing(-0.5 + 0.05 * i, DISTANCES[0]), standing(0.6 + 0.03 * i, DISTANCES[1]))
        for i in range(COUNT)
    ]


@pytest.fixture(scope='module')
def rows(people: list[Poses]) -> list[Row]:
    """Give the messages of a camera whose depth images come after the others."""
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    rows: list[Row] = []
    for i in range(COUNT):
        metres = depth_of(people[i], DISTANCES)
        at = BEGIN_NS + i * STEP_NS
        for late, topic, kind, msg in (
            (1, COLOR, IMAGE, image_to_msg(np.roll(picture, i), header(i))),
            (2, INFO, CAMERA_INFO, info_msg(header(i))),
            (3, DEPTH, IMAGE, depth_msg(metres + np.float32(0.02 * i), header(i, 4_000_000))),
        ):
            rows.append((topic, kind, at + late * 1_000_000, bytes(serialize_message(msg))))
    return rows


@pytest.fixture
def run(
    people: list[Poses], answer: Callable[[Letterbox, Poses], NDArray[np.float32]], tmp_path: Path
) -> Run:
    """Return a function that replays into ``out`` and ``out.jsonl``."""
    found = [answer(Letterbox.fit(CAMERA.wh, 128, 32), each) for each in people]

    def run(
        bag: Path, asked: Asked3D | None = None, name: str = 'out', markers: bool = True,
        kinematics: KinematicsParameters | None = None,
    ) -> Placing | None:
        asked = asked or Asked3D()
        targets = Targets(
            tmp_path / name, lines=tmp_path / f'{name}.jsonl', markers=markers,
            kinematics=kinematics is not None,
        )
        source = open_source(bag, '', asked_3d=asked)
        lines.extend(source.notes)
        placing = None
        if source.topics_3d:
            placing = Placing(source, asked.settings, lines.append)
        backend = RecordedBackend(found)
        perception = Perception(SETTINGS, None, backend)
        backend.batches.clear()  # of the warm-up
        with Outputs(targets, bag, source) as outputs:
            replay(
                source, perception, SETTINGS, outputs.consume, lambda: None, print,
                placing=placing, observing=Observing(kinematics) if kinematics else None,
            )
            outputs.complete()
        source.close()
        return placing

    lines: list[str] = []
    run.lines = lines  # type: ignore[attr-defined]
    return run


def messages(path: Path) -> dict[str, list[bytes]]:
    """Return the messages of a bag by topic."""
    bag = Bag(path)
    found: dict[str, list[bytes]] = {}
    for message in bag.messages():
        found.setdefault(message.topic.name, []).append(message.data)
    bag.close()
    return found


def places(path: Path) -> Any:
    """Return where the people of a bag are, ``(images, n, 3)``."""
    made = [deserialize_message(each, Detection3DArray) for each in messages(path)['/poses_3d']]
    return np.array([poses_3d_from_msg(each).person_positions for each in made])


def test_people_are_placed_by_the_depth_image_of_the_bag(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    """Topics are found by what they carry, and where camera_info lies."""
    placing = run(write_bag(tmp_path / 'bag', rows))
    assert placing is not None and (placing.placed, placing.people) == (2 * COUNT, 2 * COUNT)
    depths = np.sort(places(tmp_path / 'out')[:, :, 2])
    expected = np.array(DISTANCES) + 0.02 * np.arange(COUNT)[:, None]
    np.testing.assert_allclose(depths, expected, atol=0.15)  # the body has a radius


def test_replay_and_the_3d_node_agree(
    rows: list[Row], write_bag: WriteBag, run: Run, world: World, start_pose_3d_node: Any,
    tmp_path: Path,
) -> None:
    """Byte by byte."""
    run(write_bag(tmp_path / 'bag', rows))
    replayed = messages(tmp_path / 'out')
    live: dict[str, list[bytes]] = {'/poses_3d': [], '/markers': []}
    for topic, received in live.items():
        world.node.create_subscription(OURS[topic], topic[1:], received.append, 10, raw=True)
    kinds = {'poses': Detection2DArray, 'depth': Image, 'camera_info': CameraInfo}
    publishers = {name: world.publisher(kind, name) for name, kind in kinds.items()}
    node = start_pose_3d_node(max_wait_s=10.0)
    for name, publisher in publishers.items():
        world.until(publisher.get_subscription_count, f'for the node to subscribe to {name}')
    publishers['camera_info'].publish(replayed[INFO][0])
    world.until(lambda: node.stream._space._camera, 'for the node to know its camera')
    for i in range(COUNT):
        publishers['depth'].publish(replayed[DEPTH][i])
        publishers['poses'].publish(replayed['/poses'][i])
        world.until(lambda n=i: all(len(each) > n for each in live.values()), f'for image {i}')
    assert live == {topic: replayed[topic] for topic in live}
    assert np.isfinite(places(tmp_path / 'out')).all()


@pytest.mark.parametrize('source', ['poses', 'poses_3d'])
def test_replay_and_the_kinematics_node_agree(
    source: str, rows: list[Row], write_bag: WriteBag, run: Run, world: World,
    start_kinematics_node: Any, tmp_path: Path,
) -> None:
    """Byte by byte."""
    run(write_bag(tmp_path / 'bag', rows), kinematics=KinematicsParameters(source=source))
    replayed = messages(tmp_path / 'out')
    live: dict[str, list[bytes]] = {'/joint_angles': [], '/activities': []}
    for topic, kind in (('/joint_angles', JointState), ('/activities', Detection2DArray)):
        world.node.create_subscription(kind, topic[1:], live[topic].append, 10, raw=True)
    publisher = world.publisher(OURS[f'/{source}'], source)
    start_kinematics_node(source=source)
    world.until(publisher.get_subscription_count, 'for the node to subscribe')
    for i, message in enumerate(replayed[f'/{source}']):
        publisher.publish(message)
        world.until(lambda n=i: all(len(each) > n for each in live.values()), f'for image {i}')
    assert live == {topic: replayed[topic] for topic in live}
    angles = joint_angles_from_msg(deserialize_message(live['/joint_angles'][-1], JointState))
    assert [*angles] == ['1', '2'] and np.isfinite(angles['1']['left_hip'])


def test_a_replay_gives_the_same_again(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', rows)
    for name in ('once', 'again'):
        run(bag, name=name)
    once, again = messages(tmp_path / 'once'), messages(tmp_path / 'again')
    assert once == again
    assert len({*once['/poses_3d']}) == len({*once['/markers']}) == COUNT


@pytest.mark.parametrize('order', [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_it_does_not_matter_which_of_the_messages_came_first(
    order: tuple[int, ...], rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    """The recorder has them as they come."""
    mixed = [
        (*rows[3 * i + each][:2], rows[3 * i + rank][2], rows[3 * i + each][3])
        for i in range(COUNT) for rank, each in enumerate(order)
    ]
    placing = run(write_bag(tmp_path / 'bag', mixed))
    assert placing is not None and placing.placed == 2 * COUNT


def test_all_that_was_in_the_bag_is_in_the_new_one_in_its_order(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    run(write_bag(tmp_path / 'bag', rows))
    bag = Bag(tmp_path / 'out')
    others = [
        (each.topic.name, each.received_ns, each.data)
        for each in bag.messages() if each.topic.name in (COLOR, INFO, DEPTH)
    ]
    bag.close()
    assert others == [(topic, at, data) for topic, _, at, data in rows]


def test_a_line_of_json_has_keypoints_in_metres_and_null_for_unknown_ones(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    run(write_bag(tmp_path / 'bag', rows[:-1]))
    lines = [json.loads(line) for line in (tmp_path / 'out.jsonl').read_text().splitlines()]
    first, last = lines[0]['people'][0], lines[-1]['people'][0]
    assert len(first['keypoints_3d']) == len(last['keypoints_3d']) == 17
    assert last['keypoints_3d'] == [None] * 17  # its depth image is missing
    known = [each for each in first['keypoints_3d'] if each]
    assert len(known) > 12 and all(1.9 < z < 3.2 for _, _, z in known)
    assert (tmp_path / 'out.jsonl').read_text().count('NaN') == 0


def test_a_line_of_json_says_what_people_do(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    run(write_bag(tmp_path / 'bag', rows), kinematics=KinematicsParameters())
    line = (tmp_path / 'out.jsonl').read_text().splitlines()[-1]
    for person in json.loads(line)['people']:
        assert 0 <= person['angles_deg']['left_knee'] < 60  # a standing person's
        assert len(person['activities']) >= 1


def test_a_bag_without_depth_is_replayed_as_ever(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    assert run(write_bag(tmp_path / 'bag', [row for row in rows if row[0] != DEPTH])) is None
    assert messages(tmp_path / 'out').keys().isdisjoint(('/poses_3d', '/joint_angles'))
    (line, *_) = (tmp_path / 'out.jsonl').read_text().splitlines()
    assert all('keypoints_3d' not in person for person in json.loads(line)['people'])
    assert run.lines == []  # type: ignore[attr-defined]


def test_depth_that_is_switched_off_places_nobody(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    assert run(write_bag(tmp_path / 'bag', rows), Asked3D('off')) is None


def test_without_a_depth_camera_the_size_of_people_tells(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    asked = Asked3D('monocular', settings=Pose3DParameters(source='monocular'))
    run(write_bag(tmp_path / 'bag', [row for row in rows if row[0] != DEPTH]), asked)
    (msg, *_) = messages(tmp_path / 'out')['/poses_3d']
    assert poses_3d_from_msg(deserialize_message(msg, Detection3DArray)).is_monocular


def test_markers_are_for_those_who_ask(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    run(write_bag(tmp_path / 'bag', rows), markers=False)
    assert '/markers' not in messages(tmp_path / 'out')


def test_depth_that_is_too_late_places_nobody_and_that_is_told_once(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    asked = Asked3D(settings=Pose3DParameters(max_stamp_difference_s=0.001))
    placing = run(write_bag(tmp_path / 'bag', rows), asked)
    assert placing is not None and placing.placed == 0
    assert len(run.lines) == 1  # type: ignore[attr-defined]
    assert np.isnan(places(tmp_path / 'out')).all()


@pytest.mark.parametrize(
    ('index', 'spoil'),
    [
        (2, lambda data: data[:-100]),
        (2, lambda data: data.replace(b'16UC1', b'8UC12')),
        (2, lambda data: b'no message'),
        (1, lambda data: b'no message'),
    ],
    ids=['truncated', 'encoding', 'no depth', 'no camera_info'],
)
def test_a_message_that_cannot_be_read_costs_its_image_alone(
    index: int, spoil: Callable[[bytes], bytes], rows: list[Row], write_bag: WriteBag, run: Run,
    tmp_path: Path,
) -> None:
    """And one line tells why."""
    at = 3 * 3 + index
    spoilt = [*rows[:at], (*rows[at][:3], spoil(rows[at][3])), *rows[at + 1:]]
    placing = run(write_bag(tmp_path / 'bag', spoilt))
    assert placing is not None and placing.placed == 2 * (COUNT - 1)
    assert len(run.lines) == 1  # type: ignore[attr-defined]


def test_a_depth_image_is_gone_when_its_image_is(
    rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    """Memory stays flat, however long the bag is."""
    source = open_source(write_bag(tmp_path / 'bag', rows), '')
    kept: list[Any] = []
    for item in source.items():
        if item.beside is not None and item.beside.depth is not None:
            kept.append(ref(item.beside.depth))
        assert sum(each() is not None for each in kept) <= 3
    assert len(kept) == COUNT
    source.close()


@pytest.fixture
def second(rows: list[Row]) -> list[Row]:
    """Give the messages with a second depth camera, and a second camera_info."""
    renamed = {DEPTH: '/other/depth', INFO: '/other/camera_info'}
    return [*rows, *[(renamed[row[0]], *row[1:]) for row in rows if row[0] in renamed]]


@pytest.mark.parametrize('asked', [DEPTH, DEPTH[1:]])
def test_of_several_topics_one_is_taken_that_is_asked_for(
    asked: str, second: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    """The camera_info that lies beside the images is taken by itself."""
    placing = run(write_bag(tmp_path / 'bag', second), Asked3D(asked))
    assert placing is not None and placing.placed == 2 * COUNT


@pytest.mark.parametrize('keeps_raw', [True, False])
def test_compressed_depth_is_found_and_taken_where_it_is_not_there_raw(
    keeps_raw: bool, rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    both = [*rows]
    for topic, _, at, data in rows:
        if topic == DEPTH:
            raw = deserialize_message(data, Image)
            mm = np.frombuffer(raw.data, np.uint16).reshape(raw.height, raw.width)
            msg = CompressedImage(header=raw.header, format='16UC1; compressedDepth png')
            msg.data = bytes(12) + cv2.imencode('.png', mm)[1].tobytes()
            packed = bytes(serialize_message(msg))
            both.append((f'{DEPTH}/compressedDepth', COMPRESSED, at + 1, packed))
    kept = [row for row in both if keeps_raw or row[0] != DEPTH]
    kept.sort(key=lambda row: row[2])
    placing = run(write_bag(tmp_path / 'bag', kept))
    assert placing is not None and placing.placed == 2 * COUNT


def test_several_topics_are_told_and_none_is_taken(
    second: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    assert run(write_bag(tmp_path / 'bag', second)) is None
    (line,) = run.lines  # type: ignore[attr-defined]
    assert '/other/depth' in line and DEPTH in line and '--depth-topic' in line


def test_depth_without_camera_info_is_told(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    assert run(write_bag(tmp_path / 'bag', [row for row in rows if row[0] != INFO])) is None
    (line,) = run.lines  # type: ignore[attr-defined]
    assert 'camera_info' in line


@pytest.mark.parametrize(
    'asked',
    [Asked3D('/nowhere'), Asked3D(INFO), Asked3D(DEPTH, COLOR), Asked3D('', '/nowhere')],
)
def test_what_is_asked_for_and_not_there_is_an_error(
    asked: Asked3D, rows: list[Row], write_bag: WriteBag, tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', rows)
    with pytest.raises(StartError, match='-topic'):
        open_source(bag, '', asked_3d=asked)


@pytest.mark.parametrize('asked', [Asked3D('/depth'), Asked3D('', '/camera_info')])
def test_a_video_has_no_depth(asked: Asked3D, tmp_path: Path) -> None:
    (tmp_path / 'a.png').write_bytes(b'')
    with pytest.raises(StartError, match='-topic'):
        open_source(tmp_path, '', asked_3d=asked)
