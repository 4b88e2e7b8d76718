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

"""What the tests share: real pictures, the real model in both runtimes, and made-up people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import signal
from typing import Any

from hypothesis import settings
from movenet_ros.backends import BackendRequest
from movenet_ros.backends import onnxruntime_backend
from movenet_ros.backends import tensorflow_backend
from movenet_ros.core.backend import Backend
from movenet_ros.core.image import SourceImage
from movenet_ros.core.letterbox import Letterbox
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import NUM_KEYPOINTS
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
import numpy as np
from numpy.typing import NDArray
import pytest
import skimage.data

DATA = Path(__file__).resolve().parents[2] / 'shared' / 'data'

# A shell's background job ignores SIGINT, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile('movenet_ros', deadline=None)  # a busy machine is not a failure
settings.load_profile('movenet_ros')


@pytest.fixture(scope='session')
def data() -> Path:
    """Give the folder of COCO pictures that lies beside some checkouts of this repository."""
    if not DATA.is_dir():
        pytest.skip(f'no pictures in {DATA}')
    return DATA


@pytest.fixture(scope='session')
def astronaut() -> SourceImage:
    """Give a real photograph of one person, 512x512, which every machine has."""
    photo_rgb = np.ascontiguousarray(skimage.data.astronaut())
    photo_rgb.flags.writeable = False
    return SourceImage(photo_rgb, 'rgb')


@pytest.fixture(scope='session')
def real_model() -> ModelFiles:
    """Give the real model, which scripts/setup fetches before any test runs."""
    found = find_model()
    assert found is not None, 'no model in the cache: run "python -m movenet_ros fetch_model"'
    return found


@pytest.fixture(scope='session')
def onnxruntime_cpu(real_model: ModelFiles) -> Backend:
    """Give the real model in ONNX Runtime on the CPU."""
    assert real_model.onnx is not None
    return onnxruntime_backend.load(real_model.onnx, BackendRequest(device='cpu'))


@pytest.fixture(scope='session')
def tensorflow() -> Any:
    """Give TensorFlow, which takes seconds to import."""
    return tensorflow_backend.import_tensorflow()


@pytest.fixture(scope='session')
def tensorflow_auto(tensorflow: Any, real_model: ModelFiles) -> Backend:
    """Give the real model in TensorFlow, on a GPU where there is one."""
    assert real_model.saved_model is not None
    return tensorflow_backend.load(real_model.saved_model, BackendRequest())


@pytest.fixture(scope='session')
def make_people() -> Callable[[tuple[int, int], int], Poses]:
    """Return a function that makes people anywhere in an image, the best first."""

    def make(image_wh: tuple[int, int], count: int) -> Poses:
        random = np.random.default_rng(count)
        corners = np.sort(random.uniform(0, 1, (count, 2, 2)), axis=1) * image_wh
        return Poses(
            keypoints=random.uniform(0, 1, (count, NUM_KEYPOINTS, 2)) * image_wh,
            keypoint_scores=random.uniform(0, 1, (count, NUM_KEYPOINTS)),
            boxes_xyxy=corners.reshape(-1, 4),
            scores=np.linspace(0.9, 0.4, count),
            ids=np.zeros(count),
        )

    return make


@pytest.fixture(scope='session')
def answer() -> Callable[[Letterbox, Poses], NDArray[np.float32]]:
    """Return a function that makes what the model would answer where it sees these people."""

    def make(letterbox: Letterbox, poses: Poses) -> NDArray[np.float32]:
        output = np.zeros((1, 6, 56), np.float32)
        for i in range(len(poses)):
            y_x = letterbox.to_model(poses.keypoints[i])[:, ::-1]
            output[0, i, :51] = np.column_stack([y_x, poses.keypoint_scores[i]]).ravel()
            corners_xy = letterbox.to_model(poses.boxes_xyxy[i].reshape(2, 2))
            output[0, i, 51:55] = corners_xy[:, ::-1].ravel()
            output[0, i, 55] = poses.scores[i]
        return output

    return make
