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


"""What the C library does with memory that was freed."""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt, from malloc.h
LARGEST_KEPT = 32 << 20  # the most that glibc takes: an image of 3840x2160 in 3 colours fits
KEPT = 128 << 20


def keep_freed_memory() -> bool:
    """
    Let the C library keep freed memory for the next image rather than give it back each time.

    An image passes through several buffers of megabytes. By default, glibc takes each of them
    fresh from the kernel, which has to clear it page by page: that was more than half of what
    receiving an image of 1280x720 cost.

    :return: False where the C library is not glibc, which has no such knobs.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(TRIM_THRESHOLD, KEPT))


def give_back_freed_memory() -> bool:
    """
    Give freed memory back to the kernel at once.

    A model that was dropped leaves tens of megabytes in holes between what is still in use. The C
    library gives back by itself only what lies at the end of its heap, and since
    :func:`keep_freed_memory` not even that.

    :return: whether there was any; False where the C library is not glibc.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError):
        return False
