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
Refinement: everybody in an image is looked at closely, by a network that takes a crop.

Who is in the image, a detection says, or the image before: where a person was there, a crop finds
the person again as well as a detection of this image would. So a stream is detected in every
second image only, and the time that is left goes to crops, in turns where it is not enough for
everybody.
Time is counted by a table of costs, never by the clock: the same images give the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import NamedTuple
from typing import Protocol

from movenet_ros.core.camera_motion import Background
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.answers import assign
from movenet_ros.core.refining.answers import DUPLICATE
from movenet_ros.core.refining.answers import joined
from movenet_ros.core.refining.answers import shared
from movenet_ros.core.refining.answers import some
from movenet_ros.core.refining.crops import crop_sizes
from movenet_ros.core.refining.people import Indices
from movenet_ros.core.refining.people import People
from movenet_ros.core.refining.settling import beside
from movenet_ros.core.refining.settling import settle
from movenet_ros.core.refining.turns import FAINTEST
from movenet_ros.core.refining.turns import turns
from movenet_ros.core.refining.turns import urgency
from movenet_ros.core.similarity import keypoint_boxes
from movenet_ros.core.similarity import without_duplicates
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Mask = NDArray[np.bool_]

Detect = Callable[[SourceImage, int], Poses]
"""From an image and the longer side of the input to its people, low scores too, best first."""

Look = Callable[[Sequence[NDArray[np.uint8]]], list[Poses]]
"""From crops, ``(H, W, 3)`` RGB, to the people in each, in its pixels."""

LATELY = 2  # images ago: for so long the pose of a closer look is trusted more than a detection
GAIN = 0.3  # weight of how much farther than expected a person moved in the velocity
COASTING = 0.9  # how much of the velocity an unseen person keeps
PATIENCE = 10  # images for which somebody unseen is remembered
PATIENCE_UNREFINED = 2  # the same for somebody whom a detection alone has seen
TOGETHER = 0.6  # similarity of two people at which one of them is not seen
ELSEWHERE = 0.3  # similarity with everybody of somebody whom a crop shows by chance
LEAST_BESIDE, BESIDE = 0.15, 0.8  # score of such a find, and its weight


class Costs(Protocol):
    """What runs of the networks cost, in milliseconds; the same whenever asked."""

    def detection_ms(self, image_wh: tuple[int, int], input_size: int) -> float:
        """Return the cost of a detection."""

    def crop_ms(self, crop_wh: tuple[int, int]) -> float:
        """Return the cost of a crop."""


@dataclass(frozen=True)
class Plan:
    """
    What one image may cost.

    :param sizes: longer sides of the inputs of its detections, in pixels; may be empty.
    :param budget_ms: of detections and crops; at least one crop is looked at.
    :param crop_size: longer side of a crop, in pixels; smaller where many people wait.
    :param max_people: at most this many are looked at.
    """

    sizes: tuple[int, ...]
    budget_ms: float
    crop_size: int = 224
    max_people: int = 30


class Refined(NamedTuple):
    """
    The people of an image.

    :param poses: everybody, low scores too, the highest scoring first.
    :param refined: ``(n,)`` who was seen by a closer look at this image.
    :param looked: how many crops were looked at.
    :param spent_ms: by both networks, by the table of costs.
    """

    poses: Poses
    refined: Mask
    looked: int
    spent_ms: float


class Scene:
    """What is remembered of a stream from one image to the next."""

    people: People | None
    count: int
    """Images since the restart."""

    def __init__(self) -> None:
        self._finder: object = None
        self.restart()

    def restart(self) -> None:
        """Forget everybody."""
        self.people = None
        self.count = 0
        self._background: Background | None = None

    def keep_for(self, finder: object) -> None:
        """Forget everybody where somebody else found the people in the image before."""
        if self._finder is not finder:
            self.restart()
            self._finder = finder

    @property
    def is_empty(self) -> bool:
        """Return whether nobody is known, so that only a detection finds somebody."""
        return self.people is None or not len(self.people)

    def expected(self, image: SourceImage) -> tuple[People | None, Background | None]:
        """Return the people where they should be in the next image, and its background."""
        if self.people is None or self._background is None:
            return None, None
        background = Background(image)
        camera = self._background.motion_to(background, self.people.boxes_xyxy)
        return self.people.in_next_image(camera), background

    def advance(self, people: People, image: SourceImage, background: Background | None) -> None:
        """Take in the people of the next image."""
        self.people = people
        self.count += 1
        self._background = (background or Background(image)) if len(people) else None


class Refiner:
    """
    Finds the people of an image by two networks.

    :param detect: the one that finds people.
    :param look: the one that looks closely at them.
    :param costs: of both.
    :param skeleton: of the people whom both find.
    """

    def __init__(self, detect: Detect, look: Look, costs: Costs, skeleton: Skeleton) -> None:
        self._detect = detect
        self._look = look
        self._costs = costs
        self._skeleton = skeleton

    def still(self, image: SourceImage, plan: Plan) -> Refined:
        """
        Find the people of an image that has nothing to do with any other.

        :raises InferenceError: if a runtime fails.
        """
        return self.follow(image, plan, Scene())

    def follow(self, image: SourceImage, plan: Plan, scene: Scene) -> Refined:
        """
        Find the people of a stream's next image.

        :param scene: of the stream; it stays as it is if the image fails.
        :raises InferenceError: if a runtime fails.
        """
        found, spent_ms = self._detected(image, plan)
        known, background = scene.expected(image)
        nobody = Poses.nobody(self._skeleton)
        people = People.of(nobody) if known is None else known
        detections = np.full(len(people), -1)
        if plan.sizes:
            people, detections = people.meet(found)

        expected = _expected(people, found, detections)
        sizes = crop_sizes(plan.crop_size)
        if people.is_refined.any():  # in a stream, who has no turn has one in the next image
            sizes = sizes[:1]
        chosen, crops, cost_ms = turns(
            urgency(people), _rooms(expected), sizes, plan.max_people, plan.budget_ms - spent_ms,
            self._costs.crop_ms,
        )
        answers, given = nobody, np.full(len(people), -1)
        if crops:
            usual, is_near = _neighbours(expected)
            seen = self._look([crop.cut(image) for crop in crops])
            answers, given[chosen] = assign(
                [crop.to_image(each) for crop, each in zip(crops, seen)],
                expected[chosen], usual[chosen], is_near[chosen],
            )
        turn = np.isin(np.arange(len(people)), chosen)
        settled, is_seen = settle(people, found, detections, answers, given, turn)
        shown = settled[is_seen] + beside(answers, given, settled[is_seen])
        scene.advance(settled[_remembered(settled, is_seen, image.wh)], image, background)
        poses, refined = self._published(shown, image.wh)
        return Refined(poses, refined, len(crops), spent_ms + cost_ms)

    def _detected(self, image: SourceImage, plan: Plan) -> tuple[Poses, float]:
        """Return the people of all detections, each once, and what these cost in milliseconds."""
        finds = [self._detect(image, size) for size in plan.sizes]
        spent_ms = sum(self._costs.detection_ms(image.wh, size) for size in plan.sizes)
        if len(finds) == 1:
            return finds[0], spent_ms
        found = joined([Poses.nobody(self._skeleton), *finds])
        single = without_duplicates(
            found.keypoints, found.keypoint_scores, DUPLICATE, self._skeleton.sigmas
        )
        return some(found, single), spent_ms

    def _published(self, people: People, image_wh: tuple[int, int]) -> tuple[Poses, Mask]:
        """Return people for everybody else, and who was seen by a closer look."""
        people = people[np.argsort(-people.scores, kind='stable')]
        poses = Poses(
            keypoints=people.keypoints,
            keypoint_scores=people.keypoint_scores,
            boxes_xyxy=np.clip(people.boxes_xyxy, 0, np.tile(image_wh, 2)),
            scores=np.clip(people.scores, 0.0, 1.0),
            ids=np.zeros(len(people), np.int64),
            skeleton=self._skeleton,
        )
        return poses, np.asarray(people.unrefined == 0)


def _expected(people: People, found: Poses, detections: Indices) -> People:
    """Return people where a closer look should see them."""
    expected = people.copy()
    rows = np.flatnonzero((detections >= 0) & (people.unrefined > LATELY))
    expected.keypoints[rows] = found.keypoints[detections[rows]]
    expected.keypoint_scores[rows] = found.keypoint_scores[detections[rows]]
    return expected


def _rooms(people: People) -> Floats:
    """Return the boxes around which crops are: of the keypoints now, and at the last detection."""
    boxes, wholes = keypoint_boxes(people.keypoints, people.keypoint_scores), people.wholes_xyxy
    left_top = np.minimum(boxes[:, :2], wholes[:, :2])
    return np.hstack([left_top, np.maximum(boxes[:, 2:], wholes[:, 2:])])


def _neighbours(people: People) -> tuple[Floats, Mask]:
    """Return the usual score of each person's closer looks, and who has somebody near."""
    near = shared(keypoint_boxes(people.keypoints, people.keypoint_scores))
    near &= people.is_refined & (people.unseen <= 1)
    return people.answer_scores, near.any(axis=1) & people.is_refined


def _remembered(people: People, is_seen: Mask, image_wh: tuple[int, int]) -> Mask:
    """Return who is known in the next image: not for long unseen, and not out of the image."""
    x = people.keypoints[..., 0].mean(axis=1) / image_wh[0]
    patience = np.where(people.is_refined, PATIENCE, PATIENCE_UNREFINED)
    return np.asarray(
        (people.unseen <= patience) & (people.detection_scores >= FAINTEST)
        & (x > -0.1) & (x < 1.1) & (is_seen | people.is_refined)
    )
