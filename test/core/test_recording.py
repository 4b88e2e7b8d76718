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

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
import json
from pathlib import Path
from typing import Any

import av
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import MAX_IMAGE_PIXELS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.recording import codec_note
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import MAX_HELD_S
from movenet_ros.core.recording import VideoFile
from movenet_ros.core.records import pose_record
from movenet_ros.core.video import Video
import numpy as np
from numpy.typing import NDArray
import pytest

Pixels = NDArray[np.uint8]

RATE_HZ = 20
STEP_NS = 10**9 // RATE_HZ
START_NS = 1_700_000_000_123_456_789


def grey(value: int, wh: tuple[int, int] = (64, 48)) -> Pixels:
    """Return an image of one shade."""
    return np.full((wh[1], wh[0], 3), value, np.uint8)


def play(path: Path) -> list[tuple[Pixels, float]]:
    """Read a video to its end: its images and their times, in steps of the rate."""
    played = []
    for image, time_ns in Video(path, path.name, MAX_IMAGE_PIXELS).images():
        assert isinstance(image, SourceImage)
        played.append((image.as_bgr(), round(time_ns / STEP_NS, 2)))
    return played


def shades(path: Path) -> list[tuple[int, float]]:
    """Return the shade of each image of a video, to the next ten, and its time in steps."""
    return [(int(round(float(image.mean()), -1)), time) for image, time in play(path)]


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that records images given with their stamps, in steps of the rate."""

    def make(*stamped: tuple[float, Pixels], name: str = 'a video.mp4') -> Path:
        path = tmp_path / name
        with closing(VideoFile(path, RATE_HZ)) as video:
            for steps, image in stamped:
                video.write(image, START_NS + round(steps * STEP_NS))
        return path

    return make


def test_each_image_has_the_time_of_its_stamp(record: Callable[..., Path]) -> None:
    steps = [0, 1, 1.4, 1.7, 3, 90]
    path = record(*((each, grey(40 * i)) for i, each in enumerate(steps)))
    assert shades(path) == [(40 * i, each) for i, each in enumerate(steps)]


def test_an_image_an_hour_is_no_rate_for_an_encoder_and_none_is_needed(tmp_path: Path) -> None:
    with closing(VideoFile(tmp_path / 'v.mp4', 1 / 3600)) as video:
        for i in range(3):
            video.write(grey(50 * i), i * 3600 * 10**9)
    assert [shade for shade, _ in shades(tmp_path / 'v.mp4')] == [0, 50, 100]


def test_repeated_stamps_show_every_image(record: Callable[..., Path]) -> None:
    path = record((0, grey(50)), (0, grey(100)), (0, grey(150)), (1, grey(200)))
    assert shades(path) == [(50, 0), (100, 1), (150, 2), (200, 3)]


@pytest.mark.parametrize('back', [1, 100, 10**6])
def test_after_a_jump_back_it_goes_on_from_there(
    record: Callable[..., Path], back: int
) -> None:
    stamped = [(2, 50), (3, 100), (3 - back, 150), (6 - back, 200), (7 - back, 250)]
    shown = shades(record(*((steps, grey(shade)) for steps, shade in stamped)))
    assert shown == [(50, 0), (100, 1), (150, 2), (200, 5), (250, 6)]


def test_a_very_long_gap_is_cut_short(record: Callable[..., Path]) -> None:
    _, (_, steps) = play(record((0, grey(0)), (10**6, grey(0))))
    assert steps == MAX_HELD_S * RATE_HZ


def test_browsers_play_it(record: Callable[..., Path]) -> None:
    path = record((0, grey(50)), (1, grey(100)))
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.codec.name, codec.pix_fmt) == ('h264', 'yuv420p')
    boxes = path.read_bytes()
    assert boxes.index(b'moov') < boxes.index(b'mdat')  # it begins to play before it is there


@pytest.mark.parametrize('bgr', [(0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 165, 255)])
@pytest.mark.parametrize('wh', [(64, 48), (1280, 720)])  # players assume BT.709 of large ones
def test_colours_stay(record: Callable[..., Path], bgr: tuple[int, ...], wh: Any) -> None:
    ((image, _),) = play(record((0, np.full((wh[1], wh[0], 3), bgr, np.uint8))))
    np.testing.assert_allclose(image.mean(axis=(0, 1)), bgr, atol=6)


def test_without_an_encoder_of_h264_it_is_mpeg_4_and_a_sentence_says_so(
    record: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert codec_note() == ''
    monkeypatch.setattr('movenet_ros.core.recording.ENCODERS', {'no encoder': {}})
    assert 'browsers' in codec_note()
    assert shades(record((0, grey(50)), (1, grey(100)))) == [(50, 0), (100, 1)]


@pytest.mark.parametrize(
    ('wh', 'expected'), [((64, 48), (64, 48)), ((65, 49), (64, 48)), ((1, 1), (2, 2))]
)
def test_the_size_is_the_images_in_even_numbers(
    record: Callable[..., Path], wh: tuple[int, int], expected: tuple[int, int]
) -> None:
    ((image, _),) = play(record((0, grey(90, wh))))
    assert image.shape[1::-1] == expected


@pytest.mark.parametrize('wh', [(32, 24), (200, 150), (48, 64), (300, 10), (10, 300), (1, 1)])
def test_an_image_of_another_size_is_fitted_into_the_first_ones(
    record: Callable[..., Path], wh: tuple[int, int]
) -> None:
    _, (image, _) = play(record((0, grey(0)), (1, grey(200, wh))))
    bright = image.mean(axis=2) > 100
    scale = min(64 / wh[0], 48 / wh[1])
    expected = np.maximum(1, np.round(np.multiply(wh, scale)))
    assert image.shape == (48, 64, 3)
    assert abs(bright.any(axis=0).sum() - expected[0]) <= 2
    assert abs(bright.any(axis=1).sum() - expected[1]) <= 2


def test_a_fitted_image_lies_in_the_middle(record: Callable[..., Path]) -> None:
    _, (image, _) = play(record((0, grey(0)), (1, grey(200, (16, 48)))))
    columns = np.flatnonzero(image.mean(axis=(0, 2)) > 100)
    np.testing.assert_allclose(columns.mean(), 31.5, atol=1)


def test_a_folder_that_does_not_exist_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(VideoFile(tmp_path / 'gone' / 'a.mp4', RATE_HZ)) as video:
        with pytest.raises(StartError, match=r'cannot write .*gone/a\.mp4.*'):
            video.write(grey(0), 0)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / 'v.mp4'
    path.symlink_to('/dev/full')
    video = VideoFile(path, RATE_HZ)
    with pytest.raises(StartError, match=r'cannot write .*v\.mp4: No space left'):
        for i in range(100):
            video.write(grey(i), i * STEP_NS)
        video.close()
    video.close()
    assert not path.is_symlink()


def test_without_an_image_no_file_is_written(record: Callable[..., Path]) -> None:
    assert not record().exists()


def people(make_people: Callable[[tuple[int, int], int], Poses], ids: list[int]) -> Poses:
    """Return people with track ids."""
    made = make_people((640, 480), len(ids))
    return Poses(
        made.keypoints, made.keypoint_scores, made.boxes_xyxy, made.scores, np.array(ids)
    )


def test_an_id_is_a_decimal_string_and_empty_while_not_tracked(
    make_people: Callable[..., Poses],
) -> None:
    record = pose_record(0, (640, 480), people(make_people, [12, 0]))
    assert [person['id'] for person in record['people']] == ['12', '']


def test_a_record_has_the_numbers_of_every_person(make_people: Callable[..., Poses]) -> None:
    poses = people(make_people, [0, 0])
    record = pose_record(START_NS, (640, 480), poses)
    assert (record['stamp_ns'], record['image_wh']) == (START_NS, [640, 480])
    for i, person in enumerate(record['people']):
        assert set(person) == {'id', 'score', 'box_xyxy', 'keypoints'}
        expected = np.column_stack([poses.keypoints[i], poses.keypoint_scores[i]])
        np.testing.assert_allclose(person['keypoints'], expected, atol=0.0005)
        np.testing.assert_allclose(person['box_xyxy'], poses.boxes_xyxy[i], atol=0.0005)
        assert person['score'] == pytest.approx(float(poses.scores[i]), abs=0.0005)


def test_an_image_without_people_is_a_record_too() -> None:
    assert pose_record(7, (640, 480), Poses.nobody())['people'] == []


def test_a_file_holds_one_json_object_a_line(
    tmp_path: Path, make_people: Callable[..., Poses]
) -> None:
    records = [pose_record(i, (640, 480), people(make_people, [i])) for i in range(3)]
    with JsonLines(tmp_path / 'poses.jsonl') as lines:
        for record in records:
            lines.write(record)
    text = (tmp_path / 'poses.jsonl').read_text()
    assert text.endswith('\n')
    assert [json.loads(line) for line in text.splitlines()] == records


def test_a_line_can_be_read_as_soon_as_it_is_written(tmp_path: Path) -> None:
    with JsonLines(tmp_path / 'poses.jsonl') as lines:
        lines.write({'stamp_ns': 1})
        assert json.loads((tmp_path / 'poses.jsonl').read_text()) == {'stamp_ns': 1}


def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r'cannot write .*gone.*: No such file or directory'):
        JsonLines(tmp_path / 'gone' / 'poses.jsonl')


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / 'poses.jsonl'
    path.symlink_to('/dev/full')
    with pytest.raises(StartError, match=r'cannot write .*poses\.jsonl: No space left'):
        with JsonLines(path) as lines:
            lines.write({'stamp_ns': 1})
