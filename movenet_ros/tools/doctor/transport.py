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

"""What the doctor says of the way of images between programs; facts in, rows out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
from xml.etree import ElementTree

from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import count

IMAGE_BYTES = 1280 * 720 * 3
MIB = 2**20
SEGMENT_BYTES = MIB // 2  # of shared memory that Fast DDS takes for itself
ROOM_BYTES = 64 * MIB  # what Docker gives: eight programs with config/fastdds.xml
SOCKET_BYTES = 8 * MIB
FAST_DDS = ('fastrtps_', 'fastdds_')  # its files, up to version 2 and from 3 on
PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')


def profile_check(
    env: Mapping[str, str], rmw: str, largest_bytes: int, ours: Path | None
) -> Check:
    """
    Judge the profile of Fast DDS.

    :param rmw: the middleware's name, empty if it is not known.
    :param largest_bytes: of the images seen.
    :param ours: config/fastdds.xml, if it is installed.
    """
    if rmw and 'fast' not in rmw:
        return Check('profile', 'ok', f'Fast DDS is not used, but {rmw}')
    for name in (each for each in PROFILES if env.get(each)):
        problem = _problem_of(Path(env[name]))
        if problem:
            finding = f'{name} names {env[name]}, which {problem}: Fast DDS goes without'
            return Check('profile', 'warn', finding, f'unset {name}')
        return Check('profile', 'ok', f'{name} is {env[name]}')
    usual = 'none set: the nodes of movenet_ros have their own, others take 0.5 MiB for images'
    cure = '\n'.join([
        'in the shell that starts the camera:',
        f'export {PROFILES[0]}={ours or "FOLDER/config/fastdds.xml"}',
        f'from Kilted on: export {PROFILES[1]}=the same',
    ])
    if largest_bytes > SEGMENT_BYTES:
        finding = f'{usual}, and here are images of {largest_bytes / MIB:.1f} MiB'
        return Check('profile', 'warn', finding, cure)
    return Check('profile', 'ok', usual)


def _problem_of(profile: Path) -> str:
    try:
        ElementTree.parse(profile)
    except OSError as error:
        return f'cannot be read ({error.strerror})'
    except ElementTree.ParseError as error:
        return f'is no XML ({error})'
    return ''


@dataclass(frozen=True)
class SharedMemory:
    """
    What is in /dev/shm.

    :param total: bytes, as is free.
    :param left_over: files of Fast DDS whose program is gone.
    :param left_over_bytes: that they take.
    :param foreign: files of Fast DDS that belong to other users.
    """

    total: int
    free: int
    left_over: int = 0
    left_over_bytes: int = 0
    foreign: int = 0


def shared_memory(folder: Path = Path('/dev/shm')) -> SharedMemory | None:
    """Look into it; None if there is none."""
    try:
        space = os.statvfs(folder)
        paths = [each for each in folder.iterdir() if each.name.startswith(FAST_DDS)]
    except OSError:
        return None
    left_over = foreign = size = 0
    for path in paths:
        try:
            foreign += path.stat().st_uid != os.geteuid()
            lock = path.with_name(f'{path.name}_el')
            if lock.exists() and not _is_held(lock):
                left_over += 1
                size += path.stat().st_size
        except OSError:  # gone meanwhile, or not ours to read
            continue
    total, free = space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize
    return SharedMemory(total, free, left_over, size, foreign)


def _is_held(lock: Path) -> bool:
    """Tell whether the program that took a file's lock still lives."""
    with lock.open('rb') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def shared_memory_check(found: SharedMemory | None) -> Check:
    """Judge the room for images in shared memory."""
    if found is None:
        cure = 'sudo mount -t tmpfs -o size=1G tmpfs /dev/shm'
        return Check('/dev/shm', 'warn', 'is not there: images go through sockets', cure)
    finding = f'{found.free / MIB:.0f} of {found.total / MIB:.0f} MiB free'
    clean = 'fastdds shm clean'
    if found.left_over:
        files = count(found.left_over, 'file')
        finding += f'; {files} ({found.left_over_bytes / MIB:.0f} MiB) of programs that are gone'
    if found.foreign:
        finding += f'; {count(found.foreign, "file")} of other users'
    if found.free < ROOM_BYTES and found.left_over:
        return Check('/dev/shm', 'warn', finding, clean)
    if found.free < ROOM_BYTES:
        cure = 'sudo mount -o remount,size=1G /dev/shm\nin Docker: docker run --shm-size=1g'
        return Check('/dev/shm', 'warn', finding, cure)
    if found.foreign:
        cure = 'where nothing arrives from a node of another user: start all nodes as one user'
        return Check('/dev/shm', 'ok', finding, cure)
    return Check('/dev/shm', 'ok', finding, f'to remove them: {clean}' if found.left_over else '')


def container_check(is_container: bool) -> Check:
    """Say what a container takes to hear what is outside of it."""
    if not is_container:
        return Check('container', 'ok', 'none')
    finding = 'this is one: nodes outside may be seen, and their images never arrive'
    cure = 'for nodes outside of it: docker run --network=host --ipc=host'
    return Check('container', 'ok', finding, cure)


def in_a_container(root: Path = Path('/')) -> bool:
    """Tell whether Docker or Podman started this."""
    return any((root / each).exists() for each in ('.dockerenv', 'run/.containerenv'))


def socket_check(sizes: Mapping[str, int | None], image_bytes: int) -> Check:
    """
    Judge the sockets' buffers, which matter for images from another machine.

    :param sizes: net.core.rmem_default and rmem_max in bytes; None where it cannot be read.
    :param image_bytes: of the largest image seen, or of a usual one.
    """
    said = ', '.join(
        f'{name} {"unknown" if size is None else f"{size / MIB:.1f} MiB"}'
        for name, size in sizes.items()
    )
    small = [name for name, size in sizes.items() if size is not None and size < image_bytes]
    if not small:
        return Check('sockets', 'ok', said)
    enough = max(SOCKET_BYTES, 2 * image_bytes)
    cure = 'sudo sysctl -w ' + ' '.join(f'net.core.{name}={enough}' for name in small)
    finding = f'{said}: an image of {image_bytes / MIB:.1f} MiB from another machine loses parts'
    return Check('sockets', 'warn', finding, cure)


def socket_sizes(proc: Path = Path('/proc')) -> dict[str, int | None]:
    """Read them."""
    sizes: dict[str, int | None] = {}
    for name in ('rmem_default', 'rmem_max'):
        try:
            sizes[name] = int((proc / 'sys/net/core' / name).read_text())
        except (OSError, ValueError):
            sizes[name] = None
    return sizes
