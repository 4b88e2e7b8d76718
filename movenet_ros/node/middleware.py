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


"""Room for images in the middleware, and what receiving them costs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import MutableMapping
from contextlib import suppress
import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

RECEIVERS = ('dds.shm.', 'dds.udp.')
LOWER_PRIORITY = 5  # of 0, the usual one, to 19

VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
"""Where Fast DDS looks for its profiles: up to version 2 and from version 3 on."""


def make_room_for_images(environment: MutableMapping[str, str] = os.environ) -> None:
    """
    Have Fast DDS take enough shared memory for the images that this process sends.

    To be called before the first node is made. What the user has set stays; other middleware does
    not look at it. config/fastdds.xml says why.
    """
    profile = installed('config/fastdds.xml')
    if profile.is_file() and not any(name in environment for name in VARIABLES):
        environment[profile_variable()] = str(profile)


def lower_receiver_priority() -> None:
    """
    Have the threads of this process that receive messages give way to the one that processes them.

    Where images come many times faster than they are processed, receiving those that will never be
    looked at takes the processor away from the one that is being processed (two cores, 300 images
    of 1280x720 a second: stalls of up to 2.5 s without it, none with it). It cannot be taken back
    without rights, so it is for an overload, not for every camera.
    """
    for thread in _receivers():
        with suppress(OSError):  # it has ended meanwhile
            os.setpriority(os.PRIO_PROCESS, int(thread.name), LOWER_PRIORITY)


def receiving_s() -> float:
    """Return the CPU time that this process has taken to receive messages, in seconds."""
    ticks = 0
    for thread in _receivers():
        with suppress(OSError):
            fields = (thread / 'stat').read_text().rpartition(')')[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime and stime of proc(5)
    return ticks / os.sysconf('SC_CLK_TCK')


def _receivers() -> Iterator[Path]:
    """Find the threads that receive, by the names that Fast DDS gives them since Iron."""
    for comm in Path('/proc/self/task').glob('*/comm'):
        with suppress(OSError):
            if comm.read_text().startswith(RECEIVERS):
                yield comm.parent


def installed(path: str) -> Path:
    """Return where a file of this package is: in the installation, or in a checkout."""
    return _share('movenet_ros', Path(__file__).parents[2]) / path


def profile_variable() -> str:
    """Return where the Fast DDS of this ROS looks: version 3 warns of the name of version 2."""
    manifest = _share('rmw_fastrtps_cpp', Path()) / 'package.xml'
    is_3 = manifest.is_file() and '>fastdds<' in manifest.read_text()  # before, fastrtps
    return VARIABLES[is_3]


def _share(package: str, otherwise: Path) -> Path:
    """Return where a package has its files, or another folder if it is not installed."""
    try:
        return Path(get_package_share_directory(package))
    except (LookupError, OSError):  # OSError: there is no AMENT_PREFIX_PATH
        return otherwise
