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

"""People as refinement knows them: where each is by now, how well seen, and how long ago."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from typing import Any

from movenet_ros.core.assignment import match
from movenet_ros.core.boxes import iou
from movenet_ros.core.camera_motion import carried
from movenet_ros.core.poses import Poses
from movenet_ros.core.similarity import keypoint_boxes
from movenet_ros.core.similarity import similarity
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

SAME = 0.2  # similarity of a detection with the person whom it may be of
KNOWN = 0.5  # similarity of one that is of nobody new
MEMORY = 0.9  # of a detection's score, for each image with a detection
LATELY = 2  # images ago: for so long a closer look knows better than a detection
HABIT = 0.3  # weight of a detection in how far the person's box reaches beyond the keypoints
MARGINS = (-0.25, 0.25)  # how far it does, at most
STAYS = 0.9  # overlap of the box that a closer look took in with the one that it would take now
SEEN = 0.2  # score of a keypoint that shows how far a person moved
FEWEST_SEEN = 4  # keypoints that show it


@dataclass(frozen=True, eq=False)
class People:
    """
    People in an image.

    :param keypoints: ``(n, k, 2)`` in pixels, where they are as far as is known.
    :param keypoint_scores: ``(n, k)``.
    :param scores: ``(n,)`` each person's.
    :param detection_scores: ``(n,)`` of the last detections, remembered.
    :param answer_scores: ``(n,)`` of the last closer looks, remembered.
    :param wholes_xyxy: ``(n, 4)`` box of the last detection's keypoints, moved with the person.
    :param rooms_xyxy: ``(n, 4)`` box that the last closer look took in, moved with the camera.
    :param margins: ``(n, 4)`` from the box of the keypoints to the person's, in longer sides.
    :param velocities: ``(n, 2)`` in pixels per image, beside the motion of the camera.
    :param unrefined: ``(n,)`` images since a closer look saw the person; infinite before.
    :param waiting: ``(n,)`` images since the last closer look, seen or not, or since they came.
    :param unseen: ``(n,)`` images since the person was seen at all.
    """

    keypoints: Floats
    keypoint_scores: Floats
    scores: Floats
    detection_scores: Floats
    answer_scores: Floats
    wholes_xyxy: Floats
    rooms_xyxy: Floats
    margins: Floats
    velocities: Floats
    unrefined: Floats
    waiting: Floats
    unseen: Floats

    @classmethod
    def of(cls, found: Poses) -> People:
        """Return people as a detection found them."""
        n, keypoints = len(found), found.keypoints.astype(np.float64)
        scores = found.keypoint_scores.astype(np.float64)
        boxes = keypoint_boxes(keypoints, scores)
        people = found.scores.astype(np.float64)
        return cls(
            keypoints=keypoints,
            keypoint_scores=scores,
            scores=people,
            detection_scores=people,
            answer_scores=np.zeros(n),
            wholes_xyxy=boxes,
            rooms_xyxy=boxes,
            margins=np.clip((found.boxes_xyxy - boxes) / _longer_sides(boxes), *MARGINS),
            velocities=np.zeros((n, 2)),
            unrefined=np.full(n, np.inf),
            waiting=np.zeros(n),
            unseen=np.zeros(n),
        )

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.scores)

    def __getitem__(self, which: Any) -> People:
        """Return some of them, by indices or a mask."""
        return People(*(getattr(self, name)[which] for name in NAMES))

    def __add__(self, others: People) -> People:
        """Return them followed by others."""
        return People(
            *(np.concatenate([getattr(self, name), getattr(others, name)]) for name in NAMES)
        )

    def copy(self) -> People:
        """Return people who may be changed."""
        return People(*(getattr(self, name).copy() for name in NAMES))

    @property
    def is_refined(self) -> Mask:
        """Return who has been seen by a closer look."""
        return np.isfinite(self.unrefined)

    @property
    def boxes_xyxy(self) -> Floats:
        """Return the box of each person, as a detection would give it."""
        boxes = keypoint_boxes(self.keypoints, self.keypoint_scores)
        return np.asarray(boxes + self.margins * _longer_sides(boxes))

    def poses(self, image_wh: tuple[int, int], skeleton: Skeleton) -> Poses:
        """
        Return them as they are published.

        :param image_wh: size of the image in pixels, to which boxes are clipped.
        """
        return Poses(
            keypoints=self.keypoints,
            keypoint_scores=self.keypoint_scores,
            boxes_xyxy=np.clip(self.boxes_xyxy, 0.0, np.tile(image_wh, 2)),
            scores=np.clip(self.scores, 0.0, 1.0),
            ids=np.zeros(len(self), np.int64),
            skeleton=skeleton,
            refined=self.unrefined == 0,
        )

    def in_next_image(self, camera: Floats) -> People:
        """
        Return them where they should be in the next image.

        :param camera: ``(2, 3)`` its motion.
        """
        velocities = self.velocities @ camera[:, :2].T
        steps = velocities[:, None]
        corners = carried(self.wholes_xyxy.reshape(-1, 2, 2), camera) + steps
        rooms = carried(self.rooms_xyxy.reshape(-1, 2, 2), camera)
        moved = {
            'keypoints': carried(self.keypoints, camera) + steps,
            'wholes_xyxy': np.hstack([corners.min(axis=1), corners.max(axis=1)]),
            'rooms_xyxy': np.hstack([rooms.min(axis=1), rooms.max(axis=1)]),
            'velocities': velocities,
        }
        later = {name: getattr(self, name) + 1 for name in ('unrefined', 'waiting', 'unseen')}
        return People(**{**vars(self), **moved, **later})

    def meet(self, found: Poses) -> tuple[People, Indices]:
        """
        Match them with the detections of their image.

        :param found: without duplicates.
        :return: the same people, who know their detections now, followed by newcomers; and for
            each the index of the detection, or -1.
        """
        alike = similarity(
            self.keypoints, self.keypoint_scores, found.keypoints, found.skeleton.sigmas
        )
        rows, columns = match(alike, SAME)
        detected, people = People.of(found), self.copy()
        people.detection_scores[:] *= MEMORY
        people.detection_scores[rows] = np.maximum(
            people.detection_scores[rows], detected.detection_scores[columns]
        )
        people.wholes_xyxy[rows] = detected.wholes_xyxy[columns]
        people.margins[rows] += HABIT * (detected.margins[columns] - people.margins[rows])
        is_new = alike.max(axis=0, initial=0.0) < KNOWN
        is_new[columns] = False
        detections = np.full(len(self), -1)
        detections[rows] = columns
        return people + detected[is_new], np.append(detections, np.flatnonzero(is_new))

    def expected_by(self, found: Poses, detections: Indices) -> People:
        """
        Return them where a closer look should see them.

        Where the last closer look is too long ago, a detection of this image knows better.

        :param found: the detections.
        :param detections: ``(n,)`` index of each person's, or -1.
        """
        expected = self.copy()
        rows = np.flatnonzero((detections >= 0) & (self.unrefined > LATELY))
        expected.keypoints[rows] = found.keypoints[detections[rows]]
        expected.keypoint_scores[rows] = found.keypoint_scores[detections[rows]]
        return expected

    def with_rooms(self) -> People:
        """
        Return them with the box of keypoints that a closer look at each person takes in.

        A closer look that lost the legs behind somebody would never find them again, but for the
        last detection, which is of the whole person. Who stays, keeps the box: the same crop
        shows the same joints in the same places.
        """
        boxes, wholes = keypoint_boxes(self.keypoints, self.keypoint_scores), self.wholes_xyxy
        left_top = np.minimum(boxes[:, :2], wholes[:, :2])
        now = np.hstack([left_top, np.maximum(boxes[:, 2:], wholes[:, 2:])])
        stays = iou(self.rooms_xyxy, now).diagonal() >= STAYS
        return replace(self, rooms_xyxy=np.where(stays[:, None], self.rooms_xyxy, now))


NAMES = tuple(each.name for each in fields(People))


def moved_between(
    before: Floats, before_scores: Floats, after: Floats, after_scores: Floats
) -> Floats:
    """
    Return how far people moved as a whole.

    :param before: ``(n, k, 2)`` keypoints in pixels.
    :param before_scores: ``(n, k)``.
    :param after: ``(n, k, 2)`` keypoints of the same people.
    :param after_scores: ``(n, k)``.
    :return: ``(n, 2)`` in pixels; 0 where too little is seen.
    """
    both = (before_scores > SEEN) & (after_scores > SEEN)
    counts = both.sum(axis=1)[:, None]
    moved = ((after - before) * both[..., None]).sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts >= FEWEST_SEEN, moved, 0.0)


def _longer_sides(boxes: Floats) -> Floats:
    return np.asarray(np.maximum((boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True), 1.0))
