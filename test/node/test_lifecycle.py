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


"""The pose node's lifecycle and services, asked from outside as `ros2 lifecycle` does."""

from __future__ import annotations

from collections.abc import Callable
import gc
import time
from typing import Any

from lifecycle_msgs.msg import TransitionEvent
from lifecycle_msgs.srv import ChangeState
from lifecycle_msgs.srv import GetState
from movenet_ros import perception
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.node import pose_node
from movenet_ros.perception import WARM_UP_WH
import numpy as np
from numpy.typing import NDArray
import pytest
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from ros_graph import World
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2DArray

Output = NDArray[np.float32]
MakeImage = Callable[..., Image]

A_WHILE_S = 1.0  # several times UPDATE_PERIOD_S
ERROR_LEVEL = 40  # of rcl_interfaces/msg/Log
SHUTDOWN = {'unconfigured': 5, 'inactive': 6, 'active': 7}
IDS = {'configure': 1, 'cleanup': 2, 'activate': 3, 'deactivate': 4}


class Remote:
    """What `ros2 lifecycle`, `ros2 service` and `ros2 param` do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.camera = world.publisher(Image, 'image')
        self.poses = world.sink(Detection2DArray, 'poses')
        self.log = world.sink(Log, '/rosout')

    def change(self, transition: int | str) -> bool:
        """Ask for a transition by number or name."""
        request = ChangeState.Request()
        if isinstance(transition, str):
            request.transition.label = transition
        else:
            request.transition.id = transition
        return bool(self.world.call(ChangeState, 'movenet/change_state', request).success)

    @property
    def state(self) -> str:
        """Ask for the state."""
        answer = self.world.call(GetState, 'movenet/get_state', GetState.Request())
        return str(answer.current_state.label)

    def set(self, **values: Any) -> list[Any]:  # noqa: A003
        """Set parameters, one by one."""
        request = SetParameters.Request()
        for name, value in values.items():
            request.parameters.append(Parameter(name, value=value).to_parameter_msg())
        return list(self.world.call(SetParameters, 'movenet/set_parameters', request).results)

    def enable(self, on: bool) -> Any:
        """Call ~/enable."""
        return self.world.call(SetBool, 'movenet/enable', SetBool.Request(data=on))

    def detect_once(self) -> Any:
        """Begin to call ~/detect_once; return the future."""
        client = self.world.node.create_client(Trigger, 'movenet/detect_once')
        self.world.until(client.service_is_ready)
        return client.call_async(Trigger.Request())

    def until_subscribed(self, is_wanted: bool = True) -> None:
        """Wait until the node takes images, or no longer does."""
        if bool(self.camera.get_subscription_count()) != is_wanted:
            self.world.until(
                lambda: bool(self.camera.get_subscription_count()) == is_wanted, 'for the node'
            )
            self.world.spin(0.2)  # until the node has found the camera, too

    def until_poses(self, sec: int) -> None:
        """Wait for the poses of an image."""
        self.world.until(
            lambda: any(each.header.stamp.sec == sec for each in self.poses), f'for image {sec}'
        )

    def errors(self) -> list[str]:
        """Return what was logged as an error or worse."""
        return [each.msg for each in self.log if each.level >= ERROR_LEVEL]


@pytest.fixture
def remote(world: World) -> Remote:
    """Give a remote control."""
    return Remote(world)


class Flaky(RecordedBackend):
    """A backend that fails when it is told to, on a device of its choice."""

    def __init__(self, output: Output, device: str = 'GPU 0') -> None:
        super().__init__([output])
        self.info = RuntimeInfo('flaky', '1', device)
        self.is_broken = False
        self.is_closed = False

    def infer(self, batch: NDArray[np.int32]) -> Output:
        """Fail, or answer."""
        if self.is_broken:
            raise InferenceError('the GPU is gone')
        return super().infer(batch)

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def test_it_starts_by_itself(remote: Remote, start_pose_node: Any, two_people: Output) -> None:
    start_pose_node(RecordedBackend([two_people]))
    assert remote.state == 'active'


def test_every_transition(
    remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """Each state is reached, images are processed in one of them alone."""
    backend = Flaky(two_people)
    start_pose_node(backend, autostart=False)
    seen = []
    for name in ('configure', 'activate', 'deactivate', 'activate', 'deactivate', 'cleanup'):
        assert remote.change(IDS[name])
        seen.append(remote.state)
        remote.until_subscribed(seen[-1] == 'active')
    assert seen == ['inactive', 'active', 'inactive', 'active', 'inactive', 'unconfigured']
    assert backend.is_closed and not remote.errors()


def test_transitions_by_name(remote: Remote, start_pose_node: Any, two_people: Output) -> None:
    start_pose_node(RecordedBackend([two_people]), autostart=False)
    assert remote.change('configure') and remote.state == 'inactive'


def test_transitions_are_told(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    events = world.sink(TransitionEvent, 'movenet/transition_event')
    start_pose_node(RecordedBackend([two_people]), autostart=False)
    remote.change('configure')
    world.until(lambda: [each.goal_state.label for each in events] == ['configuring', 'inactive'])


@pytest.mark.parametrize('wrong', [IDS['activate'], IDS['cleanup'], 99, 'dance', 'deactivate'])
def test_a_wrong_transition_is_refused_and_harms_nobody(
    wrong: int | str, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """In rclpy alone it would end the node."""
    start_pose_node(RecordedBackend([two_people]), autostart=False)
    assert not remote.change(wrong)
    assert remote.state == 'unconfigured'
    assert remote.change(IDS['configure'])


def test_images_flow_again_behind_a_pause(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """The model was kept: it is not warmed up again."""
    backend = RecordedBackend([two_people])
    start_pose_node(backend)
    remote.until_subscribed()
    remote.change(IDS['deactivate'])
    remote.until_subscribed(False)
    remote.camera.publish(make_image(1))
    world.spin(A_WHILE_S)
    assert not remote.poses
    remote.change(IDS['activate'])
    remote.until_subscribed()
    remote.camera.publish(make_image(2))
    remote.until_poses(2)
    assert len(backend.batches) == len(WARM_UP_WH) + 1


def test_a_failing_configure_can_be_tried_again(
    remote: Remote, start_pose_node: Any, two_people: Output, tmp_path: Any
) -> None:
    """One line, unconfigured; the parameter is mended and all is well."""
    gone = str(tmp_path / 'gone')
    start_pose_node(None, autostart=False, model_path=gone, **{'runtime.threads': 1})
    assert not remote.change(IDS['configure'])
    assert remote.state == 'unconfigured'
    remote.world.until(remote.errors)
    (line,) = remote.errors()
    assert 'does not exist' in line and '\n' not in line
    (result,) = remote.set(model_path='')
    assert result.successful, result.reason
    assert remote.change(IDS['configure']) and remote.change(IDS['activate'])


def test_parameters_of_the_model_are_locked_while_there_is_one(
    remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """The refusal names the command that unlocks them."""
    node = start_pose_node(RecordedBackend([two_people]))
    (refused,) = remote.set(**{'runtime.threads': 1})
    assert not refused.successful and 'ros2 lifecycle set' in refused.reason
    assert node.get_fully_qualified_name() in refused.reason
    remote.change(IDS['deactivate'])
    remote.change(IDS['cleanup'])
    (granted,) = remote.set(**{'runtime.threads': 1})
    assert granted.successful


def test_the_transport_may_change_while_unconfigured(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    start_pose_node(RecordedBackend([two_people]), autostart=False)
    remote.set(image_transport='compressed')
    remote.change(IDS['configure'])
    remote.change(IDS['activate'])
    world.until(lambda: world.node.count_subscribers(f'{world.namespace}/image/compressed'))


@pytest.mark.parametrize('state', SHUTDOWN)
def test_shutdown_ends_the_process(state: str, world: World, start_node: Any) -> None:
    """With 0, from every state; whoever asked gets an answer."""
    autostart = 'true' if state == 'active' else 'false'
    arguments = ('-p', 'backend:=onnxruntime', '-p', f'autostart:={autostart}')
    remote = Remote(world)
    with start_node('pose_node', world, *arguments) as program:
        program.until(lambda: ': ready: ' in program.err or ': unconfigured: ' in program.err)
        if state == 'inactive':
            assert remote.change(IDS['configure'])
        assert remote.state == state
        assert remote.change(SHUTDOWN[state])
        begun_s = time.monotonic()
        assert program.wait() == 0
        assert time.monotonic() - begun_s < 10  # far above the 2 s that it is held to
        assert 'Traceback' not in program.err and 'rror' not in program.err


def test_a_model_that_breaks_leads_through_error_handling(
    remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """With device gpu there is nothing to fall back to; a new configure may have more luck."""
    backend = Flaky(two_people)
    start_pose_node(backend, device='gpu')
    remote.until_subscribed()
    backend.is_broken = True
    remote.camera.publish(make_image(1))
    remote.world.until(remote.errors)
    assert 'the GPU is gone; unconfigured now' in remote.errors()[0]
    assert remote.state == 'unconfigured' and backend.is_closed
    backend.is_broken = False
    assert remote.change(IDS['configure']) and remote.change(IDS['activate'])
    remote.until_subscribed()
    remote.camera.publish(make_image(2))
    remote.until_poses(2)
    assert len(remote.errors()) == 1


def test_a_gpu_that_fails_is_replaced_by_the_cpu(
    remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With device auto, and the image is not lost."""
    backend, spare = Flaky(two_people), Flaky(two_people, 'CPU')
    monkeypatch.setattr(perception, '_open_backend', lambda settings, say: (spare, None))
    start_pose_node(backend, device='auto')
    remote.until_subscribed()
    backend.is_broken = True
    remote.camera.publish(make_image(1))
    remote.until_poses(1)
    assert remote.state == 'active' and backend.is_closed


def test_a_bug_in_a_transition_is_not_swallowed(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """Where rclpy alone would not say a word."""
    backend = Flaky(two_people)
    start_pose_node(backend, autostart=False)
    backend.infer = lambda batch: 1 / 0  # type: ignore[method-assign]
    assert not remote.change(IDS['configure'])
    with pytest.raises(ZeroDivisionError):
        world.until(lambda: False)


def test_disabled_it_takes_no_images(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """And goes on when it is enabled again."""
    start_pose_node(RecordedBackend([two_people]))
    remote.until_subscribed()
    answer = remote.enable(False)
    assert answer.success and answer.message
    remote.until_subscribed(False)
    remote.camera.publish(make_image(1))
    world.spin(A_WHILE_S)
    assert not remote.poses
    assert remote.enable(True).success
    remote.until_subscribed()
    remote.camera.publish(make_image(2))
    remote.until_poses(2)


def test_detect_once_takes_one_image(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """The next one, while disabled; then none again."""
    start_pose_node(RecordedBackend([two_people]))
    remote.enable(False)
    answer = remote.detect_once()
    remote.until_subscribed()
    remote.camera.publish(make_image(7))
    world.until(answer.done)
    assert answer.result().success
    assert answer.result().message == '2 people in the image stamped 7.000000000'
    remote.until_poses(7)
    remote.until_subscribed(False)
    assert [each.header.stamp.sec for each in remote.poses] == [7]


def test_detect_once_without_an_image_says_why(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    start_pose_node(RecordedBackend([two_people]), **{'diagnostics.image_timeout_s': 0.5})
    world.node.destroy_publisher(remote.camera)
    answer = remote.detect_once()
    world.until(answer.done)
    assert not answer.result().success
    assert 'nobody publishes' in answer.result().message


def test_detect_once_on_a_bad_image_says_why(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    start_pose_node(RecordedBackend([two_people]))
    answer = remote.detect_once()
    world.spin(A_WHILE_S)
    bad = make_image(1)
    bad.encoding = 'bgr9'
    remote.camera.publish(bad)
    world.until(answer.done)
    assert not answer.result().success and 'bgr9' in answer.result().message


def test_detect_once_needs_an_active_node(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """Also where it stops being active while an image is awaited."""
    start_pose_node(RecordedBackend([two_people]))
    answer = remote.detect_once()
    world.spin(A_WHILE_S)
    assert not answer.done()
    remote.change(IDS['deactivate'])
    world.until(answer.done)
    assert not answer.result().success
    again = remote.detect_once()
    world.until(again.done)
    assert (again.result().success, again.result().message) == (False, 'the node is inactive')


def test_several_may_ask_for_one_image(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    start_pose_node(RecordedBackend([two_people]))
    answers = [remote.detect_once() for _ in range(3)]
    world.spin(A_WHILE_S)
    remote.camera.publish(make_image(1))
    world.until(lambda: all(each.done() for each in answers))
    assert all(each.result().success for each in answers)


def test_the_input_size_changes_between_two_images(
    remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """It is warmed up, on the size of the latest image, before it is used."""
    backend = RecordedBackend([two_people])
    start_pose_node(backend, input_size=256)
    remote.until_subscribed()
    remote.camera.publish(make_image(1))
    remote.until_poses(1)
    (result,) = remote.set(input_size=128)
    assert result.successful, result.reason
    remote.camera.publish(make_image(2))
    remote.until_poses(2)
    before, warm_up, image = backend.batches[-3:]
    assert before.shape == (1, 192, 256, 3)
    assert warm_up.shape == image.shape == (1, 96, 128, 3)
    assert not warm_up.any() and image.any()


def test_an_input_size_that_does_not_work_is_refused(
    remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """With the runtime's reason; the old one goes on."""
    backend = RecordedBackend([two_people])
    node = start_pose_node(backend, input_size=256)
    good = backend.infer

    def infer(batch: NDArray[np.int32]) -> Output:
        if batch.shape[2] > 256:
            raise InferenceError('out of memory')
        return good(batch)

    backend.infer = infer  # type: ignore[method-assign]
    (result,) = remote.set(input_size=512)
    assert not result.successful and 'out of memory' in result.reason
    assert node.get_parameter('input_size').value == 256
    remote.until_subscribed()
    remote.camera.publish(make_image(1))
    remote.until_poses(1)


def test_the_rate_is_limited(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """At run time; in the long run no more than asked for."""
    start_pose_node(RecordedBackend([two_people]))
    remote.set(max_rate_hz=2.0)
    remote.until_subscribed()
    begun_s = time.monotonic()
    for sec in range(100):
        remote.camera.publish(make_image(sec))
        world.spin(0.02)
    most = (time.monotonic() - begun_s) * 2 + 2
    assert 2 <= len(remote.poses) <= most
    remote.set(max_rate_hz=0.0)
    remote.camera.publish(make_image(200))
    remote.until_poses(200)


def test_in_a_flood_receiving_gives_way(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not at a rate that the node can hold; and once only, since it cannot be taken back."""
    calls: list[bool] = []
    monkeypatch.setattr(pose_node, 'let_receiving_wait', lambda: calls.append(True))
    backend = RecordedBackend([two_people])
    start_pose_node(backend)
    remote.until_subscribed()
    for sec in range(30):
        remote.camera.publish(make_image(sec))
        world.spin(0.05)
    assert not calls
    quickly = backend.infer

    def slowly(batch: NDArray[np.int32]) -> Output:
        time.sleep(0.1)
        return quickly(batch)

    backend.infer = slowly  # type: ignore[method-assign]

    timer = world.node.create_timer(0.004, lambda: remote.camera.publish(make_image(99)))
    world.until(lambda: calls)
    world.spin(A_WHILE_S)
    world.node.destroy_timer(timer)
    assert calls == [True]


def test_large_images_are_refused(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """By a limit that changes at run time."""
    start_pose_node(RecordedBackend([two_people]))
    remote.set(**{'image.max_pixels': 100})
    remote.until_subscribed()
    remote.camera.publish(make_image(1))
    world.until(lambda: any('max_pixels' in each.msg for each in remote.log))
    remote.set(**{'image.max_pixels': 64 * 48})
    remote.camera.publish(make_image(2))
    remote.until_poses(2)
    assert [each.header.stamp.sec for each in remote.poses] == [2]


@pytest.mark.parametrize('service', [SetParameters, SetParametersAtomically])
def test_what_is_no_parameter_is_refused_and_harms_nobody(
    service: Any, remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """In rclpy alone a type that there is not would end the node."""
    node = start_pose_node(RecordedBackend([two_people]))
    request = service.Request()
    for name, kind in (('max_people', 2), ('max_people', 77), ('max_peopel', 2), ('', 2)):
        parameter = Parameter('x', value=3).to_parameter_msg()
        parameter.name, parameter.value.type = name, kind
        request.parameters.append(parameter)
    name = 'set_parameters' if service is SetParameters else 'set_parameters_atomically'
    answer = remote.world.call(service, f'movenet/{name}', request)
    if service is SetParameters:
        assert [each.successful for each in answer.results] == [True, False, False, False]
        assert 'type 77' in answer.results[1].reason
        assert 'did you mean max_people' in answer.results[2].reason
        assert node.get_parameter('max_people').value == 3
    else:
        assert not answer.result.successful and 'type 77' in answer.result.reason
        assert node.get_parameter('max_people').value == 6


def test_an_integer_stands_for_a_double(
    remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """`ros2 param set /movenet max_rate_hz 10` sends one."""
    node = start_pose_node(RecordedBackend([two_people]))
    (result,) = remote.set(max_rate_hz=10)
    assert result.successful, result.reason
    assert node.get_parameter('max_rate_hz').value == 10.0


def test_a_rate_may_be_raised_behind_a_very_low_one(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    start_pose_node(RecordedBackend([two_people]), max_rate_hz=0.001)
    remote.until_subscribed()
    remote.camera.publish(make_image(1))
    remote.until_poses(1)
    remote.set(max_rate_hz=50.0)
    for sec in range(2, 10):
        remote.camera.publish(make_image(sec))
        world.spin(0.1)
    remote.until_poses(9)


def test_a_pause_that_was_asked_for_is_no_fault_of_the_stamps(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    start_pose_node(RecordedBackend([two_people]))
    for sec in (1, 5, 9):
        remote.enable(True)
        remote.until_subscribed()
        remote.camera.publish(make_image(sec))
        remote.until_poses(sec)
        remote.enable(False)
        remote.until_subscribed(False)
    world.spin(A_WHILE_S)
    assert not [each.msg for each in remote.log if 'apart' in each.msg]


def test_a_camera_that_is_just_starting_is_not_blamed(
    world: World, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """Its first image comes a little later than itself."""
    log = world.sink(Log, '/rosout')
    poses = world.sink(Detection2DArray, 'poses')
    start_pose_node(RecordedBackend([two_people]), **{'diagnostics.image_timeout_s': 2.0})
    world.until(lambda: any('nobody publishes' in each.msg for each in log))
    camera = world.publisher(Image, 'image')
    world.spin(1.0)
    timer = world.node.create_timer(0.1, lambda: camera.publish(make_image(1)))
    world.until(lambda: any('images arrive' in each.msg for each in log))
    world.node.destroy_timer(timer)
    assert poses
    assert not [each.msg for each in log if 'sends nothing' in each.msg]


def test_stamps_of_every_second_image_of_another_clock_are_told(
    world: World, remote: Remote, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """Once, though they come and go."""
    start_pose_node(RecordedBackend([two_people]))
    remote.until_subscribed()
    for i in range(40):
        now = world.node.get_clock().now().to_msg()
        remote.camera.publish(make_image(now.sec + 3600 * (i % 2), now.nanosec))
        world.spin(0.05)
    lines = [each.msg for each in remote.log if "this node's clock" in each.msg]
    assert len(lines) == 1 and 'ahead of' in lines[0]


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_what_is_no_message_at_all_is_skipped(
    transport: str, world: World, start_pose_node: Any, two_people: Output, make_image: MakeImage
) -> None:
    """Bytes that rclpy cannot read would end a node that lets it take them."""
    topic, kind = ('image', Image)
    if transport == 'compressed':
        topic, kind = ('image/compressed', CompressedImage)
    log = world.sink(Log, '/rosout')
    world.sink(Detection2DArray, 'poses')
    camera = world.publisher(kind, topic)
    start_pose_node(RecordedBackend([two_people]), image_transport=transport)
    world.until(camera.get_subscription_count)
    world.spin(0.2)
    while not any('skipped an image' in each.msg for each in log):
        for rubbish in (b'', b'\0\1\0\0', b'\0\1\0\0' + b'\xff' * 50, b'\xff' * 100):
            camera.publish(rubbish + b'\0' * (-len(rubbish) % 4))
            world.spin(0.1)
    assert all('\n' not in each.msg for each in log)
    world.spin(A_WHILE_S)
    assert not world.errors


def test_loaded_objects_are_frozen_while_there_is_a_model(
    remote: Remote, start_pose_node: Any, two_people: Output
) -> None:
    """In a process of its own, so that no garbage collection holds up images."""
    node = start_pose_node(RecordedBackend([two_people]), autostart=False)
    node.is_alone = True
    try:
        remote.change(IDS['configure'])
        assert gc.get_freeze_count() > 1000
        remote.change(IDS['cleanup'])
        assert gc.get_freeze_count() == 0
    finally:
        gc.unfreeze()
