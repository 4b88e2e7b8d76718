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
MCAP files with images, written without copying them about.

rosbags copies a message four times on its way into a chunk and to the file, which took a tenth of
the time that the model needs. A large message becomes a chunk of its own here, whose few bytes of
head are written before it (https://mcap.dev/spec).
"""

from __future__ import annotations

from io import BytesIO
import struct
from typing import Any

from rosbags.rosbag2.storage_mcap import McapWriter

LARGE = 1 << 16  # bytes; smaller messages share a chunk, as rosbags has it
MESSAGE, CHUNK, MESSAGE_INDEX = 0x05, 0x06, 0x07  # kinds of records
HEAD_SIZE = 9  # of a record: its kind and the length of what follows
MESSAGE_HEAD = struct.Struct('<BQHIQQ')
CHUNK_HEAD = struct.Struct('<BQQQQIIQ')
INDEX_OF_ONE = struct.Struct('<BQHIQQ')
CHUNK_INDEX_OF_ONE = struct.Struct('<QQQQIHQQIQQ')
UNKNOWN_CRC = UNCOMPRESSED = FIRST = 0


class LargeMcapWriter(McapWriter):
    """Does what rosbags' own does, but for large messages, without compression."""

    def write(self, connection: Any, timestamp: int, data: bytes | memoryview) -> None:
        """Write a message: its time in nanoseconds, and its bytes."""
        if len(data) < LARGE:
            super().write(connection, timestamp, data)
            return
        if self.chunk.bio.tell():
            self.close_chunk()
        self.message_start_time: int = min(timestamp, self.message_start_time)
        self.message_end_time: int = max(timestamp, self.message_end_time)
        self.channel_stats[connection.id] += 1
        begin = self.bio.tell()
        size = MESSAGE_HEAD.size + len(data)
        self.bio.write(
            CHUNK_HEAD.pack(
                CHUNK, CHUNK_HEAD.size - HEAD_SIZE + size, timestamp, timestamp, size,
                UNKNOWN_CRC, UNCOMPRESSED, size,
            )
            + MESSAGE_HEAD.pack(
                MESSAGE, size - HEAD_SIZE, connection.id, FIRST, timestamp, timestamp
            )
        )
        self.bio.write(data)
        end = self.bio.tell()
        self.bio.write(
            INDEX_OF_ONE.pack(
                MESSAGE_INDEX, INDEX_OF_ONE.size - HEAD_SIZE, connection.id, 16, timestamp, FIRST
            )
        )
        index = BytesIO()
        index.write(
            CHUNK_INDEX_OF_ONE.pack(
                timestamp, timestamp, begin, end - begin, 10, connection.id, end,
                INDEX_OF_ONE.size, UNCOMPRESSED, size, size,
            )
        )
        self.chunks.append(index)
