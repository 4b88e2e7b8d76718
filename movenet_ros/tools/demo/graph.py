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

"""
The whole graph for a demo: a source, the pose node in a process of its own, and a recorder.

Source and recorder live in this process, which compares images sent with poses received. The graph
has a namespace of its own: no other node on this machine receives its messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass
import os
from pathlib import Path
from threading import Thread
import time
from typing import Any

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import pose_record
from movenet_ros.core.recording import VideoFile
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.messages.images import image_from_msg
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.node.video_source import VideoSource
from movenet_ros.tools.harness import ModelStatus
from movenet_ros.tools.harness import pose_node_process
from movenet_ros.tools.harness import PoseNodeProcess
from movenet_ros.tools.harness import START_TIMEOUT_S
from movenet_ros.tools.harness import STATUS_S
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

LAST_IMAGES_S = 5.0  # without a message, behind the last image, end the demo
POLL_S = 0.05
ALL_OF_THEM = QoSProfile(depth=100)  # a recorder wants every message, not the newest


class DemoSource(VideoSource):
    """A video source that remembers what it sent."""

    def __init__(self, media: Media, **node_args: Any) -> None:
        self.sent_wh: dict[int, tuple[int, int]] = {}  # by stamp
        self.ended = False
        super().__init__(media, parameter_overrides=[Parameter('loop', value=False)], **node_args)
        self._is_waiting = True  # a camera, too, for the pose node to start

    def on_image(self, stamp: int, image: SourceImage, file: str) -> None:
        """Remember the size of each image."""
        self.sent_wh[stamp] = image.wh

    def on_end(self) -> None:
        """Stay in the graph until the last image has come back."""
        self.ended = True


class PoseRecorder(Node):
    """Writes every message of ``poses`` to a file and takes the time."""

    def __init__(self, lines: JsonLines, source: DemoSource, **node_args: Any) -> None:
        super().__init__('pose_recorder', **node_args)
        self.latencies_s: list[float] = []
        self.received_at_s: list[float] = []
        self.people: dict[int, int] = {}  # how many, by stamp
        self.status = ModelStatus(self)
        self._lines = lines
        self._source = source
        self.create_subscription(Detection2DArray, 'poses', self._on_poses, ALL_OF_THEM)

    def _on_poses(self, msg: Detection2DArray) -> None:
        now_ns = self.get_clock().now().nanoseconds
        stamp = stamp_ns(msg.header.stamp)
        self.latencies_s.append((now_ns - stamp) / NANOSECONDS)
        self.received_at_s.append(now_ns / NANOSECONDS)
        poses = poses_from_msg(msg)
        self.people[stamp] = len(poses)
        self._lines.write(pose_record(stamp, self._source.sent_wh[stamp], poses))


class ImageRecorder(Node):
    """Writes every message of ``image_annotated`` to a video, and keeps a typical one."""

    def __init__(self, video: VideoFile, poses: PoseRecorder, **node_args: Any) -> None:
        super().__init__('image_recorder', **node_args)
        self.count = 0
        self._video = video
        self._poses = poses
        self._latest_with: dict[int, NDArray[np.uint8]] = {}  # by number of people
        self.create_subscription(Image, 'image_annotated', self._on_image, ALL_OF_THEM)

    def _on_image(self, msg: Image) -> None:
        image_bgr = image_from_msg(msg).as_bgr()
        stamp = stamp_ns(msg.header.stamp)
        self._video.write(image_bgr, stamp)
        self.count += 1
        self._latest_with[self._poses.people.get(stamp, 0)] = image_bgr

    def typical(self) -> NDArray[np.uint8] | None:
        """Return the latest image with the usual number of people, of those with people."""
        seen = Counter(self._poses.people.values())
        return max(
            self._latest_with.items(),
            key=lambda item: (item[0] > 0, seen[item[0]]),
            default=(0, None),
        )[1]


@dataclass(frozen=True)
class Outcome:
    """
    What a demo did.

    :param sent: images published.
    :param people: number of people in each image that came back.
    :param latencies_s: from each image's stamp to its poses, in seconds.
    :param seconds: from the first image's return to the last one's.
    :param backend: what ran the model.
    """

    sent: int
    people: list[int]
    latencies_s: list[float]
    seconds: float
    backend: str


def run_graph(
    media: Media, out: Path, parameters: Mapping[str, Any], on_image: Callable[[int], None]
) -> Outcome:
    """
    Run a source through the pose node and record what comes out.

    :param media: what to publish, once.
    :param out: existing folder; annotated.mp4, annotated.png, poses.jsonl and pose_node.log.
    :param parameters: of the pose node.
    :param on_image: called with the number of images done, now and then.
    :raises StartError: if the node does not start or ends early, or a file cannot be written.
    """
    make_room_for_images()
    quiet = ['--ros-args', '--log-level', 'warn']  # the progress bar has the screen
    rclpy.init(args=quiet, signal_handler_options=SignalHandlerOptions.NO)
    namespace = f'/movenet_demo_{os.getpid()}'
    with ExitStack() as stack:
        stack.callback(rclpy.try_shutdown)
        lines = stack.enter_context(JsonLines(out / 'poses.jsonl'))
        video = stack.enter_context(closing(VideoFile(out / 'annotated.mp4', media.rate_hz)))
        log = out / 'pose_node.log'
        child = stack.enter_context(pose_node_process(namespace, parameters, log))
        source = DemoSource(media, namespace=namespace)
        poses = PoseRecorder(lines, source, namespace=namespace)
        images = ImageRecorder(video, poses, namespace=namespace)
        errors: list[BaseException] = []
        with ExitStack() as threads:  # what is counted below changes no more
            for node in (source, poses, images):
                threads.enter_context(_spinning(node, errors))
            _play(source, poses, child, errors, on_image)
            _wait(lambda: not poses.people or bool(poses.status.backend), STATUS_S)
        typical = images.typical()
        if typical is not None:
            cv2.imwrite(str(out / 'annotated.png'), typical)
        people = list(poses.people.values())
        times_s = poses.received_at_s or [0.0]
        seconds = times_s[-1] - times_s[0]
        return Outcome(
            source.sent, people, poses.latencies_s, seconds, poses.status.backend
        )


def _play(
    source: DemoSource,
    poses: PoseRecorder,
    child: PoseNodeProcess,
    errors: Sequence[BaseException],
    on_image: Callable[[int], None],
) -> None:
    """Wait until the source has ended and its images have come back, or for Ctrl-C."""
    begun = quiet_since = time.monotonic()
    done = 0
    try:
        while True:
            time.sleep(POLL_S)
            now = time.monotonic()
            child.check()
            if errors:
                raise errors[0]
            if not source.sent and now - begun > START_TIMEOUT_S:
                raise StartError(f'the pose node took no image in {START_TIMEOUT_S:.0f} s')
            if len(poses.people) > done or not source.ended:
                quiet_since = now
            if len(poses.people) > done:
                done = len(poses.people)
                on_image(done)
            all_back = done == source.sent
            if source.ended and (all_back or now - quiet_since > LAST_IMAGES_S):
                return
    except KeyboardInterrupt:
        return


def _wait(until: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(POLL_S)


@contextmanager
def _spinning(node: Node, errors: list[BaseException]) -> Iterator[None]:
    """Spin a node in a thread of its own; what it raises is put into ``errors``."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin() -> None:
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        except Exception as error:  # noqa: B902 (it is raised again in the main thread)
            errors.append(error)

    thread = Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()
        node.destroy_node()
