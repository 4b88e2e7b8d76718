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
A skeleton: which keypoints a person has, and the edges between them.

"left" is the person's own left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

FACE = ('nose', 'eye', 'ear')


@dataclass(frozen=True)
class Skeleton:
    """
    The keypoints that a network finds, in its order.

    :param names: of the keypoints; never sorted.
    :param edges: pairs of indices to draw a line between.
    :param sigmas: of each keypoint, the standard deviation of object keypoint similarity, in
        square roots of the person's area.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        if len(self.sigmas) != len(self.names):
            raise ValueError(f'{len(self.sigmas)} sigmas for {len(self.names)} keypoints')

    def __len__(self) -> int:
        """Return the number of keypoints."""
        return len(self.names)

    @cached_property
    def index(self) -> dict[str, int]:
        """Return the index of each name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def left(self) -> frozenset[int]:
        """Return the keypoints on the person's left."""
        return frozenset(i for name, i in self.index.items() if name.startswith('left_'))

    @cached_property
    def right(self) -> frozenset[int]:
        """Return the keypoints on the person's right."""
        return frozenset(i for name, i in self.index.items() if name.startswith('right_'))

    @cached_property
    def face(self) -> frozenset[int]:
        """Return the keypoints of the face, which lie close together."""
        return frozenset(
            i for name, i in self.index.items() if name.rpartition('_')[2] in FACE
        )


def _coco() -> Skeleton:
    names = (
        'nose',
        'left_eye', 'right_eye',
        'left_ear', 'right_ear',
        'left_shoulder', 'right_shoulder',
        'left_elbow', 'right_elbow',
        'left_wrist', 'right_wrist',
        'left_hip', 'right_hip',
        'left_knee', 'right_knee',
        'left_ankle', 'right_ankle',
    )
    edges = (
        ('nose', 'left_eye'), ('nose', 'right_eye'),
        ('left_eye', 'left_ear'), ('right_eye', 'right_ear'),
        ('left_shoulder', 'right_shoulder'),
        ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
        ('right_shoulder', 'right_elbow'), ('right_elbow', 'right_wrist'),
        ('left_shoulder', 'left_hip'), ('right_shoulder', 'right_hip'),
        ('left_hip', 'right_hip'),
        ('left_hip', 'left_knee'), ('left_knee', 'left_ankle'),
        ('right_hip', 'right_knee'), ('right_knee', 'right_ankle'),
    )
    # what annotators disagree on (cocodataset.org, keypoint evaluation)
    sigmas = (
        0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072,
        0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089,
    )
    return Skeleton(
        names, tuple((names.index(a), names.index(b)) for a, b in edges), sigmas
    )


COCO = _coco()
"""COCO's 17 keypoints."""
