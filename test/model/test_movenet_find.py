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
from itertools import pairwise
from typing import Any

import cv2
from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.image import Order
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.pose_model import Prepared
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.skeleton import COCO
from movenet_ros.model.movenet import MultiPose
from networks import noise
import numpy as np
from numpy.typing import NDArray
import pytest

Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
MakePeople = Callable[[tuple[int, int], int], Poses]

SIDE = 512  # of the photograph
SEEN = 0.6  # the face and the shoulders score higher, what the space suit hides does not


class Finder:
    """A network and its runtime."""

    def __init__(self, runtime: Runtime, *args: Any, **kwargs: Any) -> None:
        self.runtime = runtime
        self.model = MultiPose(*args, **kwargs)

    def estimate(self, image: SourceImage, prepared: Prepared | None = None) -> Poses:
        """Find the people in an image."""
        return self.model.find(image, self.runtime.run, prepared)


@pytest.fixture
def estimator(onnxruntime_cpu: Runtime) -> Finder:
    """Give the real network."""
    return Finder(onnxruntime_cpu, 256, 0.25)


def keypoint(poses: Poses, name: str) -> Any:
    """Return one keypoint of the first person."""
    return poses.keypoints[0, COCO.index[name]]


def seen(poses: Poses) -> NDArray[np.bool_]:
    """Return which keypoints of the first person the model is sure of."""
    return np.asarray(poses.keypoint_scores[0] >= SEEN)


def pasted(photo: SourceImage, wh: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> Any:
    """Put the photograph onto a black canvas."""
    canvas = np.zeros((wh[1], wh[0], 3), np.uint8)
    left, top = corner
    right, bottom = left + SIDE, top + SIDE
    canvas[top:bottom, left:right] = photo.pixels
    return SourceImage(canvas, 'rgb')


@pytest.mark.parametrize('wh', [(1280, 720), (1080, 1920), (641, 479)])
def test_people_come_back_at_the_pixels_of_the_image(
    make_people: MakePeople, answer: Answer, wh: tuple[int, int]
) -> None:
    people = make_people(wh, 4)
    backend = RecordedBackend([answer(Letterbox.fit(wh, 256, 32), people)])
    image = SourceImage(np.zeros((wh[1], wh[0]), np.uint8), 'mono')
    found = MultiPose(256, 0.25).find(image, backend.run)
    np.testing.assert_allclose(found.keypoints, people.keypoints, atol=0.02)


def test_the_model_gets_the_letterboxed_image(astronaut: SourceImage) -> None:
    backend = RecordedBackend([np.zeros((1, 0, 56), np.float32)])
    MultiPose(192, 0.25).find(astronaut, backend.run)
    expected = Letterbox.fit(astronaut.wh, 192, 32).apply(astronaut)
    np.testing.assert_array_equal(backend.batches[0], expected)


def test_an_image_prepared_before_gives_the_same(
    make_people: MakePeople, answer: Answer, astronaut: SourceImage
) -> None:
    """Though others of another size came in between."""
    letterbox = Letterbox.fit(astronaut.wh, 192, 32)
    backend = RecordedBackend([answer(letterbox, make_people(astronaut.wh, 3))])
    estimator = Finder(backend, 192, 0.25)
    prepared = estimator.model.prepare(astronaut)
    now = estimator.estimate(astronaut)
    estimator.model.prepare(astronaut.with_pixels(astronaut.pixels[:100]))
    estimator.estimate(SourceImage(np.zeros((200, 64, 3), np.uint8), 'rgb'))
    later = estimator.estimate(astronaut, prepared)
    np.testing.assert_array_equal(backend.batches[0], backend.batches[-1])
    np.testing.assert_array_equal(now.keypoints, later.keypoints)


@given(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), st.integers(4, 32))
def test_an_image_fits_into_its_own_shape_and_wider_ones_up_to_a_square(
    wh: tuple[int, int], sides: int
) -> None:
    size = 32 * sides
    model = MultiPose(size, 0.25)
    shapes = [dict(each)['input'] for each in model.input_shapes(wh)]
    assert shapes[0] == model.letterbox(wh).empty_batch().shape
    assert shapes[-1] == (1, size, size, 3)
    for (_, height, width, _), (_, taller, wider, _) in pairwise(shapes):
        assert (taller - height) + (wider - width) == 32
        assert taller >= height and wider >= width and max(taller, wider) == size


@pytest.mark.parametrize('wh', [(1280, 720), (400, 1920), (64, 64)])
def test_more_padding_moves_no_person(
    make_people: MakePeople, answer: Answer, astronaut: SourceImage, wh: tuple[int, int]
) -> None:
    """And leaves the picture where it is."""
    people, model = make_people(wh, 4), MultiPose(256, 0.25)
    image = SourceImage(np.asarray(cv2.resize(astronaut.pixels, wh), np.uint8), 'rgb')
    for shapes in model.input_shapes(wh):
        prepared = model.prepare(image, shapes)
        batch, tight = prepared.inputs['input'], model.prepare(image).inputs['input']
        assert (('input', batch.shape),) == shapes
        assert batch.sum() == tight.sum()
        np.testing.assert_array_equal(batch[:, :tight.shape[1], :tight.shape[2]], tight)
        backend = RecordedBackend([answer(prepared.way_back, people)])
        found = model.find(image, backend.run, prepared)
        np.testing.assert_allclose(found.keypoints, people.keypoints, atol=0.02)
        np.testing.assert_allclose(found.boxes_xyxy, people.boxes_xyxy, atol=0.02)


def test_images_of_different_sizes_may_take_turns(
    make_people: MakePeople, answer: Answer
) -> None:
    sizes = [(640, 480), (480, 640), (640, 480)]
    people = [make_people(wh, 2) for wh in sizes]
    outputs = [answer(Letterbox.fit(wh, 256, 32), each) for wh, each in zip(sizes, people)]
    estimator = Finder(RecordedBackend(outputs), 256, 0.25)
    for (width, height), expected in zip(sizes, people):
        image = SourceImage(np.zeros((height, width, 3), np.uint8), 'bgr')
        found = estimator.estimate(image).keypoints
        np.testing.assert_allclose(found, expected.keypoints, atol=0.02)


def test_the_threshold_may_change_at_any_time(make_people: MakePeople, answer: Answer) -> None:
    output = answer(Letterbox.fit((64, 64), 128, 32), make_people((64, 64), 6))
    estimator = Finder(RecordedBackend([output]), 128, 0.0)
    image = SourceImage(np.zeros((64, 64), np.uint8), 'mono')
    assert len(estimator.estimate(image)) == 6
    estimator.model.person_threshold = 0.65
    assert len(estimator.estimate(image)) == 3


def test_only_so_many_people_are_kept(make_people: MakePeople, answer: Answer) -> None:
    output = answer(Letterbox.fit((64, 64), 128, 32), make_people((64, 64), 6))
    estimator = Finder(RecordedBackend([output]), 128, 0.0, max_people=2)
    assert len(estimator.estimate(SourceImage(np.zeros((64, 64), np.uint8), 'mono'))) == 2


@given(st.integers(0, 17), st.integers(1, 3), st.booleans())
def test_any_aspect_ratio_is_processed(power: int, thin: int, is_wide: bool) -> None:
    """As long as the picture has a pixel."""
    wh = (2**power, thin) if is_wide else (thin, 2**power)
    seen_everywhere = np.full((1, 1, 56), 0.5, np.float32)
    estimator = Finder(RecordedBackend([seen_everywhere]), 128, 0.25)
    poses = estimator.estimate(SourceImage(np.zeros((wh[1], wh[0], 3), np.uint8), 'bgr'))
    assert len(poses) == 1
    assert (poses.boxes_xyxy <= np.tile(wh, 2)).all()
    assert (poses.boxes_xyxy >= 0).all()


def test_an_answer_of_another_model_costs_the_image() -> None:
    image = SourceImage(np.zeros((48, 64), np.uint8), 'mono')
    other = RecordedBackend([np.zeros((1, 0, 56), np.float32)]).run(noise(64, 64))
    with pytest.raises(InferenceError):
        MultiPose(256, 0.25).find(image, lambda inputs: other)


def test_the_astronaut_is_one_person(estimator: Finder, astronaut: SourceImage) -> None:
    assert len(estimator.estimate(astronaut)) == 1


@pytest.mark.parametrize(
    ('name', 'x', 'y'),
    [  # where a human sees them; her left is on the right
        ('nose', 223, 121),
        ('right_eye', 205, 99),
        ('left_eye', 246, 102),
        ('right_ear', 176, 108),
        ('left_ear', 275, 116),
    ],
)
def test_the_face_is_found_where_it_is(
    estimator: Finder, astronaut: SourceImage, name: str, x: float, y: float
) -> None:
    found = keypoint(estimator.estimate(astronaut), name)
    np.testing.assert_allclose(found, (x, y), atol=15)


def test_the_box_is_around_the_person(
    estimator: Finder, astronaut: SourceImage
) -> None:
    left, top, right, bottom = estimator.estimate(astronaut).boxes_xyxy[0]
    assert 0 <= left < 60
    assert 0 <= top < 50
    assert 320 < right < 420
    assert 480 < bottom <= SIDE


def test_a_mirrored_picture_gives_mirrored_people(
    estimator: Finder, astronaut: SourceImage
) -> None:
    sides = {'left': 'right', 'right': 'left', 'nose': 'nose'}
    swapped = ['_'.join(sides.get(word, word) for word in n.split('_')) for n in COCO.names]
    upright = estimator.estimate(astronaut)
    mirrored = estimator.estimate(SourceImage(astronaut.pixels[:, ::-1], 'rgb'))
    back = mirrored.keypoints[0, [COCO.index[name] for name in swapped]] * (-1, 1) + (SIDE, 0)
    np.testing.assert_allclose(back[seen(upright)], upright.keypoints[0][seen(upright)], atol=16)


@pytest.mark.parametrize('order', ['bgr', 'rgba', 'bgra'])
def test_the_order_of_the_channels_makes_no_difference(
    estimator: Finder, astronaut: SourceImage, order: Order
) -> None:
    code = {
        'bgr': cv2.COLOR_RGB2BGR,
        'rgba': cv2.COLOR_RGB2RGBA,
        'bgra': cv2.COLOR_RGB2BGRA,
    }[order]
    reordered = SourceImage(np.asarray(cv2.cvtColor(astronaut.pixels, code), np.uint8), order)
    np.testing.assert_array_equal(
        estimator.estimate(reordered).keypoints, estimator.estimate(astronaut).keypoints
    )


def test_wrong_colours_would_show(estimator: Finder, astronaut: SourceImage) -> None:
    mistaken = estimator.estimate(SourceImage(astronaut.pixels[..., ::-1], 'rgb'))
    shoulder = keypoint(estimator.estimate(astronaut), 'right_shoulder')
    assert np.linalg.norm(keypoint(mistaken, 'right_shoulder') - shoulder) > 12


def test_a_grey_picture_gives_the_same_face(
    estimator: Finder, astronaut: SourceImage
) -> None:
    grey = np.asarray(cv2.cvtColor(astronaut.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    found = keypoint(estimator.estimate(SourceImage(grey, 'mono')), 'nose')
    np.testing.assert_allclose(found, keypoint(estimator.estimate(astronaut), 'nose'), atol=8)


def test_rows_with_padding_behind_them_make_no_difference(
    estimator: Finder, astronaut: SourceImage
) -> None:
    step = np.full((SIDE, SIDE + 7, 3), 255, np.uint8)
    step[:, :SIDE] = astronaut.pixels
    np.testing.assert_array_equal(
        estimator.estimate(SourceImage(step[:, :SIDE], 'rgb')).keypoints,
        estimator.estimate(astronaut).keypoints,
    )


@pytest.mark.parametrize('shorter', [512, 540, 580, 600])
@pytest.mark.parametrize('turned', [False, True])
def test_the_aspect_ratio_of_the_image_moves_no_person(
    estimator: Finder, astronaut: SourceImage, shorter: int, turned: bool
) -> None:
    # The longer side stays, and with it the scale: only the padding differs.
    square = estimator.estimate(pasted(astronaut, (640, 640)))
    wh = (shorter, 640) if turned else (640, shorter)
    found = estimator.estimate(pasted(astronaut, wh))
    difference = (found.keypoints[0] - square.keypoints[0])[seen(square)]
    np.testing.assert_allclose(difference, 0, atol=4)


@pytest.mark.parametrize('wh', [(1024, 512), (513, 777), (900, 700)])
@pytest.mark.parametrize('place', ['right', 'bottom'])
def test_the_place_in_the_image_is_where_the_face_is_found(
    estimator: Finder, astronaut: SourceImage, wh: tuple[int, int], place: str
) -> None:
    corner = (wh[0] - SIDE, 0) if place == 'right' else (0, wh[1] - SIDE)
    found = estimator.estimate(pasted(astronaut, wh, corner))
    here = keypoint(found, 'nose') - corner
    np.testing.assert_allclose(here, keypoint(estimator.estimate(astronaut), 'nose'), atol=10)


def test_the_scale_of_the_image_makes_no_difference(
    estimator: Finder, astronaut: SourceImage
) -> None:
    large = SourceImage(np.asarray(cv2.resize(astronaut.pixels, (2048, 2048)), np.uint8), 'rgb')
    found = keypoint(estimator.estimate(large), 'nose') / 4
    np.testing.assert_allclose(found, keypoint(estimator.estimate(astronaut), 'nose'), atol=6)
