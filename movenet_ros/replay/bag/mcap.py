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

"""MCAP files: read around their damage if they have any, and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
import re
import struct
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile
from mcap.exceptions import InvalidMagic
from mcap.exceptions import RecordLengthLimitExceeded
from mcap.reader import make_reader
from mcap.records import Channel
from mcap.records import Chunk
from mcap.records import ChunkIndex
from mcap.records import DataEnd
from mcap.records import Message as Record
from mcap.records import Schema
from mcap.stream_reader import breakup_chunk
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType
from mcap.writer import Writer
from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.replay.bag.topic import CDR
from movenet_ros.replay.bag.topic import LATEST_NS
from movenet_ros.replay.bag.topic import Message
from movenet_ros.replay.bag.topic import Topic

QOS, TYPE_HASH = 'offered_qos_profiles', 'topic_type_hash'  # what rosbag2 notes of a channel
MAGIC = b'\x89MCAP0\r\n'  # where a file begins, and where it ends
CDR_NAMES = ('cdr', 'cdr_le')  # in any case
ROS_TYPE = re.compile(r'(\w+)(?:/|::)(?:msg(?:/|::))?(?:dds_::(\w+)_|(\w+))')


class McapReader:
    """
    An MCAP file, in the order of time by its index, or as it lies there where that is not whole.

    :ivar topics: by channel.
    :ivar span_ns: the times of the first and the last message, where the file has any.
    :ivar note: what is unusual about the file, with nothing lost by that.
    :ivar damage: what is wrong with the file; empty for a whole one.
    :ivar lost: what the last reading of the messages left out.
    :raises StartError: if nothing of it can be read.
    """

    fix = 'mcap recover OLD.mcap -o NEW.mcap'

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open('rb')
        self._schemas: dict[int, Schema] = {}
        self._channels: dict[int, Channel] = {}
        self._counts: Counter[int] = Counter()
        self.span_ns: tuple[int, int] | None = None
        self.note = self.damage = self.lost = ''
        self._has_index = self._read_index()
        if not self._has_index:
            self._scan()
        self.topics = {key: self._topic(channel) for key, channel in self._channels.items()}
        if self.damage and not self.topics:
            self.close()
            raise StartError(f'{self.damage} (fix: {self.fix})')

    def _read_index(self) -> bool:
        """Read the summary at the end of the file; return whether it has all that is needed."""
        try:
            summary = make_reader(self._file).get_summary()
        except Exception:  # noqa: B902 (whatever comes of reading bytes at random)
            return False
        if summary is None or summary.statistics is None or not summary.chunk_indexes:
            return False
        if self._file.tell() + len(MAGIC) != self._path.stat().st_size:  # the end of another file
            return False
        self._schemas, self._channels = summary.schemas, summary.channels
        self._counts = Counter(summary.statistics.channel_message_counts)
        self.span_ns = (
            min(each.message_start_time for each in summary.chunk_indexes),
            max(each.message_end_time for each in summary.chunk_indexes),
        )
        schemas = {each.schema_id for each in self._channels.values()} - {0}
        return (
            self._counts.keys() <= self._channels.keys()
            and schemas <= self._schemas.keys()
            and self._counts.total() == summary.statistics.message_count  # none: not counted
            and len(summary.chunk_indexes) == summary.statistics.chunk_count
        )

    def _scan(self) -> None:
        """Go through the file as far as that is possible."""
        self._schemas, self._channels, self._counts, self.span_ns = {}, {}, Counter(), None
        has_all = False
        try:
            for record in self._records():
                if isinstance(record, Schema):
                    self._schemas[record.id] = record
                elif isinstance(record, Channel):
                    self._channels[record.id] = record
                elif isinstance(record, Record):
                    self._count(record)
                has_all = has_all or isinstance(record, DataEnd)
            end = self._file.tell()
            if self._file.read(len(MAGIC)) == MAGIC:
                self.damage = 'behind its end another MCAP file begins, which is not read'
                self.fix = f'tail -c +{end + 1} OLD.mcap > SECOND.mcap'
        except Exception as error:  # noqa: B902 (whatever comes of reading bytes at random)
            if has_all:
                self.note = 'it breaks off behind its last message, and nothing is lost by that'
            elif isinstance(error, InvalidMagic):
                self.damage = 'it is no MCAP file'
            elif isinstance(error, (EndOfFile, RecordLengthLimitExceeded, struct.error)):
                self.damage = 'it breaks off: its recorder was killed, or still runs'
            else:
                self.damage = one_line(error)
        self.damage = self.damage or self.lost

    def _count(self, record: Record) -> None:
        if record.channel_id not in self._channels:
            self.lost = self.lost or 'it has messages of channels that it does not define'
            return
        self._counts[record.channel_id] += 1
        first_ns, last_ns = self.span_ns or (record.log_time, record.log_time)
        self.span_ns = min(first_ns, record.log_time), max(last_ns, record.log_time)

    def _records(self) -> Iterator[Any]:
        """Yield what the file and its chunks consist of; what a broken chunk holds is lost."""
        self._file.seek(0)
        size = self._path.stat().st_size  # no record is longer
        options: Any = {'emit_chunks': True, 'validate_crcs': True, 'record_size_limit': size}
        broken = 0
        for record in StreamReader(self._file, **options).records:
            records = [record]
            if isinstance(record, Chunk):
                try:
                    records = breakup_chunk(record, validate_crc=True)
                except Exception:  # noqa: B902 (whatever comes of bytes at random)
                    broken, records = broken + 1, []
                    self.lost = f'{broken} of its chunks cannot be read'
            yield from records

    def _topic(self, channel: Channel) -> Topic:
        schema = self._schemas.get(channel.schema_id) or Schema(0, b'', '', '')
        encoding = channel.message_encoding
        encoding = CDR if encoding.lower() in CDR_NAMES else encoding
        return Topic(
            channel.topic,
            _ros_type(schema.name) if encoding == CDR else schema.name,
            self._counts[channel.id],
            schema.data.decode(errors='replace'),
            schema.encoding,
            channel.metadata.get(TYPE_HASH, ''),
            channel.metadata.get(QOS, ''),
            encoding,
        )

    def messages(self) -> Iterator[Message]:
        """Yield the messages; where nothing more can be read, something is raised."""
        self.lost = ''
        if not self._has_index:
            yield from self._listed(self._records())
            return
        left = self._counts.total()
        for message in self._listed(self._indexed()):
            left -= 1
            yield message
        if left > 0 and not self.lost:  # they lie between the chunks, where no index knows them
            self._file.seek(0)
            yield from self._listed(StreamReader(self._file, emit_chunks=True).records)

    def _indexed(self) -> Iterator[Any]:
        """Yield the messages in the order of time; those of broken chunks are lost."""
        self._file.seek(0)
        reader: Any = make_reader(self._file, validate_crcs=True)
        count = 0
        try:
            for *_, record in reader.iter_messages():
                yield record
                count += 1
        except Exception:  # noqa: B902 (whatever comes of reading bytes at random)
            chunks = reader.get_summary().chunk_indexes
            whole = [each for each in chunks if self._is_whole(each)]
            if not whole or len(whole) == len(chunks):
                raise
            self.lost = f'{len(chunks) - len(whole)} of its {len(chunks)} chunks cannot be read'
            chunks[:] = whole
            for *_, record in islice(reader.iter_messages(), count, None):
                yield record

    def _is_whole(self, index: ChunkIndex) -> bool:
        try:
            self._file.seek(index.chunk_start_offset + 9)  # behind its kind and its length
            breakup_chunk(Chunk.read(ReadDataStream(self._file)), validate_crc=True)
        except Exception:  # noqa: B902 (whatever comes of reading bytes at random)
            return False
        return True

    def _listed(self, records: Iterator[Any]) -> Iterator[Message]:
        for record in records:
            if isinstance(record, DataEnd):
                return
            if isinstance(record, Record) and record.channel_id in self.topics:
                received_ns = min(record.log_time, LATEST_NS)
                yield Message(self.topics[record.channel_id], received_ns, record.data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _ros_type(name: str) -> str:
    """Spell a type as ROS 2 does: some recorders leave msg out, or have the name of DDS."""
    spelled = ROS_TYPE.fullmatch(name)
    return f'{spelled[1]}/msg/{spelled[2] or spelled[3]}' if spelled else name


class McapWriter:
    """An MCAP file that is being written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open('xb')
        self._writer = Writer(self._file, compression=CompressionType.NONE, enable_crcs=False)
        self._writer.start('ros2', 'movenet_ros')
        self._schemas: dict[str, int] = {}

    def add(self, topic: Topic) -> int:
        """Begin a topic; return its key."""
        if topic.msg_type not in self._schemas:
            self._schemas[topic.msg_type] = self._writer.register_schema(
                topic.msg_type, topic.encoding, topic.definition.encode()
            )
        about = {QOS: topic.qos, TYPE_HASH: topic.type_hash}
        schema_id = self._schemas[topic.msg_type]
        return self._writer.register_channel(topic.name, topic.serialization, schema_id, about)

    def write(self, key: int, received_ns: int, data: bytes) -> None:
        """Write a message of a topic."""
        self._writer.add_message(key, received_ns, data, received_ns)

    def finish(self, version: int, metadata: str) -> None:
        """Write the metadata of the bag and the index."""
        self._writer.add_metadata('rosbag2', {'serialized_metadata': metadata})
        self._writer.finish()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
