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

"""What the doctor says of shared memory, sockets and Fast DDS's profile."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from movenet_ros.tools.doctor.transport import container_check
from movenet_ros.tools.doctor.transport import IMAGE_BYTES
from movenet_ros.tools.doctor.transport import in_a_container
from movenet_ros.tools.doctor.transport import MIB
from movenet_ros.tools.doctor.transport import profile_check
from movenet_ros.tools.doctor.transport import shared_memory
from movenet_ros.tools.doctor.transport import shared_memory_check
from movenet_ros.tools.doctor.transport import SharedMemory
from movenet_ros.tools.doctor.transport import socket_check
from movenet_ros.tools.doctor.transport import socket_sizes
import pytest

FAST_DDS = 'rmw_fastrtps_cpp'
ROOMY = SharedMemory(8192 * MIB, 8000 * MIB)


@pytest.mark.parametrize(
    ('largest_bytes', 'status'), [(0, 'ok'), (400_000, 'ok'), (IMAGE_BYTES, 'warn')]
)
def test_images_that_do_not_fit_are_warned_of_where_there_is_no_profile(
    largest_bytes: int, status: str
) -> None:
    check = profile_check({}, FAST_DDS, largest_bytes, Path('/share/fastdds.xml'))
    assert check.status == status
    export = 'export FASTRTPS_DEFAULT_PROFILES_FILE=/share/fastdds.xml'
    assert (export in check.cure.splitlines()) == (status == 'warn')


@pytest.mark.parametrize(
    ('content', 'status', 'words'),
    [('<dds/>', 'ok', ''), ('<dds', 'warn', 'is no XML'), (None, 'warn', 'cannot be read')],
)
@pytest.mark.parametrize(
    'name', ['FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE']
)
def test_a_profile_of_the_users(
    tmp_path: Path, name: str, content: str | None, status: str, words: str
) -> None:
    path = tmp_path / 'mine.xml'
    if content is not None:
        path.write_text(content)
    check = profile_check({name: str(path)}, FAST_DDS, IMAGE_BYTES, None)
    assert check.status == status
    assert words in check.finding


def test_other_middleware_has_no_such_profile() -> None:
    assert profile_check({}, 'rmw_cyclonedds_cpp', IMAGE_BYTES, None).status == 'ok'


@pytest.mark.parametrize(
    ('found', 'status', 'cure'),
    [
        (ROOMY, 'ok', ''),
        (None, 'warn', 'mount'),
        (SharedMemory(64 * MIB, 63 * MIB), 'warn', '--shm-size'),
        (SharedMemory(8192 * MIB, 10 * MIB, 3, 100 * MIB), 'warn', 'fastdds shm clean'),
        (SharedMemory(8192 * MIB, 8000 * MIB, 3, 100 * MIB), 'ok', 'fastdds shm clean'),
        (SharedMemory(8192 * MIB, 8000 * MIB, foreign=2), 'ok', 'as one user'),
    ],
)
def test_shared_memory(found: SharedMemory | None, status: str, cure: str) -> None:
    check = shared_memory_check(found)
    assert check.status == status
    assert cure in check.cure


def test_files_whose_program_lives_are_not_left_over(tmp_path: Path) -> None:
    for name in ('fastrtps_1', 'fastdds_2', 'fastrtps_3', 'other_4'):
        (tmp_path / name).write_bytes(bytes(100))
        (tmp_path / f'{name}_el').touch()
    with (tmp_path / 'fastrtps_3_el').open('wb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = shared_memory(tmp_path)
    assert found is not None
    assert (found.left_over, found.left_over_bytes, found.foreign) == (2, 200, 0)


def test_files_of_other_users_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'fastrtps_1').touch()
    monkeypatch.setattr(os, 'geteuid', lambda: os.getuid() + 1)
    found = shared_memory(tmp_path)
    assert found is not None
    assert found.foreign == 1


def test_no_shared_memory(tmp_path: Path) -> None:
    assert shared_memory(tmp_path / 'none') is None


@pytest.mark.parametrize(
    ('default', 'most', 'status', 'cure'),
    [
        (212992, 212992, 'warn', 'net.core.rmem_default=8388608 net.core.rmem_max=8388608'),
        (212992, 2**31 - 1, 'warn', '-w net.core.rmem_default=8388608'),
        (2**23, 2**23, 'ok', ''),
        (None, None, 'ok', ''),
    ],
)
def test_sockets(default: int | None, most: int | None, status: str, cure: str) -> None:
    check = socket_check({'rmem_default': default, 'rmem_max': most}, IMAGE_BYTES)
    assert check.status == status
    assert check.cure.endswith(cure)


def test_larger_images_take_larger_sockets() -> None:
    check = socket_check({'rmem_max': 2**23}, 10**7)
    assert check.cure == 'sudo sysctl -w net.core.rmem_max=20000000'


def test_sizes_of_sockets_are_read(tmp_path: Path) -> None:
    (tmp_path / 'sys/net/core').mkdir(parents=True)
    (tmp_path / 'sys/net/core/rmem_max').write_text('4194304\n')
    assert socket_sizes(tmp_path) == {'rmem_default': None, 'rmem_max': 4194304}


@pytest.mark.parametrize('mark', ['.dockerenv', 'run/.containerenv'])
def test_a_container_is_told_by_its_mark(tmp_path: Path, mark: str) -> None:
    assert not in_a_container(tmp_path)
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()
    assert in_a_container(tmp_path)


def test_a_container_is_told_how_to_share() -> None:
    assert '--ipc=host' in container_check(True).cure
    assert not container_check(False).cure
