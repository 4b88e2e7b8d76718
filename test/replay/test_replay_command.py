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

"""The command ``replay``: its options, its summary, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
import errno
import json
import os
from pathlib import Path
import re
import resource
import signal
import subprocess
import sys
import time
from typing import Any

import cv2
from movenet_ros import networks
from movenet_ros.__main__ import main as program
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.model.movenet import SPEC
from movenet_ros.replay.bag.reader import Bag
from movenet_ros.replay.command import main
from movenet_ros.replay.inputs import OPTIONS
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import values_of
import numpy as np
import pytest
from rosbags.rosbag2 import Reader
from rosbags.rosbag2 import Writer

WritePhotos = Callable[[Path, int, int], Path]
WriteBag = Callable[..., Path]
ImageBytes = Callable[..., bytes]

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
IMAGE = 'sensor_msgs/msg/Image'
COUNT = 6
WAIT_S = 60.0


@pytest.fixture(scope='module')
def bag(write_photos: WritePhotos, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a bag with a few images of the astronaut."""
    return write_photos(tmp_path_factory.mktemp('replay') / 'bag', COUNT, 320)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[PoseParameters]:
    """Put a made-up model in place of the real one, and give the list of what it was asked for."""
    asked: list[PoseParameters] = []

    def open_network(settings: PoseParameters, spec: ModelSpec, *_: object) -> networks.Network:
        if spec.variant == SPEC.variant:
            asked.append(settings)
        runtime = RecordedBackend([np.zeros((1, 0, 56), np.float32)])
        return networks.Network(runtime, 'made up', None)

    monkeypatch.setattr(networks, 'open_network', open_network)
    monkeypatch.setattr(networks, 'times_ms', lambda *_: [1.0, 2.0])
    return asked


def test_the_summary(
    bag: Path, settings: list[PoseParameters], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bag), '--out', str(tmp_path / 'out')]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f'{bag}, /image, {COUNT} images'
    assert [line.split()[0] for line in lines[1:]] == [
        'images', 'people', 'tracks', 'speed', 'backend', 'mode', 'written'
    ]
    assert lines[1] == f'images     {COUNT} processed, 0 skipped'
    assert lines[-1] == f'written    {tmp_path / "out"}'
    assert '\r' not in err  # a log file would get one endless line


def test_the_summary_counts_images_that_show_nothing(
    write_bag: WriteBag, image_bytes: ImageBytes, settings: list[PoseParameters],
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    black = np.zeros((30, 40, 3), np.uint8)
    rows = [('/image', IMAGE, i, image_bytes(black, i)) for i in range(1, COUNT)]
    assert main([str(write_bag(tmp_path / 'bag', rows))]) == 0
    (line,) = (each for each in capsys.readouterr().out.splitlines() if 'black' in each)
    assert f'{COUNT - 1} black' in line


@pytest.fixture
def pictures(astronaut: SourceImage, tmp_path: Path) -> Path:
    """Give a folder with two pictures."""
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for name in ('a.png', 'b.png'):
        cv2.imwrite(str(folder / name), astronaut.as_bgr()[::4, ::4])
    return folder


def test_an_image_that_is_skipped_makes_the_exit_code_1(
    pictures: Path, settings: list[PoseParameters], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(pictures)]) == 0
    (pictures / 'b.png').write_bytes(b'')
    assert main([str(pictures)]) == 1
    assert '1 processed, 1 skipped' in capsys.readouterr().out


def test_people_are_followed_through_pictures_only_where_that_is_asked_for(
    pictures: Path, settings: list[PoseParameters], tmp_path: Path
) -> None:
    params = tmp_path / 'params.yaml'
    params.write_text('/**: {ros__parameters: {tracking: {association: keypoints}}}')
    main([str(pictures)])
    main([str(pictures), '--tracking-association', 'boxes'])
    main([str(pictures), '--params-file', str(params)])
    found = [each.tracking.association for each in settings]
    assert found == ['off', 'boxes', 'keypoints']


def test_without_an_output_the_summary_names_the_options(
    bag: Path, settings: list[PoseParameters], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bag)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert all(each in last for each in ('nothing', '--out', '--video', '--jsonl'))


def test_help_lists_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['--help'])
    text = capsys.readouterr().out
    options = set(re.findall(r'^  --([a-z-]+)', text, re.MULTILINE))
    assert {re.sub('[_.]', '-', name) for name in OPTIONS} <= options
    assert 'autostart' not in options


@pytest.mark.parametrize(
    ('option', 'name', 'value'),
    [
        (['--person_threshold', '1'], 'person_threshold', 1.0),
        (['--smoothing-enabled', 'True'], 'smoothing.enabled', True),
        (['--tracking.association=boxes'], 'tracking.association', 'boxes'),
    ],
)
def test_an_option_is_a_parameter(
    option: list[str], name: str, value: Any, bag: Path, settings: list[PoseParameters]
) -> None:
    main([str(bag), *option])
    assert values_of(settings[0])[name] == value


def test_an_option_wins_over_the_file(
    bag: Path, settings: list[PoseParameters], tmp_path: Path
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('/**: {ros__parameters: {max_people: 2, input_size: 512}}')
    main([str(bag), '--params-file', str(path), '--input-size', '128'])
    assert (settings[0].max_people, settings[0].input_size) == (2, 128)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        ('movenet: {ros__parameters: {max_peple: 2}}', 'did you mean max_people'),
        ('# nothing', 'has no parameters'),
        ('robot1: {movenet: {ros__parameters: {max_people: 2}}}', 'name the section'),
    ],
)
def test_parameters_in_a_file_that_reach_nothing_are_warned_of(
    content: str, words: str, bag: Path, settings: list[PoseParameters], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    main([str(bag), '--params-file', str(path)])
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        ('movenet_3d: {ros__parameters: {min_depth_m: 0.5}}', ''),
        ('movenet_3d: {ros__parameters: {min_depth: 0.5}}', 'min_depth_m'),
        ('movenet_kinematics: {ros__parameters: {down: +x}}', ''),
        ('movenet_kinematics: {ros__parameters: {dawn: +x}}', 'down'),
    ],
)
def test_parameters_of_the_other_nodes_are_read(
    content: str, words: str, bag: Path, settings: list[PoseParameters], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(content)
    lines = tmp_path / 'lines.jsonl'
    main([str(bag), '--params-file', str(path), '--kinematics', '--jsonl', str(lines)])
    warnings = [line for line in capsys.readouterr().err.splitlines() if str(path) in line]
    assert len(warnings) == bool(words) and all(words in line for line in warnings)


def test_a_parameter_of_the_3d_node_that_is_out_of_range_is_an_error(
    bag: Path, tmp_path: Path
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('movenet_3d: {ros__parameters: {follow_lost_s: -1.0}}')
    with pytest.raises(StartError, match='follow_lost_s'):
        main([str(bag), '--params-file', str(path)])


def test_a_topic_without_messages_is_one_line(
    typestore: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Writer(tmp_path / 'bag', version=9) as writer:
        writer.add_connection('/image', IMAGE, typestore=typestore)
    out = tmp_path / 'out'
    code = program(['replay', str(tmp_path / 'bag'), '--topic', '/image', '--out', str(out)])
    assert code == 1
    assert 'bag, /image has no images' in capfd.readouterr().err.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir()] == ['bag']


@pytest.mark.parametrize(
    ('args', 'words'),
    [
        (['{tmp}/no'], 'no such file'),
        (['{tmp}/text.txt'], 'is a text file'),
        (['{tmp}/folder'], 'an empty folder'),
        (['0'], 'not a camera'),
        (['{tmp}/text.mcap'], 'is a text file'),
        (['{bag}', '--topic', '/x'], 'has no topic /x'),
        (['{bag}', '--annotated'], '--out'),
        (['{bag}', '--markers'], '--out'),
        (['{bag}', '--markers', '--out', '{tmp}/x'], 'no depth'),
        (['{bag}', '--kinematics'], '--jsonl'),
        (['{bag}', '--annotate-angles', 'left_kne'], 'left_knee'),
        (['{bag}', '--depth-topic', '/x'], '--depth-topic /x'),
        (['{bag}', '--depth-topic', 'monocular'], 'camera_info'),
        (['{bag}', '--input-size', '100'], 'it must be from 128'),
        (['{bag}', '--video', '{tmp}/x.gif'], 'does not end in .mp4'),
        (['{bag}', '--out', '{tmp}/a/b'], 'is no folder'),
        (['{bag}', '--out', '{bag}'], 'is the input'),
        (['{bag}', '--jsonl', '{tmp}/text.txt'], 'exists already'),
        (['{bag}', '--params-file', '{tmp}/no.yaml'], 'cannot read'),
        (['{bag}', '--params-file', '{tmp}/text.txt'], 'is no params file'),
    ],
)
def test_bad_input_is_one_line(
    args: list[str], words: str, bag: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'folder').mkdir()
    for suffix in ('txt', 'mcap'):
        (tmp_path / f'text.{suffix}').write_text('some text')
    code = program(['replay', *(each.format(tmp=tmp_path, bag=bag) for each in args)])
    err = capfd.readouterr().err
    assert code == 1
    assert words in err and len(err.splitlines()) == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_an_unreadable_video_is_one_line_without_the_words_of_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / 'x.mp4'
    path.write_bytes(b'\xffrubbish' * 99)
    code, _, err = Replay(str(path)).end()
    assert code == 1
    assert err.startswith(f'movenet_ros: {path} is no video') and len(err.splitlines()) == 1


def test_damage_is_said_at_the_end_and_what_was_done_is_whole(
    bag: Path, settings: list[PoseParameters], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = next(bag.glob('*.mcap')).read_bytes()
    damaged = tmp_path / 'x.mcap'
    damaged.write_bytes(content[:len(content) * 4 // 5])  # the second chunk breaks off
    code = program(['replay', str(damaged), '--out', str(tmp_path / 'out')])
    out, err = capfd.readouterr()
    assert code == 1
    assert err.splitlines()[-1].startswith(f'movenet_ros: {damaged} is damaged: after ')
    with Reader(tmp_path / 'out') as reader:
        names = [connection.topic for connection, *_ in reader.messages()]
    assert 0 < names.count('/poses') == names.count('/image') < COUNT
    assert f'{names.count("/poses")} processed' in out


def test_overwrite_replaces_only_when_the_new_one_is_whole(
    bag: Path, settings: list[PoseParameters], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'out.jsonl'
    path.write_text('old')

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    args = [str(bag), '--jsonl', str(path), '--overwrite']
    with monkeypatch.context() as patch:
        patch.setattr('movenet_ros.core.recording.JsonLines.write', full)
        with pytest.raises(StartError, match=f'cannot write {path}: No space left on device'):
            main(args)
    assert path.read_text() == 'old'
    assert main(args) == 0
    assert len(path.read_text().splitlines()) == COUNT


class Replay:
    """A replay in a process of its own."""

    def __init__(self, *args: str, **popen: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'movenet_ros', 'replay', *args, '--backend', 'onnxruntime'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **popen,
        )

    def end(self) -> tuple[int, str, str]:
        """Wait for it and return its exit code and what it has printed."""
        out, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, out, err


@pytest.fixture(scope='module')
def long_bag(bag: Path, write_bag: WriteBag, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a bag that takes a while."""
    source = Bag(bag)
    image = next(source.messages()).data
    source.close()
    rows = (('/image', IMAGE, 10**18 + i, image) for i in range(3000))
    return write_bag(tmp_path_factory.mktemp('long') / 'bag', rows)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_readable_outputs(
    number: signal.Signals, long_bag: Path, tmp_path: Path
) -> None:
    names = [str(tmp_path / each) for each in ('out', 'out.mp4', 'out.jsonl')]
    running = Replay(
        str(long_bag), '--out', names[0], '--video', names[1], '--jsonl', names[2],
        '--input-size', '128',
    )
    end = time.monotonic() + WAIT_S
    lines = []
    while len(lines) < 20:
        assert time.monotonic() < end and running.process.poll() is None
        lines = [line for each in tmp_path.glob('.*/*.jsonl') for line in each.open()]
        time.sleep(0.05)
    running.process.send_signal(number)
    code, out, err = running.end()
    assert code == 130, err
    found = re.search(r'^interrupted after (\d+) of 3000 images$', out, re.MULTILINE)
    assert found
    count = int(found[1])
    with Reader(names[0]) as reader:
        topics = [connection.topic for connection, *_ in reader.messages()]
    assert topics.count('/poses') == topics.count('/image') == count >= 20
    assert cv2.VideoCapture(names[1]).get(cv2.CAP_PROP_FRAME_COUNT) >= count
    assert len([json.loads(line) for line in open(names[2])]) == count
    assert sorted(os.listdir(tmp_path)) == ['out', 'out.jsonl', 'out.mp4']


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_limit_to_the_size_of_files_is_one_line(
    storage: str, long_bag: Path, tmp_path: Path
) -> None:
    """It is refused as a full disk is."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000))

    running = Replay(
        str(long_bag), '--out', str(tmp_path / 'out'), '--storage', storage, preexec_fn=limit
    )
    code, _, err = running.end()
    assert code == 1
    assert re.search(rf'^movenet_ros: cannot write {tmp_path}/out: .+$', err, re.MULTILINE), err
    assert 'Traceback' not in err
    assert not os.listdir(tmp_path)
