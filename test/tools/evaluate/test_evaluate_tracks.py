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

"""On made-up clips whose people the backend knows, and on real ones with the real model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
import io
from itertools import islice
import json
from pathlib import Path
import re
from typing import Any

import cv2
from log_lines import Lines
from movenet_ros import networks
from movenet_ros import perception
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import FollowSettings
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.media import open_media
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.skeleton import COCO
from movenet_ros.perception import Perception
from movenet_ros.tools.evaluate import command as evaluate
from movenet_ros.tools.evaluate import spent
from movenet_ros.tools.evaluate.clip import read_clip
from movenet_ros.tools.evaluate.tracks import evaluate_tracks
from movenet_ros.tools.evaluate.tracks import MEANINGS
import numpy as np
from numpy.typing import NDArray
import pytest

Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Change = Callable[[dict[str, Any]], object]

WH = (320, 240)
COUNT = 60
RATE_HZ = 30
HEIGHT = 120.0
CLIPS = {'synth_walk3': 0, 'synth_pan5': 1}  # with how many id switches at most

random = np.random.default_rng(5)
SHAPE = random.uniform(-0.5, 0.5, (17, 2)) * (0.4, 1.0)  # of a person, in heights


def people_at(*middles: tuple[float, float]) -> Poses:
    """Return people of one height."""
    n = len(middles)
    places = np.array(middles, np.float64).reshape(-1, 1, 2)
    half = np.array([0.2, 0.5]) * HEIGHT
    return Poses(
        keypoints=places + SHAPE * HEIGHT,
        keypoint_scores=np.full((n, 17), 0.9),
        boxes_xyxy=np.concatenate([places[:, 0] - half, places[:, 0] + half], axis=1),
        scores=np.full(n, 0.8),
        ids=np.zeros(n),
    )


def truth_at(i: int) -> Poses:
    """Return who is in an image: the first person stands, the second walks."""
    return people_at((80.0, 120.0), (160.0 + 1.2 * i, 118.0))


def annotation(number: int, image_id: int, track_id: int, poses: Poses) -> dict[str, Any]:
    """Return the truth about one person of an image."""
    left, top, right, bottom = poses.boxes_xyxy[track_id].tolist()
    keypoints = np.column_stack([poses.keypoints[track_id], np.full(17, 2)])
    return {
        'id': number,
        'image_id': image_id,
        'category_id': 1,
        'track_id': track_id,
        'bbox': [left, top, right - left, bottom - top],
        'area': (right - left) * (bottom - top),
        'iscrowd': 0,
        'keypoints': keypoints.ravel().tolist(),
        'num_keypoints': 17,
    }


def write_video(path: Path, count: int, wh: tuple[int, int] = WH) -> None:
    """Write so many black images."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), RATE_HZ, wh)
    for _ in range(count):
        writer.write(np.zeros((wh[1], wh[0], 3), np.uint8))
    writer.release()


class MadeUp:
    """
    A clip on disk, and what the backend sees in it.

    :param folder: where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.file, self.video = folder / 'clip.json', folder / 'clip.mp4'
        write_video(self.video, COUNT)
        self.seen = [truth_at(i) for i in range(COUNT)]
        self.content: dict[str, Any] = {
            'info': {'fps': RATE_HZ},
            'images': [
                {'id': 100 + i, 'frame_index': i, 'width': WH[0], 'height': WH[1]}
                for i in range(COUNT)
            ],
            'annotations': [
                annotation(1 + 2 * i + person, 100 + i, person, truth_at(i))
                for i in range(COUNT) for person in range(2)
            ],
            'categories': [{'id': 1, 'name': 'person', 'keypoints': list(COCO.names)}],
        }
        self.report = folder / 'figures.json'

    def run(self, *more: str) -> dict[str, Any]:
        """Evaluate it and return the figures."""
        self.file.write_text(json.dumps(self.content))
        assert not evaluate.main([
            '--tracks', str(self.file), '--video', str(self.video),
            '--json', str(self.report), '--mode', 'fast', *more,
        ])
        figures: dict[str, Any] = json.loads(self.report.read_text())
        return figures

    def accuracy(self, *more: str) -> dict[str, Any]:
        """Evaluate it and return the figures that are not of the machine."""
        return {name: figure for name, figure in self.run(*more).items() if name in MEANINGS}

    def see(self, images: range, change: Callable[[Poses], Poses]) -> None:
        """Let the backend see something else in some images."""
        for i in images:
            self.seen[i] = change(self.seen[i])

    def forget(self, track_id: int, images: range) -> None:
        """Let a person be out of the picture in some images."""
        gone = {100 + i for i in images}
        self.content['annotations'] = [
            each for each in self.content['annotations']
            if each['track_id'] != track_id or each['image_id'] not in gone
        ]
        self.see(images, lambda poses: only(poses, 1 - track_id))


def only(poses: Poses, which: int) -> Poses:
    """Return one person."""
    names = ('keypoints', 'keypoint_scores', 'boxes_xyxy', 'scores', 'ids')
    return Poses(*(getattr(poses, name)[[which]] for name in names))


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> MadeUp:
    """Give a clip of two people, and a backend that sees exactly them."""
    made = MadeUp(tmp_path)

    def opened(*_: Any) -> networks.Network:
        letterbox = Letterbox.fit(WH, 256, 32)
        warm_up = [np.zeros((1, 0, 56), np.float32)] * (len(perception.WARM_UP_WH) + 1)
        seen = [answer(letterbox, each) for each in made.seen]
        return networks.Network(RecordedBackend([*warm_up, *seen]), 'made up', None)

    monkeypatch.setattr(networks, 'open_network', opened)
    return made


def refusal(clip: MadeUp, *more: str) -> str:
    """Return the one line that a clip is refused with."""
    with pytest.raises(StartError) as caught:
        clip.run(*more)
    sentence = str(caught.value)
    assert '\n' not in sentence and len(sentence) < 400
    return sentence


# figures


def test_people_who_are_all_found_keep_their_ids(clip: MadeUp) -> None:
    """No person has one in the first two images, which costs IDF1 and MOTA."""
    figures = clip.run()
    with_id, all_people = 2 * (COUNT - 2), 2 * COUNT
    assert figures['IDSW'] == 0
    assert figures['IDF1'] == pytest.approx(2 * with_id / (with_id + all_people))
    assert figures['MOTA'] == pytest.approx(with_id / all_people)
    assert (figures['IDF1_max'], figures['AP']) == (1, pytest.approx(1))


def test_who_comes_back_with_a_new_id_is_a_switch(clip: MadeUp) -> None:
    clip.forget(1, range(20, 40))
    assert clip.run('--tracking-max-age-s', '0.5')['IDSW'] == 1
    assert clip.run('--tracking-max-age-s', '0.9')['IDSW'] == 0


def test_who_has_a_low_score_for_a_while_keeps_the_id(clip: MadeUp) -> None:
    """As in the node."""
    clip.see(range(20, 40), lambda poses: replace(poses, scores=np.array([0.8, 0.15])))
    assert clip.run('--tracking-max-age-s', '0.3')['IDSW'] == 0


def test_who_is_not_found_costs_what_detection_allows(clip: MadeUp) -> None:
    clip.see(range(30, 60), lambda poses: only(poses, 0))
    figures = clip.run()
    assert figures['IDF1_max'] == pytest.approx(2 * 90 / (90 + 120))
    assert figures['MOTA'] == pytest.approx((90 - 4) / 120)


def test_a_person_who_is_not_there_costs_mota(clip: MadeUp) -> None:
    """A third person, in every image but without an id in two."""
    def add(poses: Poses) -> Poses:
        third = people_at((260.0, 40.0))
        names = ('keypoints', 'keypoint_scores', 'boxes_xyxy', 'scores', 'ids')
        return Poses(
            *(np.concatenate([getattr(each, name) for each in (poses, third)]) for name in names)
        )

    before = clip.run()['MOTA']
    clip.see(range(COUNT), add)
    assert clip.run()['MOTA'] == pytest.approx(before - (COUNT - 2) / 120)


def test_smoothing_takes_jitter_away(clip: MadeUp) -> None:
    noise = np.random.default_rng(0)
    clip.see(range(COUNT), lambda poses: replace(
        poses, keypoints=poses.keypoints + noise.normal(0, 1, poses.keypoints.shape)
    ))
    figures = clip.run()
    assert figures['jitter_px_raw'] == pytest.approx(np.sqrt(np.pi), rel=0.05)
    assert figures['jitter_px'] <= 0.4 * figures['jitter_px_raw']
    assert figures['AP'] >= figures['AP_raw']


def test_keypoints_that_are_two_images_late_are_66_ms_late(clip: MadeUp) -> None:
    clip.seen = [truth_at(0), truth_at(0), *clip.seen[:-2]]
    figures = clip.run()
    assert figures['lag_ms_raw'] == pytest.approx(66.7, abs=4)
    assert figures['lag_ms'] == pytest.approx(66.7, abs=10)


def test_angles_are_told_joint_by_joint_in_json_alone(
    clip: MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    """They do not turn with people who move, so none is off."""
    figures = clip.run()
    assert tuple(figures['angles']) == ANGLES
    assert figures['angles']['left_knee']['angle_error_deg_median'] == pytest.approx(0, abs=0.1)
    assert figures['angle_error_deg_p90'] < 1 and figures['angles_within_1sd'] == 1
    assert 'left_knee' not in capsys.readouterr().out


def test_images_count_in_the_order_of_the_video(clip: MadeUp) -> None:
    """Not in that of the file."""
    expected = clip.accuracy()
    clip.content['images'].reverse()
    assert clip.accuracy() == expected


def test_every_figure_has_a_line_of_its_own(
    clip: MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    clip.run()
    lines = capsys.readouterr().out.splitlines()
    names = {*MEANINGS, *spent.MEANINGS}
    assert {line.split()[0] for line in lines[-len(names):]} == names
    for name in ('IDSW', 'IDF1', 'MOTA', 'jitter_px', 'lag_ms'):
        (line,) = [each for each in lines if each.startswith(f'{name} ')]
        assert re.fullmatch(rf'{name} (\d+|-?\d+\.\d+)', line)
    assert 'IDSW 0' in lines


def test_json_has_the_figures_and_what_made_them(clip: MadeUp) -> None:
    figures = clip.run('--person-threshold', '0.3')
    returns = {f'returns_{kind}' for kind in ('right', 'wrong', 'new')}
    names = {*MEANINGS, *spent.MEANINGS, *returns, 'mode', 'angles'}
    assert names - {'returns'} <= set(figures)
    assert figures['person_threshold'] == 0.3 and figures['input_size'] == 256
    assert figures['backend'] == 'recorded 1 on nothing, f32'


def test_people_count_as_in_the_node_unless_told_otherwise(clip: MadeUp) -> None:
    assert clip.run()['person_threshold'] == FollowSettings.person_threshold


def test_what_a_clip_says_nothing_about_is_null(
    clip: MadeUp, capsys: pytest.CaptureFixture[str]
) -> None:
    """No person moves."""
    clip.forget(1, range(COUNT))
    figures = clip.run()
    assert figures['lag_ms'] is None and figures['lag_ms_raw'] is None
    assert 'lag_ms nan' in capsys.readouterr().out.splitlines()


def test_where_no_person_is_found_everything_is_0(clip: MadeUp) -> None:
    clip.see(range(COUNT), lambda poses: Poses.nobody())
    figures = clip.run()
    assert [figures[name] for name in ('IDSW', 'IDF1', 'IDF1_max', 'MOTA', 'AP')] == [0] * 5
    assert figures['jitter_px'] is None


def test_images_without_people_are_good(clip: MadeUp) -> None:
    clip.forget(0, range(20, 30))
    clip.content['annotations'] = [
        each for each in clip.content['annotations'] if not 120 <= each['image_id'] < 130
    ]
    clip.see(range(20, 30), lambda poses: Poses.nobody())
    assert clip.run()['IDSW'] == 0


@pytest.mark.parametrize(
    'change',
    [
        ('--tracking-association', 'boxes'), ('--smoothing-beta', '0.5'),
        ('--smoothing-min-cutoff-hz', '9'),
    ],
)
def test_the_settings_make_a_difference(clip: MadeUp, change: tuple[str, str]) -> None:
    """Keypoints shake a little, and boxes so much that only keypoints tell people apart."""
    noise = np.random.default_rng(0)
    for i in range(COUNT):
        clip.see(range(i, i + 1), lambda poses, side=(-30.0, 30.0)[i % 2]: replace(
            poses,
            keypoints=poses.keypoints + noise.normal(0, 1, poses.keypoints.shape),
            boxes_xyxy=poses.boxes_xyxy + np.array([side, 0, side, 0]),
        ))
    assert clip.accuracy(*change) != clip.accuracy()


# what is refused


def test_a_video_that_is_not_there_is_named(clip: MadeUp, tmp_path: Path) -> None:
    clip.video = tmp_path / 'gone'
    assert 'no such file' in refusal(clip) and str(clip.video) in refusal(clip)


def test_annotations_that_are_not_there_are_named(clip: MadeUp) -> None:
    with pytest.raises(StartError, match=r'cannot read .*clip\.json: No such file'):
        evaluate.main(['--tracks', str(clip.file), '--video', str(clip.video)])


def of_all(name: str, field: str) -> Change:
    """Return a change that takes a field away from all entries."""
    return lambda content: [each.pop(field) for each in content[name]]


def replaced(name: str, field: str, value: Any) -> Change:
    """Return a change that spoils a field of the last entry."""
    return lambda content: content[name][-1].update({field: value})


CHANGES: dict[str, Change] = {
    'no info': lambda content: content.pop('info'),
    'info is a list': lambda content: content.update(info=[]),
    'no fps': lambda content: content['info'].pop('fps'),
    'fps is a word': lambda content: content['info'].update(fps='fast'),
    'fps 0': lambda content: content['info'].update(fps=0),
    'fps below 0': lambda content: content['info'].update(fps=-30),
    'fps nan': lambda content: content['info'].update(fps=float('nan')),
    'fps inf': lambda content: content['info'].update(fps=float('inf')),
    'no frame_index': of_all('images', 'frame_index'),
    'frame_index is a word': replaced('images', 'frame_index', 'last'),
    'no width': of_all('images', 'width'),
    'no height': of_all('images', 'height'),
    'no track_id': of_all('annotations', 'track_id'),
    'no bbox': of_all('annotations', 'bbox'),
    'bbox of three': replaced('annotations', 'bbox', [1, 2, 3]),
    'keypoints are missing': replaced('annotations', 'keypoints', [1, 2, 3]),
    'no keypoints': of_all('annotations', 'keypoints'),
    'keypoints are words': replaced('annotations', 'keypoints', ['a'] * 51),
    'pictures of COCO': lambda content: [
        each.pop('frame_index') for each in content['images']
    ] + [each.pop('track_id') for each in content['annotations']],
}


@pytest.mark.parametrize('change', CHANGES.values(), ids=CHANGES)
def test_annotations_that_are_not_of_a_clip_are_refused(clip: MadeUp, change: Change) -> None:
    change(clip.content)
    assert str(clip.file) in refusal(clip)


@pytest.mark.parametrize('content', [b'', b'not json', b'[]', b'{}', b'\xff\xd8' * 500])
def test_a_file_that_is_none_is_refused(clip: MadeUp, content: bytes) -> None:
    clip.file.write_bytes(content)
    with pytest.raises(StartError, match='is no COCO annotation file|has no keypoints') as caught:
        evaluate.main(['--tracks', str(clip.file), '--video', str(clip.video)])
    assert '\n' not in str(caught.value)


def test_a_file_that_is_no_video_is_refused(clip: MadeUp) -> None:
    clip.video.write_bytes(b'\xff' * 100)
    assert 'is no video' in refusal(clip)


def test_a_video_of_another_size_is_refused(clip: MadeUp) -> None:
    write_video(clip.video, COUNT, (160, 120))
    assert 'is 160x120, the annotations are of 320x240' in refusal(clip)


def test_a_video_with_fewer_images_is_refused(clip: MadeUp) -> None:
    write_video(clip.video, COUNT - 1)
    assert f'has fewer images than the {COUNT} annotated' in refusal(clip)


def test_a_video_with_more_images_is_refused(clip: MadeUp) -> None:
    write_video(clip.video, COUNT + 1)
    assert f'has more images than the {COUNT} annotated' in refusal(clip)


def test_json_that_cannot_be_written_is_said(clip: MadeUp, tmp_path: Path) -> None:
    clip.report = tmp_path / 'gone' / 'figures.json'
    assert re.search('cannot write .*gone.*: No such file', refusal(clip))


def test_settings_out_of_range_are_refused(clip: MadeUp) -> None:
    assert 'smoothing.beta' in refusal(clip, '--smoothing-beta', '-1')


# real clips with the real model


@pytest.fixture(scope='session', params=CLIPS)
def real(
    request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """Give the name of a clip and its figures."""
    name, folder = request.param, data / 'videos'
    report = tmp_path_factory.mktemp(name) / 'figures.json'
    with redirect_stdout(io.StringIO()):
        evaluate.main([
            '--tracks', str(folder / f'{name}.json'), '--video', str(folder / f'{name}.mp4'),
            '--backend', 'onnxruntime', '--device', 'cpu', '--runtime-threads', '2',
            '--mode', 'fast', '--json', str(report),
        ])
    return name, json.loads(report.read_text())


Real = tuple[str, dict[str, Any]]


def test_real_people_keep_their_ids(real: Real) -> None:
    name, figures = real
    assert figures['IDSW'] <= CLIPS[name]


def test_real_people_are_found_under_their_ids(real: Real) -> None:
    """In the pan, two skiers are out of the picture for up to 2 s."""
    name, figures = real
    assert figures['IDF1'] >= 0.95 * figures['IDF1_max'] and figures['wrong_id'] == 0


def test_real_people_keep_their_ids_for_longer_than_an_oracle_that_forgets(real: Real) -> None:
    _, figures = real
    assert figures['IDF1'] > figures['IDF1_oracle']


@pytest.mark.parametrize('step', [3, -2])
def test_people_who_cross_keep_their_ids_at_other_rates_and_backwards(
    step: int, data: Path, onnxruntime_cpu: Runtime
) -> None:
    """At 10 Hz, and at 15 Hz from the end; as it is, the clip is among those above."""
    folder = data / 'videos'
    clip = read_clip(folder / 'synth_walk3.json', folder / 'synth_walk3.mp4')
    images = [*clip.media.images()][::step]
    other = replace(
        clip,
        media=replace(clip.media, images=lambda: iter(images)),
        entries=clip.entries[::step],
        rate_hz=clip.rate_hz / abs(step),
    )
    figures = evaluate_tracks(other, Perception(runtime=onnxruntime_cpu))
    assert figures['IDSW'] == 0


def test_real_keypoints_shake_60_percent_less(real: Real) -> None:
    """In the clip that has people who stand still."""
    name, figures = real
    if name == 'synth_pan5':
        assert figures['jitter_px'] is None
    else:
        assert figures['jitter_px'] <= 0.4 * figures['jitter_px_raw']


def test_real_keypoints_are_at_most_40_ms_later(real: Real) -> None:
    """Than without smoothing, and than the truth."""
    _, figures = real
    assert figures['lag_ms'] <= 40 and figures['lag_ms'] - figures['lag_ms_raw'] <= 40


def test_smoothing_costs_next_to_no_ap(real: Real) -> None:
    _, figures = real
    assert figures['AP'] >= figures['AP_raw'] - 0.005


VISITED_EVERY = 2  # images of the clip, which has 10 Hz
MARGIN = 8  # images around a visit, in which a person may be half in the room


@pytest.fixture(scope='session')
def visited(data: Path, onnxruntime_cpu: Runtime) -> list[list[int]]:
    """Give the ids in each image, at 5 Hz, of a room that six people visit."""
    log = Lines()
    finder = Perception(log=log, runtime=onnxruntime_cpu)
    ids = []
    images = open_media(str(data / 'videos/one_by_one_person.mp4')).images()
    for i, (image, *_) in enumerate(islice(images, 0, None, VISITED_EVERY)):
        assert isinstance(image, SourceImage)
        found = finder.people(image, (i + 1) * VISITED_EVERY * 10**8)
        ids.append(found.ids.tolist())
    assert not log.warnings
    return ids


def visits(data: Path) -> list[tuple[int, int]]:
    """Return the first and the last image of each visit."""
    truth = json.loads((data / 'videos/one_by_one_person.json').read_text())
    return [(-(-first // VISITED_EVERY), last // VISITED_EVERY) for first, last in truth['visits']]


def test_each_visit_of_a_room_has_one_id(data: Path, visited: list[list[int]]) -> None:
    found = [
        {each for ids in visited[first - MARGIN:last + MARGIN + 1] for each in ids if each}
        for first, last in visits(data)
    ]
    assert found == [{1}, {2}, {3}, {4}, {5}, {6}]


def test_no_person_has_an_id_while_the_room_is_empty(data: Path, visited: list[list[int]]) -> None:
    empty = set(range(len(visited)))
    for first, last in visits(data):
        empty -= set(range(first - MARGIN, last + MARGIN + 1))
    assert [i for i in empty if visited[i]] == []


def test_visitors_have_their_ids_for_most_of_the_time(
    data: Path, visited: list[list[int]]
) -> None:
    for first, last in visits(data):
        with_id = [any(ids) for ids in visited[first:last + 1]]
        assert np.mean(with_id) >= 0.9


def test_real_joint_angles_are_as_far_off_as_is_stated(real: Real) -> None:
    """As well as can be said of three to five people: to 10 points of 68 and 95 %."""
    name, figures = real
    median, p90 = (figures[f'angle_error_deg_{each}'] for each in ('median', 'p90'))
    assert median <= 5.4 and p90 <= 15.1, name
    assert figures['angles_within_1sd'] == pytest.approx(0.68, abs=0.1)
    assert figures['angles_within_2sd'] == pytest.approx(0.95, abs=0.1)
