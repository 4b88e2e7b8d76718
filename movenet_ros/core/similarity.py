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

"""How alike people are whom networks found: object keypoint similarity of all their keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]

FAINTEST = 0.1  # score of a keypoint that the box around a person holds
FEWEST = 5  # keypoints that it holds, however faint


def oks(
    a: Floats, b: Floats, both: NDArray[np.bool_], areas: Floats, sigmas: Sequence[float]
) -> Floats:
    """
    Return object keypoint similarity, as COCO's evaluation defines it.

    :param a: ``(m, k, 2)`` keypoints in pixels.
    :param b: ``(n, k, 2)`` keypoints in pixels.
    :param both: ``(m, n, k)`` which of them count.
    :param areas: ``(m,)`` of the people in a, in square pixels.
    :param sigmas: of the k keypoints.
    :return: ``(m, n)`` from 0 to 1; 0 where no keypoint counts.
    """
    apart = a[:, None] - b
    apart *= apart
    scale = np.maximum(areas, 1.0)[:, None, None] * (8 * np.square(sigmas))  # 2 (2 sigma)^2
    alike = np.exp((apart[..., 0] + apart[..., 1]) / -scale)
    alike *= both
    return np.asarray(alike.sum(axis=-1) / np.maximum(both.sum(axis=-1), 1))


def keypoint_boxes(keypoints: Floats, scores: Floats) -> Floats:
    """
    Return the boxes of the keypoints that are seen, and of the best few at least.

    :param keypoints: ``(n, k, 2)`` in pixels.
    :param scores: ``(n, k)``.
    :return: ``(n, 4)``: left, top, right, bottom.
    """
    fewest_best = np.partition(scores, -FEWEST, axis=1)[:, -FEWEST]
    counts = (scores >= np.minimum(fewest_best, FAINTEST)[:, None])[..., None]
    left_top = np.where(counts, keypoints, np.inf).min(axis=1)
    right_bottom = np.where(counts, keypoints, -np.inf).max(axis=1)
    return np.concatenate([left_top, right_bottom], axis=1)


def areas(keypoints: Floats, scores: Floats) -> Floats:
    """
    Return about the area that each person covers, ``(n,)`` in square pixels.

    It is that of the box of the keypoints, which lie inside of the outline; a person who stands
    sideways is wider than the keypoints.
    """
    boxes = keypoint_boxes(keypoints, scores)
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(np.maximum(1.3 * sides.prod(axis=1), 0.25 * sides.max(axis=1) ** 2) + 1.0)


def similarity(
    keypoints: Floats, scores: Floats, others: Floats, sigmas: Sequence[float]
) -> Floats:
    """
    Compare people with others by all keypoints, seen or not.

    :param keypoints: ``(m, k, 2)`` in pixels.
    :param scores: ``(m, k)`` of these.
    :param others: ``(n, k, 2)`` keypoints in pixels.
    :param sigmas: of the k keypoints.
    :return: ``(m, n)`` from 0 to 1.
    """
    every = np.ones((1, 1, len(sigmas)), bool)
    return oks(keypoints, others, every, areas(keypoints, scores), sigmas)


def without_duplicates(
    keypoints: Floats, scores: Floats, least: float, sigmas: Sequence[float]
) -> list[int]:
    """
    Return who is nobody that was found before, by their indices.

    :param keypoints: ``(n, k, 2)`` in pixels, of the best person first.
    :param scores: ``(n, k)``.
    :param least: similarity of two finds of one person.
    """
    if len(keypoints) < 2:
        return [*range(len(keypoints))]
    alike = similarity(keypoints, scores, keypoints, sigmas) >= least
    kept: list[int] = []
    gone = np.zeros(len(keypoints), bool)
    for i in range(len(keypoints)):
        if not gone[i]:
            kept.append(i)
            gone |= alike[i]
    return kept
