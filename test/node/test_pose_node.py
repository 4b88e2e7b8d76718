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

"""The pose node in this process, with recorded answers in place of the model."""

from __future__ import annotations

from array import array
from collections.abc import Callable
import threading
import time
from typing import Any

from builtin_interfaces.msg import Time
import cv2
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.messages import outputs
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node import pose_node
from movenet_ros.perception import WARM_UP_WH
import numpy as np
from numpy.typing import NDArray
import pytest
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo

WAIT_S = 30.0  # far above what anything here takes

Output = NDArray[np.float32]
MakeImage = Callable[..., Image]

WARM_UPS = len(WARM_UP_WH)
WARNING = 30  # of rcl_interfaces/msg/Log
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=5)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
A_WHILE_S = 1.0  # several times UPDATE_PERIOD_S


class Camera:
    """Publishes images to a pose node that listens."""

    def __init__(self, world: World, topic: str = 'image', msg_type: Any = Image) -> None:
        self.world = world
        self.publisher = world.publisher(msg_type, topic)

    def wait(self) -> None:
        """Wait until somebody listens, and has found this publisher, too."""
        if not self.publisher.get_subscription_count():
            self.world.until(self.publisher.get_subscription_count, 'for the node to subscribe')
            self.world.spin(0.2)

    def show(self, *images: Any) -> None:
        """Publish to whoever listens."""
        self.wait()
        for image in images:
            self.publisher.publish(image)

    def insist(self, image: Any, condition: Callable[[], Any]) -> None:
        """Publish again and again until something is true; a first message may find nobody yet."""
        self.wait()
        end = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < end, 'insisted in vain'
            self.publisher.publish(image)
            self.world.spin(0.1)


class FakeBackend:
    """
    Answers by a function.

    :param infer: gets the number of the image, from 1; what warms up is answered with nobody.
    """

    info = RuntimeInfo('fake', '1', 'nothing')

    def __init__(self, infer: Callable[[int], Any]) -> None:
        self.seen = -WARM_UPS
        self._infer = infer

    def run(self, inputs: Any) -> Any:
        """Ask the function."""
        self.seen += 1
        output = np.zeros((1, 6, 56), np.float32) if self.seen < 1 else self._infer(self.seen)
        return {'output_0': output}

    def close(self) -> None:
        """There is nothing to free."""


@pytest.fixture
def camera(world: World) -> Camera:
    """Give a camera on the topic image."""
    return Camera(world)


@pytest.fixture
def log(world: World) -> Callable[..., list[str]]:
    """Return a function that lists what the node logged, from a level upwards."""
    messages = world.sink(Log, '/rosout')

    def lines(level: int = 0) -> list[str]:
        name = f'{world.namespace[1:]}.movenet'
        mine = [each for each in messages if each.name == name]
        return [each.msg for each in mine if each.level >= level]

    return lines


def stamps(messages: list[Any]) -> list[int]:
    """Return the seconds of each message's stamp, by which images are told apart."""
    return [each.header.stamp.sec for each in messages]


def arrived(messages: list[Any], sec: int) -> Callable[[], bool]:
    """Tell whether the answer to an image has come."""
    return lambda: sec in stamps(messages)


def messages(values: dict[str, Any]) -> list[Any]:
    """Spell parameters as services take them."""
    return [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]


def set_parameters(world: World, **values: Any) -> list[Any]:
    """Set parameters as `ros2 param set` does."""
    request = SetParameters.Request(parameters=messages(values))
    return list(world.call(SetParameters, 'movenet/set_parameters', request).results)


@pytest.mark.parametrize(
    ('sec', 'nanosec', 'frame_id'),
    [(0, 0, ''), (1, 1, 'camera'), (2**31 - 1, 999999999, 'kamera_größe/光'), (-5, 5, 'x' * 300)],
)
def test_the_header_is_the_images(
    sec: int, nanosec: int, frame_id: str, world: World, camera: Camera, two_people: Output,
    start_pose_node: Any, make_image: MakeImage,
) -> None:
    """On every output, whatever is in it."""
    outputs = [
        world.sink(Detection2DArray, 'poses'),
        world.sink(Detection2DArray, 'detections'),
        world.sink(Image, 'image_annotated'),
    ]
    start_pose_node(RecordedBackend([two_people]))
    image = make_image(sec, nanosec, frame_id)
    camera.show(image)
    world.until(lambda: all(outputs))
    assert [each[0].header for each in outputs] == [image.header] * 3


def test_one_message_per_image_also_when_nobody_is_seen(
    world: World, camera: Camera, two_people: Output, nobody: Output,
    start_pose_node: Any, make_image: MakeImage,
) -> None:
    """An empty array says: looked, and saw nobody."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([nobody] * (WARM_UPS + 1) + [two_people, nobody]))
    for sec in (1, 2, 3):
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
    assert stamps(poses) == [1, 2, 3]
    assert [len(each.detections) for each in poses] == [0, 2, 0]


def test_poses_carry_skeletons_and_detections_boxes(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage,
) -> None:
    """Of the same people."""
    poses = world.sink(Detection2DArray, 'poses')
    detections = world.sink(Detection2DArray, 'detections')
    start_pose_node(RecordedBackend([two_people]))
    camera.show(make_image())
    world.until(lambda: poses and detections)
    assert [len(each.results) for each in poses[0].detections] == [18, 18]
    assert [len(each.results) for each in detections[0].detections] == [1, 1]
    boxes = [[each.bbox for each in msgs[0].detections] for msgs in (poses, detections)]
    assert boxes[0] == boxes[1]


def test_the_annotated_image_is_drawn_on(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage,
) -> None:
    """It has the image's size; nothing is drawn where nobody is."""
    annotated = world.sink(Image, 'image_annotated')
    start_pose_node(RecordedBackend([two_people]))
    image = make_image()
    camera.show(image)
    world.until(lambda: annotated)
    before, after = image_from_msg(image).pixels, image_from_msg(annotated[0]).pixels
    assert annotated[0].encoding == 'bgr8'
    assert before.shape == after.shape and (before != after).any()


def test_drawing_does_not_hold_up_the_poses(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While one is painted, the next are answered; only the newest of them is painted then."""
    begun, may_end = threading.Event(), threading.Event()

    def draw(image_bgr: Any, *args: Any) -> Any:
        begun.set()
        assert may_end.wait(WAIT_S)
        return image_bgr

    monkeypatch.setattr(outputs, 'draw_poses', draw)
    poses = world.sink(Detection2DArray, 'poses')
    annotated = world.sink(Image, 'image_annotated')
    node = start_pose_node(RecordedBackend([two_people]))
    world.until(node._outputs._rows[-1][1].get_subscription_count)
    for sec in (1, 2, 3, 4):
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
        assert begun.wait(WAIT_S)
    assert not annotated
    may_end.set()
    world.until(arrived(annotated, 4))
    assert stamps(annotated)[0] == 1 and 2 not in stamps(annotated)


def test_a_bug_in_drawing_is_not_swallowed(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ends the node, as a bug in its own thread does."""
    monkeypatch.setattr(outputs, 'draw_poses', lambda *args: 1 / 0)
    poses = world.sink(Detection2DArray, 'poses')
    world.sink(Image, 'image_annotated')
    node = start_pose_node(RecordedBackend([two_people]))
    world.until(node._outputs._rows[-1][1].get_subscription_count)
    camera.show(make_image(1))
    world.until(arrived(poses, 1))
    world.until(lambda: node._outputs._drawing._error)
    camera.show(make_image(2))
    with pytest.raises(ZeroDivisionError):
        world.until(lambda: False)


def test_nothing_is_drawn_for_nobody(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A robot that reads poses does not pay for pictures."""
    drawn: list[int] = []
    monkeypatch.setattr(outputs, 'draw_poses', lambda *args: drawn.append(1))
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    camera.show(make_image(1))
    world.until(lambda: poses)
    assert not drawn


def test_no_inference_while_nobody_listens(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage,
) -> None:
    """It does not even subscribe to the images."""
    backend = RecordedBackend([two_people])
    start_pose_node(backend)
    for sec in range(5):
        camera.publisher.publish(make_image(sec))
        world.spin(A_WHILE_S / 5)
    assert camera.publisher.get_subscription_count() == 0
    assert len(backend.batches) == WARM_UPS


@pytest.mark.parametrize(
    ('msg_type', 'topic'),
    [(Detection2DArray, 'poses'), (Detection2DArray, 'detections'), (Image, 'image_annotated')],
)
def test_any_one_listener_wakes_it(
    msg_type: Any, topic: str, world: World, camera: Camera, two_people: Output,
    start_pose_node: Any, make_image: MakeImage,
) -> None:
    """Whichever output it listens to."""
    start_pose_node(RecordedBackend([two_people]))
    world.spin(A_WHILE_S)
    messages = world.sink(msg_type, topic)
    camera.show(make_image(1))
    world.until(arrived(messages, 1))


def test_it_lets_go_when_the_last_listener_leaves(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage,
) -> None:
    """And listens again when one comes."""
    start_pose_node(RecordedBackend([two_people]))
    for sec in (1, 2):
        poses: list[Any] = []
        listener = world.node.create_subscription(Detection2DArray, 'poses', poses.append, 1)
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
        world.node.destroy_subscription(listener)
        world.until(lambda: camera.publisher.get_subscription_count() == 0, 'for it to let go')


def test_listeners_may_come_and_go_quickly(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of images."""
    monkeypatch.setattr(pose_node, 'UPDATE_PERIOD_S', 0.005)
    start_pose_node(RecordedBackend([two_people]))
    for i in range(50):
        listener = world.node.create_subscription(
            Detection2DArray, 'poses', lambda msg: None, 1
        )
        for _ in range(3):
            camera.publisher.publish(make_image(i))
            world.spin(0.005)
        world.node.destroy_subscription(listener)
        world.spin(0.005)
    poses = world.sink(Detection2DArray, 'poses')
    camera.show(make_image(100))
    world.until(arrived(poses, 100))


def test_newest_image_wins(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage,
) -> None:
    """A slow backend never builds a queue; the last image is not the one that is lost."""

    def slowly(number: int) -> Output:
        time.sleep(0.2)
        return two_people

    backend = FakeBackend(slowly)
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(backend)
    camera.wait()
    for sec in range(1, 21):
        camera.show(make_image(sec))
        world.spin(0.02)
    world.until(arrived(poses, 20))
    assert backend.seen <= 10
    assert stamps(poses) == sorted(stamps(poses))


@pytest.mark.parametrize('late', [True, False])
@pytest.mark.parametrize('qos', [BEST_EFFORT, RELIABLE])
def test_auto_hears_either_reliability(
    qos: QoSProfile, late: bool, world: World, two_people: Output, start_pose_node: Any,
    make_image: MakeImage,
) -> None:
    """Also from a camera that is started after the node."""
    poses = world.sink(Detection2DArray, 'poses')
    publisher = None if late else world.publisher(Image, 'image', qos)
    start_pose_node(RecordedBackend([two_people]))
    if publisher is None:
        world.spin(A_WHILE_S)
        publisher = world.publisher(Image, 'image', qos)
    world.until(publisher.get_subscription_count)
    publisher.publish(make_image(1))
    world.until(arrived(poses, 1))


def test_auto_follows_a_camera_that_changes(
    world: World, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """Best effort, then reliable, then best effort again."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))

    def listening() -> list[ReliabilityPolicy]:
        """Return the reliability of each subscription."""
        found = world.node.get_subscriptions_info_by_topic(f'{world.namespace}/image')
        return [each.qos_profile.reliability for each in found]

    for sec, qos in enumerate((BEST_EFFORT, RELIABLE, BEST_EFFORT), 1):
        publisher = world.publisher(Image, 'image', qos)
        world.until(lambda wanted=qos.reliability: listening() == [wanted])
        world.until(publisher.get_subscription_count)
        publisher.publish(make_image(sec))
        world.until(arrived(poses, sec))
        world.node.destroy_publisher(publisher)


def test_reliable_does_not_hear_best_effort_and_says_so(
    world: World, start_pose_node: Any, two_people: Output, make_image: MakeImage,
    log: Callable[..., list[str]],
) -> None:
    """The first complaint of every user, answered in one line."""
    poses = world.sink(Detection2DArray, 'poses')
    publisher = world.publisher(Image, 'image', BEST_EFFORT)
    start_pose_node(
        RecordedBackend([two_people]),
        **{'image.reliability': 'reliable', 'diagnostics.image_timeout_s': 0.3},
    )
    world.until(lambda: any('best effort' in line for line in log(WARNING)))
    publisher.publish(make_image(1))
    world.spin(A_WHILE_S)
    (line,) = log(WARNING)
    assert 'image.reliability is reliable: set it to auto' in line
    assert not poses


def test_silence_is_explained_once_and_its_end_told(
    world: World, camera: Camera, start_pose_node: Any, two_people: Output,
    make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """A camera that is there but sends nothing, then does."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]), **{'diagnostics.image_timeout_s': 0.3})
    world.until(lambda: log(WARNING))
    world.spin(A_WHILE_S)
    assert [line for line in log(WARNING) if 'sends nothing' in line] == log(WARNING)
    assert len(log(WARNING)) == 1
    camera.show(make_image(1))
    world.spin(0.1)
    camera.show(make_image(2))
    world.until(lambda: any(line.startswith('images arrive') for line in log()))
    world.until(lambda: poses)


def test_silence_names_the_topic_that_has_images(
    world: World, start_pose_node: Any, two_people: Output,
    log: Callable[..., list[str]],
) -> None:
    """Of a camera; the node's own pictures are not meant."""
    world.sink(Image, 'image_annotated')
    world.publisher(Image, 'cam/image_raw')
    start_pose_node(RecordedBackend([two_people]), **{'diagnostics.image_timeout_s': 0.3})
    world.until(lambda: log(WARNING))
    (line,) = log(WARNING)
    assert 'nobody publishes' in line and f'{world.namespace}/cam/image_raw' in line
    assert 'image_annotated' not in line


def test_slow_inference_is_not_silence(
    world: World, camera: Camera, start_pose_node: Any, two_people: Output,
    make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """While the model works, no image can be received."""

    def slowly(number: int) -> Output:
        time.sleep(1.0 if number == 1 else 0.0)
        return two_people

    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(FakeBackend(slowly), **{'diagnostics.image_timeout_s': 0.5})
    for sec in (1, 2):
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
    assert not log(WARNING)


BAD_IMAGES: dict[str, dict[str, Any]] = {
    'width 0': {'width': 0},
    'short data': {'data': b'123'},
    'unknown encoding': {'encoding': 'bgr9'},
}


@pytest.mark.parametrize('change', BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_bad_images_are_warned_of_and_skipped(
    change: dict[str, Any], world: World, camera: Camera, two_people: Output,
    start_pose_node: Any, make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """One line for many of them, and the next good one works."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    bad = make_image(1)
    for name, value in change.items():
        setattr(bad, name, value)
    camera.insist(bad, lambda: log(WARNING))
    for _ in range(5):
        camera.show(bad)
        world.spin(0.02)
    camera.show(make_image(2))
    world.until(arrived(poses, 2))
    assert stamps(poses) == [2]
    (line,) = log(WARNING)
    assert line.startswith('skipped an image: ') and '\n' not in line


def test_a_truncated_jpeg_is_warned_of_and_skipped(
    world: World, small_image: NDArray[np.uint8], two_people: Output, start_pose_node: Any,
    log: Callable[..., list[str]],
) -> None:
    """On the topic image/compressed."""
    camera = Camera(world, 'image/compressed', CompressedImage)
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]), image_transport='compressed')
    data = array('B', cv2.imencode('.jpg', small_image)[1].tobytes())
    bad, good = CompressedImage(data=data[:-200]), CompressedImage(data=data)
    good.header.stamp.sec = 2
    camera.insist(bad, lambda: log(WARNING))
    camera.show(good)
    world.until(arrived(poses, 2))
    assert [line for line in log(WARNING) if 'truncated JPEG' in line] == log(WARNING)


def test_a_failed_inference_is_tried_again(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """No image is lost, and one line says so."""

    def infer(number: int) -> Output:
        if number == 1:
            raise InferenceError('out of memory')
        return two_people

    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(FakeBackend(infer))
    camera.show(make_image(1))
    world.until(arrived(poses, 1))
    world.until(lambda: log(WARNING))
    assert log(WARNING) == [
        'an inference failed, but not when it was tried again: out of memory'
    ]


def test_a_bug_is_not_swallowed(
    world: World, camera: Camera, start_pose_node: Any, make_image: MakeImage
) -> None:
    """It ends the node with its traceback."""

    def infer(number: int) -> Output:
        raise TypeError('a bug')

    world.sink(Detection2DArray, 'poses')
    start_pose_node(FakeBackend(infer))
    camera.show(make_image(1))
    with pytest.raises(TypeError, match='a bug'):
        world.until(lambda: False)


@pytest.mark.parametrize(
    ('transport', 'msg_type', 'topic'),
    [
        ('raw', Image, '/cam/image_raw'),
        ('compressed', CompressedImage, '/cam/image_raw/compressed'),
    ],
)
def test_image_can_be_remapped(
    transport: str, msg_type: Any, topic: str, world: World, two_people: Output,
    start_pose_node: Any,
) -> None:
    """The compressed topic moves with the raw one, as image_transport has it."""
    world.sink(Detection2DArray, 'poses')
    camera = Camera(world, topic, msg_type)
    start_pose_node(
        RecordedBackend([two_people]), '-r', 'image:=/cam/image_raw', image_transport=transport
    )
    camera.wait()


def test_topics_are_relative(world: World, two_people: Output, start_pose_node: Any) -> None:
    """Two robots do not meet."""
    node = start_pose_node(RecordedBackend([two_people]))
    world.until(lambda: node.get_name() in world.node.get_node_names())
    found = world.node.get_publisher_names_and_types_by_node('movenet', world.namespace)
    topics = {name for name, _ in found} - {'/rosout', '/parameter_events', '/diagnostics'}
    names = ('poses', 'detections', 'image_annotated', 'label_info', 'movenet/transition_event')
    assert topics == {f'{world.namespace}/{name}' for name in names}


def test_label_info_is_latched(world: World, two_people: Output, start_pose_node: Any) -> None:
    """Whoever comes later hears it too."""
    start_pose_node(RecordedBackend([two_people]), person_threshold=0.5)
    world.spin(A_WHILE_S)
    labels = world.sink(LabelInfo, 'label_info', LATCHED)
    world.until(lambda: labels)
    assert (labels[0].threshold, len(labels[0].class_map)) == (0.5, 18)


def test_label_info_follows_the_threshold(
    world: World, two_people: Output, start_pose_node: Any
) -> None:
    """At run time."""
    labels = world.sink(LabelInfo, 'label_info', LATCHED)
    start_pose_node(RecordedBackend([two_people]), person_threshold=0.5)
    world.until(lambda: labels)
    set_parameters(world, person_threshold=0.75)
    world.until(lambda: len(labels) > 1)
    assert [each.threshold for each in labels] == [0.5, 0.75]


def test_simulated_time_that_stands_still(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """Without /clock, images are processed all the same."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]), use_sim_time=True)
    camera.show(make_image(1))
    world.until(arrived(poses, 1))


def test_person_threshold_changes_at_run_time(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """The two people are scored 0.9 and 0.4."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    for sec, threshold in enumerate((0.25, 0.5, 1.0, 0.0), 1):
        (result,) = set_parameters(world, person_threshold=threshold)
        assert result.successful
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
    assert [len(each.detections) for each in poses] == [2, 1, 0, 6]


@pytest.mark.parametrize(
    'change', [{'keypoint_threshold': 1.0}, {'annotate.boxes': False}, {'annotate.scores': False}]
)
def test_drawing_changes_at_run_time(
    change: dict[str, Any], world: World, camera: Camera, two_people: Output,
    start_pose_node: Any, make_image: MakeImage,
) -> None:
    """Each switch takes something away."""
    annotated = world.sink(Image, 'image_annotated')
    start_pose_node(RecordedBackend([two_people]))
    camera.show(make_image(1))
    world.until(arrived(annotated, 1))
    set_parameters(world, **change)
    camera.show(make_image(2))
    world.until(arrived(annotated, 2))
    assert annotated[0].data != annotated[1].data


@pytest.mark.parametrize(
    ('name', 'value', 'words'),
    [
        ('autostart', False, 'read-only'),
        ('backend', 'tensorflow', 'can be set while the node is unconfigured'),
        ('image.reliability', 'reliable', 'can be set while the node is unconfigured'),
        ('max_people', 7, 'range'),
        ('input_size', 500, 'input_size'),
        ('image.max_pixels', 0, 'range'),
        ('diagnostics.image_timeout_s', 0.0, 'range'),
        ('person_threshold', 1.5, 'range'),
        ('person_threshold', -0.1, 'range'),
        ('person_threshold', float('nan'), 'person_threshold'),
        ('person_threshold', 2, 'range'),
        ('person_threshold', 'high', 'type'),
        ('annotate.boxes', 'no', 'type'),
        ('tracking.association', 'faces', 'tracking.association'),
        ('tracking.max_age_s', 61.0, 'range'),
        ('smoothing.min_cutoff_hz', 0.0, 'range'),
        ('smoothing.beta', -1.0, 'range'),
    ],
)
def test_refused_at_run_time(
    name: str, value: Any, words: str, world: World, two_people: Output, start_pose_node: Any
) -> None:
    """With a reason, and nothing changes."""
    node = start_pose_node(RecordedBackend([two_people]))
    before = node.get_parameter(name).value
    (result,) = set_parameters(world, **{name: value})
    assert not result.successful
    assert words in result.reason, result.reason
    assert node.get_parameter(name).value == before


def test_a_request_is_granted_whole_or_not_at_all(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """A good value beside a bad one has no effect on what is published."""
    poses = world.sink(Detection2DArray, 'poses')
    node = start_pose_node(RecordedBackend([two_people]))
    both = {'person_threshold': 0.5, 'keypoint_threshold': float('nan')}
    request = SetParametersAtomically.Request(parameters=messages(both))
    answer = world.call(
        SetParametersAtomically, 'movenet/set_parameters_atomically', request
    )
    assert not answer.result.successful
    camera.show(make_image(1))
    world.until(lambda: poses)
    assert len(poses[0].detections) == 2
    assert node.get_parameter('person_threshold').value == 0.25


def test_misspelt_parameters_are_warned_of(
    world: World, two_people: Output, start_pose_node: Any, log: Callable[..., list[str]]
) -> None:
    """ROS ignores them without a word."""
    start_pose_node(RecordedBackend([two_people]), person_treshold=0.5)
    world.until(lambda: log(WARNING))
    (line,) = log(WARNING)
    assert "'person_treshold'" in line and 'did you mean person_threshold?' in line


def ids(messages: list[Any]) -> list[list[str]]:
    """Return the ids of the people in each message."""
    return [[person.id for person in each.detections] for each in messages]


def walk(
    world: World, camera: Camera, messages: list[Any], make_image: MakeImage,
    start_s: int = 1, count: int = 4, step_ns: int = 33_333_333,
) -> None:
    """Show images one after the other, each when the one before is answered."""
    for i in range(count):
        sec, nanosec = divmod(start_s * 10**9 + i * step_ns, 10**9)
        before = len(messages)
        camera.show(make_image(sec, nanosec))
        world.until(lambda seen=before: len(messages) > seen)


def test_ids_reach_poses_and_detections(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """As decimal strings, from the third image on; empty before."""
    poses = world.sink(Detection2DArray, 'poses')
    detections = world.sink(Detection2DArray, 'detections')
    start_pose_node(RecordedBackend([two_people]))
    walk(world, camera, poses, make_image)
    world.until(lambda: len(detections) == len(poses))
    assert ids(poses) == [['', ''], ['', ''], ['1', '2'], ['1', '2']]
    assert ids(detections) == ids(poses)


def test_ids_are_drawn(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same that are published."""
    drawn: list[list[int]] = []

    def draw(image_bgr: Any, poses: Any, *args: Any) -> Any:
        drawn.append(poses.ids.tolist())
        return image_bgr

    monkeypatch.setattr(outputs, 'draw_poses', draw)
    annotated = world.sink(Image, 'image_annotated')
    start_pose_node(RecordedBackend([two_people]))
    walk(world, camera, annotated, make_image)
    assert drawn == [[0, 0], [0, 0], [1, 2], [1, 2]]


def test_tracking_changes_at_run_time(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """The next ids are new ones."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    for start_s, tracking in enumerate(('boxes', 'off', 'keypoints'), 1):
        (result,) = set_parameters(world, **{'tracking.association': tracking})
        assert result.successful, result.reason
        walk(world, camera, poses, make_image, start_s, 3)
    assert ids(poses)[2::3] == [['1', '2'], ['', ''], ['3', '4']]


def test_the_age_of_a_track_changes_at_run_time(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """Images 1.9 s apart are one stream, or two."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    set_parameters(world, **{'tracking.max_age_s': 3.0})
    walk(world, camera, poses, make_image, 1, 3)
    walk(world, camera, poses, make_image, 3, 3)
    set_parameters(world, **{'tracking.max_age_s': 0.5})
    walk(world, camera, poses, make_image, 5, 3)
    assert ids(poses)[2::3] == [['1', '2'], ['1', '2'], ['3', '4']]


def test_smoothing_changes_at_run_time(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """People shake; their noses less so while smoothing is on, and as the filter says."""
    shake = np.where(np.arange(17) % 2, 0.01, -0.01).repeat(3).astype(np.float32)

    def infer(number: int) -> Output:
        output = two_people.copy()
        output[..., :51] += shake * (-1) ** number
        return output

    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(FakeBackend(infer), keypoint_threshold=0.0)
    shakes = []
    changes: list[dict[str, Any]] = [
        {'smoothing.enabled': False}, {'smoothing.enabled': True},
        {'smoothing.min_cutoff_hz': 100.0},
        {'smoothing.min_cutoff_hz': 0.5, 'smoothing.beta': 1000.0}, {'smoothing.beta': 5.0},
    ]
    for start_s, change in enumerate(changes, 1):
        assert all(each.successful for each in set_parameters(world, **change))
        walk(world, camera, poses, make_image, start_s, 15)
        x = [each.detections[0].results[0].pose.pose.position.x for each in poses[-5:]]
        shakes.append(np.abs(np.diff(x)).mean())
    off, on, high_cutoff, high_beta, on_again = shakes
    assert max(on, on_again) < 0.7 * min(off, high_cutoff, high_beta)


def test_a_loop_of_a_bag_gives_new_ids_and_one_line(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """Stamps jump back; the node goes on."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    walk(world, camera, poses, make_image, 100)
    walk(world, camera, poses, make_image, 90)
    world.until(lambda: log(WARNING))
    world.spin(A_WHILE_S)
    assert [ids(poses)[3], ids(poses)[-1]] == [['1', '2'], ['3', '4']]
    clock, line = sorted(log(WARNING))
    assert 'backwards' in line and 'new id' in line
    assert "behind this node's clock" in clock


def test_stamps_that_nobody_sets_are_no_obstacle(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any,
    make_image: MakeImage, log: Callable[..., list[str]],
) -> None:
    """All zeros: people are followed, and one line says what is amiss."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]))
    walk(world, camera, poses, make_image, 0, 8, step_ns=0)
    world.until(lambda: log(WARNING))
    world.spin(A_WHILE_S)
    assert ids(poses)[2:] == [['1', '2']] * 6
    (line,) = log(WARNING)
    assert 'not advancing' in line and 'not set' in line


def test_it_warms_up_on_the_shapes_of_cameras(two_people: Output, start_pose_node: Any) -> None:
    """The first image does not pay for the start: 4:3 and 16:9."""
    backend = RecordedBackend([two_people])
    start_pose_node(backend, input_size=256)
    assert [each.shape for each in backend.batches] == [(1, 192, 256, 3), (1, 160, 256, 3)]


def test_max_people(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """The best scored ones are kept."""
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]), max_people=1)
    camera.show(make_image(1))
    world.until(lambda: poses)
    (person,) = poses[0].detections
    assert person.results[-1].hypothesis.score == pytest.approx(0.9)


def test_input_size_is_the_batches(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """The longer side; 64x48 is 4:3."""
    poses = world.sink(Detection2DArray, 'poses')
    backend = RecordedBackend([two_people])
    start_pose_node(backend, input_size=128)
    camera.show(make_image(1))
    world.until(lambda: poses)
    assert backend.batches[-1].shape == (1, 96, 128, 3)


def test_a_stamp_of_0_is_a_stamp() -> None:
    """Not a missing one."""
    assert stamp_ns(Time()) == 0


def test_callbacks_run_in_one_thread(
    world: World, camera: Camera, two_people: Output, start_pose_node: Any, make_image: MakeImage
) -> None:
    """Parameters cannot change in the middle of an image."""
    threads = set()

    def infer(number: int) -> Output:
        threads.add(threading.get_ident())
        return two_people

    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(FakeBackend(infer))
    for sec in (1, 2, 3):
        camera.show(make_image(sec))
        world.until(arrived(poses, sec))
    assert len(threads) == 1
