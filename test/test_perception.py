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

"""What the node does to each image, with recorded answers in place of the model."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import replace
import hashlib
from threading import Event
from typing import Any

from log_lines import Lines
from movenet_ros import networks as networks_module
from movenet_ros.backends.recorded import heads_of
from movenet_ros.backends.recorded import RecordedBackend
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import ARRAYS
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import RuntimeInfo
from movenet_ros.core.runtime import Shapes
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.scene import Scene
from movenet_ros.core.turning import turned_back
from movenet_ros.model.store import ModelFiles
from movenet_ros.networks import Network
from movenet_ros.perception import CALM_IMAGES
from movenet_ros.perception import Perception
from movenet_ros.perception import WARM_UP_WH
from movenet_ros.settings import changed
from movenet_ros.settings import RuntimeSettings
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
import numpy as np
from numpy.typing import NDArray
import pytest

Answer = Callable[[Letterbox, Poses], NDArray[np.float32]]
Output = NDArray[np.float32]

WH = (640, 480)
STEP_NS = 33_333_333
GPU = 'GPU 0 (any)'
IMAGE = SourceImage(np.zeros((WH[1], WH[0], 3), np.uint8), 'bgr')
SHAPE = np.random.default_rng(0).uniform((-40, -100), (40, 100), (17, 2))
SHAPE.flags.writeable = False


def person_at(x: float, y: float, score: float = 0.8) -> Poses:
    """Return a person of 80x200 pixels."""
    return Poses(
        keypoints=SHAPE[None] + np.array([x, y]),
        keypoint_scores=np.full((1, 17), 0.9),
        boxes_xyxy=np.array([[x - 40, y - 100, x + 40, y + 100]]),
        scores=np.array([score]),
        ids=np.zeros(1),
    )


class Room:
    """
    A perception with a backend that sees what it is told.

    :param answer: the fixture.
    :param runs_on: the device that the backend says it runs on.
    :param broken: how many inferences fail, from now on.
    :param live: whether images do not wait.
    :param parameters: of the node; mode is fast unless told.
    """

    def __init__(
        self,
        answer: Answer,
        runs_on: str = 'CPU',
        broken: int = 0,
        live: bool = False,
        **parameters: Any,
    ) -> None:
        self.log = Lines()
        self.settings = table_of(Settings, {'mode': 'fast', **parameters})
        self.output: Any = np.zeros((1, 0, 56), np.float32)
        self.backend = RecordedBackend([self.output])
        self.backend.info = RuntimeInfo('recorded', '1', runs_on)
        self.backend.run = self._run  # type: ignore[method-assign]
        self.shapes: list[tuple[int, ...]] = []
        self.broken = broken
        self._answer = answer
        self.perception = Perception(self.settings, self.log, self.backend, live=live)

    def _run(self, inputs: Tensors) -> Tensors:
        self.shapes.append(inputs['input'].shape)
        if self.broken:
            self.broken -= 1
            raise InferenceError('no memory')
        return heads_of(self.output[0], inputs['input'].shape)

    def show(
        self, poses: Poses, stamps_ns: Iterable[int], letterbox: Letterbox | None = None
    ) -> list[Poses]:
        """Let the model see people in some images."""
        letterbox = letterbox or Letterbox.fit(WH, self.settings.input_size, 32)
        self.output = self._answer(letterbox, poses)
        return [self.perception.people(IMAGE, each) for each in stamps_ns]

    def change(self, **parameters: Any) -> None:
        """Change parameters, as the node does."""
        self.settings = changed(self.settings, parameters)
        self.perception.apply(self.settings)


def stamps(start: int, count: int) -> list[int]:
    """Return stamps at 30 Hz, counted in images."""
    return [i * STEP_NS for i in range(start, start + count)]


def shaken(seed: int) -> Poses:
    """Return a person whose keypoints shake."""
    person = person_at(300, 240)
    noise = np.random.default_rng(seed).normal(0, 2, person.keypoints.shape)
    return replace(person, keypoints=person.keypoints + noise)


def test_it_warms_up_on_the_shapes_of_cameras(answer: Answer) -> None:
    """Before the first image."""
    room = Room(answer, input_size=256)
    expected = [Letterbox.fit(wh, 256, 32).empty_batch().shape for wh in WARM_UP_WH]
    assert room.shapes == expected


def test_live_it_warms_up_the_square_first(answer: Answer) -> None:
    """Which holds images of every size."""
    room = Room(answer, live=True, input_size=256)
    assert room.shapes == [(1, 256, 256, 3), (1, 192, 256, 3)]


def test_live_images_of_a_new_size_are_answered_while_the_runtime_is_made_ready(
    answer: Answer,
) -> None:
    """In the square, and where people are."""
    room, is_ready, may_end = Room(answer, live=True), {(1, 256, 256, 3)}, Event()

    def prepare(shapes: Shapes) -> None:
        assert may_end.wait(30)
        is_ready.add(dict(shapes)['input'])

    room.backend.is_ready = lambda shapes: dict(shapes)['input'] in is_ready
    room.backend.prepare = prepare
    square = Letterbox.fit(WH, 256, 32).padded_to((256, 256))
    found = room.show(person_at(300, 240), stamps(0, 40), square)
    assert {*room.shapes[2:]} == {(1, 256, 256, 3)}
    np.testing.assert_allclose(found[0].keypoints, person_at(300, 240).keypoints, atol=0.01)
    may_end.set()
    room.perception.close()
    room.show(person_at(300, 240), stamps(40, 1))
    assert room.shapes[-1] == (1, 192, 256, 3)
    assert len(room.log.infos) == 2


def test_otherwise_each_image_runs_in_its_own_shape(answer: Answer) -> None:
    """Ready or not: a bag gives the same at any speed."""
    room = Room(answer)
    room.backend.is_ready = lambda shapes: False
    room.show(person_at(300, 240), stamps(0, 40))
    assert {*room.shapes[len(WARM_UP_WH):]} == {(1, 192, 256, 3)}


def test_live_a_new_input_size_is_warmed_up_in_its_square(answer: Answer) -> None:
    room = Room(answer, live=True)
    room.change(input_size=512)
    assert room.shapes[-1] == (1, 512, 512, 3)


def test_live_the_cpu_is_watched_after_a_gpu(answer: Answer, on_cpu: list[Settings]) -> None:
    room = Room(answer, GPU, live=True)
    room.broken = 2
    room.perception.people(IMAGE, 0)
    cpu: Any = room.perception.runtime
    cpu.is_ready = lambda shapes: dict(shapes)['input'] == (1, 256, 256, 3)
    room.perception.people(IMAGE, STEP_NS)
    assert cpu.batches[-1].shape == (1, 256, 256, 3)
    room.perception.close()


def test_people_get_ids(answer: Answer) -> None:
    found = Room(answer).show(person_at(300, 240), stamps(0, 5))
    assert [each.ids.tolist() for each in found] == [[0], [0], [1], [1], [1]]


def test_people_are_where_they_were_seen(answer: Answer) -> None:
    (found,) = Room(answer).show(person_at(300, 240), [0])
    np.testing.assert_allclose(found.keypoints, person_at(300, 240).keypoints, atol=0.01)


def test_keypoints_are_smoothed_unless_told_otherwise(answer: Answer) -> None:
    jumps = []
    for smoothing in (True, False):
        room = Room(answer, **{'smoothing.enabled': smoothing})
        track = [room.show(shaken(i), stamps(i, 1))[0].keypoints for i in range(40)]
        jumps.append(np.abs(np.diff(track, axis=0)).mean())
    assert jumps[0] < 0.4 * jumps[1]


@pytest.mark.parametrize('tracking', ['keypoints', 'boxes', 'off'])
def test_people_below_the_threshold_are_not_returned(answer: Answer, tracking: str) -> None:
    room = Room(answer, **{'tracking.association': tracking})
    room.show(person_at(300, 240), stamps(0, 5))
    (found,) = room.show(person_at(300, 240, 0.2), stamps(5, 1))
    assert len(found) == 0


def test_low_score_people_keep_their_ids(answer: Answer) -> None:
    """They get as far as the tracker."""
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    room.show(person_at(300, 240, 0.2), stamps(5, 90))
    assert room.show(person_at(300, 240), stamps(95, 1))[0].ids.tolist() == [1]


def test_without_tracking_there_are_no_ids_and_no_smoothing(answer: Answer) -> None:
    room = Room(answer, **{'tracking.association': 'off'})
    room.show(shaken(1), stamps(0, 5))
    (found,) = room.show(shaken(2), stamps(5, 1))
    assert found.ids.tolist() == [0]
    np.testing.assert_allclose(found.keypoints, shaken(2).keypoints, atol=0.01)


@pytest.mark.parametrize(
    ('association', 'camera_motion', 'is_known'),
    [('keypoints', 'auto', True), ('keypoints', 'off', False), ('off', 'auto', False)],
)
def test_the_camera_is_followed_where_people_are(
    answer: Answer, association: str, camera_motion: str, is_known: bool
) -> None:
    """From the second image on, in mode fast too; never in images on their own."""
    room = Room(answer, **{
        'tracking.association': association, 'tracking.camera_motion': camera_motion
    })
    blocks = np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    image, scene = SourceImage(blocks.repeat(20, axis=0).repeat(20, axis=1), 'bgr'), Scene()
    cameras = [room.perception.find(image, None, scene).camera for _ in range(3)]
    assert [each is not None for each in cameras] == [False, is_known, is_known]
    if is_known:
        np.testing.assert_allclose(cameras[-1], np.eye(2, 3), atol=0.01)
    assert room.perception.find(image).camera is None


def test_what_is_wrong_with_time_is_a_warning(answer: Answer) -> None:
    room = Room(answer)
    room.show(person_at(300, 240), [5 * 10**9, 10**9])
    assert room.log.infos == []
    (line,) = room.log.warnings
    assert 'backwards' in line


def test_parameters_that_change_hold_from_the_next_image_on(answer: Answer) -> None:
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    room.change(**{'tracking.association': 'off'})
    assert room.show(person_at(300, 240), stamps(5, 1))[0].ids.tolist() == [0]
    room.change(**{'tracking.association': 'boxes'})
    assert room.show(person_at(300, 240), stamps(6, 3))[-1].ids.tolist() == [2]


def test_a_threshold_that_sinks_lets_more_people_in(answer: Answer) -> None:
    """Below what tracking has use for, too."""
    room = Room(answer)
    weak = person_at(300, 240, 0.06)
    assert len(room.show(weak, stamps(0, 1))[0]) == 0
    room.change(person_threshold=0.05)
    assert len(room.show(weak, stamps(1, 1))[0]) == 1


def test_other_parameters_change_no_ids(answer: Answer) -> None:
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    room.change(**{'annotate.boxes': False}, keypoint_threshold=0.5, **{'smoothing.beta': 1.0})
    assert room.show(person_at(300, 240), stamps(5, 1))[0].ids.tolist() == [1]


def test_images_of_another_size_may_follow(answer: Answer) -> None:
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    other = SourceImage(np.zeros((720, 1280, 3), np.uint8), 'bgr')
    assert len(room.perception.people(other, 5 * STEP_NS)) == 1


def test_an_image_that_fails_leaves_people_their_ids(answer: Answer) -> None:
    """The runtime may have more luck with the next one."""
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    room.broken = 2
    with pytest.raises(InferenceError, match='no memory'):
        room.perception.people(IMAGE, 5 * STEP_NS)
    assert room.show(person_at(300, 240), stamps(6, 1))[0].ids.tolist() == [1]


def test_two_of_them_do_the_very_same(answer: Answer) -> None:
    a, b = Room(answer), Room(answer)
    for i in range(20):
        (one,), (other,) = (each.show(shaken(i), stamps(i, 1)) for each in (a, b))
        assert one.keypoints.tobytes() == other.keypoints.tobytes()


def test_a_model_path_that_is_none_is_refused(tmp_path: Any) -> None:
    settings = Settings(model_path=str(tmp_path / 'gone'))
    with pytest.raises(ModelError, match='gone'):
        Perception(settings)


def test_what_the_diagnostics_ask_for(answer: Answer) -> None:
    """The shape is that of the latest image; a backend that is given has no model."""
    room = Room(answer, input_size=256)
    room.perception.people(IMAGE, 0)
    perception = room.perception
    assert perception.networks.first.shape == Letterbox.fit(WH, 256, 32).empty_batch().shape
    assert perception.inference_s > 0
    assert (perception.failures, perception.fallback) == (0, '')
    assert (perception.networks.first.file, perception.networks.first.sha256) == (None, '')


def test_the_model_is_told_with_its_hash(real_model: ModelFiles) -> None:
    """The one that runs, out of a folder of two."""
    pytest.importorskip('onnxruntime')
    assert real_model.onnx is not None
    settings = Settings(
        mode='fast', backend='onnxruntime', device='cpu', runtime=RuntimeSettings(threads=1)
    )
    perception = Perception(settings)
    expected = hashlib.sha256(real_model.onnx.read_bytes()).hexdigest()
    network = perception.networks.first
    assert (network.file, network.sha256) == (real_model.onnx, expected)
    perception.close()


def test_closed_it_frees_the_model(answer: Answer) -> None:
    room = Room(answer)
    room.perception.close()
    assert room.backend.closed


# parameters that change


def test_another_input_size_is_warmed_up_before_it_is_used(answer: Answer) -> None:
    """On an image as large as the latest."""
    room = Room(answer, input_size=256)
    room.show(person_at(300, 240), stamps(0, 3))
    room.shapes.clear()
    room.change(input_size=512)
    larger = Letterbox.fit(WH, 512, 32).empty_batch().shape
    assert room.shapes == [larger]
    (found,) = room.show(person_at(300, 240), stamps(3, 1))
    assert room.shapes == [larger] * 2 and room.perception.networks.first.shape == larger
    assert found.ids.tolist() == [1]
    np.testing.assert_allclose(found.keypoints, person_at(300, 240).keypoints, atol=0.01)


def test_an_input_size_that_does_not_run_changes_nothing(answer: Answer) -> None:
    """Nor does what comes with it."""
    room = Room(answer, input_size=256)
    before = room.settings
    room.broken = 1
    with pytest.raises(InferenceError, match='no memory'):
        room.change(input_size=1024, person_threshold=0.9, max_people=1)
    room.settings = before
    (found,) = room.show(person_at(300, 240), stamps(0, 1))
    assert len(found) == 1
    assert room.perception.networks.first.shape == Letterbox.fit(WH, 256, 32).empty_batch().shape


def test_the_size_of_an_input_that_stays_is_not_warmed_up_again(answer: Answer) -> None:
    room = Room(answer)
    room.shapes.clear()
    room.change(person_threshold=0.5, input_size=256)
    assert room.shapes == []


@pytest.mark.parametrize('input_size', [256, 512])
def test_the_number_of_people_may_change(answer: Answer, input_size: int) -> None:
    """With another size of the input or without."""
    room = Room(answer)
    left, right = person_at(150, 240, 0.9), person_at(450, 240, 0.8)
    pairs = {name: (getattr(left, name), getattr(right, name)) for name, *_ in ARRAYS}
    both = Poses(**{name: np.concatenate(each) for name, each in pairs.items()})
    counts = [len(room.show(both, [0])[0])]
    room.change(max_people=1, input_size=input_size)
    counts += [len(each) for each in room.show(both, stamps(1, 1))]
    assert counts == [2, 1]


# a camera that is mounted turned


@pytest.mark.parametrize('rotate', [90, 180, 270])
def test_people_of_a_turned_image_are_at_the_pixels_of_the_image(
    answer: Answer, rotate: int
) -> None:
    """With an input that was prepared before, too."""
    room = Room(answer, rotate=rotate)
    turned_wh = WH[::-1] if rotate % 180 else WH
    seen = turned_back(person_at(300, 240), 360 - rotate, turned_wh)
    room.output = room._answer(Letterbox.fit(turned_wh, room.settings.input_size, 32), seen)
    now = room.perception.people(IMAGE)
    later = room.perception.people(IMAGE, prepared=room.perception.prepare(IMAGE))
    for found in (now, later):
        np.testing.assert_allclose(found.keypoints, person_at(300, 240).keypoints, atol=0.02)
        np.testing.assert_allclose(found.boxes_xyxy, person_at(300, 240).boxes_xyxy, atol=0.02)


def test_a_turned_camera_is_warmed_up_on_turned_images(answer: Answer) -> None:
    expected = [Letterbox.fit(wh[::-1], 256, 32).empty_batch().shape for wh in WARM_UP_WH]
    assert Room(answer, rotate=90).shapes == expected


def test_rotate_changes_between_two_images_and_people_keep_their_ids(answer: Answer) -> None:
    room = Room(answer)
    room.show(person_at(300, 240), stamps(0, 5))
    room.shapes.clear()
    room.change(rotate=270)
    turned_wh = WH[::-1]
    seen = turned_back(person_at(300, 240), 90, turned_wh)
    room.output = room._answer(Letterbox.fit(turned_wh, room.settings.input_size, 32), seen)
    found = room.perception.people(IMAGE, 5 * STEP_NS)
    assert found.ids.tolist() == [1]
    turned = Letterbox.fit(turned_wh, room.settings.input_size, 32).empty_batch().shape
    assert room.shapes == [turned] * 2  # warmed up before it is used


def test_an_input_prepared_before_rotate_changed_is_turned_back_as_it_was(
    answer: Answer,
) -> None:
    room = Room(answer)
    prepared = room.perception.prepare(IMAGE)
    room.change(rotate=180)
    room.show(person_at(300, 240), [])
    found = room.perception.people(IMAGE, prepared=prepared)
    np.testing.assert_allclose(found.keypoints, person_at(300, 240).keypoints, atol=0.01)


# inferences that fail


@pytest.fixture
def on_cpu(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Let a backend for the CPU stand ready; give the list of what is asked of it."""
    asked: list[Settings] = []

    def open_on_cpu(settings: Settings, *_: Any) -> Network:
        asked.append(settings)
        backend = RecordedBackend([np.zeros((1, 0, 56), np.float32)])
        backend.info = RuntimeInfo('recorded', '1', 'CPU')
        return Network(backend, 'made up', None)

    monkeypatch.setattr(networks_module, 'open_network', open_on_cpu)
    return asked


def test_a_failed_inference_is_tried_again(answer: Answer) -> None:
    room = Room(answer)
    room.broken = 1
    assert len(room.show(person_at(300, 240), [0])[0]) == 1
    assert room.perception.failures == 1
    (line,) = room.log.warnings
    assert 'no memory' in line and 'repeated' in line


def test_failures_that_come_and_go_are_one_line(answer: Answer) -> None:
    """Until there was none for a while."""
    room = Room(answer)
    for i in range(5):
        room.broken = 1
        room.show(person_at(300, 240), stamps(2 * i, 2))
    assert (len(room.log.warnings), room.perception.failures) == (1, 5)
    room.show(person_at(300, 240), stamps(10, CALM_IMAGES))
    room.broken = 1
    room.show(person_at(300, 240), stamps(10 + CALM_IMAGES, 1))
    assert len(room.log.warnings) == 2


def test_an_image_alone_that_fails_is_skipped(answer: Answer) -> None:
    """Where the model runs on a black one."""
    room = Room(answer)
    room.broken = 2
    with pytest.raises(InferenceError, match='no memory'):
        room.perception.people(IMAGE, 0)
    assert room.perception.failures == 2
    assert len(room.show(person_at(300, 240), stamps(1, 1))[0]) == 1


@pytest.mark.parametrize(
    ('device', 'asked'), [('CPU', 'auto'), ('CPU', 'cpu'), (GPU, 'gpu')]
)
def test_it_gives_up_where_there_is_nothing_else_to_run_on(
    answer: Answer, device: str, asked: str, on_cpu: list[Settings]
) -> None:
    room = Room(answer, device, device=asked)
    room.broken = 3
    with pytest.raises(BackendError, match='no longer runs the model: no memory'):
        room.perception.people(IMAGE, 0)
    assert on_cpu == []


def test_a_gpu_that_fails_is_left_for_the_cpu(
    answer: Answer, on_cpu: list[Settings]
) -> None:
    """With the image that failed, in a backend that has been warmed up."""
    room = Room(answer, GPU)
    room.broken = 2
    assert len(room.perception.people(IMAGE, 0)) == 0
    assert on_cpu == [replace(room.settings, device='cpu')]
    assert room.backend.closed
    cpu: Any = room.perception.runtime
    expected = [Letterbox.fit(wh, 256, 32).empty_batch().shape for wh in (*WARM_UP_WH, WH)]
    assert [each.shape for each in cpu.batches] == expected
    (line,) = room.log.warnings
    assert f'recorded 1 on {GPU}, f32 fails (no memory)' in line and 'on the CPU' in line
    assert room.perception.fallback == (
        f'recorded 1 on {GPU}, f32 failed (no memory): now recorded 1 on CPU, f32'
    )


def test_people_keep_their_ids_on_the_cpu(answer: Answer, on_cpu: list[Settings]) -> None:
    room = Room(answer, GPU)
    room.show(person_at(300, 240), stamps(0, 5))
    room.broken = 2
    room.perception.people(IMAGE, 5 * STEP_NS)
    room.perception.runtime.run = room._run  # type: ignore[method-assign]
    assert room.show(person_at(300, 240), stamps(6, 1))[0].ids.tolist() == [1]


def test_loading_anew_is_no_gap(answer: Answer, on_cpu: list[Settings]) -> None:
    room = Room(answer, GPU)
    room.show(person_at(300, 240), stamps(0, 5))
    room.broken = 2
    room.perception.people(IMAGE, 5 * STEP_NS)
    warnings = len(room.log.warnings)
    room.perception.people(IMAGE, 10**10)
    assert len(room.log.warnings) == warnings


def test_a_gpu_that_fails_at_the_start_is_left_for_the_cpu(
    answer: Answer, on_cpu: list[Settings]
) -> None:
    room = Room(answer, GPU, broken=1)
    assert room.perception.runtime.info.device == 'CPU'
    assert len(on_cpu) == 1 and room.backend.closed
    assert (room.perception.failures, len(room.log.warnings)) == (1, 1)
    assert len(room.perception.people(IMAGE, 0)) == 0


def test_a_model_that_does_not_run_at_the_start_is_refused(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And freed, so that another try has the memory."""
    closed: list[bool] = []
    monkeypatch.setattr(RecordedBackend, 'close', lambda backend: closed.append(True))
    with pytest.raises(BackendError, match='recorded 1 on CPU, f32 does not run the model: no me'):
        Room(answer, broken=1)
    assert closed


def test_a_cpu_that_fails_too_is_the_end(
    answer: Answer, on_cpu: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And frees what it took."""
    closed: list[str] = []

    def fail(backend: RecordedBackend, inputs: Tensors) -> Tensors:
        raise InferenceError('bad_alloc')

    room = Room(answer, GPU)
    monkeypatch.setattr(RecordedBackend, 'run', fail)
    monkeypatch.setattr(
        RecordedBackend, 'close', lambda backend: closed.append(backend.info.device)
    )
    room.broken = 2
    with pytest.raises(BackendError, match='on CPU, f32 does not run the model: bad_alloc'):
        room.perception.people(IMAGE, 0)
    assert closed == [GPU, 'CPU']


@pytest.mark.parametrize(
    'name, value', [('rotate', 45), ('person_threshold', 7.0), ('max_people', 0), ('backend', 'x')]
)
def test_settings_out_of_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(StartError, match=name):
        Perception(Settings(**{name: value}))


@pytest.mark.parametrize('image', [None, np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3))])
def test_what_is_no_rgb_image_is_refused(image: Any) -> None:
    with pytest.raises(ImageError, match='uint8'):
        Perception(runtime=RecordedBackend([np.zeros((1, 0, 56), np.float32)])).people(image)
