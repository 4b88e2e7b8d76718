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
from movenet_ros.tools.benchmark import tutorial
from networks import write_bright_saved_model
from networks import write_zeros_saved_model
import numpy as np
import pytest

pytestmark = pytest.mark.runtime


@pytest.fixture(scope='module')
def hub(tensorflow: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a network that sees people where it is bright, exported as TensorFlow Hub's are."""
    return write_bright_saved_model(tensorflow, tmp_path_factory.mktemp('hub'))


@pytest.fixture(scope='module')
def loop(hub: Path) -> tutorial.TutorialLoop:
    """Give the loop with it."""
    return tutorial.load(hub, 'auto')


@pytest.mark.parametrize('input_wh', [tutorial.INPUT_WH, (256, 256), (256, 160)])
def test_the_picture_lies_in_the_middle_of_the_input(
    loop: tutorial.TutorialLoop, input_wh: tuple[int, int]
) -> None:
    """Its scale is the lesser of the two."""
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[100:140, 500:540] = 255
    people = loop.keypoints(frame, input_wh)
    scale = min(input_wh[0] / 640, input_wh[1] / 480)
    margin = (np.array(input_wh) - scale * np.array([640, 480])) / 2
    expected_xy = margin + scale * np.array([520, 120])
    assert people.shape == (6, 17, 3)
    np.testing.assert_allclose(people[0, 0, 1::-1] * input_wh, expected_xy, atol=2)


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


def test_a_model_that_does_not_decode_is_refused(tensorflow: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not TensorFlow Hub's"):
        tutorial.load(write_zeros_saved_model(tensorflow, tmp_path), 'auto')


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
