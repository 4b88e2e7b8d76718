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

"""A clip with ground truth about its people: who is where, in each image of a video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import math
from pathlib import Path
import sys
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.needs import needs
from movenet_ros.tools.evaluate.coco import ground_truth
import numpy as np
from numpy.typing import NDArray

VISIBLE = 2  # in COCO; 1 is occluded, 0 is not labelled

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    """
    A video and its ground truth.

    :param truth: pycocotools' COCO; annotations have a ``track_id``.
    :param entries: of its images, in the order of the video.
    :param rate_hz: images per second.
    """

    media: Media
    truth: Any
    entries: list[dict[str, Any]]
    rate_hz: float


def read_clip(annotations: Path, video: Path) -> Clip:
    """
    Read a clip's annotations and open its video.

    :raises StartError: if either cannot be read, or the annotations are not of a clip.
    """
    truth = ground_truth(annotations)
    try:
        rate_hz = float(truth.dataset['info']['fps'])
        entries = sorted(truth.imgs.values(), key=lambda each: int(each['frame_index']))
        for each in entries:
            _ = each['width'], each['height']
        for each in truth.anns.values():
            _ = each['track_id'], true_keypoints(each), area(each)
    except (KeyError, TypeError, ValueError) as error:
        raise StartError(
            f'{annotations} is not about a clip: {type(error).__name__}: {error} (it takes fps in'
            ' info, a frame_index for each image and a track_id for each person)'
        ) from error
    if not 0 < rate_hz < math.inf:
        raise StartError(f'{annotations} says {rate_hz:g} images per second')
    return Clip(open_media(str(video)), truth, entries, rate_hz)


def images_of(clip: Clip) -> Iterator[tuple[dict[str, Any], SourceImage]]:
    """
    Pair the images of the video with their ground truth.

    :raises StartError: if they do not belong together.
    """
    name, images = clip.media.name, clip.media.images()
    bar = needs('tqdm').tqdm(clip.entries, unit='image', file=sys.stderr, disable=None)
    for entry in bar:
        timed = next(images, None)
        if timed is None:
            raise StartError(f'{name} has fewer images than the {len(clip.entries)} annotated')
        image = timed.image
        if isinstance(image, ImageError):
            raise StartError(str(image))
        if image.wh != (entry['width'], entry['height']):
            size = '{}x{}'.format(*image.wh)
            raise StartError(
                f'{name} is {size}, the annotations are of {entry["width"]}x{entry["height"]}'
            )
        yield entry, image
    if any(isinstance(each.image, SourceImage) for each in images):
        raise StartError(f'{name} has more images than the {len(clip.entries)} annotated')


def true_keypoints(person: dict[str, Any]) -> Floats:
    """Return ``(17, 3)``: x, y and COCO's visibility."""
    return np.array(person['keypoints'], np.float64).reshape(17, 3)


def visible_keypoints(person: dict[str, Any]) -> Floats:
    """Return ``(17, 2)`` pixels, NaN where a keypoint is not visible."""
    true = true_keypoints(person)
    return np.where(true[:, 2:] == VISIBLE, true[:, :2], np.nan)


def area(person: dict[str, Any]) -> float:
    """Return the area of a true person's box, in square pixels."""
    _, _, width, height = person['bbox']
    return float(width * height)
