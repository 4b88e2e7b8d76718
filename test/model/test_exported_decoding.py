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

"""Our decoding beside that of the graph that Google exports, on the same heads."""

from __future__ import annotations

from exported_decoding import exported_people
from movenet_ros.core.heads import STRIDE
from movenet_ros.core.image import SourceImage
from movenet_ros.core.runtime import Runtime
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import MANIFEST
from movenet_ros.model.cache import read_manifest
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.known_answer import SIZE
from movenet_ros.model.movenet import INPUT
from movenet_ros.model.movenet import MultiPose
import numpy as np
import pytest

TOLERANCE_PX = 1e-3
KEYPOINTS_YXS = [  # of the drawn person, as TensorFlow's run of npm's graph gives them
    (0.221410, 0.498852, 0.5184), (0.194688, 0.526554, 0.6384), (0.197648, 0.475825, 0.6500),
    (0.212020, 0.555873, 0.6473), (0.215597, 0.448504, 0.6001), (0.330877, 0.591921, 0.8142),
    (0.328849, 0.412640, 0.8852), (0.449363, 0.630114, 0.8476), (0.447016, 0.368922, 0.8030),
    (0.549964, 0.650829, 0.4499), (0.557822, 0.347496, 0.6198), (0.535913, 0.547750, 0.8763),
    (0.536824, 0.447165, 0.9249), (0.718430, 0.564180, 0.7568), (0.715793, 0.435351, 0.7287),
    (0.869619, 0.564716, 0.7736), (0.867076, 0.431706, 0.7251),
]
BOX_YXYX, SCORE = (0.098964, 0.320193, 0.925302, 0.674265), 0.679747


def test_the_reference_is_what_the_exported_graph_gives(onnxruntime_cpu: Runtime) -> None:
    manifest = read_manifest(cache_directory() / MANIFEST)
    if manifest is None or manifest.source.startswith('hub'):
        pytest.skip("npm's weights are rounded, TensorFlow Hub's are not")
    person = exported_people(onnxruntime_cpu.run({INPUT: drawn_person()}))[0]
    found, expected = person[:51].reshape(17, 3), np.array(KEYPOINTS_YXS)
    off_px = SIZE * np.abs(found[:, :2] - expected[:, :2])
    assert max(off_px.max(), SIZE * np.abs(person[51:55] - BOX_YXYX).max()) < TOLERANCE_PX
    np.testing.assert_allclose([*found[:, 2], person[55]], [*expected[:, 2], SCORE], atol=1e-4)


@pytest.mark.parametrize('input_size', [128, 256])
def test_a_person_alone_is_where_the_reference_has_the_person(
    onnxruntime_cpu: Runtime, astronaut: SourceImage, input_size: int
) -> None:
    """Most keypoints lie in the same cell, though the search for them is weighted otherwise."""
    model = MultiPose(input_size, 0.25)
    prepared = model.prepare(astronaut)
    heads = onnxruntime_cpu.run(prepared.inputs)
    (found,), person = model.decode(heads, prepared).keypoints, exported_people(heads)[0]
    keypoints = person[:51].reshape(17, 3)
    seen = keypoints[:, 2] > 0.6
    assert seen.sum() >= 5
    off_px = np.abs(found - keypoints[:, 1::-1] * astronaut.wh)[seen]
    assert np.median(off_px) < TOLERANCE_PX
    assert off_px.max() < STRIDE * astronaut.wh[0] / input_size
