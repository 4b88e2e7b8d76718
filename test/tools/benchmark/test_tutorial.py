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

from pathlib import Path
from typing import Any

from movenet_ros.backends import tensorflow as tensorflow_backend
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.store import ModelFiles
from movenet_ros.tools.benchmark import tutorial
import numpy as np
from numpy.typing import NDArray
import pytest

pytestmark = pytest.mark.runtime

FACE = slice(0, 5)  # nose, eyes and ears


@pytest.fixture(scope='module')
def loop(real_model: ModelFiles) -> tutorial.TutorialLoop:
    """Give the loop with the real model."""
    return tutorial.load(real_model.saved_model, 'auto')


def best_person(people: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the keypoints of the person whose face is seen best."""
    return people[people[:, FACE, 2].mean(axis=1).argmax()]


@pytest.mark.parametrize('input_wh', [tutorial.INPUT_WH, (256, 256), (256, 160)])
def test_it_finds_the_astronaut_where_the_pipeline_does(
    loop: tutorial.TutorialLoop,
    tensorflow_cpu: Runtime,
    astronaut: SourceImage,
    input_wh: tuple[int, int],
) -> None:
    """Its picture lies in the middle of the input: the scale is the lesser of the two."""
    photo_bgr = np.ascontiguousarray(astronaut.pixels[..., ::-1])
    person = best_person(loop.keypoints(photo_bgr, input_wh))
    ours = MultiPose(256, 0.25).find(astronaut, tensorflow_cpu.run)
    side, scale = astronaut.wh[0], min(input_wh) / astronaut.wh[0]
    in_input_xy = person[:, 1::-1] * input_wh
    found_xy = (in_input_xy - (np.array(input_wh) - scale * side) / 2) / scale
    assert person[FACE, 2].min() > 0.3
    np.testing.assert_allclose(found_xy[FACE], ours.keypoints[0, FACE], atol=side / 20)


def test_the_input_is_384_high_and_640_wide_as_written(
    loop: tutorial.TutorialLoop, astronaut: SourceImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[Any] = []
    movenet = loop._movenet

    def spy(batch: Any) -> Any:
        shapes.append((tuple(batch.shape), batch.dtype.name))
        return movenet(batch)

    monkeypatch.setattr(loop, '_movenet', spy)
    loop.keypoints(astronaut.pixels)
    assert shapes == [((1, 384, 640, 3), 'int32')]


def test_a_frame_is_left_as_it_is(
    loop: tutorial.TutorialLoop, astronaut: SourceImage
) -> None:
    frame = astronaut.pixels.copy()
    loop.keypoints(frame)
    np.testing.assert_array_equal(frame, astronaut.pixels)


def test_a_model_without_a_saved_model_is_refused() -> None:
    with pytest.raises(ModelError, match='no SavedModel.*fetch_model'):
        tutorial.load(None, 'auto')


def test_rubbish_is_refused_in_one_line(tensorflow: Any, tmp_path: Path) -> None:
    (tmp_path / 'saved_model.pb').write_bytes(b'rubbish' * 100)
    with pytest.raises(ModelError, match='TensorFlow cannot load') as caught:
        tutorial.load(tmp_path, 'auto')
    assert '\n' not in str(caught.value)


def test_without_tensorflow_it_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Any:
        raise ImportError('hidden for a test')

    monkeypatch.setattr(tensorflow_backend, 'import_tensorflow', missing)
    with pytest.raises(BackendError, match='hidden for a test.*pip install tensorflow'):
        tutorial.load(tmp_path, 'auto')
