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

"""What the ROS tests share: graphs of their own, spun for as long as something is awaited."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import ExitStack
from functools import partial
import os
from pathlib import Path
import signal
import subprocess
import sys
from threading import Thread
import time
from typing import Any

import cv2
from lifecycle_msgs.srv import GetState
from movenet_ros.consumers import consumer_node
from movenet_ros.consumers.humans_node import HumansNode
from movenet_ros.consumers.kinematics_node import KinematicsNode
from movenet_ros.consumers.pose_3d_node import Pose3DNode
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.messages.images import image_to_msg
from movenet_ros.node.pose_node import PoseNode
from movenet_ros.perception import Perception
from movenet_ros.tools.harness import free_domain
import numpy as np
from numpy.typing import NDArray
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
if os.environ.get('ROS_DISTRO') == 'humble':
    os.environ['ROS_LOCALHOST_ONLY'] = '1'  # the older name; later distributions complain of it

WAIT_S = 30.0  # far above what anything here takes
DEPTH = QoSProfile(depth=100)
IMAGE_WH = (64, 48)
ROOT = Path(__file__).resolve().parents[1]


class World:
    """
    What a node meets: publishers and subscribers of a node ``tester`` in the same graph.

    :param context: of the node; its own domain.
    :param namespace: relative topic names are below it.
    """

    def __init__(self, context: Context, namespace: str) -> None:
        self.context = context
        self.domain_id = context.get_domain_id()
        self.namespace = namespace
        self.node = rclpy.create_node('tester', context=context, namespace=namespace)
        self.errors: list[BaseException] = []
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)

    def until(self, condition: Callable[[], Any], what: str = '') -> None:
        """Spin until something is true; what a node's thread raised is raised here."""
        end = time.monotonic() + WAIT_S
        while not condition():
            if self.errors:
                raise self.errors[0]
            assert time.monotonic() < end, f'waited in vain {what}'
            self._executor.spin_once(timeout_sec=0.02)

    def spin(self, seconds: float) -> None:
        """Spin for a while, where nothing is to happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.02)

    def join(self, node: Node) -> None:
        """Spin a node of somebody else too."""
        self._executor.add_node(node)

    def leave(self, node: Node) -> None:
        """Spin it no more, and destroy it."""
        self._executor.remove_node(node)
        node.destroy_node()

    def sink(self, msg_type: Any, topic: str, qos: QoSProfile = DEPTH) -> list[Any]:
        """Subscribe; the messages gather in the list."""
        messages: list[Any] = []
        self.node.create_subscription(msg_type, topic, messages.append, qos)
        return messages

    def publisher(self, msg_type: Any, topic: str, qos: QoSProfile = DEPTH) -> Any:
        """Publish."""
        return self.node.create_publisher(msg_type, topic, qos)

    def call(self, service_type: Any, name: str, request: Any) -> Any:
        """Call a service and return its answer."""
        client = self.node.create_client(service_type, name)
        self.until(client.service_is_ready, f'for {name}')
        future = client.call_async(request)
        self.until(future.done, f'for the answer of {name}')
        self.node.destroy_client(client)
        return future.result()

    def state(self, node: str = 'movenet') -> str:
        """Ask a lifecycle node for its state."""
        answer = self.call(GetState, f'{node}/get_state', GetState.Request())
        return str(answer.current_state.label)

    def until_state(self, state: str = 'active') -> None:
        """Wait until the pose node has a state."""
        self.until(lambda: self.state() == state, f'for the node to be {state}')

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()


@contextmanager
def new_context() -> Iterator[Context]:
    """Make a ROS context in a domain that no other test uses at the same time."""
    context = Context()
    with free_domain() as domain_id:
        rclpy.init(context=context, domain_id=domain_id)
        yield context
        context.try_shutdown()


@contextmanager
def new_world() -> Iterator[World]:
    """Make the other side of a graph."""
    with new_context() as context:
        world = World(context, f'/test_{os.getpid()}')
        yield world
        world.close()


@pytest.fixture(scope='session', autouse=True)
def own_domain() -> Iterator[None]:
    """Give this process, and those that it starts, a ROS domain that no other test is in."""
    with free_domain() as domain_id:
        os.environ['ROS_DOMAIN_ID'] = str(domain_id)
        yield


@pytest.fixture
def context() -> Iterator[Context]:
    """Give a ROS context of the test's own."""
    with new_context() as context:
        yield context


@pytest.fixture
def world() -> Iterator[World]:
    """Give the other side of a graph of the test's own."""
    with new_world() as world:
        yield world


@pytest.fixture(scope='module')
def module_world() -> Iterator[World]:
    """Give the other side of a graph that a module's tests share."""
    with new_world() as world:
        yield world


class Program:
    """
    A command of this package, in a process of its own.

    :param args: as behind ``python -m movenet_ros``.
    :param folder: of the files that take what it prints.
    :param env: on top of this process's environment; None takes a variable out.
    """

    def __init__(self, args: tuple[str, ...], folder: Path, env: dict[str, str | None]) -> None:
        variables = {**os.environ, 'PYTHONPATH': str(ROOT), **env}
        self._out, self._err = folder / 'out', folder / 'err'
        with self._out.open('wb') as out, self._err.open('wb') as err:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'movenet_ros', *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
                env={name: value for name, value in variables.items() if value is not None},
            )

    @property
    def out(self) -> str:
        """Return what it has written to stdout so far."""
        return self._out.read_text(errors='replace')

    @property
    def err(self) -> str:
        """Return what it has written to stderr so far."""
        return self._err.read_text(errors='replace')

    def has_ended(self) -> bool:
        """Return whether it has ended."""
        return self.process.poll() is not None

    def until(self, condition: Callable[[], Any], what: str = '') -> None:
        """Wait until something is true of it."""
        end = time.monotonic() + WAIT_S
        while not condition():
            assert not self.has_ended(), f'ended {what}: {self.err or self.out}'
            assert time.monotonic() < end, f'waited in vain {what}: {self.err or self.out}'
            time.sleep(0.01)

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(WAIT_S)

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and return the exit code."""
        self.process.send_signal(with_signal)
        return self.wait()


def processes_in(namespace: str) -> list[int]:
    """Return the numbers of the processes that were started in a namespace of ROS."""
    mark = f'__ns:={namespace}\0'.encode()
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if mark in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass  # gone meanwhile
    return found


StartProgram = Callable[..., AbstractContextManager[Program]]


@pytest.fixture(scope='session')
def start_program(tmp_path_factory: pytest.TempPathFactory) -> StartProgram:
    """Return a function that starts a command, which ends with its ``with`` block."""

    @contextmanager
    def start(*args: str, **env: str | None) -> Iterator[Program]:
        program = Program(args, tmp_path_factory.mktemp('program'), env)
        try:
            yield program
        finally:
            if not program.has_ended():
                program.process.terminate()
                try:
                    program.process.wait(WAIT_S)
                except subprocess.TimeoutExpired:
                    program.process.kill()
                    program.process.wait()

    return start


StartNode = Callable[..., AbstractContextManager[Program]]


@pytest.fixture(scope='session')
def start_node(start_program: StartProgram) -> StartNode:
    """Return a function that starts a node's process in a world."""

    def start(
        command: str, world: World, *ros_args: str, **env: str | None
    ) -> AbstractContextManager[Program]:
        args = ('--ros-args', '-r', f'__ns:={world.namespace}', *ros_args)
        return start_program(command, *args, **{'ROS_DOMAIN_ID': str(world.domain_id), **env})

    return start


SpinNode = Callable[[Node], None]


@pytest.fixture
def spin_node(world: World) -> Iterator[SpinNode]:
    """Return a function that spins a node in a thread of its own until the test ends."""
    with ExitStack() as stack:

        def spin(node: Node) -> None:
            executor = SingleThreadedExecutor(context=world.context)
            executor.add_node(node)

            def work() -> None:
                try:
                    executor.spin()
                except ExternalShutdownException:
                    pass
                except BaseException as error:
                    world.errors.append(error)

            thread = Thread(target=work, daemon=True)
            thread.start()
            stack.callback(node.destroy_node)
            stack.callback(thread.join, WAIT_S)
            stack.callback(executor.shutdown)

        yield spin


def overrides(parameters: Mapping[str, Any]) -> list[Parameter]:
    """Spell parameters as a node takes them."""
    return [Parameter(name, value=value) for name, value in parameters.items()]


StartPoseNode = Callable[..., PoseNode]


@pytest.fixture
def start_pose_node(world: World, spin_node: SpinNode) -> StartPoseNode:
    """Return a function that starts a pose node with a backend and parameters."""

    def start(
        backend: Runtime, *cli_args: str, make_perception: Any = Perception, **parameters: Any
    ) -> PoseNode:
        node = PoseNode(
            backend,
            make_perception=make_perception,
            context=world.context,
            namespace=world.namespace,
            parameter_overrides=overrides(parameters),
            cli_args=['--ros-args', *cli_args],
            use_global_arguments=False,
        )
        if node.autostart:
            node.start()
        spin_node(node)
        return node

    return start


StartNode = Callable[..., Any]


@pytest.fixture
def start_consumer(
    world: World, spin_node: SpinNode, monkeypatch: pytest.MonkeyPatch
) -> StartNode:
    """Return a function that starts a node that reads poses, with parameters."""
    monkeypatch.setattr(consumer_node, 'UPDATE_PERIOD_S', 0.02)  # notices others sooner

    def start(kind: type[Any], *cli_args: str, **parameters: Any) -> Any:
        node = kind(
            context=world.context,
            namespace=world.namespace,
            parameter_overrides=overrides(parameters),
            cli_args=['--ros-args', *cli_args],
            use_global_arguments=False,
        )
        node.start(node.autostart)
        spin_node(node)
        return node

    return start


@pytest.fixture
def start_pose_3d_node(start_consumer: StartNode) -> StartNode:
    """Return a function that starts a 3D node with parameters."""
    return partial(start_consumer, Pose3DNode)


@pytest.fixture
def start_kinematics_node(start_consumer: StartNode) -> StartNode:
    """Return a function that starts a kinematics node with parameters."""
    return partial(start_consumer, KinematicsNode)


@pytest.fixture
def start_humans_node(start_consumer: StartNode) -> StartNode:
    """Return a function that starts a humans node with parameters."""
    return partial(start_consumer, HumansNode)


@pytest.fixture(scope='session')
def two_people(
    make_people: Callable[[tuple[int, int], int], Poses],
    answer: Callable[[Letterbox, Poses], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Give what the model answers where two people are, scored 0.9 and 0.4."""
    return answer(Letterbox.fit(IMAGE_WH, 256, 32), make_people(IMAGE_WH, 2))


@pytest.fixture(scope='session')
def nobody() -> NDArray[np.float32]:
    """Give what the model answers where no person is."""
    return np.zeros((1, 0, 56), np.float32)


@pytest.fixture(scope='session')
def small_image() -> NDArray[np.uint8]:
    """Give a picture of IMAGE_WH, BGR, that shows something: spots."""
    spots = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(spots, IMAGE_WH), np.uint8)


MakeImage = Callable[..., Image]


@pytest.fixture(scope='session')
def make_image(small_image: NDArray[np.uint8]) -> MakeImage:
    """Return a function that makes a good image message; ``sec`` tells it from the others."""

    def make(sec: int = 0, nanosec: int = 0, frame_id: str = 'camera') -> Image:
        header = Header(frame_id=frame_id)
        header.stamp.sec, header.stamp.nanosec = sec, nanosec
        return image_to_msg(small_image, header)

    return make


@pytest.fixture(scope='session')
def photo_bgr(astronaut: SourceImage) -> NDArray[np.uint8]:
    """Give the astronaut in BGR."""
    return astronaut.as_bgr()
