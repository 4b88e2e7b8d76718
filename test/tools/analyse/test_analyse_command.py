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

"""The command ``analyse``: what it writes, what it says, what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
from movenet_ros import networks
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.recording import VideoFile
from movenet_ros.tools.analyse.command import main
import numpy as np
import pytest

pytestmark = pytest.mark.process

FILES = ['angles.csv', 'angles.parquet', 'events.json', 'report.html']
SQUATS = 3  # counted frame by frame: bottoms at frames 11, 35 and 60, the last cut while rising


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a network in place of the real one that finds nobody."""
    runtime = RecordedBackend([np.zeros((1, 0, 56), np.float32)])
    network = networks.Network(runtime, 'made up', None)
    monkeypatch.setattr(networks, 'open_network', lambda *_: network)
    monkeypatch.setattr(networks, 'times_ms', lambda *_: [1.0, 2.0])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Give a folder with two pictures of nothing."""
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for name in ('a.png', 'b.png'):
        cv2.imwrite(str(folder / name), np.full((48, 64, 3), 100, np.uint8))
    return folder


def test_squats_are_counted_as_a_person_counts_them(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, pose = tmp_path / 'out', tmp_path / 'pose.json'
    video = str(data / 'videos' / 'pose_squats.mp4')
    options = ['--mode', 'fast', '--backend', 'onnxruntime']
    options += ['--save-reference', str(pose), '--at', '2']
    assert main([video, '--out', str(out), *options]) == 0
    assert sorted(each.name for each in out.iterdir()) == FILES
    for each in (*out.iterdir(), pose):
        assert str(data).encode() not in each.read_bytes()  # a path may be private
    events = json.loads((out / 'events.json').read_text())['events']
    counted = [each for each in events if each['kind'] == 'repetition']
    assert len(counted) == SQUATS
    assert [round(each['turn_s'] * 5) for each in counted] == pytest.approx([12, 36, 61], abs=2)
    with (out / 'angles.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 65
    knees = [float(each['left_knee_deg']) for each in rows if each['left_knee_deg']]
    assert max(knees) > 60 and min(knees) < 20
    assert f'{SQUATS} repetitions' in capsys.readouterr().out


def test_an_analysis_of_nobody_is_whole(nobody: None, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    assert main([str(pictures), '--out', str(out)]) == 0
    assert sorted(each.name for each in out.iterdir()) == FILES
    assert json.loads((out / 'events.json').read_text())['events'] == []
    assert main([str(pictures), '--out', str(out), '--overwrite']) == 0


@pytest.mark.parametrize(
    ('options', 'about'),
    [
        ([], '--out'),
        (['--out', 'out', '--at', '1'], '--save-reference'),
        (['--save-reference', 'pose.json'], '--at'),
        (['--out', 'out', '--person', '1'], 'no ids'),
        (['--out', 'pictures/out'], 'input'),
        (['--out', 'full'], '--overwrite'),
        (['--out', 'full', '--overwrite'], 'holds more'),
        (['--out', 'out', '--reference', 'gone.json'], 'gone.json'),
        (['--out', 'out', '--save-reference', 'pose.json', '--at', '0'], 'nobody'),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    options: list[str], about: str, nobody: None, pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(pictures.parent)
    Path('full').mkdir()
    Path('full', 'thesis.txt').touch()
    with pytest.raises(StartError, match=about):
        main(['pictures', *options])
    assert sorted(each.name for each in Path().iterdir()) == ['full', 'pictures']


def test_what_is_offered_means_something(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['--help'])
    offered = capsys.readouterr().out
    assert '--mode' in offered and '--annotate' not in offered


@pytest.mark.parametrize('at', ['-1', 'nan', 'inf', 'noon'])
def test_an_instant_is_not_before_the_beginning(
    at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(['clip.mp4', '--save-reference', 'pose.json', f'--at={at}'])
    assert 'from 0' in capsys.readouterr().err


def test_a_video_whose_people_are_not_followed_is_refused(nobody: None, tmp_path: Path) -> None:
    video = VideoFile(tmp_path / 'clip.mp4', 10.0)
    for i in range(2):
        video.write(np.full((48, 64, 3), 100, np.uint8), i * 10**8)
    video.close()
    options = ['--out', str(tmp_path / 'out'), '--tracking-association', 'off']
    with pytest.raises(StartError, match='--tracking-association'):
        main([str(tmp_path / 'clip.mp4'), *options])
