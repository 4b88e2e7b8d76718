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
the person again as well as a detection of this image would. So a stream need not be detected in
every image, and the time that is left goes to crops, in turns where it is not enough for all.
Time is counted by a table of costs, never by the clock: the same images give the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import NamedTuple

from movenet_ros.core.camera_motion import STILL
from movenet_ros.core.costs import Costs
from movenet_ros.core.image import SourceImage
from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.answers import assign
from movenet_ros.core.refining.answers import DUPLICATE
from movenet_ros.core.refining.answers import joined
from movenet_ros.core.refining.answers import least_clear
from movenet_ros.core.refining.crops import crop_sizes
from movenet_ros.core.refining.people import People
from movenet_ros.core.refining.settling import beside
from movenet_ros.core.refining.settling import is_remembered
from movenet_ros.core.refining.settling import settle
from movenet_ros.core.refining.turns import turns
from movenet_ros.core.scene import Scene
from movenet_ros.core.similarity import without_duplicates
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

Detect = Callable[[SourceImage, int], Poses]
"""From an image and the longer side of the input to its people, low scores too, best first."""

Look = Callable[[Sequence[NDArray[np.uint8]]], list[Poses]]
"""From crops, ``(H, W, 3)`` RGB, to the people in each, in its pixels."""


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

    :param poses: everybody, low scores too, the highest scoring first; ``refined`` says who was
        seen by a closer look at this image.
    :param looked: how many crops were looked at.
    :param spent_ms: by both networks, by the table of costs.
    """

    poses: Poses
    looked: int
    spent_ms: float


class Refiner:
    """
    Finds the people of an image by two networks.

    :param detect: the one that finds people.
    :param look: the one that looks closely at them.
    :param costs: of both.
    :param skeleton: of the people whom both find.
    :param least_score: of people who are published; of a stream, others are looked at less often.
    """

    def __init__(
        self,
        detect: Detect,
        look: Look,
        costs: Costs,
        skeleton: Skeleton,
        least_score: float = 0.0,
    ) -> None:
        self._detect = detect
        self._look = look
        self._costs = costs
        self._skeleton = skeleton
        self._least_score = least_score

    def still(self, image: SourceImage, plan: Plan) -> Refined:
        """
        Find the people of an image that has nothing to do with any other.

        :raises InferenceError: if a runtime fails.
        """
        return self._refined(image, plan, None)[0]

    def follow(self, image: SourceImage, plan: Plan, scene: Scene) -> Refined:
        """
        Find the people of a stream's next image.

        :param scene: of the stream; it stays as it is if the image fails.
        :raises InferenceError: if a runtime fails.
        """
        camera, known = scene.camera_until(image), scene.people
        if known is not None:
            known = known.in_next_image(STILL if camera is None else camera)
        refined, people = self._refined(image, plan, known)
        scene.advance(image, people.boxes_xyxy, people)
        return refined._replace(poses=replace(refined.poses, camera=camera))

    def _refined(
        self, image: SourceImage, plan: Plan, known: People | None
    ) -> tuple[Refined, People]:
        """
        Find the people of an image.

        :param known: people where they should be, by the image before.
        :return: also those whom to look for in the next image.
        """
        found, spent_ms = self._detected(image, plan)
        nobody = Poses.nobody(self._skeleton)
        people = People.of(nobody) if known is None else known
        detections = np.full(len(people), -1)
        if plan.sizes:
            people, detections = people.meet(found)

        sizes = crop_sizes(plan.crop_size)
        if people.is_refined.any():  # in a stream everybody has a turn
            sizes = sizes[:1]
        expected = people.expected_by(found, detections).with_rooms()
        chosen, crops, cost_ms = turns(
            expected, sizes, plan.max_people, plan.budget_ms - spent_ms, self._costs.crop_ms,
            self._least_score,
        )
        answers, given = nobody, np.full(len(people), -1)
        if crops:
            seen = self._look([crop.cut(image) for crop in crops])
            seen = [crop.to_image(each) for crop, each in zip(crops, seen)]
            answers, given[chosen] = assign(seen, expected[chosen], least_clear(expected)[chosen])

        people.rooms_xyxy[chosen] = expected.rooms_xyxy[chosen]
        is_turn = np.isin(np.arange(len(people)), chosen)
        people, is_seen = settle(people, found, detections, answers, given, is_turn)
        shown = people[is_seen] + beside(answers, given, people[is_seen])
        shown = shown[np.argsort(-shown.scores, kind='stable')]
        refined = Refined(
            shown.poses(image.wh, self._skeleton), len(crops), spent_ms + cost_ms
        )
        return refined, people[is_remembered(people, is_seen, image.wh)]

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
        return found[single], spent_ms
