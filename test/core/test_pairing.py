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

"""Which depth image belongs to an image, by stamps alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from movenet_ros.core.pairing import nearest
from movenet_ros.core.pairing import paired
import pytest

stamps = st.integers(-(10**6), 10**6)


@given(stamps, st.lists(stamps), st.integers(0, 10**6))
def test_the_nearest_wins_if_it_is_near_enough(
    stamp_ns: int, others: list[int], most_ns: int
) -> None:
    index = paired(stamp_ns, others, most_ns)
    apart = [abs(each - stamp_ns) for each in others]
    if index is None:
        assert all(each > most_ns for each in apart)
    else:
        assert apart[index] == min(apart) <= most_ns


def test_the_limit_belongs_to_it() -> None:
    assert paired(100, [70], 30) == 0
    assert paired(100, [69], 30) is None


@pytest.mark.parametrize(('others', 'index'), [([], None), ([90, 110], 0), ([1, 99, 300], 1)])
def test_the_nearest_is_told_however_far_away(others: list[int], index: int | None) -> None:
    assert nearest(100, others) == index
