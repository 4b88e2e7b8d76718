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

"""The pose node in a graph, with recorded answers in place of the model."""

from __future__ import annotations

from array import array
from collections.abc import Callable
import gc
from threading import Event
import time
from typing import Any

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from movenet_ros import networks
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.new_shapes import OFTEN
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.messages.outputs import ANNOTATIONS
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import LATCHED
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.node import blank_watch
from movenet_ros.node import diagnostics
from movenet_ros.node import monitor
from movenet_ros.node import pose_node
from movenet_ros.node.pose_node import PoseNode
from movenet_ros.node.report import reports_of
from movenet_ros.perception import LIVE_WARM_UP_WH
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.logging import LoggingSeverity
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2DArray
from vision_msgs.msg import LabelInfo

WAIT_S = 30.0  # far above what anything here takes
WARM_UPS = len(LIVE_WARM_UP_WH)
WARNING, ERROR = 30, 40  # of rcl_interfaces/msg/Log
CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE = 1, 2, 3, 4

Answer = NDArray[np.float32]
MakeImage = Callable[..., Image]


class Fake(RecordedBackend):
    """
    A runtime that always answers the same.

    :param act: called with the number of each image, from 1, before it is answered.
    :param device: as people read it.
    """

    def __init__(
        self, answer: Answer, act: Callable[[int], Any] = lambda number: None, device: str = 'CPU'
    ) -> None:
        super().__init__([answer])
        self.info = RuntimeInfo('fake', '1', device)
        self._act = act

    @property
    def images(self) -> int:
        """Return how many images it has seen."""
        return max(0, len(self.batches) - WARM_UPS)

    def run(self, inputs: Tensors) -> Tensors:
        """Act, and answer."""
        answer = super().run(inputs)
        if self.images:
            self._act(self.images)
        return answer


class Room:
    """A pose node with a camera, a subscriber and a remote control."""

    def __init__(self, world: World, start: Any, remote: Any, make_image: MakeImage) -> None:
        self.world = world
        self.remote = remote
        self.make_image = make_image
        self.camera = world.publisher(Image, 'image')
        self.poses: list[Any] = []
        self._start = start
        self.subscriber: Any = None

    def start(self, runtime: Any, *cli_args: str, **parameters: Any) -> PoseNode:
        """Start the node."""
        node: PoseNode = self._start(runtime, *cli_args, **parameters)
        return node

    def subscribe(self) -> None:
        """Subscribe to poses."""
        self.subscriber = self.world.node.create_subscription(
            Detection2DArray, 'poses', self.poses.append, 100
        )

    def receive(self, sec: int = 0) -> None:
        """Subscribe, and show an image until its poses come: the first may find no one yet."""
        if self.subscriber is None:
            self.subscribe()
        image = self.make_image(sec)
        timer = self.world.node.create_timer(0.05, lambda: self.camera.publish(image))
        self.until_poses(sec)
        self.world.node.destroy_timer(timer)

    def show(self, sec: int, nanosec: int = 0) -> Any:
        """Show an image and wait for its poses."""
        self.camera.publish(self.make_image(sec, nanosec))
        return self.until_poses(sec, nanosec)

    def until_poses(self, sec: int, nanosec: int = 0) -> Any:
        """Wait for the poses of an image."""
        stamp = self.make_image(sec, nanosec).header.stamp
        self.world.until(lambda: stamp in self.stamps, f'for image {sec}')
        return self.poses[self.stamps.index(stamp)]

    @property
    def stamps(self) -> list[Any]:
        """Return the stamps of the poses."""
        return [each.header.stamp for each in self.poses]

    @property
    def is_received(self) -> bool:
        """Return whether the node subscribes to the images."""
        return bool(self.camera.get_subscription_count())

    def enable(self, is_enabled: bool) -> Any:
        """Call ~/enable."""
        return self.remote.call(SetBool, 'enable', SetBool.Request(data=is_enabled))


@pytest.fixture
def room(
    world: World, start_pose_node: Any, make_remote: Callable[[str], Any], make_image: MakeImage
) -> Room:
    """Give a room."""
    return Room(world, start_pose_node, make_remote('movenet'), make_image)


# what comes out


@pytest.mark.parametrize(
    ('sec', 'nanosec', 'frame_id'), [(0, 0, ''), (2**31 - 1, 999999999, 'kamera_größe/光')]
)
def test_every_output_has_the_header_of_its_image(
    sec: int, nanosec: int, frame_id: str, room: Room, two_people: Answer
) -> None:
    """Whatever is in it."""
    outputs = [each for each in OUTPUTS if each.name != ANNOTATIONS]  # which have a stamp alone
    sinks = [room.world.sink(each.msg_type, each.name, each.qos) for each in outputs]
    room.start(Fake(two_people))
    image = room.make_image(sec, nanosec, frame_id)
    room.world.node.create_timer(0.05, lambda: room.camera.publish(image))
    room.world.until(lambda: all(sinks))
    assert [each[0].header for each in sinks] == [image.header] * len(outputs)


def test_one_message_per_image_also_when_no_person_is_seen(
    room: Room, two_people: Answer, nobody: Answer
) -> None:
    """A person is 18 results of poses, and one of detections."""
    answers = [nobody] * (WARM_UPS + 1) + [two_people, nobody]
    boxes = room.world.sink(Detection2DArray, 'detections')
    room.start(RecordedBackend(answers))
    room.receive()
    found = [room.show(sec).detections for sec in (1, 2)]
    assert [[len(person.results) for person in each] for each in found] == [[18, 18], []]
    room.world.until(lambda: boxes[-1].header.stamp.sec == 2)
    (seen,) = (each for each in boxes if each.header.stamp.sec == 1)
    assert [len(each.results) for each in seen.detections] == [1, 1]
    assert [each.bbox for each in seen.detections] == [each.bbox for each in found[0]]


def test_label_info_is_latched_and_follows_the_threshold(room: Room, two_people: Answer) -> None:
    room.start(Fake(two_people), person_threshold=0.5)
    labels = room.world.sink(LabelInfo, 'label_info', LATCHED)
    room.world.until(lambda: labels)
    room.remote.set(person_threshold=0.75)
    room.world.until(lambda: len(labels) > 1)
    assert [each.threshold for each in labels] == [0.5, 0.75]
    assert len(labels[0].class_map) == 18


# when images are processed


@pytest.mark.parametrize('output', OUTPUTS, ids=lambda each: each.name)
def test_it_subscribes_while_an_output_has_subscribers(
    output: Output[Result], room: Room, two_people: Answer
) -> None:
    """And runs nothing before that."""
    runtime = Fake(two_people)
    room.start(runtime)
    room.world.until(lambda: room.remote.state == 'active')
    room.camera.publish(room.make_image(1))
    assert not room.is_received and not runtime.images
    for _ in range(2):
        subscriber = room.world.node.create_subscription(
            output.msg_type, output.name, lambda _: None, output.qos
        )
        room.world.until(lambda: room.is_received)
        room.world.node.destroy_subscription(subscriber)
        room.world.until(lambda: not room.is_received)


def test_the_newest_image_wins(room: Room, two_people: Answer) -> None:
    """A slow model never builds a queue, and the last image is not the one that is lost."""
    is_busy, may_go_on = Event(), Event()

    def act(number: int) -> None:
        if slow:
            is_busy.set()
            assert may_go_on.wait(WAIT_S)

    slow = False
    runtime = Fake(two_people, act)
    room.start(runtime)
    room.receive()
    slow = True
    room.camera.publish(room.make_image(1))
    room.world.until(is_busy.is_set)
    before = runtime.images
    for sec in range(2, 21):
        room.camera.publish(room.make_image(sec))
    may_go_on.set()
    room.until_poses(20)
    assert runtime.images - before <= 3


def test_images_of_a_new_size_are_answered_while_the_model_is_prepared(
    room: Room, two_people: Answer
) -> None:
    """However long that takes; and the node ends all the same."""
    runtime, is_asked, may_end = Fake(two_people), Event(), Event()

    def prepare(shapes: Shapes) -> None:
        is_asked.set()
        assert may_end.wait(WAIT_S)

    runtime.is_ready = lambda shapes: dict(shapes)['input'] == (1, 256, 256, 3)
    runtime.prepare = prepare
    room.start(runtime)
    room.receive()
    for sec in range(1, 20):
        room.show(sec)
    assert is_asked.is_set()
    assert {each.shape for each in runtime.batches[WARM_UPS:]} == {(1, 256, 256, 3)}
    may_end.set()


def test_it_ends_behind_the_preparation_of_a_shape(world: World, two_people: Answer) -> None:
    """Native code that a process leaves running at its end may crash."""
    runtime, is_ending, has_ended = Fake(two_people), Event(), Event()

    def prepare(shapes: Shapes) -> None:
        assert is_ending.wait(WAIT_S)
        has_ended.set()

    runtime.is_ready = lambda shapes: dict(shapes)['input'] == (1, 256, 256, 3)
    runtime.prepare = prepare
    where = {'context': world.context, 'namespace': world.namespace}
    node = PoseNode(runtime, use_global_arguments=False, **where)
    node.start()
    assert node.perception is not None
    for _ in range(OFTEN):
        node.perception.find(SourceImage(np.zeros((480, 640, 3), np.uint8), 'rgb'))
    node.streams[0].destroy = is_ending.set  # type: ignore[method-assign]
    node.destroy_node()
    assert has_ended.is_set()


def test_finished_poses_are_published(room: Room, two_people: Answer) -> None:
    """Of a camera of 60 Hz and a model of 10 to 30 Hz: that is no overload (H2)."""
    runtime = Fake(two_people, lambda number: time.sleep(0.1 if number % 5 == 0 else 0.03))
    room.start(runtime)
    room.receive()
    timer = room.world.node.create_timer(
        1 / 60, lambda: room.camera.publish(room.make_image(*divmod(time.time_ns(), 10**9)))
    )
    room.world.until(lambda: runtime.images > 20)
    room.world.node.destroy_timer(timer)
    room.world.until(lambda: len(room.poses) == runtime.images)


def test_in_an_overload_receiving_gets_a_lower_priority(
    room: Room, two_people: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: it cannot be undone."""
    calls: list[bool] = []
    monkeypatch.setattr(pose_node, 'lower_receiver_priority', lambda: calls.append(True))
    monkeypatch.setattr(pose_node.Overload, 'cores', lambda self, share: 0.5)
    room.start(Fake(two_people))
    room.receive()
    room.world.until(lambda: any('overload' in line for line in room.remote.log()))
    room.show(1)
    assert calls == [True]


def test_throttled_images_are_counted(room: Room, two_people: Answer) -> None:
    node = room.start(Fake(two_people), max_rate_hz=0.001)
    room.receive()
    room.camera.publish(room.make_image(1))
    room.world.until(lambda: node.streams[0].monitor.activity().throttled)
    room.remote.set(max_rate_hz=0.0)
    room.show(2)
    assert [each.sec for each in room.stamps] == [0, 2]


def test_simulated_time_that_stands_still_is_no_obstacle(room: Room, two_people: Answer) -> None:
    room.start(Fake(two_people), use_sim_time=True)
    room.receive(5)


def bad_messages(transport: str, image: Image, pixels: NDArray[np.uint8]) -> list[Any]:
    """Return messages that are no images, and bytes that are no message."""
    rubbish = [b'', b'\0\1\0\0' + b'\xff' * 52, b'\xff' * 100]
    if transport == 'compressed':
        jpeg = cv2.imencode('.jpg', pixels)[1].tobytes()
        return [CompressedImage(data=array('B', jpeg[:-200])), *rubbish]
    image.encoding = 'bgr9'
    return [image, *rubbish]


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_bad_images_are_rejected(
    transport: str, room: Room, two_people: Answer, small_image: NDArray[np.uint8]
) -> None:
    """Each is counted, a line names the first, and the next good one is processed."""
    jpeg = cv2.imencode('.jpg', small_image)[1].tobytes()
    good: Any = room.make_image(7)
    if transport == 'compressed':
        room.camera = room.world.publisher(CompressedImage, 'image/compressed')
        good = CompressedImage(header=good.header, data=array('B', jpeg))
    room.make_image = lambda *_: good  # type: ignore[assignment]
    node = room.start(Fake(two_people), image_transport=transport)
    room.receive()
    bad_ones = bad_messages(transport, Image(data=good.data), small_image)
    for count, bad in enumerate(bad_ones, 1):
        room.camera.publish(bad)
        room.world.until(lambda most=count: node.streams[0].monitor.activity().rejected == most)
    room.poses.clear()
    room.show(7)
    room.world.until(lambda: any('rejected' in line for line in room.remote.log(WARNING)))
    (line,) = (each for each in room.remote.log(WARNING) if 'rejected' in each)
    assert '\n' not in line


def test_images_that_are_rejected_are_not_called_black(
    room: Room, two_people: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was wrong with those before them is over."""
    monkeypatch.setattr(blank_watch, 'EVERY_S', 0.0)
    monkeypatch.setattr(blank_watch, 'LASTS_S', 0.0)
    monkeypatch.setattr(monitor, 'WINDOW_S', 0.3)
    node = room.start(Fake(two_people))
    room.subscribe()
    image = room.make_image()
    image.data = bytes(len(image.data))
    room.world.node.create_timer(0.05, lambda: room.camera.publish(image))
    room.world.until(lambda: 'black' in node.streams[0].problem)
    image.encoding = 'bgr9'
    room.world.until(lambda: not node.streams[0].problem)
    assert node.streams[0].monitor.activity().rejected


# the model


def test_a_bug_is_not_swallowed(room: Room, two_people: Answer) -> None:
    """It ends the node with its traceback."""

    def act(number: int) -> None:
        raise TypeError('a bug')

    room.start(Fake(two_people, act))
    with pytest.raises(TypeError, match='a bug'):
        room.receive()


def test_a_model_that_breaks_leads_to_unconfigured(room: Room, two_people: Answer) -> None:
    """With device gpu there is nothing else to run on; a new configure may have more luck."""
    broken: list[bool] = []

    def act(number: int) -> None:
        if broken:
            raise InferenceError('the GPU is gone')

    runtime = Fake(two_people, act, 'GPU 0')
    room.start(runtime, device='gpu')
    room.receive()
    broken.append(True)
    room.camera.publish(room.make_image(1))
    room.world.until(lambda: room.remote.log(ERROR))
    assert 'the GPU is gone' in room.remote.log(ERROR)[0]
    assert room.remote.state == 'unconfigured' and runtime.closed
    broken.clear()
    assert room.remote.change(CONFIGURE) and room.remote.change(ACTIVATE)
    room.receive(2)


def test_while_the_model_is_loaded_anew_diagnostics_say_so(
    room: Room, two_people: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the image is answered, and the CPU is a warning (H5; see test_diagnostics.py)."""
    monkeypatch.setattr(diagnostics, 'PERIOD_S', 0.02)
    may_go_on = Event()

    def loading(*_: Any) -> Any:
        assert may_go_on.wait(WAIT_S)
        return networks.Network(Fake(two_people), 'asked for', None)

    def act(number: int) -> None:
        raise InferenceError('out of memory')

    def messages(about: str) -> list[str]:
        return [
            status.message
            for each in reports for status in each.status if status.name.endswith(about)
        ]

    monkeypatch.setattr(networks, 'open_network', loading)
    reports = room.world.sink(DiagnosticArray, '/diagnostics')
    gpu = Fake(two_people, act, 'GPU 0')
    room.start(gpu, device='auto')
    room.subscribe()
    room.world.until(lambda: room.is_received)
    timer = room.world.node.create_timer(0.05, lambda: room.camera.publish(room.make_image(1)))
    for about in ('movenet: poses', 'movenet: model'):
        room.world.until(lambda name=about: any('loaded anew' in each for each in messages(name)))
    may_go_on.set()
    room.until_poses(1)
    room.world.node.destroy_timer(timer)
    room.world.until(lambda: 'GPU 0' in messages('movenet: model')[-1])
    assert gpu.closed


def test_a_report_names_the_model(room: Room, two_people: Answer) -> None:
    node = room.start(Fake(two_people))
    room.receive()
    report = reports_of(node)[0]
    assert report.model['backend'].startswith('fake 1 on CPU')
    assert (report.state, report.idle) == ('active', '')
    assert report.topic == f'{room.world.namespace}/image'
    assert report.activity.processed == 1 and report.activity.latencies_ms is None


def test_stamps_that_are_not_set_are_reported(room: Room, two_people: Answer) -> None:
    """People are followed all the same."""
    node = room.start(Fake(two_people))
    room.subscribe()
    room.world.node.create_timer(0.02, lambda: room.camera.publish(room.make_image(0)))
    room.world.until(lambda: reports_of(node)[0].images_problem and room.remote.log(WARNING))
    room.world.until(lambda: [each.id for each in room.poses[-1].detections] == ['1', '2'])


@pytest.mark.parametrize(
    ('change', 'people', 'ids'),
    [
        ({'person_threshold': 0.5}, 1, ['1']),
        ({'max_people': 1}, 1, ['1']),
        ({'tracking.association': 'off'}, 2, ['', '']),
    ],
    ids=str,
)
def test_parameters_hold_from_the_next_image_on(
    change: dict[str, Any], people: int, ids: list[str], room: Room, two_people: Answer
) -> None:
    """The two people are scored 0.9 and 0.4; they have ids from the third image on."""
    room.start(Fake(two_people))
    room.receive()
    before = [room.show(10, i * 10**8).detections for i in range(4)]
    known = [[person.id for person in people] for people in before]
    assert known == [['', ''], ['', ''], ['1', '2'], ['1', '2']]
    (result,) = room.remote.set(**change)
    assert result.successful, result.reason
    after = room.show(10, 4 * 10**8)
    assert (len(after.detections), [each.id for each in after.detections]) == (people, ids)


def test_parameters_of_the_model_are_locked_while_there_is_one(
    room: Room, two_people: Answer
) -> None:
    node = room.start(Fake(two_people))
    (rejected,) = room.remote.set(**{'runtime.threads': 1})
    assert not rejected.successful and node.command('cleanup') in rejected.reason
    assert room.remote.change(DEACTIVATE) and room.remote.change(CLEANUP)
    (accepted,) = room.remote.set(**{'runtime.threads': 1})
    assert accepted.successful


def test_a_mode_that_cannot_be_had_is_rejected_with_what_to_do(
    room: Room, two_people: Answer
) -> None:
    """And the node goes on."""
    room.start(Fake(two_people))
    (rejected,) = room.remote.set(mode='accurate')
    assert not rejected.successful and 'mode to fast' in rejected.reason
    room.receive()


def test_loaded_objects_are_frozen_while_there_is_a_model(room: Room, two_people: Answer) -> None:
    """In a process of its own, so that no garbage collection holds up images."""
    node = room.start(Fake(two_people), autostart=False)
    node.is_alone = True
    try:
        room.remote.change(CONFIGURE)
        assert gc.get_freeze_count() > 1000
        room.remote.change(CLEANUP)
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()


# names


@pytest.mark.parametrize(
    ('transport', 'rule', 'topic'),
    [
        ('raw', 'image:=/cam/image_raw', '/cam/image_raw'),
        ('compressed', 'image:=/cam/image_raw', '/cam/image_raw/compressed'),
        ('compressed', 'image/compressed:=/cam/jpeg', '/cam/jpeg'),
    ],
)
def test_topics_can_be_remapped(
    transport: str, rule: str, topic: str, room: Room, two_people: Answer
) -> None:
    """The compressed one moves with the raw one; the log has the names that count."""
    node = room.start(
        Fake(two_people), '-r', rule, '-r', 'poses:=/people', autostart=False
    )
    (result,) = room.remote.set(image_transport=transport)
    assert result.successful, result.reason
    assert room.remote.change(CONFIGURE) and room.remote.change(ACTIVATE)
    room.world.until(lambda: any(f'{topic} -> /people' in each for each in room.remote.log()))
    room.world.sink(Detection2DArray, '/people')
    room.world.until(lambda: room.world.node.count_subscribers(topic))
    assert node.streams[0].topic == topic


def test_each_image_is_a_line_at_log_level_debug(room: Room, two_people: Answer) -> None:
    node = room.start(Fake(two_people))
    node.get_logger().set_level(LoggingSeverity.DEBUG)
    room.receive(5)
    room.world.until(lambda: any('2 people in the image' in line for line in room.remote.log(10)))


def test_without_foxglove_msgs_a_line_says_what_lacks_and_how_to_get_it(
    room: Room, two_people: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pose_node, 'OUTPUTS', OUTPUTS[:2])
    monkeypatch.delenv('ROS_DISTRO', raising=False)
    room.start(Fake(two_people))
    words = 'annotations', 'foxglove_msgs', 'scripts/setup'
    room.world.until(
        lambda: any(all(each in line for each in words) for line in room.remote.log())
    )


def test_topics_are_relative(room: Room, two_people: Answer) -> None:
    """Two robots do not meet."""
    node = room.start(Fake(two_people))
    topics = {each.topic_name for each in node.publishers}
    names = {each.name for each in (*OUTPUTS, LABEL_INFO)}
    assert topics - {'/rosout', '/parameter_events', '/diagnostics'} == {
        f'{room.world.namespace}/{name}' for name in names
    }


# services and the lifecycle


def test_disabled_it_processes_no_images(room: Room, two_people: Answer) -> None:
    """And goes on when it is enabled again."""
    runtime = Fake(two_people)
    room.start(runtime)
    room.receive()
    answer = room.enable(False)
    assert answer.success and 'detect_once' in answer.message
    room.world.until(lambda: not room.is_received)
    before = runtime.images
    room.camera.publish(room.make_image(1))
    assert room.enable(True).success
    room.receive(2)
    assert runtime.images > before and 1 not in [each.sec for each in room.stamps]


def test_detect_once_takes_one_image(room: Room, two_people: Answer) -> None:
    """The next one, while disabled; then none again."""
    runtime = Fake(two_people)
    room.start(runtime)
    room.enable(False)
    answers = [room.remote.request(Trigger, 'detect_once') for _ in range(3)]
    room.world.until(lambda: room.is_received)
    timer = room.world.node.create_timer(0.05, lambda: room.camera.publish(room.make_image(7)))
    room.world.until(lambda: all(each.done() for each in answers))
    room.world.until(lambda: not room.is_received)
    room.world.node.destroy_timer(timer)
    for answer in answers:
        assert answer.result().success
        assert '2 people' in answer.result().message and '7.000' in answer.result().message


def test_detect_once_says_why_it_failed(room: Room, two_people: Answer) -> None:
    """No camera; a bad image; a node that stops being active while it waits, or is not."""
    node = room.start(Fake(two_people), **{'diagnostics.image_timeout_s': 0.1})
    messages = []

    def ask(act: Callable[[], Any] = lambda: None) -> None:
        answer = room.remote.request(Trigger, 'detect_once')
        timer = room.world.node.create_timer(0.05, act)
        room.world.until(answer.done)
        room.world.node.destroy_timer(timer)
        assert not answer.result().success
        messages.append(answer.result().message)

    bad = room.make_image(1)
    bad.encoding = 'bgr9'
    ask()
    room.remote.set(**{'diagnostics.image_timeout_s': 60.0})
    ask(lambda: room.camera.publish(bad))
    waiting = room.remote.request(Trigger, 'detect_once')
    room.world.until(lambda: node.streams[0].is_wanted)
    room.remote.change(DEACTIVATE)
    room.world.until(waiting.done)
    messages.append(waiting.result().message)
    ask()
    for message, words in zip(messages, ('no image', 'bgr9', 'active', 'inactive'), strict=True):
        assert words in message


def test_a_pause_keeps_the_model_and_is_no_fault_of_the_stamps(
    room: Room, two_people: Answer
) -> None:
    """Images are processed in one state alone; behind a pause nothing is warmed up again."""
    runtime = Fake(two_people)
    room.start(runtime, autostart=False)
    room.subscribe()
    assert room.remote.change(CONFIGURE)
    for sec in (10, 20, 30):
        assert not room.is_received
        assert room.remote.change(ACTIVATE)
        room.receive(sec)
        assert room.remote.change(DEACTIVATE)
        room.world.until(lambda: not room.is_received)
    assert [batch.any() for batch in runtime.batches].count(False) == WARM_UPS
    assert not [line for line in room.remote.log(WARNING) if 'apart' in line]
    assert room.remote.change(CLEANUP)
    assert runtime.closed
