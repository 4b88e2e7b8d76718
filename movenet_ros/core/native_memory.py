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


"""Freed memory in the C library: kept for the next image, or given back to the kernel."""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt, from malloc.h
LARGEST_KEPT = 32 << 20  # the most that glibc accepts; an image of 3840x2160 in 3 colours fits
KEPT = 128 << 20


def keep_freed_memory() -> bool:
    """
    Make the C library keep freed memory for the next image.

    An image passes through several buffers of megabytes. By default, glibc gets each of them from
    the kernel anew, which clears it page by page: more than half of the time to receive an image
    of 1280x720.

    :return: False where the C library is not glibc, which has no such setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(TRIM_THRESHOLD, KEPT))


def give_back_freed_memory() -> bool:
    """
    Give freed memory back to the kernel at once.

    A closed model leaves tens of megabytes between blocks that are still in use. By itself, the C
    library gives back only the end of its heap, and after :func:`keep_freed_memory` not even that.

    :return: whether any was given back; False where the C library is not glibc.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError):
        return False
