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

"""Replay: what is in the outputs, without a graph and with a model that is made up."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
import json
from pathlib import Path
import time
from typing import Any

import cv2
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import StartError
from movenet_ros.core.runtime import Tensors
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.poses import poses_from_msg
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.messages.transports import VIDEO_TYPES
from movenet_ros.perception import Perception
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.outputs import Outputs
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.run import replay
from movenet_ros.replay.run import Tally
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import open_source
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

WriteBag = Callable[..., Path]
ImageBytes = Callable[..., bytes]
Row = tuple[str, str, int, bytes]

pytestmark = pytest.mark.timeout(60)

IMAGE, STRING = 'sensor_msgs/msg/Image', 'std_msgs/msg/String'
DETECTIONS = 'vision_msgs/msg/Detection2DArray'
CAMERA = '/camera/image_raw'
BEGIN_NS, STEP_NS = 1_700_000_000 * 10**9, 40_000_000
DELAY_NS = 7_000_000  # from stamp to bag
COUNT = 8
QUIET = table_of(
    PoseParameters,
    {'tracking.association': 'off', 'smoothing.enabled': False, 'input_size': 128},
)


class Log:
    """A log that keeps its lines."""

    def __init__(self, lines: list[str]) -> None:
        self.info = self.warning = lines.append


@pytest.fixture(scope='module')
def rows(image_bytes: ImageBytes, small_image: NDArray[np.uint8], typestore: Any) -> list[Row]:
    """Give images, and words between them."""
    words = typestore.types[STRING]
    rows = []
    for i in range(COUNT):
        stamp = BEGIN_NS + i * STEP_NS
        image = image_bytes(np.roll(small_image, i), stamp, frame_id=f'camera {i}')
        text = bytes(typestore.serialize_cdr(words(f'word {i}'), STRING))
        rows.append((CAMERA, IMAGE, stamp + DELAY_NS, image))
        rows.append(('/words', STRING, stamp + DELAY_NS + 1, text))
    return rows


@pytest.fixture
def bag(rows: list[Row], write_bag: WriteBag, tmp_path: Path) -> Path:
    """Give a bag of them."""
    return write_bag(tmp_path / 'bag', rows)


@pytest.fixture
def backend(two_people: NDArray[np.float32]) -> RecordedBackend:
    """Give a model that always sees two people."""
    return RecordedBackend([two_people])


Run = Callable[..., Tally]


@pytest.fixture
def run(backend: RecordedBackend, tmp_path: Path) -> Run:
    """Return a function that replays into ``out``, ``out.mp4`` and ``out.jsonl``."""

    def run(
        path: Path, *, topic: str = '', only: Any = None, backend: Any = backend, **targets: Any
    ) -> Tally:
        wanted = Targets(
            *(only or (tmp_path / 'out', tmp_path / 'out.mp4', tmp_path / 'out.jsonl')), **targets
        )
        source = open_source(path, topic)
        perception = Perception(QUIET, Log(lines), backend)
        with Outputs(wanted, path, source) as outputs:
            lines.extend(outputs.notes)
            tally = replay(source, perception, QUIET, outputs.consume, lambda: None, lines.append)
            outputs.complete()
        lines.append(source.damage)
        source.close()
        return tally

    lines: list[str] = []
    run.lines = lines  # type: ignore[attr-defined]
    return run


def read(path: Path) -> list[Message]:
    """Read a bag that must be whole."""
    bag = Bag(path)
    messages = list(bag.messages())
    bag.close()
    assert not bag.damage
    return messages


def of(topic: str, messages: list[Message]) -> list[Message]:
    """Pick the messages of a topic."""
    return [each for each in messages if each.topic.name == topic]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_what_was_in_the_bag_is_in_the_new_one(
    storage: str, bag: Path, run: Run, rows: list[Row], tmp_path: Path
) -> None:
    run(bag, storage=storage)
    others = [each for each in read(tmp_path / 'out') if each.topic.name in (CAMERA, '/words')]
    assert [(each.topic.name, each.topic.msg_type, *each[1:]) for each in others] == rows


def test_what_is_known_of_a_topic_stays(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag)
    run(tmp_path / 'out', only=(tmp_path / 'again', None, None), storage='sqlite3')
    before, after = Bag(bag), Bag(tmp_path / 'again')
    kept = {each.name: each for each in after.topics}
    for topic in before.topics:
        assert replace(kept[topic.name], qos=topic.qos) == topic
    before.close()
    after.close()


def test_poses_and_detections_lie_right_behind_their_image(
    bag: Path, run: Run, tmp_path: Path
) -> None:
    run(bag, annotated=True)
    messages = read(tmp_path / 'out')
    names = [each.topic.name for each in messages]
    assert names == [CAMERA, '/poses', '/detections', '/image_annotated', '/words'] * COUNT
    for i in range(0, len(messages), 5):
        assert len({each.received_ns for each in messages[i:i + 4]}) == 1


@pytest.mark.parametrize(
    ('topic', 'msg_type'),
    [('/poses', Detection2DArray), ('/detections', Detection2DArray), ('/image_annotated', Image)],
)
def test_the_header_is_the_images(
    topic: str, msg_type: Any, bag: Path, run: Run, tmp_path: Path
) -> None:
    run(bag, annotated=True)
    found = of(topic, read(tmp_path / 'out'))
    headers = [deserialize_message(each.data, msg_type).header for each in found]
    assert [(stamp_ns(each.stamp), each.frame_id) for each in headers] == [
        (BEGIN_NS + i * STEP_NS, f'camera {i}') for i in range(COUNT)
    ]


def test_two_people_are_in_the_poses(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag)
    for message in of('/poses', read(tmp_path / 'out')):
        assert len(poses_from_msg(deserialize_message(message.data, Detection2DArray))) == 2


def test_outputs_of_an_earlier_run_are_replaced(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag, annotated=True)
    run(tmp_path / 'out', only=(tmp_path / 'again', None, None))
    names = [each.topic.name for each in read(tmp_path / 'again')]
    assert names == [CAMERA, '/poses', '/detections', '/words'] * COUNT
    said = '\n'.join(run.lines)  # type: ignore[attr-defined]
    assert '/poses (vision_msgs/msg/Detection2DArray) of the input is replaced' in said
    assert '/image_annotated (sensor_msgs/msg/Image) of the input is dropped' in said


def test_a_topic_of_an_unknown_type_stays(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    strange = ('/strange', 'no_msgs/msg/Nowhere', BEGIN_NS, bytes(8))
    path = write_bag(  # without definitions, as Humble's bags are
        tmp_path / 'bag', [strange, *rows], 'sqlite3', msgdef='', rihs01='RIHS01_0'
    )
    run(path)
    first = read(tmp_path / 'out')[0]
    assert (first.topic.name, first.topic.msg_type, *first[1:]) == strange


def test_lines_of_json(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag)
    records = [json.loads(each) for each in (tmp_path / 'out.jsonl').read_text().splitlines()]
    assert [each['stamp_ns'] for each in records] == [
        BEGIN_NS + i * STEP_NS for i in range(COUNT)
    ]
    assert {(len(each['people']), *each['image_wh']) for each in records} == {(2, 64, 48)}
    assert not any('file' in each for each in records)


def test_the_video_has_every_image_at_the_rate_of_the_stamps(
    bag: Path, run: Run, tmp_path: Path
) -> None:
    run(bag)
    video = cv2.VideoCapture(str(tmp_path / 'out.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(1e9 / STEP_NS)


def test_only_what_is_asked_for_is_written(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag, only=(None, None, tmp_path / 'out.jsonl'))
    assert {each.name for each in tmp_path.iterdir()} == {'bag', 'out.jsonl'}


def test_a_video_has_stamps_from_one_image_on(bag: Path, run: Run, tmp_path: Path) -> None:
    run(bag)
    run(tmp_path / 'out.mp4', only=(tmp_path / 'again', None, None))
    stamps = [each.received_ns for each in of('/poses', read(tmp_path / 'again'))]
    assert stamps == [(i + 1) * STEP_NS for i in range(COUNT)]


def test_a_line_of_json_names_the_file_of_a_picture(
    run: Run, small_image: NDArray[np.uint8], tmp_path: Path
) -> None:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for name in ('a2.png', 'a10.png', 'a1.jpg'):
        cv2.imwrite(str(folder / name), small_image)
    run(folder)
    records = [json.loads(each) for each in (tmp_path / 'out.jsonl').read_text().splitlines()]
    assert [each['file'] for each in records] == ['a1.jpg', 'a2.png', 'a10.png']


def test_pictures_that_cannot_be_read_are_skipped(
    run: Run, small_image: NDArray[np.uint8], tmp_path: Path
) -> None:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for i in range(3):
        cv2.imwrite(str(folder / f'{i}.png'), small_image)
    (folder / '1.png').write_bytes(b'no picture')
    tally = run(folder)
    assert (tally.processed, tally.skipped) == (2, 1)
    assert 'skipped image 2: 1.png' in '\n'.join(run.lines)  # type: ignore[attr-defined]


def test_bad_images_are_skipped_and_stay_in_the_bag(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    broken = [*rows]
    broken[2] = (*rows[2][:3], rows[2][3][:99])
    broken[6] = (*rows[6][:3], b'')
    tally = run(write_bag(tmp_path / 'bag', broken))
    assert (tally.processed, tally.skipped) == (COUNT - 2, 2)
    messages = read(tmp_path / 'out')
    assert (len(of(CAMERA, messages)), len(of('/poses', messages))) == (COUNT, COUNT - 2)


def test_the_same_refusal_is_said_once(
    rows: list[Row], write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    broken = [(*each[:3], each[3][:99] if 0 < i < 9 else each[3]) for i, each in enumerate(rows)]
    run(write_bag(tmp_path / 'bag', broken))
    said = [each for each in run.lines if 'skipped' in each]  # type: ignore[attr-defined]
    assert len(said) == 1


def test_an_inference_that_fails_costs_one_image(
    bag: Path, run: Run, backend: RecordedBackend
) -> None:
    class Failing(RecordedBackend):
        """Fails once."""

        def run(self, inputs: Tensors) -> Tensors:
            output = super().run(inputs)
            if len(self.batches) in (5, 6):  # it is tried once more
                raise InferenceError('out of memory')
            return output

    failing = Failing(backend._images)
    tally = run(bag, backend=failing)
    assert (tally.processed, tally.skipped) == (COUNT - 1, 1)


def test_no_image_that_can_be_read_is_an_error(
    image_bytes: ImageBytes, write_bag: WriteBag, run: Run, tmp_path: Path
) -> None:
    depth = np.zeros((4, 4), np.float32)
    data = image_bytes(depth.view(np.uint8), encoding='32FC1')
    path = write_bag(tmp_path / 'bag', [(CAMERA, IMAGE, 1, data)] * 3)
    with pytest.raises(StartError, match='none of 3 images could be read: .*32FC1'):
        run(path)
    assert {each.name for each in tmp_path.iterdir()} == {'bag'}


def test_a_full_disk_ends_it_and_leaves_nothing(
    bag: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: Any) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('movenet_ros.replay.bag.mcap.McapWriter.write', write)
    with pytest.raises(StartError, match=f'cannot write {tmp_path}/out: No space left on device'):
        run(bag)
    assert {each.name for each in tmp_path.iterdir()} == {'bag'}


def test_a_signal_ends_it_between_two_images(
    bag: Path, backend: RecordedBackend
) -> None:
    source = open_source(bag, '')
    signals: list[int] = []
    consumed: list[Item] = []
    done: list[int] = []

    def on_image() -> None:
        done.append(1)
        if len(done) == 3:
            signals.append(2)

    perception = Perception(QUIET, runtime=backend)
    tally = replay(source, perception, QUIET, consumed.extend, on_image, print, signals)
    source.close()
    assert tally.is_interrupted and tally.images == 3
    assert sum(isinstance(each.image, Result) for each in consumed) == 3


def test_images_wait_in_small_numbers(
    write_bag: WriteBag, image_bytes: ImageBytes, backend: RecordedBackend, tmp_path: Path,
    small_image: NDArray[np.uint8],
) -> None:
    """Else a long bag would fill the memory."""
    image = image_bytes(small_image)
    path = write_bag(tmp_path / 'bag', ((CAMERA, IMAGE, i, image) for i in range(50)))
    perception = Perception(QUIET, runtime=backend)
    before = len(backend.batches)
    ahead: list[int] = []

    def consume(items: Iterator[Item]) -> None:
        for i, _ in enumerate(items):
            time.sleep(0.005)
            ahead.append(len(backend.batches) - before - i)

    source = open_source(path, '')
    replay(source, perception, QUIET, consume, lambda: None, print)
    source.close()
    assert 1 < max(ahead) <= 6


@pytest.mark.parametrize(
    ('topics', 'asked', 'words'),
    [
        ([], '', 'empty'),
        ([('/words', STRING)], '', 'has no images; it has /words'),
        ([('/a', IMAGE), ('/b', IMAGE)], '', 'several image topics; try --topic with one of /a'),
        ([('/a', IMAGE)], '/b', 'has no topic /b, it has /a'),
        ([('/a', IMAGE), ('/words', STRING)], 'words', 'words carries std_msgs/msg/String'),
    ],
)
def test_a_topic_that_cannot_be_found_is_one_line(
    topics: list[tuple[str, str]], asked: str, words: str, write_bag: WriteBag, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / 'bag', [(*each, 1, b'\0\1\0\0') for each in topics])
    with pytest.raises(StartError) as refused:
        open_source(path, asked)
    assert words in str(refused.value) and '\n' not in str(refused.value)


def test_a_bag_of_video_is_told_with_the_command_that_helps(
    write_bag: WriteBag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VIDEO_TYPES, STRING, 'ffmpeg')
    path = write_bag(tmp_path / 'bag', [('/a/ffmpeg', STRING, 1, b'\0\1\0\0')])
    with pytest.raises(StartError, match='image_transport republish .* in/ffmpeg:=/a/ffmpeg'):
        open_source(path, '')


@pytest.mark.parametrize('asked', ['/b', 'b'])
def test_a_topic_can_be_asked_for(asked: str, write_bag: WriteBag, tmp_path: Path) -> None:
    topics = [('/a', IMAGE), ('/b', IMAGE)]
    path = write_bag(tmp_path / 'bag', [(*each, 1, b'\0\1\0\0') for each in topics])
    source = open_source(path, asked)
    source.close()
    assert source.topic and source.topic.name == '/b'


def test_annotated_images_are_not_the_input_if_there_are_others(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    topics = [('/robot/image_annotated', IMAGE), ('/b', IMAGE)]
    path = write_bag(tmp_path / 'bag', [(*each, 1, b'\0\1\0\0') for each in topics])
    source = open_source(path, '')
    source.close()
    assert source.topic and source.topic.name == '/b'


def test_larger_images_than_allowed_are_refused_one_by_one(bag: Path, tmp_path: Path) -> None:
    """In a bag and in a folder of pictures, by the limit that was asked for."""
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((48, 64, 3), np.uint8))
    for path in (bag, tmp_path):
        for limit, is_fine in ((64 * 48 - 1, False), (64 * 48, True)):
            source = open_source(path, CAMERA if path == bag else '', limit)
            images = [each.image for each in source.items() if each.image is not None]
            source.close()
            assert images
            assert {isinstance(each, Stamped) for each in images} == {is_fine}
