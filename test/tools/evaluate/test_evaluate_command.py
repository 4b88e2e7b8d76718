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

"""On made-up pictures whose people the backend knows, and on real ones with the real model."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import re
import shutil
from typing import Any

import cv2
from movenet_ros import networks
from movenet_ros import perception
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.tools.evaluate import command as evaluate
import numpy as np
from numpy.typing import NDArray
import pytest

SIZES = [(320, 240), (240, 320), (320, 200)]  # of the pictures 1 to 3; the last shows no person

NO_PEOPLE = np.zeros((1, 0, 56), np.float32)

Change = Callable[[dict[str, Any]], object]


def annotation(number: int, image_id: int, poses: Poses) -> dict[str, Any]:
    """Return the ground truth of the first person, every keypoint visible."""
    left, top, right, bottom = poses.boxes_xyxy[0].tolist()
    keypoints = np.column_stack([poses.keypoints[0], np.full(17, 2)])
    return {
        'id': number,
        'image_id': image_id,
        'category_id': 1,
        'bbox': [left, top, right - left, bottom - top],
        'area': (right - left) * (bottom - top),
        'iscrowd': 0,
        'keypoints': keypoints.ravel().tolist(),
        'num_keypoints': 17,
    }


def person(image_wh: tuple[int, int]) -> Poses:
    """Return a person who is spread over most of a picture."""
    random = np.random.default_rng(image_wh[0])
    return Poses(
        keypoints=random.uniform(0.1, 0.9, (1, 17, 2)) * image_wh,
        keypoint_scores=np.ones((1, 17)),
        boxes_xyxy=np.array([[0.1, 0.1, 0.9, 0.9]]) * np.tile(image_wh, 2),
        scores=np.array([0.8]),
        ids=np.zeros(1),
    )


class Dataset:
    """
    A small data set on disk.

    :param folder: where it is made.
    """

    images_before = 1
    """How many runs of the model there are before that on the picture itself: it is warmed up."""

    def __init__(self, folder: Path) -> None:
        self.images, self.file = folder / 'pictures', folder / 'annotations.json'
        self.images.mkdir()
        self.names = [f'{i}.png' for i in range(1, len(SIZES) + 1)]
        for (width, height), name in zip(SIZES, self.names):
            cv2.imwrite(str(self.images / name), np.zeros((height, width, 3), np.uint8))
        self.content: dict[str, Any] = {
            'images': [
                {'id': i, 'file_name': name, 'width': wh[0], 'height': wh[1]}
                for i, (wh, name) in enumerate(zip(SIZES, self.names), start=1)
            ],
            'annotations': [
                annotation(i, i, person(wh)) for i, wh in enumerate(SIZES[:2], start=1)
            ],
            'categories': [{'id': 1, 'name': 'person', 'keypoints': list(COCO.names)}],
        }
        self.save()

    def save(self) -> None:
        """Write the annotations."""
        self.file.write_text(json.dumps(self.content))

    def run(self, *more: str) -> int:
        """Evaluate it in mode fast, unless told otherwise."""
        return evaluate.main([
            '--annotations', str(self.file), '--images', str(self.images), '--mode', 'fast', *more,
        ])


@pytest.fixture
def dataset(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[Letterbox, Poses], NDArray[np.float32]],
) -> Dataset:
    """Give a small data set, and a backend that sees exactly the people in it."""
    made = Dataset(tmp_path)

    def opened(*_: Any) -> networks.Network:
        seen = [NO_PEOPLE] * len(perception.WARM_UP_WH)
        for wh in SIZES[:2]:
            people = answer(Letterbox.fit(wh, 256, 32), person(wh))
            seen += [*[NO_PEOPLE] * made.images_before, people]
        return networks.Network(RecordedBackend([*seen, NO_PEOPLE]), 'made up', None)

    monkeypatch.setattr(networks, 'open_network', opened)
    return made


def test_a_model_that_is_always_right_has_an_ap_of_1(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dataset.run() == 0
    assert re.search(r'^AP 1\.000$', capsys.readouterr().out, re.MULTILINE)


def test_keypoints_that_are_off_cost_ap(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in dataset.content['annotations']:
        each['keypoints'] = [value + 25 if value > 2 else value for value in each['keypoints']]
    dataset.save()
    dataset.run()
    assert re.search(r'^AP 0\.000$', capsys.readouterr().out, re.MULTILINE)


def test_every_figure_has_a_line_of_its_own(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.run()
    lines = capsys.readouterr().out.splitlines()
    for name in ('AP', 'AP50', 'AP75', 'AP_medium', 'AP_large', 'AR'):
        assert sum(bool(re.fullmatch(rf'{name} -?\d\.\d\d\d', line)) for line in lines) == 1


def test_it_says_which_backend_and_input_size(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.run('--input-size', '256')
    out = capsys.readouterr().out
    assert 'recorded 1 on nothing, f32, input size 256, mode fast' in out


@pytest.mark.parametrize('harm', ['missing', 'rubbish', 'truncated'])
def test_a_picture_that_cannot_be_read_is_named_and_left_out(
    dataset: Dataset, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    path = dataset.images / '3.png'
    whole = path.read_bytes()
    path.unlink()
    if harm != 'missing':
        path.write_bytes(b'rubbish' if harm == 'rubbish' else whole[: len(whole) // 2])
    assert dataset.run() == 0
    captured = capsys.readouterr()
    assert 'skipped 3.png: ' in captured.err
    assert 'AP 1.000' in captured.out
    assert '1 of' in captured.out.splitlines()[-1]


def test_annotations_may_begin_with_a_byte_order_mark(dataset: Dataset) -> None:
    dataset.file.write_bytes(b'\xef\xbb\xbf' + dataset.file.read_bytes())
    assert dataset.run() == 0


def test_the_people_of_a_picture_that_is_left_out_do_not_count(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset.images / '2.png').unlink()
    dataset.run()
    assert 'AP 1.000' in capsys.readouterr().out


def test_the_figures_are_written_as_json(dataset: Dataset, tmp_path: Path) -> None:
    (dataset.images / '3.png').unlink()
    dataset.run('--json', str(tmp_path / 'figures.json'))
    report = json.loads((tmp_path / 'figures.json').read_text())
    assert report['AP'] == pytest.approx(1)
    assert (report['images'], report['skipped'], report['input_size']) == (2, 1, 256)
    assert (report['backend'], report['person_threshold']) == ('recorded 1 on nothing, f32', 0)
    assert (report['mode'], report['stream'], report['crops']) == ('fast', 0, 0)
    assert 0 <= report['model_ms_median'] <= report['model_ms_p95']
    assert report['cpu_ms'] >= 0


def test_json_that_cannot_be_written_is_said_in_one_line(
    dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=r'cannot write .*gone.*: No such file or directory'):
        dataset.run('--json', str(tmp_path / 'gone' / 'figures.json'))


def test_a_stream_is_judged_by_its_last_image(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """People are seen in the last of three images alone."""
    dataset.images_before = 3
    dataset.run('--stream', '3')
    assert 'AP 1.000' in capsys.readouterr().out


@pytest.mark.parametrize('count', ['0', '-1', 'many', '1.5'])
def test_a_stream_of_no_number_of_images_is_refused(
    dataset: Dataset, count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        dataset.run('--stream', count)
    assert 'number of images' in capsys.readouterr().err


def test_a_threshold_above_all_scores_leaves_an_ap_of_0(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset.run('--person-threshold', '0.9')
    assert 'AP 0.000' in capsys.readouterr().out


def test_a_folder_with_none_of_the_pictures_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    dataset.images = tmp_path / 'others'
    dataset.images.mkdir()
    cv2.imwrite(str(dataset.images / 'x.png'), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(StartError, match='none of the pictures of .* is in .*others'):
        dataset.run()


@pytest.mark.parametrize(
    ('name', 'content', 'words'),
    [
        ('gone', None, 'no such file or folder'),
        ('val2017.zip', b'PK\3\4' + bytes(60), 'zip archive .*unpack it'),
        ('clip.mp4', b'\0\0\0\x20ftypisom', 'a video'),
    ],
)
def test_what_is_no_folder_of_pictures_is_told_as_what_it_is_before_the_model_is_loaded(
    name: str, content: bytes | None, words: str, dataset: Dataset, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dataset.images = tmp_path / name
    if content is not None:
        dataset.images.write_bytes(content)
    with pytest.raises(StartError, match=words):
        dataset.run()
    assert 'input size' not in capsys.readouterr().out


def test_missing_annotations_are_refused_with_the_reason(dataset: Dataset) -> None:
    dataset.file.unlink()
    with pytest.raises(StartError, match=r'cannot read .*annotations\.json: No such file'):
        dataset.run()


@pytest.mark.parametrize(
    'content', [b'', b'not json', b'[]', b'7', b'{}', b'\xff\xd8\xff\xe0' * 500, b'{"images": 3}'],
    ids=lambda content: repr(content[:16]),
)
def test_a_file_that_holds_no_annotations_is_refused_in_one_line(
    dataset: Dataset, content: bytes
) -> None:
    dataset.file.write_bytes(content)
    with pytest.raises(StartError) as caught:
        dataset.run()
    sentence = str(caught.value)
    assert str(dataset.file) in sentence
    assert '\n' not in sentence
    assert len(sentence) < 300


def drop(field: str) -> Change:
    """Return a change that takes a field away from every annotation."""
    return lambda content: [each.pop(field) for each in content['annotations']]


def empty(field: str) -> Change:
    """Return a change that puts null into the first annotation."""
    return lambda content: content['annotations'][0].update({field: None})


def test_annotations_without_keypoints_are_refused_with_those_that_have_them(
    dataset: Dataset,
) -> None:
    drop('keypoints')(dataset.content)
    dataset.save()
    with pytest.raises(StartError, match='has no keypoints of category 1, .*person_keypoints_'):
        dataset.run()


@pytest.mark.parametrize(
    'change',
    [
        drop('num_keypoints'), drop('image_id'), drop('area'), drop('iscrowd'), empty('keypoints'),
        lambda it: it['annotations'][0].update(keypoints=[1, 2, 3]),
        lambda it: it.pop('categories'),
        lambda it: it['annotations'][0].update(area=float('nan')),
        lambda it: it['annotations'][0].update(image_id=str(it['annotations'][0]['image_id'])),
    ],
    ids=[
        'num_keypoints', 'image_id', 'area', 'iscrowd', 'null', 'one keypoint', 'categories',
        'area that is no number', 'image_id that is a string',
    ],
)
def test_annotations_that_lack_something_are_refused_before_the_model_is_loaded(
    dataset: Dataset, change: Change, capsys: pytest.CaptureFixture[str]
) -> None:
    change(dataset.content)
    dataset.save()
    with pytest.raises(StartError) as refused:
        dataset.run()
    assert str(dataset.file) in str(refused.value)
    assert 'input size' not in capsys.readouterr().out


@pytest.mark.parametrize(
    'wrong',
    [
        ['--input-size', '100'],
        ['--input-size', '2048'],
        ['--person-threshold', '1.5'],
        ['--backend', 'tensorrt'],
        ['--device', 'tpu'],
        ['--mode', 'quick'],
    ],
)
def test_an_argument_out_of_range_is_refused(dataset: Dataset, wrong: list[str]) -> None:
    name = wrong[0][2:].replace('-', '_')
    with pytest.raises(StartError, match=f'parameter {name} '):
        dataset.run(*wrong)


@pytest.mark.parametrize(
    'given',
    [
        [],
        ['--annotations', 'a.json'],
        ['--images', 'pictures'],
        ['--tracks', 'clip.json'],
        ['--video', 'clip.mp4'],
        ['--tracks', 'clip.json', '--images', 'pictures'],
        ['--annotations', 'a.json', '--video', 'clip.mp4'],
    ],
)
def test_half_of_what_it_takes_is_refused(
    capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        evaluate.main(given)
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert '--annotations and --images, or --tracks and --video' in last


@pytest.mark.parametrize('more', [['--annotations', 'a.json'], ['--images', 'pictures']])
def test_pictures_and_a_clip_at_once_are_refused(
    capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        evaluate.main(['--tracks', 'clip.json', '--video', 'clip.mp4', *more])
    assert caught.value.code == 2
    assert 'pictures or a clip, not both' in capsys.readouterr().err.splitlines()[-1]


def test_help_names_the_figures_of_a_clip(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        evaluate.main(['--help'])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(f'  {name}' in out for name in ('IDSW', 'IDF1', 'MOTA', 'jitter_px', 'lag_ms'))


@pytest.mark.parametrize(
    ('given', 'expected'), [([], 0.0), (['--person-threshold', '0.4'], 0.4)]
)
def test_ap_counts_all_people_unless_told_otherwise(
    dataset: Dataset, tmp_path: Path, given: list[str], expected: float
) -> None:
    dataset.run('--json', str(tmp_path / 'figures.json'), *given)
    report = json.loads((tmp_path / 'figures.json').read_text())
    assert report['person_threshold'] == expected


def test_real_pictures_with_the_real_model(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """AP is 0.32 as it should be, 0.04 if the padding is not undone, 0.23 on BGR for RGB."""
    images = tmp_path / 'images'
    shutil.copytree(data / 'images', images)
    truth = json.loads((data / 'annotations.json').read_text())
    truth['images'].append({'id': 10**9, 'file_name': 'broken_truncated.jpg'})
    (tmp_path / 'annotations.json').write_text(json.dumps(truth))
    shutil.copy(data / 'hard' / 'broken_truncated.jpg', images)

    code = evaluate.main([
        '--annotations', str(tmp_path / 'annotations.json'), '--images', str(images),
        '--backend', 'onnxruntime', '--device', 'cpu', '--mode', 'fast',
        '--json', str(tmp_path / 'figures.json'),
    ])

    assert code == 0
    report = json.loads((tmp_path / 'figures.json').read_text())
    assert report['AP'] >= 0.30
    assert (report['images'], report['skipped']) == (len(truth['images']) - 1, 1)
    assert 'skipped broken_truncated.jpg: a truncated JPEG' in capsys.readouterr().err
