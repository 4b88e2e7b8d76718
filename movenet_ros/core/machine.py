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

"""Facts about this machine and its processes, from Linux; source: proc(5)."""

from __future__ import annotations

import os
from pathlib import Path
import platform
from typing import Any

PROC = Path('/proc')

GPU_NODES = ('/dev/nvidiactl', '/dev/nvmap', '/dev/kfd', '/dev/dxg')
"""Devices of GPU drivers: NVIDIA, Jetson, AMD, WSL. Without one, no runtime finds a GPU."""


def machine() -> dict[str, Any]:
    """Return the processor, the cores that this process may use, and the memory."""
    info = (PROC / 'cpuinfo').read_text(errors='replace').splitlines()
    models = [line.partition(':')[2].strip() for line in info if line.startswith('model name')]
    return {
        'cpu': models[0] if models else platform.machine(),  # ARM's cpuinfo has no names
        'cores': len(os.sched_getaffinity(0)),
        'memory_mib': os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 2**20,
    }


def gpu_in_sight() -> bool:
    """Return whether the driver of a GPU is loaded."""
    return any(Path(node).exists() for node in GPU_NODES)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, all threads, user and system."""
    stat = (PROC / str(pid) / 'stat').read_text()
    fields = stat.rpartition(')')[2].split()  # behind the name, which may hold anything
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf('SC_CLK_TCK')


def peak_memory_mib(pid: int) -> float:
    """Return the peak resident memory of a process."""
    status = (PROC / str(pid) / 'status').read_text().splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith('VmHWM:'))
    return int(peak) / 1024
