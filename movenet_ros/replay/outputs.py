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

"""What a replay writes: a bag, a video, lines of JSON, a file for Rerun."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from movenet_ros.consumers.kinematics import OUTPUTS_KINEMATICS
from movenet_ros.consumers.outputs import MARKERS
from movenet_ros.consumers.outputs import OUTPUTS_3D
from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import ros_package
from movenet_ros.core.recording import codec_note
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import VideoFile
from movenet_ros.core.records import pose_record
from movenet_ros.messages.outputs import ANNOTATED
from movenet_ros.messages.outputs import ANNOTATIONS
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import Result
from movenet_ros.replay.bag.topic import Topic
from movenet_ros.replay.bag.writer import BagFile
from movenet_ros.replay.bag.writer import our_topic
from movenet_ros.replay.rerun_file import rerun_sdk
from movenet_ros.replay.rerun_file import RerunFile
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import Source
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import Unfinished

RECORDED_3D = ('poses_3d', MARKERS)  # whom a robot followed, only the robot knows
OURS = {f'/{output.name}': output for output in OUTPUTS}
OURS_3D = {f'/{output.name}': output for output in OUTPUTS_3D if output.name in RECORDED_3D}
OURS_KINEMATICS = {f'/{output.name}': output for output in OUTPUTS_KINEMATICS}
ALL_OURS: dict[str, Output[Any]] = {**OURS, **OURS_3D, **OURS_KINEMATICS}
SUFFIXES = {'video': '.mp4', 'rrd': '.rrd'}  # by which other programs know them
WRONG = 'dropped: it shows other poses'

Write = Callable[[Item], None]


@dataclass(frozen=True)
class Targets:
    """
    Where to write; None for not at all.

    :param storage: of the bag, ``mcap`` or ``sqlite3``.
    :param annotated: whether the bag gets the annotated images, too.
    :param markers: whether the bag gets markers for people in metres, too.
    :param overwrite: whether existing outputs may be replaced.
    :param kinematics: whether the bag gets joint angles and activities, too.
    :param annotations: whether the bag gets annotations for Foxglove, too.
    """

    bag: Path | None = None
    video: Path | None = None
    lines: Path | None = None
    storage: str = 'mcap'
    annotated: bool = False
    markers: bool = False
    overwrite: bool = False
    kinematics: bool = False
    annotations: bool = False
    rrd: Path | None = None


class Outputs:
    """
    The files of a replay; a context manager that leaves nothing behind that is not complete.

    :ivar notes: what the outputs will not have, in sentences: topics of the input, a good codec.
    :raises StartError: if something cannot be written where it is to be.
    """

    def __init__(self, targets: Targets, input_path: Path, source: Source) -> None:
        self._targets = targets
        self._source = source
        self.notes: list[str] = []
        wanted = [
            (path, writer, is_folder)
            for path, writer, is_folder in (
                (targets.bag, self._bag, True),
                (targets.video, self._video, False),
                (targets.lines, self._lines, False),
                (targets.rrd, self._rrd, False),
            )
            if path is not None
        ]
        check_apart(input_path, [path for path, *_ in wanted])
        for name, suffix in SUFFIXES.items():
            path: Path | None = getattr(targets, name)
            if path and path.suffix != suffix:
                raise StartError(f'{path} does not end in {suffix}')
        if targets.video and (note := codec_note()):
            self.notes.append(note)
        if targets.rrd:
            rerun_sdk()  # says now what is missing, not when the model is loaded
        self._ours, self._others = self._bag_topics() if targets.bag else ({}, [])
        self._rate_hz = source.rate_hz() if targets.video else 0.0
        with ExitStack() as stack:
            self._files = [
                (stack.enter_context(Unfinished(path, targets.overwrite, is_folder)), writer)
                for path, writer, is_folder in wanted
            ]
            self._unfinished = stack.pop_all()

    def consume(self, items: Iterator[Item]) -> None:
        """
        Write what has been found.

        :raises StartError: if that fails.
        """
        with ExitStack() as stack:
            writes = []
            for file, writer in self._files:
                stack.enter_context(file.naming())
                writes.append((file, stack.enter_context(writer(file.path))))
            for item in items:
                for file, write in writes:
                    with file.naming():
                        write(item)

    @contextmanager
    def in_the_bag(self) -> Iterator[Path]:
        """
        Give the folder of the bag, which has been written and has its name not yet.

        :raises StartError: in place of an error of the system.
        """
        bag = next(file for file, _ in self._files if file.target == self._targets.bag)
        with bag.naming():
            yield bag.path

    def complete(self) -> list[Path]:
        """
        Give the files their names.

        :return: what has been written.
        :raises StartError: if that fails.
        """
        return [file.target for file, _ in self._files if file.complete()]

    def __enter__(self) -> Outputs:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Remove what is not complete."""
        self._unfinished.close()

    def _bag_topics(self) -> tuple[dict[str, Topic], list[Topic]]:
        """Return our topics by name and the input's; note which of these are dropped."""
        source, targets = self._source, self._targets
        if targets.annotations and f'/{ANNOTATIONS}' not in OURS:
            raise StartError(f'annotations need foxglove_msgs: {ros_package("foxglove_msgs")}')
        asked = {
            ANNOTATED: targets.annotated,
            ANNOTATIONS: targets.annotations,
            MARKERS: targets.markers,
        }
        wanted: dict[str, Output[Any]] = {
            **OURS,
            **(OURS_3D if source.topics_3d else {}),
            **(OURS_KINEMATICS if targets.kinematics else {}),
        }
        ours = {
            name: our_topic(name, output.msg_type, output.qos.depth)
            for name, output in wanted.items()
            if asked.get(output.name, True)
        }
        if source.topic and source.topic.name in ours:
            raise StartError(f'{source.topic.name} is the input, it cannot be an output as well')
        others = []
        for topic in source.topics:
            if topic.name in ALL_OURS and topic is not source.topic:
                fate = 'replaced' if topic.name in ours else WRONG
                self.notes.append(f'{topic.name} ({topic.msg_type}) of the input is {fate}')
            else:
                others.append(topic)
        return ours, others

    @contextmanager
    def _bag(self, path: Path) -> Iterator[Write]:
        topics = [*self._ours.values(), *self._others]
        with BagFile(path, self._targets.storage, topics) as bag:

            def write(item: Item) -> None:
                message = item.message
                if message and message.topic in self._others:
                    bag.write(*message)
                if isinstance(item.image, Result):
                    at_ns = message.received_ns if message else item.image.stamp_ns
                    for name, topic in self._ours.items():
                        data = _message(name, item)
                        if data is not None:
                            bag.write(topic, at_ns, data)

            yield write

    @contextmanager
    def _video(self, path: Path) -> Iterator[Write]:
        with closing(VideoFile(path, self._rate_hz)) as video:

            def write(item: Item) -> None:
                if isinstance(item.image, Result):
                    video.write(item.image.annotated_bgr, item.image.stamp_ns)

            yield write

    @contextmanager
    def _lines(self, path: Path) -> Iterator[Write]:
        with JsonLines(path) as lines:

            def write(item: Item) -> None:
                if isinstance(found := item.image, Result):
                    placed = item.result_3d.people if item.result_3d else None
                    observed = item.kinematics.observed if item.kinematics else None
                    lines.write(pose_record(
                        found.stamp_ns, found.image.wh, found.poses, item.file, placed, observed
                    ))

            yield write

    @contextmanager
    def _rrd(self, path: Path) -> Iterator[Write]:
        views = ['image', 'scores', *(['space'] if self._source.topics_3d else [])]
        views += ['angles', 'activities'] if self._targets.kinematics else []
        with closing(RerunFile(path, self._source.name, views)) as file:
            yield file.write


def _message(name: str, item: Item) -> bytes | None:
    """Return what one of our topics says of an image; None if that is nothing."""
    if name in OURS:
        return OURS[name].to_bytes(item.image)  # type: ignore[arg-type]
    if name in OURS_KINEMATICS:
        return OURS_KINEMATICS[name].to_bytes(item.kinematics) if item.kinematics else None
    return OURS_3D[name].to_bytes(item.result_3d) if item.result_3d else None
