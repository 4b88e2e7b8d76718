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
What a file is, by how it begins: which reader is for it, its name for people, and what helps.

Sources: the specifications of the formats, and the magic numbers of file(1).
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
import re
import shlex

from movenet_ros.core.wording import one_line

HEAD_BYTES = 1024  # of a file, which are enough to know it


class Form(Enum):
    """Which reader is for a source."""

    BAG = 'a folder with a bag'
    MCAP = 'an MCAP file'
    SQLITE = 'an SQLite file'
    PACKED = 'a file packed with zstd'
    VIDEO = 'a video'
    PICTURE = 'a picture'
    PICTURES = 'a folder of pictures'
    CAMERA = 'a camera'
    STREAM = 'the address of a stream'
    METADATA = 'the metadata of a bag'
    ARCHIVE = 'packed'
    POINTER = 'in the place of a file that is elsewhere'
    TEXT = 'a text file'
    UNKNOWN = 'a file of no known kind'  # a video, perhaps
    REFUSED = 'known, and not for any reader'


@dataclass(frozen=True)
class Kind:
    """
    What a source is.

    :param name: for people: ``a ROS 1 bag``.
    :param fix: what helps where a command does not read it, a command line if there is one.
    """

    form: Form
    name: str
    fix: str = ''

    def sentence(self, source: str | Path) -> str:
        """Return what a source is and what helps, in one line."""
        fix = f' (fix: {self.fix})' if self.fix else ''
        return one_line(f'{source} is {self.name}{fix}', most=1000)


STORAGES = {  # by their suffixes
    '.mcap': Form.MCAP, '.db3': Form.SQLITE, '.zstd': Form.PACKED, '.zst': Form.PACKED,
}
GIF = 'a GIF'  # a picture in a folder, an animation by itself
JPEG_STREAMS = ('.mjpeg', '.mjpg')  # one JPEG behind the other

REPLAY = 'python -m movenet_ros replay {file}'
OF_ITS_FILE = 'give {base}, which it belongs to'
OF_NO_FILE = 'copy {base}, which it belongs to, to where it was'
CONVERT = 'pip install rosbags; rosbags-convert --src {file} --dst {stem}'
CONVERT_RENAMED = (
    'mv {file} {file}.bag; pip install rosbags; rosbags-convert --src {file}.bag --dst {stem}'
)
REINDEX = 'rosbag reindex {file}, of ROS 1, for its recorder was killed'
AS_JPEG = 'save it as JPEG or PNG'
AS_PICTURES = 'save its images as JPEG or PNG, in a folder'
UNPACK = 'unpack it'

# How it begins, which reader is for it, its name, and what helps: {file} is its path, {stem} its
# name without the suffix, {folder} where it lies, {base} its path without -wal and the like.
MAGIC: tuple[tuple[bytes, Form, str, str], ...] = (
    (rb'\x89MCAP0\r\n', Form.MCAP, 'an MCAP file', REPLAY),
    (rb'SQLite format 3\0', Form.SQLITE, 'an SQLite file', REPLAY),
    (rb'\x28\xb5\x2f\xfd', Form.PACKED, 'a file packed with zstd', REPLAY),
    (rb'#ROSBAG V2', Form.REFUSED, 'a ROS 1 bag', CONVERT),
    (rb'#ROSBAG', Form.REFUSED, 'a ROS 1 bag of an early version', 'rosbag fix, of ROS 1'),
    (rb'\x37\x7f\x06[\x82\x83]', Form.REFUSED, 'the log of an SQLite file', OF_ITS_FILE),
    (rb'\x18\xe2\x2d\0', Form.REFUSED, 'the index of an SQLite log', OF_ITS_FILE),
    (rb'\xd9\xd5\x05\xf9\x20\xa1', Form.REFUSED, 'the journal of an SQLite file', OF_ITS_FILE),
    (
        rb'([^\n]*\n){0,9}rosbag2_bagfile_information:', Form.METADATA, 'the metadata of a bag',
        'give its folder, {folder}',
    ),
    (
        rb'version https?://(git-lfs|hawser)\.github\.com/', Form.POINTER,
        'a Git LFS pointer, not the file itself', 'cd {folder} && git lfs pull',
    ),
    (
        rb'/annex/objects/', Form.POINTER, 'a git-annex pointer, not the file itself',
        'cd {folder} && git annex get',
    ),
    (rb'\xff\xd8\xff', Form.PICTURE, 'a JPEG picture', ''),
    (rb'\x89PNG\r\n\x1a\n', Form.PICTURE, 'a PNG picture', ''),
    (rb'II\*\0|MM\0\*', Form.PICTURE, 'a TIFF picture', ''),
    (rb'RIFF....WEBP', Form.PICTURE, 'a WebP picture', ''),
    (rb'BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0', Form.PICTURE, 'a BMP picture', ''),
    (rb'....ftyp(hei|hev|mif1|msf1)', Form.REFUSED, 'a HEIC picture', AS_JPEG),
    (rb'....ftypavi', Form.REFUSED, 'an AVIF picture', AS_JPEG),
    (
        rb'....jP  |....JXL |\xff\x0a|8BPS|\x76\x2f\x31\x01|II\+\0|MM\0\+|#\?RADIANCE'
        rb'|P[1-7]\s+[#\d]', Form.REFUSED, 'a picture in a rare format', AS_JPEG,
    ),
    (rb'GIF8', Form.PICTURE, GIF, ''),
    (
        rb'....(ftyp|moov|mdat)|\0...(wide|free|skip)', Form.VIDEO,
        'a video (MP4 or QuickTime)', '',
    ),
    (rb'\x1a\x45\xdf\xa3', Form.VIDEO, 'a video (Matroska or WebM)', ''),
    (rb'RIFF....AVI ', Form.VIDEO, 'a video (AVI)', ''),
    (
        rb'\0\0\x01[\xb0\xb3\xba]|G.{187}G.{187}G|.{4}G.{191}G.{191}G', Form.VIDEO,
        'a video (MPEG)', '',
    ),
    (
        rb'\0?\0\0\x01([\x09\x27\x47\x67]|[\x40\x46]\x01)', Form.VIDEO,
        'a video (H.264 or H.265)', '',
    ),
    (
        rb'FLV\x01|OggS|DKIF|YUV4MPEG2|\x30\x26\xb2\x75\x8e\x66\xcf\x11', Form.VIDEO,
        'a video', '',
    ),
    (rb'PK\x03\x04.{26}[\w./-]{1,200}\.npy', Form.REFUSED, 'arrays of NumPy', AS_PICTURES),
    (rb'\x93NUMPY', Form.REFUSED, 'an array of NumPy', AS_PICTURES),
    (rb'\x89HDF\r\n', Form.REFUSED, 'an HDF5 file', AS_PICTURES),
    (rb'%PDF', Form.REFUSED, 'a PDF document', AS_PICTURES),
    (rb'PK[\x03\x05]', Form.ARCHIVE, 'a zip archive', UNPACK),
    (rb'.{257}ustar', Form.ARCHIVE, 'a tar archive', UNPACK),
    (rb'\x1f\x8b', Form.ARCHIVE, 'packed with gzip', UNPACK),
    (rb'BZh[1-9]', Form.ARCHIVE, 'packed with bzip2', UNPACK),
    (rb'\xfd7zXZ\0', Form.ARCHIVE, 'packed with xz', UNPACK),
    (rb'\x04\x22\x4d\x18', Form.ARCHIVE, 'packed with lz4', UNPACK),
    (rb'7z\xbc\xaf|Rar!', Form.ARCHIVE, 'a 7z or rar archive', UNPACK),
    (rb'#EXTM3U', Form.REFUSED, 'a playlist of other files', 'give one of these'),
    (rb'\x7fELF', Form.REFUSED, 'a program', ''),
    (rb'\s*<(!(?i:doctype) )?(?i:html)', Form.REFUSED, 'a web page', 'download the file itself'),
    (rb'\0{64}', Form.REFUSED, 'zeros where it begins', 'copy it again, or another copy'),
)


def kind_of_file(head: bytes, path: Path) -> Kind:
    """
    Return what a file is.

    :param head: its first HEAD_BYTES.
    :param path: for what helps; its suffix counts only where the content is of no known kind.
    """
    if not head:
        return Kind(Form.REFUSED, 'empty')
    for pattern, form, name, fix in MAGIC:
        if re.match(pattern, head, re.DOTALL):
            if form is Form.PICTURE and path.suffix.lower() in JPEG_STREAMS:
                return Kind(Form.VIDEO, 'a video (JPEGs)')
            return Kind(form, name, _filled(fix, path))
    promised = STORAGES.get(path.suffix)
    if _is_text(head):
        return Kind(Form.TEXT, 'a text file')
    if promised:  # what it begins with is damaged, or it is what its name does not say
        return Kind(promised, f'{promised.value} by its name alone', _filled(REPLAY, path))
    return Kind(Form.UNKNOWN, Form.UNKNOWN.value)


def _filled(fix: str, path: Path) -> str:
    """Put a path into what helps, as a shell takes it."""
    base = re.sub('-(wal|shm|journal)$', '', str(path))
    if fix == CONVERT and path.suffix != '.bag':  # the converter looks at the name
        fix = REINDEX if path.suffix == '.active' else CONVERT_RENAMED
    if fix == OF_ITS_FILE and not Path(base).exists():
        fix = OF_NO_FILE
    parts = {'file': str(path), 'stem': path.stem, 'folder': str(path.parent), 'base': base}
    return fix.format_map({name: shlex.quote(part) for name, part in parts.items()})


def _is_text(head: bytes) -> bool:
    """Return whether bytes, the last of which may be a part of a letter, are text."""
    try:
        text = codecs.getincrementaldecoder('utf-8')().decode(head)
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each.isspace() for each in text)
