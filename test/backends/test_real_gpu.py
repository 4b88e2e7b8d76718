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

"""
What only a real GPU can show; skipped where there is none.

    python -m pytest test/backends/test_real_gpu.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
import time

from movenet_ros.backends import load_backend
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core import machine
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.heads import CROP_HEADS
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import shapes_of
from movenet_ros.core.runtime import Tensors
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.thunder import BATCHES
from movenet_ros.model.thunder import SPEC
from movenet_ros.model.thunder import Thunder
from movenet_ros.perception import Perception
from movenet_ros.settings import Settings
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    not machine.gpu_in_sight(machine.NVIDIA), reason='there is no GPU'
)

SURE = 0.3  # score of a keypoint


@pytest.fixture(scope='module')
def on_gpu(real_model: ModelFiles, thunder_model: ModelFiles) -> Iterator[Perception]:
    """Give the library as it runs there when nothing is asked for but the runtime."""
    with Perception(Settings(backend='onnxruntime', device='gpu')) as perception:
        yield perception


@pytest.fixture(scope='module')
def on_cpu(real_model: ModelFiles, thunder_model: ModelFiles) -> Iterator[Perception]:
    """Give the same on the CPU."""
    settings = Settings(backend='onnxruntime', device='cpu', mode='accurate')
    with Perception(settings) as perception:
        yield perception


def runtimes(perception: Perception) -> list[Runtime]:
    """Return those of both networks."""
    assert perception.networks.closer is not None
    return [perception.runtime, perception.networks.closer.runtime]


def thunder_on_gpu(files: ModelFiles, on_gpu: str) -> Runtime:
    """Load Thunder, with operators behind it or without."""
    spec = replace(SPEC, on_gpu=on_gpu)
    return load_backend(BackendRequest(spec, 'onnxruntime', 'gpu', onnx=files.onnx))


def test_both_networks_run_there_with_all_their_operators(on_gpu: Perception) -> None:
    assert on_gpu.choice.mode == 'accurate'
    for each in runtimes(on_gpu):
        assert each.info.is_on_gpu
        assert each.info.cpu_operators == ()


def test_only_maxima_leave_it(on_gpu: Perception) -> None:
    (image,) = drawn_person()
    for each in runtimes(on_gpu):
        answer = each.run({'input': image[None, :224, :224]})  # a crop's own shape
        assert 'peaks' in answer and not {*CROP_HEADS} & {*answer}


def test_people_are_those_of_the_cpu(
    on_gpu: Perception, on_cpu: Perception, astronaut: SourceImage
) -> None:
    """To two pixels of 512: crops lie in squares there, and convolutions may round (TF32)."""
    theirs, ours = on_cpu.people(astronaut), on_gpu.people(astronaut)
    assert len(ours) == len(theirs) > 0
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=0.02)
    sure = theirs.keypoint_scores > SURE
    np.testing.assert_allclose(ours.keypoints[sure], theirs.keypoints[sure], atol=2.0)


@pytest.mark.parametrize('count', [1, 2, 3, 5, 9, 16, 17, 30])
def test_no_number_of_people_meets_a_shape_that_is_not_ready(
    on_gpu: Perception, count: int
) -> None:
    (person,) = drawn_person()
    crops = [person[:224, i:i + 224] if i % 2 else person[:224, :128] for i in range(count)]
    runtime = runtimes(on_gpu)[1]

    def run(inputs: Tensors) -> Tensors:
        assert runtime.is_ready(shapes_of(inputs))
        return runtime.run(inputs)

    found = Thunder(BATCHES).find(crops, run)
    assert all(len(each) for each in found)


def test_decoding_there_pays(thunder_model: ModelFiles) -> None:
    """Compared in turns: sixteen crops, until people are known."""
    (person,) = drawn_person()
    crops = [np.ascontiguousarray(person[:224, :224])] * 16
    both = [thunder_on_gpu(thunder_model, text) for text in (SPEC.on_gpu, '')]
    times_s: list[list[float]] = [[], []]
    for _ in range(30):
        for runtime, own_s in zip(both, times_s):
            begun_s = time.perf_counter()
            Thunder(BATCHES).find(crops, runtime.run)
            own_s.append(time.perf_counter() - begun_s)
    by_maxima_s, by_maps_s = (float(np.median(own_s)) for own_s in times_s)
    print(f'16 crops: {1e3 * by_maxima_s:.1f} ms by maxima, {1e3 * by_maps_s:.1f} by maps')
    assert by_maxima_s < by_maps_s


def test_an_image_waits_for_no_shape_that_is_being_prepared(on_gpu: Perception) -> None:
    """Graphs are recorded in one thread while another runs its own."""
    runtime, other = on_gpu.runtime, (('input', (1, 320, 96, 3)),)
    inputs = on_gpu.finder.model.spec.zeros()
    runtime.run(inputs)
    preparing = Thread(target=runtime.prepare, args=[other])
    preparing.start()
    times_s = []
    while preparing.is_alive():
        begun_s = time.perf_counter()
        runtime.run(inputs)
        times_s.append(time.perf_counter() - begun_s)
    print(f'{len(times_s)} runs meanwhile, median {1e3 * float(np.median(times_s)):.1f} ms,'
          f' at most {1e3 * max(times_s):.1f} ms')
    assert runtime.is_ready(other)
    assert runtime.run(on_gpu.finder.model.spec.zeros(other))
    assert float(np.median(times_s)) < 0.02


def test_when_it_fails_in_a_crop_both_networks_leave_it(
    real_model: ModelFiles,
    thunder_model: ModelFiles,
    astronaut: SourceImage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(inputs: Tensors) -> Tensors:
        raise InferenceError('made up')

    with Perception(Settings(backend='onnxruntime')) as perception:
        assert perception.runtime.info.is_on_gpu
        monkeypatch.setattr(runtimes(perception)[1], 'run', fail)
        assert len(perception.people(astronaut)) == 1
        assert perception.runtime.info.device == 'CPU'
        assert 'made up' in perception.fallback
