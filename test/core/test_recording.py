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

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.poses import Poses
from movenet_ros.core.recording import JsonLines
from movenet_ros.core.recording import MAX_HELD_S
from movenet_ros.core.recording import pose_record
from movenet_ros.core.recording import VideoFile
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


def play(path: Path) -> list[Pixels]:
    """Read a video to its end."""
    capture = cv2.VideoCapture(str(path))
    images: list[Any] = []
    while True:
        got, image = capture.read()
        if not got:
            return images
        images.append(image)


def shades(path: Path) -> list[int]:
    """Return the shade of each image of a video, to the next ten."""
    return [int(round(float(image.mean()), -1)) for image in play(path)]


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


def test_images_at_the_pace_of_the_file_are_each_shown_once(record: Callable[..., Path]) -> None:
    path = record(*((i, grey(20 * i)) for i in range(8)))
    assert shades(path) == [0, 20, 40, 60, 80, 100, 120, 140]
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) == RATE_HZ


def test_stamps_that_tremble_change_nothing(record: Callable[..., Path]) -> None:
    trembling = [0, 1.4, 1.7, 3.3, 3.8, 5.2, 6]
    assert len(play(record(*((steps, grey(0)) for steps in trembling)))) == 7


def test_a_gap_is_filled_with_the_image_before_it(record: Callable[..., Path]) -> None:
    assert shades(record((0, grey(50)), (3, grey(100)), (4, grey(150)))) == [50, 50, 50, 100, 150]


def test_an_image_that_is_overwritten_later_fills_its_gap_as_it_was(tmp_path: Path) -> None:
    image = grey(50)
    with closing(VideoFile(tmp_path / 'v.mp4', RATE_HZ)) as video:
        video.write(image, 0)
        image[:] = 200
        video.write(image, 3 * STEP_NS)
    assert shades(tmp_path / 'v.mp4') == [50, 50, 50, 200]


def test_repeated_stamps_show_every_image(record: Callable[..., Path]) -> None:
    assert shades(record((0, grey(50)), (0, grey(100)), (0, grey(150)))) == [50, 100, 150]


@pytest.mark.parametrize('back', [1, 100, 10**6])
def test_after_a_jump_back_it_goes_on_from_there(
    record: Callable[..., Path], back: int
) -> None:
    stamped = [(2, 50), (3, 100), (3 - back, 150), (6 - back, 200), (7 - back, 250)]
    shown = shades(record(*((steps, grey(shade)) for steps, shade in stamped)))
    assert shown == [50, 100, 150, 150, 150, 200, 250]


def test_a_very_long_gap_is_cut_short(record: Callable[..., Path]) -> None:
    longest = int(MAX_HELD_S * RATE_HZ)
    assert len(play(record((0, grey(0)), (10**6, grey(0))))) == longest + 2


@pytest.mark.parametrize(
    ('wh', 'expected'), [((64, 48), (64, 48)), ((65, 49), (64, 48)), ((1, 1), (2, 2))]
)
def test_the_size_is_the_images_in_even_numbers(
    record: Callable[..., Path], wh: tuple[int, int], expected: tuple[int, int]
) -> None:
    (image,) = play(record((0, grey(90, wh))))
    assert image.shape[1::-1] == expected


@pytest.mark.parametrize('wh', [(32, 24), (200, 150), (48, 64), (300, 10), (10, 300), (1, 1)])
def test_an_image_of_another_size_is_fitted_into_the_first_ones(
    record: Callable[..., Path], wh: tuple[int, int]
) -> None:
    _, image = play(record((0, grey(0)), (1, grey(200, wh))))
    bright = image.mean(axis=2) > 100
    scale = min(64 / wh[0], 48 / wh[1])
    expected = np.maximum(1, np.round(np.multiply(wh, scale)))
    assert image.shape == (48, 64, 3)
    assert abs(bright.any(axis=0).sum() - expected[0]) <= 2
    assert abs(bright.any(axis=1).sum() - expected[1]) <= 2


def test_a_fitted_image_lies_in_the_middle(record: Callable[..., Path]) -> None:
    _, image = play(record((0, grey(0)), (1, grey(200, (16, 48)))))
    columns = np.flatnonzero(image.mean(axis=(0, 2)) > 100)
    np.testing.assert_allclose(columns.mean(), 31.5, atol=1)


def test_a_folder_that_does_not_exist_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(VideoFile(tmp_path / 'gone' / 'a.mp4', RATE_HZ)) as video:
        with pytest.raises(StartError, match=r'cannot write .*gone/a\.mp4.*'):
            video.write(grey(0), 0)


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
