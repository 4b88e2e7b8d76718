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
MoveNet's heads: from the maps that its networks give to the people in their input.

A cell of a map is 4x4 pixels of the input. Where the map ``center`` has a peak, there is a person;
in that cell, ``kpt_regress`` states about where the person's keypoints are. A keypoint is the cell
of its own map, ``kpt_heatmap``, that is both hot and near that place, and ``kpt_offset`` states
where in that cell. Places in maps are y before x.

All people and all keypoints are decoded at once, in two halves: from the maps to the maxima in
them, and on to people. A GPU may do the first half (model/maxima.py): then maxima come in place of
heads, with the ``total`` of the maps, which is a number if all in them are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cv2
from movenet_ros.core.errors import InferenceError
from movenet_ros.core.poses import Poses
from movenet_ros.core.runtime import Tensors
from movenet_ros.core.similarity import keypoint_boxes
from movenet_ros.core.similarity import without_duplicates
from movenet_ros.core.skeleton import COCO
import numpy as np
from numpy.typing import NDArray

STRIDE = 4  # pixels of the input per cell
CROP_HEADS = {  # how many maps each has
    'center': 1,
    'kpt_heatmap': len(COCO),
    'kpt_regress': 2 * len(COCO),
    'kpt_offset': 2 * len(COCO),
}
IMAGE_HEADS = {**CROP_HEADS, 'box_scale': 2, 'box_offset': 2}

PEAK = np.ones((5, 5), np.uint8)  # the cells of which a peak is the hottest
ALMOST = 1e-6  # less than which two cells are equally hot
SEEN = 0.127  # score of a keypoint that counts in the score of the person

# of an image
LEAST_PEAK, MOST_PEAKS = 0.02, 40
REACH, LEAST_REACH = 0.2, 2**0.5  # how far is near: in longer sides of the person, and in cells
DUPLICATE = 0.6  # similarity of two finds of one person
FAINT = 0.05
"""
Cells with less heat are not compared. A keypoint's score is heat times nearness, which is at most
1: one scored FAINT or more is the one that a search of all cells finds. Any other is where the
regression expects it.
"""

# of a crop
LEAST_PEAK_IN_CROP, MOST_PEAKS_IN_CROP = 0.05, 8
SOFTENING = 1.8  # cells that are added to a distance before the heat is divided by it

CROP_MAXIMA = {  # shapes, for one input
    'peaks': (MOST_PEAKS_IN_CROP,),  # heat, the hottest first
    'keypoints': (MOST_PEAKS_IN_CROP, len(COCO), 3),  # y and x in cells, score
}
IMAGE_MAXIMA = {
    'peaks': (MOST_PEAKS,),
    'keypoints': (MOST_PEAKS, len(COCO), 3),
    'boxes': (MOST_PEAKS, 4),  # in cells: y and x of the middle, height, width
}

KEYPOINTS = np.arange(len(COCO))

NOTHING = {'peaks': np.zeros(0, np.float32), 'keypoints': np.zeros((0, len(COCO), 3), np.float32)}

Floats = NDArray[np.floating]
Indices = NDArray[np.signedinteger]


def each_input(
    outputs: Tensors, maps: Mapping[str, int], batch_shape: tuple[int, ...]
) -> list[Tensors]:
    """
    Return the heads of each input of a batch: ``(maps, H / 4, W / 4)`` by name; or its maxima.

    :param outputs: of the network.
    :param maps: how many of them each head has.
    :param batch_shape: of its input, ``(n, H, W, 3)``.
    :raises InferenceError: if they have other shapes, or hold NaN or infinity.
    """
    n, height, width, _ = batch_shape
    if 'peaks' in outputs:
        _refuse_nan(outputs['total'])
        return [{name: each[i] for name, each in outputs.items()} for i in range(n)]
    for name, count in maps.items():
        shape, expected = outputs[name].shape, (n, count, height // STRIDE, width // STRIDE)
        if shape != expected:
            raise InferenceError(f'the model gave {name} of {shape}, expected {expected}')
    for name in ('center', 'kpt_heatmap'):  # of the others, some cells are read
        _refuse_nan(outputs[name])
    return [{name: outputs[name][i] for name in maps} for i in range(n)]


def people_in_image(heads: Tensors, least_score: float, most: int) -> Poses:
    """
    Return the people whom MultiPose finds, the highest scoring first, in pixels of its input.

    :param heads: of one input.
    :param least_score: people scored below it are dropped.
    :param most: at most this many are kept.
    :raises InferenceError: if the heads hold NaN or infinity.
    """
    least = max(least_score, LEAST_PEAK)  # no score is higher than the peak
    found = heads if 'peaks' in heads else _maxima_in_image(heads, least)
    keypoints, scores, people = _people(found, least)
    if not len(people):
        return Poses.nobody()
    middles, sides = np.split(_refuse_nan(found['boxes'][:len(people)]), 2, axis=1)
    boxes = STRIDE * np.hstack([middles - sides / 2, middles + sides / 2])[:, [1, 0, 3, 2]]

    order = np.argsort(-people, kind='stable')
    order = order[people[order] >= least_score]
    single = without_duplicates(keypoints[order], scores[order], DUPLICATE, COCO.sigmas)
    kept = order[single[:most]]
    return _poses(keypoints[kept], scores[kept], boxes[kept], people[kept])


def people_in_crop(heads: Tensors) -> Poses:
    """
    Return the people whom Thunder finds, the highest scoring first, in pixels of its input.

    Their boxes are those of the keypoints that are seen.

    :param heads: of one input.
    :raises InferenceError: if the heads hold NaN or infinity.
    """
    found = heads if 'peaks' in heads else _maxima_in_crop(heads)
    keypoints, scores, people = _people(found, LEAST_PEAK_IN_CROP)
    if not len(people):
        return Poses.nobody()
    order = np.argsort(-people, kind='stable')
    keypoints, scores = keypoints[order], scores[order]
    return _poses(keypoints, scores, keypoint_boxes(keypoints, scores), people[order])


def _maxima_in_image(heads: Tensors, least: float) -> Tensors:
    peaks = _peaks(heads, least, MOST_PEAKS)
    if not len(peaks.cells):
        return NOTHING
    sides = np.maximum(_read(heads, 'box_scale', peaks)[:, 0], 0.0)
    middles = peaks.yx + _read(heads, 'box_offset', peaks)[:, 0]
    reach = np.maximum(REACH * sides.max(axis=1), LEAST_REACH)

    hot, expected = _hot_cells(heads), _expected(heads, peaks)
    rates = np.square(hot.y - expected[..., :1])
    rates += np.square(hot.x - expected[..., 1:])
    rates /= -np.square(reach)[:, None, None]
    np.exp(rates, out=rates)
    rates *= hot.heat
    best = rates.argmax(axis=-1)
    scores = np.take_along_axis(rates, best[..., None], axis=-1)
    places = _places(heads, hot.cells[KEYPOINTS, best])
    places = np.where(scores < FAINT, expected + 0.5, places)
    return {
        'peaks': peaks.heat,
        'keypoints': np.concatenate([places, scores], axis=-1),
        'boxes': np.hstack([middles, sides]),
    }


def _maxima_in_crop(heads: Tensors) -> Tensors:
    peaks = _peaks(heads, LEAST_PEAK_IN_CROP, MOST_PEAKS_IN_CROP)
    if not len(peaks.cells):
        return NOTHING
    heat, expected = heads['kpt_heatmap'], _expected(heads, peaks)
    y, x = (np.arange(side, dtype=np.float32) for side in heat.shape[1:])
    rates = np.square(y - expected[..., :1])[..., :, None]
    rates = rates + np.square(x - expected[..., 1:])[..., None, :]
    np.sqrt(rates, out=rates)
    rates += SOFTENING
    np.divide(heat, rates, out=rates)
    cells = rates.reshape(*expected.shape[:2], -1).argmax(axis=-1)
    scores = heat.reshape(len(heat), -1)[KEYPOINTS, cells][..., None]
    places = _places(heads, cells)
    return {'peaks': peaks.heat, 'keypoints': np.concatenate([places, scores], axis=-1)}


def _people(found: Tensors, least: float) -> tuple[Floats, Floats, Floats]:
    """Return keypoints in pixels, their scores, and the scores of the people."""
    peaks = found['peaks'][found['peaks'] >= least]
    keypoints = _refuse_nan(found['keypoints'][:len(peaks)])
    scores = keypoints[..., 2]
    seen = scores > SEEN
    means = (scores * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return STRIDE * keypoints[..., 1::-1], scores, peaks * means


class _Peaks(NamedTuple):
    """
    Cells of the map ``center``, the hottest first.

    :param cells: ``(n,)`` their indices.
    :param yx: ``(n, 2)`` where they are.
    :param heat: ``(n,)``.
    """

    cells: Indices
    yx: Floats
    heat: Floats


class _HotCells(NamedTuple):
    """
    The hot cells of each keypoint's map; rows of few are filled up with cells of no heat.

    :param cells: ``(k, m)`` their indices.
    :param y: ``(k, m)``.
    :param x: ``(k, m)``.
    :param heat: ``(k, m)``.
    """

    cells: Indices
    y: Floats
    x: Floats
    heat: Floats


def _peaks(heads: Tensors, least: float, most: int) -> _Peaks:
    """Return the cells that are the hottest of those around them."""
    center = heads['center'][0]
    hottest = cv2.dilate(center, PEAK)
    cells = np.flatnonzero((center >= least) & (center > hottest - ALMOST))
    heat = center.ravel()[cells]
    order = np.argsort(-heat, kind='stable')[:most]
    yx = np.stack(np.divmod(cells[order], center.shape[1]), axis=1).astype(np.float32)
    return _Peaks(cells[order], yx, heat[order])


def _hot_cells(heads: Tensors) -> _HotCells:
    """Return the cells that are compared, some hundred of some thousand in each map."""
    maps, height, width = heads['kpt_heatmap'].shape
    heat = heads['kpt_heatmap'].ravel()
    found = np.flatnonzero(heat >= FAINT).astype(np.int32)  # NumPy divides these by SIMD
    rows = found // (height * width)
    counts = np.bincount(rows, minlength=maps)
    longest = max(1, int(counts.max()))
    begins = np.cumsum(counts) - counts
    slots = np.arange(len(found)) + np.repeat(longest * KEYPOINTS - begins, counts)
    cells, hot = np.zeros(maps * longest, np.int32), np.zeros(maps * longest, np.float32)
    cells[slots] = found - rows * (height * width)
    hot[slots] = heat[found]
    y = cells // width
    x = cells - y * width
    each = (cells, y.astype(np.float32), x.astype(np.float32), hot)
    return _HotCells(*(values.reshape(maps, longest) for values in each))


def _read(heads: Tensors, name: str, peaks: _Peaks) -> Floats:
    """Return the pairs of a head in the cells of the peaks, ``(n, pairs, 2)``."""
    maps = heads[name]
    pairs = maps.reshape(len(maps) // 2, 2, -1)[..., peaks.cells]
    return np.moveaxis(_refuse_nan(pairs), -1, 0)


def _expected(heads: Tensors, peaks: _Peaks) -> Floats:
    """Return where the regression expects the keypoints, ``(n, k, 2)``."""
    return np.asarray(peaks.yx[:, None] + _read(heads, 'kpt_regress', peaks))


def _places(heads: Tensors, cells: Indices) -> Floats:
    """Return where in their cells ``(n, k)`` the keypoints are, ``(n, k, 2)``."""
    _, _, width = heads['kpt_offset'].shape
    offsets = heads['kpt_offset'].reshape(len(COCO), 2, -1)[KEYPOINTS, :, cells]
    return np.asarray(np.stack(np.divmod(cells, width), axis=-1) + _refuse_nan(offsets))


def _poses(keypoints: Floats, scores: Floats, boxes: Floats, people: Floats) -> Poses:
    return Poses(
        keypoints=keypoints,
        keypoint_scores=np.clip(scores, 0.0, 1.0),
        boxes_xyxy=boxes,
        scores=np.clip(people, 0.0, 1.0),
        ids=np.zeros(len(people), np.int64),
    )


def _refuse_nan(values: Floats) -> Floats:
    """
    Return what a network gave.

    :raises InferenceError: if it is NaN or infinity.
    """
    if not np.isfinite(values).all():
        raise InferenceError('the model gave NaN or infinity')
    return values
