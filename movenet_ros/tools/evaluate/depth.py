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

"""How well people are lifted into space through a clip with depth and the truth about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
import math
import sys

from movenet_ros.core.assignment import match
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.kinematics.bodies import bodies_in_metres
from movenet_ros.core.needs import needs
from movenet_ros.core.pairing import MAX_STAMP_DIFFERENCE_S
from movenet_ros.core.pairing import paired
from movenet_ros.core.poses import Poses
from movenet_ros.core.poses_3d import Poses3D
from movenet_ros.core.similarity import oks
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.spatial.lifter import Lifter
from movenet_ros.core.spatial.monocular import monocular
from movenet_ros.core.spatial.settings import SpatialSettings
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.perception import Perception
from movenet_ros.tools.evaluate.angles import AngleErrors
from movenet_ros.tools.evaluate.angles import MEANINGS as ANGLE_MEANINGS
from movenet_ros.tools.evaluate.depth_clip import COVERED
from movenet_ros.tools.evaluate.depth_clip import DepthClip
from movenet_ros.tools.evaluate.depth_clip import SEEN
from movenet_ros.tools.evaluate.depth_clip import TruePeople
import numpy as np
from numpy.typing import NDArray

MIN_OKS = 0.5  # of a true person and a detection that is this person
OFF_PX = (3.0, 6.0)  # how far the true joints are moved
SEED = 15
WITHIN_M, GROSS_M, WRONG_M = 0.10, 0.5, 0.25
MEANINGS = {
    'answered': 'share of the joints on the own body that got a place in metres',
    'MPJPE': 'their mean distance from the surface of the body, in metres (inside off)',
    'MPJPE_centre': 'the same from the joint inside the body (inside on)',
    'within_0.10': 'share of the answered that are at most 0.10 m off',
    'gross_0.5': 'share of the answered whose depth is more than 0.5 m off',
    'covered_wrong_0.25': 'share of the covered joints with a depth that is 0.25 m off and more',
    'answered_without_depth': 'joints answered in images without depth: 0',
    'monocular': "median error of people's distance without depth, as a share of it",
    'monocular_68': 'share of people within one standard deviation of it; _95: within two',
    **ANGLE_MEANINGS,
}

Floats = NDArray[np.float64]


@dataclass
class Errors:
    """What is counted, image by image: distances in metres, and joints."""

    off_m: list[float] = field(default_factory=list)
    depth_off_m: list[float] = field(default_factory=list)
    centre_off_m: list[float] = field(default_factory=list)
    asked: int = 0
    covered: int = 0
    covered_wrong: int = 0
    without_depth: int = 0
    distance_off: list[float] = field(default_factory=list)
    deviations: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the figures of places; NaN where a clip says nothing about one."""
        off_m, depth_off_m = np.array(self.off_m), np.array(self.depth_off_m)
        deviations = np.array(self.deviations)
        return {
            'answered': len(off_m) / self.asked if self.asked else math.nan,
            'MPJPE': _mean(off_m),
            'MPJPE_centre': _mean(np.array(self.centre_off_m)),
            'within_0.10': _mean(off_m <= WITHIN_M),
            'gross_0.5': _mean(np.abs(depth_off_m) > GROSS_M),
            'covered_wrong_0.25': self.covered_wrong / self.covered if self.covered else math.nan,
            'answered_without_depth': self.without_depth,
            'monocular': float(np.median(self.distance_off)) if self.distance_off else math.nan,
            'monocular_68': _mean(deviations <= 1),
            'monocular_95': _mean(deviations <= 2),
        }


class Run:
    """Two lifters, on the surface and inside of the body, and their errors."""

    def __init__(self, clip: DepthClip) -> None:
        self._clip = clip
        self._surface, self._centre = Lifter(), Lifter()
        self.errors = Errors()
        self._angles = AngleErrors()  # inside of the body, where joints bend

    def figures(self) -> dict[str, float]:
        """Return the figures named in MEANINGS."""
        return {**self.errors.figures(), **self._angles.figures()}

    def add(self, poses: Poses, people: TruePeople, pairs: list[tuple[int, int]]) -> None:
        """
        Lift the people of the next image.

        :param pairs: of a true person and the one in the poses who it is.
        """
        on_surface = SpatialSettings(inside=False)
        inside = replace(on_surface, inside=True)
        surface = self._lifted(self._surface, poses, people.stamp_ns, on_surface)
        centre = self._lifted(self._centre, poses, people.stamp_ns, inside)
        self._count(people, pairs, surface.positions, centre.positions)
        if people.depth and pairs:
            true, found = map(list, zip(*pairs))
            is_seen = people.visible[true, :, None] >= SEEN
            exact = np.where(is_seen, people.places['centre'][true], np.nan)
            self._angles.add(exact, bodies_in_metres(centre[found]))
        self._count_distances(monocular(poses, self._clip.camera, inside), people, pairs)

    def _lifted(
        self, lifter: Lifter, poses: Poses, stamp_ns: int, settings: SpatialSettings
    ) -> Poses3D:
        """Lift people by the depth image that belongs to theirs, as the node does."""
        clip = self._clip
        at = paired(stamp_ns, clip.depth_ns, round(MAX_STAMP_DIFFERENCE_S * NANOSECONDS))
        if at is None:
            return lifter.without_depth(poses, stamp_ns, settings)
        depth = clip.read_depth(clip.names[at])
        return lifter.lift(poses, stamp_ns, depth, clip.depth_ns[at], clip.camera, settings)

    def _count(
        self, people: TruePeople, pairs: list[tuple[int, int]], surface: Floats, centre: Floats
    ) -> None:
        errors = self.errors
        places = {'surface': surface, 'centre': centre}
        answers = {name: np.full(people.places[name].shape, np.nan) for name in places}
        for true, found in pairs:
            for name, positions in places.items():
                answers[name][true] = positions[found]
        off = answers['surface'] - people.places['surface']
        is_answered = np.isfinite(answers['surface']).all(axis=2)
        if not people.depth:
            errors.without_depth += int(np.count_nonzero(is_answered))
            return
        is_asked, is_covered = people.visible >= SEEN, people.visible == COVERED
        errors.asked += int(np.count_nonzero(is_asked))
        errors.off_m += np.linalg.norm(off, axis=2)[is_asked & is_answered].tolist()
        errors.depth_off_m += off[..., 2][is_asked & is_answered].tolist()
        off_centre = np.linalg.norm(answers['centre'] - people.places['centre'], axis=2)
        errors.centre_off_m += off_centre[is_asked & is_answered].tolist()
        errors.covered += int(np.count_nonzero(is_covered))
        is_wrong = is_covered & is_answered & (np.abs(off[..., 2]) > WRONG_M)
        errors.covered_wrong += int(np.count_nonzero(is_wrong))

    def _count_distances(
        self, placed: Poses3D, people: TruePeople, pairs: list[tuple[int, int]]
    ) -> None:
        for true, found in pairs:
            off_m = abs(placed.person_positions[found, 2] - people.distances_m[true])
            if math.isfinite(off_m):
                self.errors.distance_off.append(off_m / people.distances_m[true])
                deviation = math.sqrt(placed.person_variances[found, 2])
                self.errors.deviations.append(off_m / deviation)


def evaluate_depth(clip: DepthClip, perception: Perception) -> dict[str, dict[str, float]]:
    """
    Lift the people of a clip, once with the true joints, once with those that are detected.

    :param perception: with the node's settings.
    :return: the figures named in MEANINGS, for each of the two.
    :raises StartError: if the video is not the one that the truth is about.
    """
    truth, detected = Run(clip), Run(clip)
    random = np.random.default_rng(SEED)
    for people, image in _images(clip):
        truth.add(moved(people, random), people, [(i, i) for i in range(len(people.ids))])
        poses = perception.people(image, people.stamp_ns)
        detected.add(poses, people, [*zip(*match(_similarity(people, poses), MIN_OKS))])
    return {'2d=truth': truth.figures(), '2d=detected': detected.figures()}


def _images(clip: DepthClip) -> Iterator[tuple[TruePeople, SourceImage]]:
    name, images = clip.media.name, clip.media.images()
    for people in needs('tqdm').tqdm(clip.people, unit='image', file=sys.stderr, disable=None):
        timed = next(images, None)
        if timed is None:
            raise StartError(f'{name} has fewer images than the {len(clip.people)} with a truth')
        if isinstance(timed.image, ImageError):
            raise StartError(str(timed.image))
        if timed.image.wh != clip.camera.wh:
            sizes = ['{}x{}'.format(*wh) for wh in (timed.image.wh, clip.camera.wh)]
            raise StartError(f'{name} is {sizes[0]}, camera.json is for {sizes[1]}')
        yield people, timed.image


def moved(people: TruePeople, random: np.random.Generator) -> Poses:
    """Return the true people as if found, each joint some pixels off."""
    shape = people.keypoints.shape[:2]
    angles = random.uniform(0, 2 * math.pi, shape)
    far_px = random.uniform(*OFF_PX, shape)
    off = np.stack([far_px * np.cos(angles), far_px * np.sin(angles)], axis=-1)
    return Poses(
        keypoints=(people.keypoints + off).astype(np.float32),
        keypoint_scores=(people.visible > 0).astype(np.float32),
        boxes_xyxy=people.boxes_xyxy.astype(np.float32),
        scores=np.ones(shape[0], np.float32),
        ids=people.ids,
    )


def _similarity(people: TruePeople, poses: Poses) -> Floats:
    """Return ``(true, found)`` object keypoint similarities."""
    labelled = np.repeat(people.visible[:, None] > 0, len(poses), axis=1)
    areas = (people.boxes_xyxy[:, 2:] - people.boxes_xyxy[:, :2]).prod(axis=1)
    found = poses.keypoints.astype(np.float64)
    return oks(people.keypoints, found, labelled, areas, COCO.sigmas)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else math.nan
