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

"""A pose as a reference: it comes back from its file as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.errors import StartError
from movenet_ros.core.kinematics.angles import ANGLES
from movenet_ros.core.kinematics.reference import pose_from_json
from movenet_ros.core.kinematics.reference import pose_reference
from movenet_ros.core.kinematics.reference import pose_to_json
from movenet_ros.core.kinematics.reference import TOLERANCE
import numpy as np
import pytest

angles = st.lists(
    st.floats(0, np.pi) | st.just(float('nan')), min_size=len(ANGLES), max_size=len(ANGLES)
)


@given(angles, st.floats(0, 0.5))
def test_a_pose_comes_back_from_its_file_without_what_is_not_known(
    values: list[float], deviation: float
) -> None:
    made = pose_reference(np.array(values), np.full(len(ANGLES), deviation))
    assert list(made) == [n for n, value in zip(ANGLES, values) if np.isfinite(value)]
    if made:
        back = pose_from_json(pose_to_json(made, 'a <picture>'))
        assert list(back) == list(made)
        assert np.array([*back.values()]) == pytest.approx(np.array([*made.values()]), abs=1e-3)


def test_a_tolerance_may_be_left_out() -> None:
    (goal,) = pose_from_json('{"angles_deg": {"left_knee": 90}}').values()
    assert goal == (pytest.approx(np.pi / 2), TOLERANCE)


@pytest.mark.parametrize('text', [
    '', '{', 'null', '[]', '{}', '{"angles_deg": {}}', '{"angles_deg": [1]}', '[' * 100_000,
    *(json.dumps({'angles_deg': each}) for each in (
        {'tail': 3}, {'left_knee': None}, {'left_knee': {}}, {'left_knee': 1e9},
        {'left_knee': True}, {'left_knee': {'value': 3, 'tolerance': -1}},
    )),
    '{"angles_deg": {"left_knee": NaN}}',
])
def test_what_is_no_pose_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StartError) as caught:
        pose_from_json(text)
    assert len(str(caught.value).splitlines()) == 1
