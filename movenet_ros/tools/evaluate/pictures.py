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

"""Accuracy of pictures, and what they take: each on its own, or as the last image of a stream."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.following import PeopleTracker
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.needs import needs
from movenet_ros.core.poses import Poses
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.perception import Perception
from movenet_ros.tools.evaluate.coco import results
from movenet_ros.tools.evaluate.coco import score
from movenet_ros.tools.evaluate.picture_stream import stream_to
from movenet_ros.tools.evaluate.spent import Spent

RATE_HZ = 30


def evaluate_pictures(
    truth: Any, folder: Path, perception: Perception, stream: int = 0
) -> dict[str, float]:
    """
    Find the people in every picture and compare them with the ground truth.

    :param truth: pycocotools' COCO.
    :param folder: of the pictures.
    :param stream: number of images that each picture is the last one of; 0: it is on its own.
    :return: COCO's figures, those of ``Spent``, and how many pictures were read and were not.
    :raises StartError: if none of the pictures is there.
    """
    spent = Spent(perception)
    progress = needs('tqdm').tqdm
    detections: list[dict[str, Any]] = []
    done: list[int] = []
    images = sorted(truth.imgs.items())
    bar = progress(images, unit='image', file=sys.stderr, disable=None)  # None: in a log file
    for image_id, entry in bar:
        name = str(entry.get('file_name', image_id))
        try:
            picture = read_picture(folder / name)
        except ImageError as error:
            progress.write(f'skipped {name}: {error}', file=sys.stderr)
            continue
        perception.finder.warm_up([picture.wh])  # to make a new shape ready is not counted
        if stream:
            poses = _at_the_end(perception, spent, picture, name, stream)
        else:
            with spent.counted():
                poses = perception.people(picture)
        done.append(image_id)
        detections.extend(results(poses, image_id))
    if not done:
        raise StartError(f'none of the pictures of the annotations is in {folder}')
    counts = {'images': len(done), 'skipped': len(truth.imgs) - len(done)}
    return {**counts, **score(truth, detections, done), **spent.figures()}


def _at_the_end(
    perception: Perception, spent: Spent, picture: SourceImage, name: str, count: int
) -> Poses:
    """Return the people in the last image of a stream, as a robot with a camera gets them."""
    tracker = PeopleTracker(perception.settings, lambda line: None)
    poses = Poses.nobody()
    for number, image in enumerate(stream_to(picture, name, count), start=1):
        with spent.counted():
            poses = perception.people(image, number * NANOSECONDS // RATE_HZ, tracker=tracker)
    return poses
