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

"""Which depth image belongs to an image: the nearest by stamp, if it is near enough."""

from __future__ import annotations

from collections.abc import Sequence

MAX_STAMP_DIFFERENCE_S = 0.03  # by then a person who walks has moved some centimetres


def nearest(stamp_ns: int, stamps_ns: Sequence[int]) -> int | None:
    """
    Return the index of the stamp nearest to another; of two as near, the first.

    :return: None if there are no stamps.
    """
    indices = range(len(stamps_ns))
    return min(indices, key=lambda index: abs(stamps_ns[index] - stamp_ns), default=None)


def paired(stamp_ns: int, stamps_ns: Sequence[int], max_difference_ns: int) -> int | None:
    """
    Return the index of the stamp that belongs to an image.

    :param stamp_ns: the image's.
    :param stamps_ns: of the depth images that are there, in any order.
    :return: None if none is near enough.
    """
    index = nearest(stamp_ns, stamps_ns)
    if index is None or abs(stamps_ns[index] - stamp_ns) > max_difference_ns:
        return None
    return index
