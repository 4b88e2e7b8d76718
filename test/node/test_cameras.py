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

"""Several cameras in one pose node: two of different sizes and rates, and one model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Semaphore
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros import networks
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import StartError
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Tensors
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.node import diagnostics
from movenet_ros.node.cameras import of_an_image
from movenet_ros.node.cameras import of_camera
from movenet_ros.node.cameras import parameters_with
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
from movenet_ros.settings import unknown_names
from movenet_ros.settings import VideoSourceParameters
import numpy as np
from numpy.typing import NDArray
import pytest
from rcl_interfaces.msg import Log
from ros_graph import World
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2DArray

WAIT_S = 30.0  # far above what anything here takes
SIZES = {'front': (64, 48), 'left': (48, 64)}  # width and height, in pixels
CAMERAS = [*SIZES]
DEACTIVATE, ACTIVATE = 4, 3


class StepByStep(RecordedBackend):
    """
    A runtime that finds two people in each image, at once or when it is allowed to.

    :ivar order: of which camera each of the images is that had to be allowed.
    """

    def __init__(self, answer: NDArray[np.float32]) -> None:
        super().__init__([answer])
        self.begun, self.allowed = Semaphore(0), Semaphore(0)
        self.order: list[str] = []
        self.is_free, self.is_lost = True, False

    def run(self, inputs: Tensors) -> Tensors:
        """Wait to be allowed, and answer."""
        if self.is_lost:
            raise InferenceError('out of memory')
        if not self.is_free:
            (batch,) = inputs.values()
            height, width = batch.shape[1:3]
            self.order.append('front' if width > height else 'left')
            self.begun.release()
            assert self.allowed.acquire(timeout=WAIT_S)
        return super().run(inputs)


class Rig:
    """A pose node with two cameras, and a subscriber to the poses of each."""

    def __init__(self, world: World, start: Any, remote: Any, answer: NDArray[np.float32]) -> None:
        self.world, self.remote = world, remote
        self.runtime = StepByStep(answer)
        self._start = start
        self.publishers = {name: world.publisher(Image, f'{name}/image') for name in SIZES}
        self.poses: dict[str, list[Any]] = {}

    def start(self, **parameters: Any) -> Any:
        """Start the node."""
        return self._start(self.runtime, cameras=CAMERAS, **parameters)

    def subscribe(self, *names: str) -> None:
        """Subscribe to the poses of cameras, and wait until their images are received."""
        for name in names:
            self.poses[name] = self.world.sink(Detection2DArray, f'{name}/poses')
        self.world.until(lambda: all(self.is_received(name) for name in names))
        for name in names:
            self.show(name, 0)

    def is_received(self, name: str) -> bool:
        """Return whether the node subscribes to the images of a camera."""
        return bool(self.publishers[name].get_subscription_count())

    def send(self, name: str, sec: int) -> None:
        """Publish an image."""
        width, height = SIZES[name]
        spots = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        header = Header(frame_id=name)
        header.stamp.sec = sec
        self.publishers[name].publish(image_to_msg(spots, header))

    def show(self, name: str, sec: int) -> Any:
        """Publish an image until its poses come: the first one may find nobody yet."""
        timer = self.world.node.create_timer(0.05, lambda: self.send(name, sec))
        self.world.until(lambda: sec in self.stamps(name), f'for image {sec} of {name}')
        self.world.node.destroy_timer(timer)
        return self.poses[name][self.stamps(name).index(sec)]

    def stamps(self, name: str) -> list[int]:
        """Return the stamps of a camera's poses."""
        return [each.header.stamp.sec for each in self.poses[name]]

    def turns(self, count: int, act: Callable[[int], None]) -> list[str]:
        """
        Have images processed one by one, and act before the first one and while each one is.

        :return: of which cameras they are.
        """
        runtime = self.runtime
        runtime.is_free = False
        act(0)
        for turn in range(1, count + 1):
            self.world.until(lambda: runtime.begun.acquire(blocking=False), f'turn {turn}')
            act(turn)
            self.world.spin(0.02)  # until what was sent has arrived
            runtime.is_free = turn == count
            runtime.allowed.release()
        return runtime.order[:count]


@pytest.fixture
def rig(
    world: World, start_pose_node: Any, make_remote: Callable[[str], Any],
    two_people: NDArray[np.float32],
) -> Rig:
    """Give a rig."""
    return Rig(world, start_pose_node, make_remote('movenet'), two_people)


# whose turn it is


def test_every_image_of_the_slow_camera_is_processed(rig: Rig) -> None:
    """The other one sends twelve times as many, and more than can be processed."""
    sent: list[int] = []

    def act(turn: int) -> None:
        for i in range(3):
            rig.send('front', 3 * turn + i)
        if turn % 4 == 0 and turn <= 16:
            sent.append(turn + 1)
            rig.send('left', sent[-1])

    rig.start()
    rig.subscribe(*CAMERAS)
    rig.turns(20, act)
    rig.world.until(lambda: rig.stamps('left')[-len(sent):] == sent, 'for all of the slow one')


def test_in_an_overload_the_shares_are_fair(rig: Rig) -> None:
    """Also where one sends more than the other."""
    rig.start()
    rig.subscribe(*CAMERAS)
    order = rig.turns(
        16, lambda turn: [rig.send(name, turn) for name in ('front', 'front', 'front', 'left')]
    )
    shares = Counter(order)
    assert abs(shares['front'] - shares['left']) <= 2, order


def silent(logs: list[Log]) -> set[str]:
    """Return of which cameras the log says that no image arrives."""
    return {each.msg.partition(': ')[0] for each in logs if 'no image' in each.msg}


def test_one_stalls_and_the_other_does_not_notice(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is logged and reported under the name of the one."""
    monkeypatch.setattr(diagnostics, 'PERIOD_S', 0.05)
    arrays = rig.world.sink(DiagnosticArray, '/diagnostics')
    logs = rig.world.sink(Log, '/rosout')
    rig.start(**{'diagnostics.image_timeout_s': 0.4})
    rig.subscribe(*CAMERAS)
    timer = rig.world.node.create_timer(0.02, lambda: rig.send('front', 1))

    def level(about: str) -> bytes:
        found = {each.name: each for each in arrays[-1].status} if arrays else {}
        status = found.get(f'{rig.world.namespace[1:]}/movenet: {about}')
        return status.level if status else DiagnosticStatus.STALE

    rig.world.until(lambda: level('left images') == DiagnosticStatus.WARN)
    assert level('front poses') == level('model') == DiagnosticStatus.OK
    rig.world.node.destroy_timer(timer)
    rig.world.until(lambda: silent(logs))
    assert silent(logs) == {'left'}


def test_while_the_model_is_loaded_anew_for_one_the_other_expects_a_gap(
    rig: Rig, two_people: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of its stamps, unlike the step back behind it, which is logged."""
    on_cpu = networks.Network(RecordedBackend([two_people]), 'asked for', None)
    monkeypatch.setattr(networks, 'open_network', lambda *_: on_cpu)
    rig.runtime.info = RuntimeInfo('fake', '1', 'GPU 0')
    rig.start(device='auto')
    rig.subscribe(*CAMERAS)
    rig.runtime.is_lost = True
    rig.show('front', 1)
    for sec in (9, 5):
        rig.show('left', sec)
    lines = rig.remote.log
    rig.world.until(lambda: any('left: time moved back' in each for each in lines()))
    assert not any('left' in each and 'between the stamps' in each for each in lines())


# what belongs to one of them


def test_each_has_topics_of_its_own(rig: Rig) -> None:
    node = rig.start()
    names = {each.topic_name.removeprefix(f'{rig.world.namespace}/') for each in node.publishers}
    assert {each for each in names if not each.startswith('/')} - {'movenet/transition_event'} == {
        f'{name}/{each.name}' for name in CAMERAS for each in (*OUTPUTS, LABEL_INFO)
    }


def test_each_has_people_of_its_own(rig: Rig) -> None:
    """Ids count from 1 in both, in the pixels of their own images."""
    rig.start()
    rig.subscribe(*CAMERAS)
    for name in CAMERAS:
        found = [rig.show(name, sec).detections for sec in (1, 2)][-1]
        assert [each.id for each in found] == ['1', '2']
        width, height = SIZES[name]
        centres = [each.bbox.center.position for each in found]
        assert all(0 < each.x < width and 0 < each.y < height for each in centres)


def test_one_is_received_while_its_outputs_have_subscribers(rig: Rig) -> None:
    rig.start()
    rig.subscribe('left')
    assert not rig.is_received('front')
    assert rig.remote.change(DEACTIVATE)
    rig.world.until(lambda: not rig.is_received('left'))
    assert rig.remote.change(ACTIVATE)
    rig.show('left', 1)


def test_one_may_have_a_rate_of_its_own(rig: Rig) -> None:
    node = rig.start()
    rig.subscribe(*CAMERAS)
    front, left = (each.monitor for each in node.streams)
    (result,) = rig.remote.set(**{'front.max_rate_hz': 0.001})
    assert result.successful, result.reason
    timer = rig.world.node.create_timer(0.02, lambda: rig.send('front', 1))
    rig.world.until(lambda: front.activity().throttled)
    rig.show('left', 1)
    rig.world.node.destroy_timer(timer)
    assert not left.activity().throttled
    (result,) = rig.remote.set(**{'front.max_rate_hz': -1.0})
    assert not result.successful


def test_one_may_hang_upside_down(rig: Rig) -> None:
    """Its people are found where they would be if the image were turned."""
    rig.start()
    rig.subscribe('front')

    def places(sec: int) -> list[tuple[float, float]]:
        found = rig.show('front', sec).detections
        return [(each.bbox.center.position.x, each.bbox.center.position.y) for each in found]

    before = places(1)
    (result,) = rig.remote.set(**{'front.rotate': 180})
    assert result.successful, result.reason
    rig.send('front', 10**6)  # so long after that they are others
    after = places(10**6 + 1)
    width, height = SIZES['front']
    assert np.allclose([(width - x, height - y) for x, y in after], before, atol=1.0)


def test_services_are_for_one_or_for_all(rig: Rig) -> None:
    """Disabled, the next image of each is processed on request, and no other."""
    rig.start()
    assert rig.remote.call(SetBool, 'enable', SetBool.Request(data=False)).success
    one = rig.remote.request(Trigger, 'left/detect_once')
    rig.world.until(lambda: rig.is_received('left'))
    assert not rig.is_received('front')
    timers = [
        rig.world.node.create_timer(0.05, lambda name=name: rig.send(name, 7)) for name in CAMERAS
    ]
    rig.world.until(one.done)
    both = rig.remote.request(Trigger, 'detect_once')
    rig.world.until(both.done)
    for timer in timers:
        rig.world.node.destroy_timer(timer)
    assert one.result().success and both.result().success
    assert both.result().message.count('2 people') == 2


# names and parameters


@pytest.mark.parametrize(
    ('names', 'word'),
    [
        (['fr ont'], 'fr ont'), (['1st'], '1st'), (['a__b'], 'a__b'), (['front/left'], 'letters'),
        (['front', 'front'], 'twice'), (['mode'], 'name of a parameter'), (['in', 'out'], "'in'"),
    ],
)
def test_names_that_cannot_be_are_refused_in_one_line(names: list[str], word: str) -> None:
    with pytest.raises(StartError, match=word) as refused:
        parameters_with(names)
    assert '\n' not in str(refused.value)


@pytest.mark.parametrize('given', [['front', 'left'], 'front,left', ' front, left '])
def test_a_list_may_be_one_text(given: Any) -> None:
    assert table_of(parameters_with([]), {'cameras': given}).cameras == ('front', 'left')


def test_a_camera_takes_what_is_of_all_unless_it_has_its_own() -> None:
    given = {'max_rate_hz': 5, 'rotate': 90, 'image_transport': 'raw'}
    own = {'max_rate_hz': 2, 'rotate': 270, 'image_transport': 'compressed'}
    settings = table_of(parameters_with(CAMERAS), {
        **given, **{f'front.{name}': value for name, value in own.items()},
    })
    front, left = (of_camera(settings, name) for name in CAMERAS)
    assert (front.max_rate_hz, front.rotate, front.image_transport) == (2.0, 0, 'compressed')
    assert (left.max_rate_hz, left.rotate, left.image_transport) == (5.0, 90, 'raw')


@pytest.mark.parametrize('table', [PoseParameters, VideoSourceParameters])
def test_one_file_may_hold_the_parameters_of_cameras_for_every_node(table: Any) -> None:
    given = {'cameras': CAMERAS, 'front.max_rate_hz': 2.0}
    assert unknown_names(given, table) == []
    (line,) = unknown_names({**given, 'back.max_rate_hz': 2.0}, table)
    assert 'back.max_rate_hz' in line


@pytest.mark.parametrize(('cameras', 'budget_ms'), [((), 24.0), (('a',), 24.0), ('a,b,c', 8.0)])
def test_cameras_share_the_time_for_an_image(cameras: Any, budget_ms: float) -> None:
    given = {'cameras': cameras, 'refine.budget_ms': 24}
    assert of_an_image(table_of(parameters_with([]), given)).refine.budget_ms == budget_ms
