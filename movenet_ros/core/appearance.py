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
Appearance: what colours people wear, as histograms of the parts of their bodies.

Pixels are taken along the limbs, wherever these point, so that a person looks the same upright
and lying, near and far, from the front and, mostly, from behind.
"""

from __future__ import annotations

import cv2
from movenet_ros.core.boxes import areas
from movenet_ros.core.boxes import shared_areas
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
import numpy as np
from numpy.typing import NDArray

PARTS = ('chest', 'belly', 'legs', 'head')
TORSO = (0, 1)  # which of the parts are of it
CLOTHES = slice(3)  # which of them clothes are on
HUES, GREYS, VALUES = 12, 8, 8
BINS = HUES + GREYS + VALUES
DARK = slice(HUES + GREYS, HUES + GREYS + 2)  # values below about .2
GRID = (6, 8)  # samples across and along a segment
LEAST_PX = 12.0  # from shoulders to hips; of smaller people the samples are of the background
INSIDE = 0.5  # of a segment's samples, that lie in the image
COVERED = 1 / 3  # of the torso, by the box of somebody who is seen better
DARK_SHARE = 0.6  # of the pixels of a part
GREY_SHARE = 0.02  # of a histogram in hues, with which there is no colour

JOINTS = (
    'left_shoulder', 'right_shoulder', 'left_hip', 'right_hip', 'left_knee', 'right_knee'
)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def looks_of(image: SourceImage, poses: Poses, keypoint_threshold: float) -> Floats:
    """
    Describe people by the colours of chest, belly, legs and head.

    :param poses: of the image, in its pixels.
    :param keypoint_threshold: keypoints scored below it count as unseen.
    :return: ``(n, PARTS, BINS)``, a histogram for each part; NaN for parts that are not seen, for
        who is covered by somebody else, and for skeletons without shoulders, hips and knees.
    """
    looks = unknown(len(poses))
    if not len(poses) or any(name not in poses.skeleton.index for name in JOINTS):
        return looks
    joints = [poses.skeleton.index[name] for name in JOINTS]
    points = poses.keypoints[:, joints].astype(np.float64)
    seen = poses.keypoint_scores[:, joints] >= keypoint_threshold
    who = np.flatnonzero(seen[:, :4].all(axis=1) & ~_is_covered(points, poses))
    starts, ends, widths, lengths = _segments(points[who])
    large = lengths >= LEAST_PX
    who, starts, ends, widths = who[large], starts[large], ends[large], widths[large]
    if len(who):
        is_there = np.ones((len(who), 5), bool)
        is_there[:, 2:4] = seen[who, 4:]
        looks[who] = _histograms(image, starts, ends, widths, is_there)
    return looks


def unknown(count: int) -> Floats:
    """Return the looks of people who are not seen."""
    return np.full((count, len(PARTS), BINS), np.nan)


def is_known(looks: Floats) -> Mask:
    """Return ``(n,)`` whose torso is seen, without which looks are not compared."""
    return np.asarray(~np.isnan(looks[:, TORSO, 0]).any(axis=1))


def alikeness(a: Floats, b: Floats) -> Floats:
    """
    Compare looks by the geometric mean of the parts' Bhattacharyya coefficients.

    :param a: ``(m, PARTS, BINS)`` looks.
    :param b: ``(n, PARTS, BINS)`` looks.
    :return: ``(m, n)`` from 0 to 1; NaN where the torso of one is not seen.
    """
    each = np.einsum('mpb,npb->mnp', np.sqrt(a), np.sqrt(b))
    with np.errstate(invalid='ignore'):
        logs = np.log(np.maximum(each, 1e-6))
    both = np.isfinite(logs)
    counts = np.maximum(both.sum(axis=-1), 1)
    mean = np.exp(np.where(both, logs, 0.0).sum(axis=-1) / counts)
    return np.where(both[..., TORSO].all(axis=-1), mean, np.nan)


def is_plain(looks: Floats) -> Mask:
    """
    Return who is dark all over, or seen without colours: looks do not tell such people apart.

    :param looks: ``(n, PARTS, BINS)``.
    """
    values, hues = looks[:, CLOTHES, HUES + GREYS:], looks[..., :HUES].sum(axis=-1)
    with np.errstate(invalid='ignore'):
        dark = looks[:, CLOTHES, DARK].sum(axis=-1) / values.sum(axis=-1)
    is_dark = (np.isnan(dark) | (dark > DARK_SHARE)).all(axis=-1)
    is_grey = (np.isnan(hues) | (hues < GREY_SHARE)).all(axis=-1)
    return np.asarray(is_dark | is_grey)


def _segments(points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """
    Return where torso, both thighs and head begin and end, and how wide they are.

    :param points: ``(n, 6, 2)`` of JOINTS.
    :return: ``(n, 5, 2)``, ``(n, 5, 2)``, ``(n, 5)``: upper torso, lower torso, thighs, head;
        and ``(n,)`` the length of the torso.
    """
    shoulders, hips, knees = points[:, :2], points[:, 2:4], points[:, 4:]
    top, bottom = shoulders.mean(axis=1), hips.mean(axis=1)
    down = bottom - top
    length = np.hypot(down[:, 0], down[:, 1])
    across = np.maximum(_distances(shoulders), _distances(hips))
    width = np.clip(0.75 * across, 0.3 * length, length)
    first, middle = top + 0.08 * down, top + 0.54 * down
    starts = np.stack(
        [first, middle, *np.moveaxis(hips + 0.15 * (knees - hips), 1, 0), top - 0.62 * down],
        axis=1,
    )
    ends = np.stack([middle, bottom, *np.moveaxis(knees, 1, 0), top - 0.18 * down], axis=1)
    widths = np.stack(
        [width, width, 0.22 * length, 0.22 * length, 0.36 * length], axis=1
    )
    return starts, ends, widths, length


def _histograms(
    image: SourceImage, starts: Floats, ends: Floats, widths: Floats, is_there: Mask
) -> Floats:
    """Return ``(n, PARTS, BINS)`` histograms of the pixels in segments."""
    n, segments = widths.shape
    across, along = ((np.arange(count) + 0.5) / count for count in GRID)
    way = ends - starts
    side = np.stack([way[..., 1], -way[..., 0]], axis=-1)
    side /= np.maximum(np.hypot(way[..., 0], way[..., 1]), 1e-6)[..., None]
    side *= widths[..., None]
    x_y = (
        starts[:, :, None, None]
        + way[:, :, None, None] * along[:, None, None]
        + side[:, :, None, None] * (across - 0.5)[:, None]
    ).reshape(n, segments, -1, 2)
    at = np.floor(x_y).astype(np.int64)
    is_inside = ((at >= 0) & (at < image.wh)).all(axis=-1)
    is_there = is_there & (is_inside.mean(axis=-1) >= INSIDE)
    counted = is_inside & is_there[..., None]
    at = np.clip(at, 0, np.array(image.wh) - 1)
    pixels = image.pixels[at[..., 1], at[..., 0]].reshape(1, at[..., 0].size, -1)
    rgb = image.with_pixels(pixels[..., 0] if image.order == 'mono' else pixels).as_rgb()
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[0].astype(np.float64)
    part = np.array([0, 1, 2, 2, 3])[None, :, None] + len(PARTS) * np.arange(n)[:, None, None]
    where = np.broadcast_to(part, counted.shape).ravel()[counted.ravel()]
    histograms = _counted(hsv[counted.ravel()], where, n * len(PARTS))
    with np.errstate(invalid='ignore'):
        histograms /= histograms.sum(axis=1, keepdims=True)
    return histograms.reshape(n, len(PARTS), BINS)


def _counted(hsv: Floats, where: NDArray[np.int64], count: int) -> Floats:
    """
    Count pixels by hue, weighted by how colourful they are, by the grey beside it, and by value.

    A pixel between two bins counts for both.

    :param hsv: ``(m, 3)`` as OpenCV gives them: 0 to 180, 0 to 255, 0 to 255.
    :param where: ``(m,)`` the histogram of each pixel.
    :return: ``(count, BINS)``.
    """
    hue, saturation, value = hsv[:, 0] / (180 / HUES), hsv[:, 1] / 255, hsv[:, 2] / 255
    colour = np.minimum(2 * saturation, 1.0) * np.minimum(3 * value, 1.0)
    first, more = _between(hue)
    grey, more_grey = _between(value * (GREYS - 1))
    base = where * BINS
    bins = [
        base + first % HUES, base + (first + 1) % HUES,
        base + HUES + grey, base + HUES + np.minimum(grey + 1, GREYS - 1),
        base + HUES + GREYS + grey, base + HUES + GREYS + np.minimum(grey + 1, VALUES - 1),
    ]
    weights = [
        colour * (1 - more), colour * more,
        (1 - colour) * (1 - more_grey), (1 - colour) * more_grey,
        1 - more_grey, more_grey,
    ]
    counts = np.bincount(np.concatenate(bins), np.concatenate(weights), count * BINS)
    return np.asarray(counts.reshape(count, BINS), np.float64)


def _between(values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the bin below each value, and how far the value lies towards the next."""
    below = np.floor(values).astype(np.int64)
    return below, values - below


def _is_covered(points: Floats, poses: Poses) -> Mask:
    """
    Return ``(n,)`` whose torso is behind somebody else to a large part.

    Who is in front is not known; of two people there, it is the one that the network sees better.
    """
    torsos = np.hstack([points[:, :4].min(axis=1), points[:, :4].max(axis=1)])
    is_in_front = poses.scores > poses.scores[:, None]
    hidden = shared_areas(torsos, poses.boxes_xyxy.astype(np.float64)) * is_in_front
    return np.asarray(hidden.max(axis=1, initial=0.0) > COVERED * areas(torsos))


def _distances(pairs: Floats) -> Floats:
    """Return how far the two points of each pair ``(n, 2, 2)`` are apart."""
    apart = pairs[:, 1] - pairs[:, 0]
    return np.hypot(apart[:, 0], apart[:, 1])
