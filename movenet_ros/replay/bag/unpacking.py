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
Decompression with limits.

A few kilobytes can unpack to all the memory or all the disk that there is, and rosbags lets them.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
import shutil
import tempfile
from typing import Any
from typing import BinaryIO

import lz4.frame  # type: ignore[import-untyped]
from rosbags.rosbag2.reader import zstd

ZstdError: type[Exception] = zstd.ZstdError

MAX_BYTES = 1 << 28  # of a message, or of a chunk of them: an image of 50 million pixels fits
SPARE_BYTES = 1 << 30  # of the disk, which are left to others
CHECK_BYTES = 1 << 26  # are written between two looks at the disk
LEAST_BYTES = 1 << 30  # that any file may have
RATIO = 1000  # of what it unpacks to and its size; recordings of a black wall reach it


def unpack_zstd(data: bytes, size: int | None = None) -> bytes:
    """
    Unpack one frame of zstd.

    :param size: that it says it has; None where it does not say.
    :raises ValueError: if that is too much, or if it has more.
    :raises EOFError: if it breaks off.
    """
    return _unpacked(zstd.ZstdDecompressor(), data, size)


def unpack_lz4(data: bytes, size: int | None = None) -> bytes:
    """Unpack one frame of LZ4, as :func:`unpack_zstd` does."""
    return _unpacked(lz4.frame.LZ4FrameDecompressor(), data, size)


def _unpacked(decompressor: Any, data: bytes, size: int | None) -> bytes:
    most = MAX_BYTES if size is None else size
    unpacked = b'' if most > MAX_BYTES else bytes(decompressor.decompress(data, most + 1))
    if max(most, len(unpacked)) > MAX_BYTES:
        raise ValueError(f'too many bytes in one piece, at most {MAX_BYTES} are unpacked')
    if len(unpacked) > most:
        raise ValueError(f'more than the {most} bytes that it says it has')
    if not decompressor.eof:
        raise EOFError('compressed data breaks off')
    return unpacked


class ZstdFile(zstd.ZstdFile):
    """A compressed file that is unpacked to the disk, but not to any size."""

    def __init__(self, path: Path | BinaryIO, mode: str = 'rb') -> None:
        super().__init__(path, mode)
        size = path.stat().st_size if isinstance(path, Path) else os.fstat(path.fileno()).st_size
        self._rest = LEAST_BYTES + RATIO * size
        self._until_check = 0

    def read(self, size: int | None = -1) -> bytes:
        """
        Read on.

        :raises OSError: if that is too much, or if the disk is nearly full.
        """
        data: bytes = super().read(CHECK_BYTES if size is None or size < 0 else size)
        self._rest -= len(data)
        self._until_check -= len(data)
        if self._rest < 0:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        if self._until_check < 0:
            self._until_check = CHECK_BYTES
            if shutil.disk_usage(tempfile.gettempdir()).free < SPARE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return data
