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

"""What a source is, by its content: each kind by its name, with what helps."""

from __future__ import annotations

from contextlib import closing
import os
from pathlib import Path
import shlex
import socket
import sqlite3
from tempfile import TemporaryDirectory
import zipfile

import cv2
from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.source_kind import pointer_in
from movenet_ros.core.source_kind import storages
import numpy as np
import pytest

MCAP = b'\x89MCAP0\r\n' + bytes(60)
ROS_1 = b'#ROSBAG V2.0\n' + bytes(60)
LFS = b'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n'
METADATA = b'rosbag2_bagfile_information:\n  version: 9\n'
ZSTD = b'\x28\xb5\x2f\xfd' + bytes(60)
MP4 = b'\0\0\0\x20ftypisom' + bytes(60)


def picture(suffix: str = '.jpg') -> bytes:
    """Return a small picture."""
    _, data = cv2.imencode(suffix, np.full((8, 8, 3), 90, np.uint8))
    return data.tobytes()


def database(*tables: str) -> bytes:
    """Return a small SQLite file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, 'x')
        with closing(sqlite3.connect(path)) as file:
            for each in tables or ('topics', 'messages'):
                file.execute(f'CREATE TABLE {each}(id)')
        return path.read_bytes()


def fill(folder: Path, **contents: bytes) -> Path:
    """Make a folder of files; a _ in a name stands for a dot, two for a slash."""
    for name, content in contents.items():
        path = folder / name.replace('__', '/').replace('_', '.')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


FILES: list[tuple[bytes, Form, str]] = [
    (MCAP, Form.MCAP, ''),
    (database(), Form.SQLITE, ''),
    (ZSTD, Form.PACKED, ''),
    (picture('.jpg'), Form.PICTURE, ''),
    (picture('.png'), Form.PICTURE, ''),
    (picture('.bmp'), Form.PICTURE, ''),
    (picture('.tiff'), Form.PICTURE, ''),
    (picture('.webp'), Form.PICTURE, ''),
    (b'GIF89a' + bytes(60), Form.PICTURE, ''),
    (MP4, Form.VIDEO, ''),
    (b'\0\0\0\x14ftypqt  ' + bytes(60), Form.VIDEO, ''),
    (b'\x1a\x45\xdf\xa3' + bytes(60), Form.VIDEO, ''),
    (b'RIFF\0\0\1\0AVI LIST' + bytes(60), Form.VIDEO, ''),
    ((b'G' + bytes(187)) * 4, Form.VIDEO, ''),
    (b'\0\0\0\1\x67' + bytes(60), Form.VIDEO, ''),
    (ROS_1, Form.REFUSED, 'ROS 1 bag'),
    (b'#ROSBAG V1.2\n' + bytes(60), Form.REFUSED, 'ROS 1 bag'),
    (LFS, Form.POINTER, 'Git LFS'),
    (METADATA, Form.METADATA, 'metadata'),
    (b'# by hand\n\n' + METADATA, Form.METADATA, 'metadata'),
    (b'\x37\x7f\x06\x82\0\x2d\xe2\x18' + bytes(60), Form.REFUSED, 'log'),
    (b'\x18\xe2\x2d\0' + bytes(60), Form.REFUSED, 'index'),
    (b'\xd9\xd5\x05\xf9\x20\xa1\x63\xd7' + bytes(60), Form.REFUSED, 'journal'),
    (b'\0\0\0\x18ftypheic' + bytes(60), Form.REFUSED, 'HEIC'),
    (b'\x1f\x8b\x08' + bytes(60), Form.ARCHIVE, 'gzip'),
    (bytes(400), Form.REFUSED, 'zeros'),
    (b'kitchen.mcap'.ljust(257, b'\0') + b'ustar' + bytes(99), Form.ARCHIVE, 'tar'),
    (b'\x89HDF\r\n\x1a\n' + bytes(60), Form.REFUSED, 'HDF5'),
    (b'\x93NUMPY\1\0' + bytes(60), Form.REFUSED, 'NumPy'),
    (b'<!DOCTYPE html><html>Log in', Form.REFUSED, 'web page'),
    ('Küche, ein Text'.encode(), Form.TEXT, 'text'),
    (b'The free and the wide', Form.TEXT, 'text'),
    (b'\0\0\0\x08free' + bytes(60), Form.VIDEO, ''),
    (b'', Form.REFUSED, 'empty'),
    (b'\x01\x02\x80 no known kind', Form.UNKNOWN, ''),
]


@pytest.mark.parametrize('name', ['x', 'x.mp4', 'x.bag', 'x.mcap', 'x.db3', 'x.jpg', 'x.active'])
@pytest.mark.parametrize(('content', 'form', 'words'), FILES)
def test_a_file_is_what_it_holds_whatever_its_name(
    content: bytes, form: Form, words: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    kind = kind_of(tmp_path / name)
    if form is Form.UNKNOWN and name in ('x.mcap', 'x.db3'):
        form = {'x.mcap': Form.MCAP, 'x.db3': Form.SQLITE}[name]  # its begin may be damaged
    assert kind.form is form and words in kind.name


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (ROS_1, 'rosbags-convert --src {path} --dst kitchen'),
        (LFS, 'git lfs pull'),
        (METADATA, 'folder, {path.parent}'),
        (MCAP, 'movenet_ros replay {path}'),
        (b'\x37\x7f\x06\x82' + bytes(60), '{path}'),
    ],
)
def test_what_helps_is_named_with_the_path(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / 'kitchen.bag'
    path.write_bytes(content)
    assert words.format(path=path) in kind_of(path).fix


def test_a_path_is_quoted_as_a_shell_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "Lily's bag {1}.bag"
    path.write_bytes(ROS_1)
    command = shlex.split(kind_of(path).fix.partition('; ')[2])
    assert command[1:] == ['--src', str(path), '--dst', path.stem]


@pytest.mark.parametrize(
    ('name', 'command'),
    [
        ('walk.mcap', 'mv {path} {path}.bag; '),
        ('walk', 'rosbags-convert --src {path}.bag --dst walk'),
        ('walk.bag.active', 'rosbag reindex {path}'),
    ],
)
def test_a_ros_1_bag_gets_the_name_that_its_converter_takes(
    name: str, command: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(ROS_1)
    assert command.format(path=path) in kind_of(path).fix


def test_the_log_names_the_file_that_it_is_of(tmp_path: Path) -> None:
    path = tmp_path / 'x.db3-wal'
    path.write_bytes(b'\x37\x7f\x06\x82' + bytes(60))
    assert f'copy {tmp_path}/x.db3,' in kind_of(path).fix
    (tmp_path / 'x.db3').write_bytes(database())
    assert f'give {tmp_path}/x.db3,' in kind_of(path).fix


def test_arrays_of_numpy_are_no_archive(tmp_path: Path) -> None:
    np.savez(tmp_path / 'x.npz', images=np.zeros(3))
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as file:
        file.writestr('readme.txt', 'text')
    assert 'NumPy' in kind_of(tmp_path / 'x.npz').name
    assert 'zip' in kind_of(tmp_path / 'x.zip').name


FOLDERS: list[tuple[dict[str, bytes], Form, str]] = [
    ({'metadata_yaml': METADATA, 'a_mcap': MCAP}, Form.BAG, ''),
    ({'metadata_yaml': METADATA, 'readme_txt': b'text'}, Form.BAG, ''),
    ({'metadata_yaml': b'', 'a_mcap': MCAP}, Form.BAG, ''),
    ({'metadata_yaml': b'broken off'}, Form.BAG, ''),
    ({'a_mcap': MCAP, 'preview_jpg': picture()}, Form.BAG, ''),
    ({'a_db3': database()}, Form.BAG, ''),
    ({'a_db3_zstd': ZSTD}, Form.BAG, ''),
    ({'a_mcap_gz': b'\x1f\x8b\x08' + bytes(60)}, Form.REFUSED, 'packed with gzip'),
    ({'a_mcap': MCAP, 'b_mcap_gz': b'\x1f\x8b\x08' + bytes(60)}, Form.BAG, ''),
    ({'a_mcap_active': MCAP}, Form.BAG, ''),
    ({'a_jpg': picture(), 'digikam_db': database()}, Form.PICTURES, ''),
    ({'a_jpg': picture(), 'metadata_yaml': b'people: 3'}, Form.PICTURES, ''),
    ({'a_jpg': picture(), 'catalog_db3': database('thumbnails')}, Form.PICTURES, ''),
    ({'a_jpg': picture(), 'b_jpg_zst': ZSTD, 'readme_txt_zst': ZSTD}, Form.PICTURES, ''),
    ({'a_db': database(), 'readme_txt': b'text'}, Form.REFUSED, 'a.db is a bag'),
    ({'a_jpg': b'\x01\x80broken'}, Form.PICTURES, ''),
    ({'a': picture()}, Form.PICTURES, ''),
    ({'a_jpg': LFS, 'b_jpg': LFS}, Form.REFUSED, 'Git LFS'),
    ({'metadata_yaml': LFS, 'a_mcap': LFS}, Form.REFUSED, 'Git LFS'),
    ({'kitchen_bag': ROS_1, 'readme_txt': b'text'}, Form.REFUSED, 'kitchen.bag is a ROS 1 bag'),
    ({'a__metadata_yaml': METADATA, 'b__x_mcap': MCAP}, Form.REFUSED, '2 bags (a, b)'),
    ({'a_mp4': MP4, 'b_mp4': MP4}, Form.REFUSED, '2 videos (a.mp4, b.mp4)'),
    ({'a__x_jpg': picture(), 'b__x_jpg': picture()}, Form.REFUSED, '2 folders of pictures (a, b)'),
    ({'notes_txt': b'text'}, Form.REFUSED, 'no pictures, no video and no bag'),
    ({}, Form.REFUSED, 'empty'),
]


@pytest.mark.parametrize(('contents', 'form', 'words'), FOLDERS)
def test_a_folder_is_what_it_holds(
    contents: dict[str, bytes], form: Form, words: str, tmp_path: Path
) -> None:
    kind = kind_of(fill(tmp_path, **contents))
    assert kind.form is form and words in kind.name


def test_a_folder_of_bags_names_the_command_for_one(tmp_path: Path) -> None:
    fill(tmp_path, run_10__metadata_yaml=METADATA, run_2__metadata_yaml=METADATA)
    kind = kind_of(tmp_path)
    assert 'run.2, run.10' in kind.name
    assert kind.fix == f'python -m movenet_ros replay {tmp_path}/run.2'


def test_a_pointer_is_found_in_a_folder_of_other_files(tmp_path: Path) -> None:
    fill(tmp_path, saved__model_pb=MCAP, saved__variables__data=LFS)
    assert 'git lfs pull' in pointer_in(tmp_path / 'saved')
    assert pointer_in(tmp_path / 'saved' / 'model.pb', tmp_path / 'gone') == ''


def test_a_file_of_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, 'Permission denied')

    fill(tmp_path, x_mcap=MCAP)
    monkeypatch.setattr(os, 'read', refuse)
    assert 'x.mcap is a file that cannot be read (Permission denied)' in kind_of(tmp_path).name
    assert storages(tmp_path) == [tmp_path / 'x.mcap']


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    fill(tmp_path, a_bag=ROS_1)
    (tmp_path / 'b.mp4').symlink_to(tmp_path / 'a.bag')
    assert 'ROS 1' in kind_of(tmp_path / 'b.mp4').name
    (tmp_path / 'a.bag').unlink()
    with pytest.raises(StartError, match='is a link to .*a.bag, which is not there'):
        kind_of(tmp_path / 'b.mp4')


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe')
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / 'socket'))
        names = [kind_of(tmp_path / each).name for each in ('pipe', 'socket')]
    assert names == ['a pipe', 'a socket']
    assert kind_of('/dev/null').form is Form.REFUSED


@pytest.mark.parametrize('source', ['0', '/dev/video97', '/dev/v4l/by-id/usb-gone'])
def test_a_camera(source: str) -> None:
    assert kind_of(source).form is Form.CAMERA


def test_a_folder_with_a_number_for_a_name_is_no_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, **{'2024__a_jpg': picture()})
    monkeypatch.chdir(tmp_path)
    assert kind_of('2024').form is Form.PICTURES


@pytest.mark.parametrize('source', ['rtsp://10.0.0.2/stream', Path('http://x/y'), 'udp://@:1'])
def test_an_address(source: str | Path) -> None:
    assert kind_of(source).form is Form.STREAM


@pytest.mark.parametrize('name', ['gone.mp4', 'x' * 5000, 'kitchen:1.mp4', '12:30:00.mp4'])
def test_what_is_not_there_is_one_line(name: str) -> None:
    with pytest.raises(StartError) as refused:
        kind_of(name)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 1000


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b'/Vid\xe9o.bag'))
    path.write_bytes(ROS_1)
    sentence = kind_of(path).sentence(path)
    assert sentence.isprintable() and sentence.encode()


@pytest.mark.skipif(not os.path.exists('/proc/kmsg'), reason='no such file of the kernel')
def test_a_file_that_waits_for_news_is_not_waited_for() -> None:
    """As /proc/kmsg, which looks like any other file."""
    assert kind_of('/proc').form is Form.REFUSED
