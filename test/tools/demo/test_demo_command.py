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

"""The demo, from the command line to its files."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import contextmanager
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
from movenet_ros.core.drawing import person_color
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.tools.demo.command import first_seconds
from movenet_ros.tools.demo.command import main
from movenet_ros.tools.scene import built_in_scene
import numpy as np
from numpy.typing import NDArray
import pytest
from ros_graph import processes_in

pytestmark = pytest.mark.tool

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 60.0
SCENE_WH = (640, 480)
RATE_HZ = 30
SECONDS = 2
IMAGES = RATE_HZ * SECONDS


class Demo:
    """A demo in a process of its own."""

    def __init__(self, out: Path, *args: str) -> None:
        self.out = out
        self.screen = out.parent / f'{out.name}.screen'
        env = {**os.environ, 'PYTHONPATH': str(ROOT)}
        with self.screen.open('wb') as screen:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'movenet_ros', 'demo', '--out', str(out), *args],
                stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, env=env,
            )

    @property
    def text(self) -> str:
        """Return what a person sees."""
        return self.screen.read_text(errors='replace')

    @property
    def lines(self) -> list[str]:
        """Return the lines of poses.jsonl that are there so far."""
        path = self.out / 'poses.jsonl'
        return path.read_text().splitlines() if path.exists() else []

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something is true."""
        end = time.monotonic() + WAIT_S
        while not condition():
            assert self.process.poll() is None and time.monotonic() < end, self.text
            time.sleep(0.02)

    def pose_nodes(self) -> list[int]:
        """Find the pose nodes that it started, by their namespace."""
        return processes_in(f'/movenet_demo_{self.process.pid}')

    def summary(self) -> dict[str, list[float]]:
        """Return the numbers in each line of the summary."""
        words = ('images', 'people', 'latency', 'speed', 'backend', 'mode', 'written', 'open')
        lines = [line for line in self.text.splitlines() if line.startswith(words)]
        assert [line.split()[0] for line in lines] == [*words], self.text
        numbers = r'(?<![\w.])\d+(?:\.\d+)?'
        return {line.split()[0]: [*map(float, re.findall(numbers, line))] for line in lines}

    def video(self) -> list[tuple[int, int]]:
        """Read annotated.mp4 and return the size of each of its images."""
        capture = cv2.VideoCapture(str(self.out / 'annotated.mp4'))
        sizes = []
        while (got := capture.read())[0]:
            sizes.append((got[1].shape[1], got[1].shape[0]))
        return sizes


@contextmanager
def demo(out: Path, *args: str) -> Iterator[Demo]:
    """Start a demo; it ends with the ``with`` block at the latest."""
    running = Demo(out, *args)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            try:
                running.process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()


StartDemo = Callable[..., AbstractContextManager[Demo]]


@pytest.fixture(scope='module')
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Give a demo of two seconds that has run to its end."""
    out = tmp_path_factory.mktemp('demo') / 'a new folder'
    args = ('--seconds', str(SECONDS), '--backend', 'onnxruntime', '--mode', 'fast')
    with demo(out, *args) as running:
        running.process.wait(WAIT_S)
        yield running


def test_exit_code(finished: Demo) -> None:
    """All is well."""
    assert finished.process.returncode == 0, finished.text


def test_what_a_person_sees(finished: Demo) -> None:
    """What is played and a summary; nothing to worry about, and no bar outside a terminal."""
    assert finished.text.startswith('the built-in scene, 30 images per second')
    assert not re.search('warn|error|Traceback|it/s|image/s|\r', finished.text, re.IGNORECASE)


def test_every_image_is_processed(finished: Demo) -> None:
    """However fast the pose node is."""
    assert finished.summary()['images'] == [IMAGES, IMAGES, 0]


def test_two_people_are_seen(finished: Demo) -> None:
    """In the median image."""
    assert finished.summary()['people'][0] >= 2


def test_speed_and_latency(finished: Demo) -> None:
    """The speed is the pose node's, not the source's."""
    numbers = finished.summary()
    (rate_hz, source_hz), (median_ms, p95_ms) = numbers['speed'], [
        each for each in numbers['latency'] if each != 95
    ]
    assert 0 < median_ms <= p95_ms
    assert rate_hz >= 0.99 * 1000 / median_ms and source_hz == RATE_HZ


def test_the_backend_is_named(finished: Demo) -> None:
    """As the pose node chose it."""
    assert re.search(r'^backend    onnxruntime \S+ on CPU', finished.text, re.MULTILINE)


def test_the_mode_is_named(finished: Demo) -> None:
    assert re.search(r'^mode       fast$', finished.text, re.MULTILINE)


def test_there_is_a_line_for_each_processed_image(finished: Demo) -> None:
    """No more, no less."""
    assert len(finished.lines) == finished.summary()['images'][1]


def test_the_lines_hold_people(finished: Demo) -> None:
    """In pixels of the image."""
    records = [json.loads(line) for line in finished.lines]
    stamps = [each['stamp_ns'] for each in records]
    assert stamps == sorted(set(stamps))
    for record in records:
        assert record['image_wh'] == list(SCENE_WH)
        for person in record['people']:
            assert person.keys() == {'id', 'score', 'box_xyxy', 'keypoints'}
            assert np.shape(person['keypoints']) == (17, 3)
            assert 0.25 <= person['score'] <= 1


def test_the_video_can_be_played(finished: Demo) -> None:
    """It has every image of the scene."""
    assert finished.video() == [SCENE_WH] * IMAGES


def test_what_to_open_exists(finished: Demo) -> None:
    """And is the film."""
    (path,) = re.findall(r'^open +(.*)$', finished.text, re.MULTILINE)
    assert Path(path) == finished.out / 'annotated.mp4' and Path(path).is_file()


def test_the_picture_is_annotated(finished: Demo) -> None:
    """It differs from the scene in more than its file format."""
    picture = cv2.imread(str(finished.out / 'annotated.png'))
    assert picture.shape == (*SCENE_WH[::-1], 3)
    assert (picture == person_color(1)).all(axis=-1).any()


def test_nothing_is_left_running(finished: Demo) -> None:
    """The pose node ended with the demo."""
    assert not finished.pose_nodes()


SIZES = [(320, 240), (240, 320), (200, 200), (320, 240), (64, 48), (400, 100)]


@pytest.fixture(scope='module')
def of_pictures(
    tmp_path_factory: pytest.TempPathFactory, photo_bgr: NDArray[np.uint8]
) -> Iterator[Demo]:
    """Give a demo of pictures of several sizes, and one that is none."""
    folder = tmp_path_factory.mktemp('pictures')
    for i, wh in enumerate(SIZES):
        cv2.imwrite(str(folder / f'{i}.png'), cv2.resize(photo_bgr, wh))
    (folder / 'none.jpg').write_text('none')
    with demo(folder / 'out', str(folder), '--backend', 'onnxruntime') as running:
        running.process.wait(WAIT_S)
        yield running


def test_every_picture_is_annotated(of_pictures: Demo) -> None:
    """Each has a line, and a picture of its own size and content."""
    records = [json.loads(line) for line in of_pictures.lines]
    assert [each['file'] for each in records] == [f'{i}.png' for i in range(len(SIZES))]
    assert [tuple(each['image_wh']) for each in records] == SIZES
    for i, wh in enumerate(SIZES):
        source = cv2.imread(str(of_pictures.out.parent / f'{i}.png')).astype(int)
        annotated = cv2.imread(str(of_pictures.out / 'annotated' / f'{i}.jpg'))
        assert annotated.shape == source.shape == (*wh[::-1], 3)
        assert np.median(np.abs(annotated - source)) < 10
    assert len([*(of_pictures.out / 'annotated').iterdir()]) == len(SIZES)


def test_what_is_no_picture_is_named_and_counted(of_pictures: Demo) -> None:
    """In a line of its own, in the summary, and in the exit code."""
    assert of_pictures.text.count('skipped none.jpg') == 1
    assert of_pictures.process.returncode == 1, of_pictures.text
    assert of_pictures.summary()['images'] == [len(SIZES), len(SIZES), 0, 1]


def test_people_of_pictures_have_no_ids(of_pictures: Demo) -> None:
    """Nobody walks from one picture into the next."""
    people = [each for line in of_pictures.lines for each in json.loads(line)['people']]
    assert people and not any(each['id'] for each in people)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGHUP])
def test_ended_in_the_middle(number: signal.Signals, tmp_path: Path) -> None:
    """By Ctrl-C, more than once, or a closed window: files are whole, nothing is left running."""
    with demo(tmp_path / 'out', '--backend', 'onnxruntime') as running:
        running.until(lambda: len(running.lines) > 5)
        assert running.pose_nodes()
        for _ in range(3):
            running.process.send_signal(number)
            time.sleep(0.05)
        assert running.process.wait(WAIT_S) == 0, running.text
        assert not running.pose_nodes()
        processed = len(running.lines)
        assert running.summary()['images'] == [processed, processed, 0]
        assert all(json.loads(line) for line in running.lines)
        assert running.video() == [SCENE_WH] * processed
        assert 'Traceback' not in running.text


def test_ended_before_the_first_image(tmp_path: Path) -> None:
    """No pose node is left behind, and nothing is said that is not so."""
    with demo(tmp_path / 'out', '--backend', 'onnxruntime') as running:
        running.until(running.pose_nodes)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) != 0
        assert not running.pose_nodes()
        assert 'Traceback' not in running.text, running.text
        assert 'interrupted' in running.text.splitlines()[-1]
        assert not (running.out / 'poses.jsonl').exists()


@pytest.mark.parametrize(
    ('args', 'words'),
    [
        (['/nowhere/walk.mp4'], "no such file or folder: '/nowhere/walk.mp4'"),
        (['EMPTY'], 'an empty folder'),
        ([''], 'no source'),
        (['--out', '/dev/null/demo'], 'cannot write to /dev/null/demo'),
    ],
)
def test_what_cannot_work_is_refused(args: list[str], words: str, tmp_path: Path) -> None:
    """Before anything is started."""
    with pytest.raises(StartError, match=words):
        main([str(tmp_path) if each == 'EMPTY' else each for each in args])


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    """And exit code 1."""
    with demo(tmp_path / 'out', '99') as running:
        assert running.process.wait(WAIT_S) == 1
        (line,) = running.text.splitlines()
        assert line.startswith('movenet_ros: camera 99 cannot be opened')


def test_a_node_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of its log is the demo's."""
    (tmp_path / 'tensorflow.py').write_text("raise ImportError('hidden for a test')\n")
    monkeypatch.setattr(sys.modules[__name__], 'ROOT', f'{tmp_path}:{ROOT}')
    with demo(tmp_path / 'out', '--backend', 'tensorflow') as running:
        assert running.process.wait(WAIT_S) == 1
        last = running.text.splitlines()[-1]
        assert last.startswith('movenet_ros: the pose node ended with exit code 1: backend tens')
        assert 'hidden for a test' in last and 'Traceback' not in running.text


def media(rate_hz: float, total: int | None) -> Media:
    """Make a source of black images."""
    black = SourceImage(np.zeros((2, 2, 3), np.uint8), 'bgr')
    images = [TimedImage(black, round(i * 1e9 / rate_hz)) for i in range(1000)]
    return Media('black', rate_hz, total, False, lambda: iter(images))


@pytest.mark.parametrize(
    ('rate_hz', 'total', 'seconds', 'images'),
    [
        (30.0, 300, 2, 60), (30.0, 30, 2, 30), (30.0, None, 0.5, 15), (2.0, 10, 0.1, 1),
        (29.97, None, 1, 30),
    ],
)
def test_first_seconds(
    rate_hz: float, total: int | None, seconds: float, images: int
) -> None:
    """As many images as fit, at least one, and never more than there are."""
    cut = first_seconds(media(rate_hz, total), seconds)
    assert cut.count == images
    assert total == 30 or len(list(cut.images())) == images


def test_the_built_in_scene() -> None:
    """Is the same each time, and its people move."""
    scene = built_in_scene()
    first, *_, last = (each.image for each in first_seconds(scene, 1).images())
    again = next(scene.images()).image
    assert isinstance(first, SourceImage) and isinstance(again, SourceImage)
    assert isinstance(last, SourceImage) and first.wh == SCENE_WH
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (first.pixels != last.pixels).any()


def test_a_page_shows_the_images_while_the_demo_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)  # no browser of a desktop
    statuses: list[int] = []
    with demo(tmp_path / 'out', '--view', '--seconds', '1', '--backend', 'onnxruntime') as running:
        running.until(lambda: 'http://127.0.0.1:' in running.text)
        port = int(re.findall(r'http://127\.0\.0\.1:(\d+)', running.text)[0])
        while running.process.poll() is None and 200 not in statuses:
            with closing(HTTPConnection('127.0.0.1', port, timeout=WAIT_S)) as connection:
                connection.request('GET', '/image')
                statuses.append(connection.getresponse().status)
        running.process.wait(WAIT_S)
    assert statuses[-1] == 200, running.text
    assert running.process.returncode == 0, running.text
    assert running.pose_nodes() == []
