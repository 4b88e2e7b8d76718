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

"""Whose id is whose: a made-up walk of two people."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.tools.evaluate.identities import Identities
from pytest import approx

Image = dict[str, int]
GONE: Image = {}


def figures(images: Sequence[Image]) -> dict[str, float]:
    """Give the ids of each image, 10 a second, and return the figures."""
    identities = Identities()
    for number, image in enumerate(images):
        identities.add(number / 10, image.items())
    return identities.figures(sum(map(len, images)))


def returns(images: Sequence[Image]) -> tuple[float, ...]:
    found = figures(images)
    return tuple(found[f'returns_{kind}'] for kind in ('right', 'wrong', 'new'))


def test_own_ids_are_not_wrong() -> None:
    assert figures([{'ann': 1, 'bob': 2}] * 20)['wrong_id'] == 0


def test_an_id_is_wrong_with_anybody_but_whom_it_was_given_to() -> None:
    assert figures([{'ann': 1}] * 15 + [{'bob': 1}] * 5)['wrong_id'] == approx(5 / 20)


def test_a_new_id_is_not_wrong() -> None:
    assert figures([{'ann': 1}] * 15 + [{'ann': 2}] * 5)['wrong_id'] == 0


def test_an_image_of_confusion_at_the_start_makes_nobody_the_owner() -> None:
    assert figures([{'bob': 1}] + [{'ann': 1}] * 19)['wrong_id'] == approx(1 / 20)


def test_people_without_an_id_count_as_people_but_not_as_wrong() -> None:
    assert figures([{'ann': 1}] * 15 + [{'bob': 1}] * 5 + [{'bob': 0}] * 20)['wrong_id'] == approx(
        5 / 40
    )


def test_who_comes_back_has_the_old_id_somebody_elses_or_a_new_one() -> None:
    away = [{'bob': 2}] * 15
    assert returns([{'ann': 1, 'bob': 2}] * 5 + away + [{'ann': 1, 'bob': 2}]) == (1, 0, 0)
    assert returns([{'ann': 1, 'bob': 2}] * 5 + away + [{'ann': 2, 'bob': 0}]) == (0, 1, 0)
    assert returns([{'ann': 1, 'bob': 2}] * 5 + away + [{'ann': 3, 'bob': 2}]) == (0, 0, 1)


def test_a_short_absence_is_no_return() -> None:
    assert returns([{'ann': 1}] * 5 + [GONE] * 8 + [{'ann': 2}]) == (0, 0, 0)


def test_who_comes_back_is_judged_by_the_first_id() -> None:
    walk = [{'ann': 1}] * 5 + [GONE] * 15 + [{'ann': 0}] * 3 + [{'ann': 1}] * 3 + [{'ann': 2}]
    assert returns(walk) == (1, 0, 0)
