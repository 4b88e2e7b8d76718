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

"""The people found in one image, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import MISSING
from typing import Any

from movenet_ros.core.arrays import frozen
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.skeleton import Skeleton
import numpy as np
from numpy.typing import NDArray

K = 'number of keypoints'


def _array(*shape: int | str, dtype: Any = np.float32, default: Any = MISSING) -> Any:
    """Declare an array field: its shape behind the number of people, and its type."""
    return field(default=default, metadata={'shape': (None, *shape), 'dtype': dtype})


@dataclass(frozen=True, eq=False)
class Poses:
    """
    The people found in one image; arrays are copied and read-only.

    Coordinates are pixels of the image that came in: (0, 0) is the outer corner of its first
    pixel, whose middle is at (0.5, 0.5). A low score says that a keypoint was not seen; its
    coordinate never does.

    :param keypoints: ``(n, k, 2)`` float32, (x, y) in pixels, in the order of the skeleton.
    :param keypoint_scores: ``(n, k)`` float32 in [0, 1].
    :param boxes_xyxy: ``(n, 4)`` float32, (left, top, right, bottom) in pixels.
    :param scores: ``(n,)`` float32 in [0, 1], each person's.
    :param ids: ``(n,)`` int64 track ids, counting from 1; 0 for a person that is not tracked.
    :param skeleton: which keypoints they are; k is 17 for COCO's.
    :param refined: ``(n,)`` bool, who was looked at closely in this image; None: nobody.
    :param camera: ``(2, 3)`` how its motion moved points of the image before; None: not known.
    :raises ValueError: if a shape is not the one above or the lengths differ.
    """

    keypoints: NDArray[np.float32] = _array(K, 2)
    keypoint_scores: NDArray[np.float32] = _array(K)
    boxes_xyxy: NDArray[np.float32] = _array(4)
    scores: NDArray[np.float32] = _array()
    ids: NDArray[np.int64] = _array(dtype=np.int64)
    skeleton: Skeleton = COCO
    refined: NDArray[np.bool_] = _array(dtype=np.bool_, default=None)
    camera: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Check shapes and take read-only copies."""
        k = len(self.skeleton)
        if self.refined is None:
            object.__setattr__(self, 'refined', np.zeros(len(self.scores), np.bool_))
        for name, shape, dtype in ARRAYS:
            shape = tuple(k if size is K else size for size in shape)
            object.__setattr__(self, name, frozen(name, getattr(self, name), dtype, shape))
        lengths = {name: len(getattr(self, name)) for name, *_ in ARRAYS}
        if len(set(lengths.values())) > 1:
            raise ValueError(f'the arrays disagree on the number of people: {lengths}')

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.scores)

    def __getitem__(self, which: Any) -> Poses:
        """Return some of the people, by indices or a mask."""
        arrays = {name: getattr(self, name)[which] for name, *_ in ARRAYS}
        return Poses(**arrays, skeleton=self.skeleton, camera=self.camera)

    def scored(self, least: float) -> Poses:
        """Return the people whose score is not below a threshold."""
        enough = self.scores >= least
        return self if enough.all() else self[enough]

    def first(self, most: int) -> Poses:
        """Return the first people, at most so many."""
        return self if len(self) <= most else self[:most]

    @classmethod
    def nobody(cls, skeleton: Skeleton = COCO) -> Poses:
        """Return the poses of an image without people."""
        k = len(skeleton)
        return cls(
            keypoints=np.empty((0, k, 2), np.float32),
            keypoint_scores=np.empty((0, k), np.float32),
            boxes_xyxy=np.empty((0, 4), np.float32),
            scores=np.empty(0, np.float32),
            ids=np.empty(0, np.int64),
            skeleton=skeleton,
        )


ARRAYS = tuple(  # asking for them takes as long as copying an array
    (each.name, each.metadata['shape'], each.metadata['dtype'])
    for each in fields(Poses)
    if each.metadata
)
