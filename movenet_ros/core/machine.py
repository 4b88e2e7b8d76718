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

from collections.abc import Sequence
import os
from pathlib import Path
import platform
import time
from typing import Any

PROC = Path('/proc')
START_S = 240.0  # of a first start: TensorFlow on a slow machine; measuring what is fastest
BUILD_S = 900.0  # on a GPU: TensorRT builds its engines for minutes

NVIDIA = ('/dev/nvidiactl', '/dev/nvmap', '/dev/dxg')  # also on a Jetson, and in Windows' Linux
GPU_NODES = (*NVIDIA, '/dev/kfd')
"""What drivers show, the last one is AMD's. Without one, no runtime finds a GPU."""


def machine() -> dict[str, Any]:
    """Return the processor, the cores that this process may use, and the memory."""
    info = (PROC / 'cpuinfo').read_text(errors='replace').splitlines()
    models = [line.partition(':')[2].strip() for line in info if line.startswith('model name')]
    return {
        'cpu': models[0] if models else platform.machine(),  # ARM's cpuinfo has no names
        'cores': len(os.sched_getaffinity(0)),
        'memory_mib': os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 2**20,
    }


def gpu_in_sight(nodes: Sequence[str] = GPU_NODES) -> bool:
    """Return whether a driver is loaded, and its GPUs are not hidden from this process."""
    visible = os.environ.get('CUDA_VISIBLE_DEVICES', '0').strip()
    return visible not in ('', '-1') and any(Path(node).exists() for node in nodes)


def longest_start_s() -> float:
    """Return how long the first start of a model may take on this machine."""
    return START_S + (BUILD_S if gpu_in_sight() else 0.0)


def gpus() -> list[str]:
    """Return the models of NVIDIA's GPUs, and the version of the driver."""
    driver = PROC / 'driver' / 'nvidia'
    lines = [
        line
        for path in (driver / 'version', *sorted(driver.glob('gpus/*/information')))
        if path.exists()
        for line in path.read_text(errors='replace').splitlines()
    ]
    return [line for line in lines if line.startswith(('NVRM', 'Model'))]


def busy_share(seconds: float) -> float:
    """Wait; return the share of the time that the cores were in use, by any process."""
    before = _ticks()
    time.sleep(seconds)
    used, idle = (now - then for now, then in zip(_ticks(), before))
    return used / max(1, used + idle)


def _ticks() -> tuple[int, int]:
    """Return how long all cores were in use and idle, since the start."""
    cpu = (PROC / 'stat').read_text().partition('\n')[0].split()[1:9]
    user, nice, system, idle, waiting, *others = (int(each) for each in cpu)
    return user + nice + system + sum(others), idle + waiting


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
