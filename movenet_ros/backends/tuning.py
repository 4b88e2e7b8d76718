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
Which runtime is fastest on this machine's CPU, and with how many threads: measured, not guessed.

It is measured once, the way a camera uses it: one image, a pause in which threads fall asleep and
caches get cold, the next one; all candidates in turn, so that another program's load meets them
alike. That happens in a process of its own, since a runtime that was loaded never leaves a
process's memory. The figures are kept beside what was compiled, so that later starts are quick
and take the same runtime.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from importlib import metadata
import json
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from movenet_ros.backends import load_backend
from movenet_ros.backends.compiled import machine_key
from movenet_ros.backends.compiled import usable_cores
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import ON_THE_CPU
from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.files import write_json
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime

RUNS = 15
WARM_UP_RUNS = 3
PAUSE_S = 0.01
BUSY = 0.2  # share of waiting from which on the figures are not worth keeping
AS_GOOD = 1.25  # fewer threads that take up to so many times as long: they leave cores to others
TIMEOUT_S = 120.0
FILE = 'speed.json'

Setting = tuple[str, int]  # a backend's name and its number of threads, 0 for its own default


@dataclass(frozen=True)
class Speed:
    """
    How fast a runtime is.

    :param ms: least time of one inference in milliseconds: what noise cannot make better.
    """

    backend: str
    threads: int
    ms: float


def settle(
    request: BackendRequest, names: Sequence[str], say: Callable[[str], Any]
) -> tuple[list[Setting], str]:
    """
    Put backends into the order of their speed, each with the number of threads to use.

    :param request: what was asked for; threads other than 0 stay what they are.
    :param names: of backends; those that are not in ON_THE_CPU stay behind the others.
    :param say: called with a line before something that takes time.
    :return: the settings, and what was measured, in a few words.
    """
    as_asked = [(name, request.threads) for name in names]
    candidates = [
        (name, threads)
        for name in names
        if name in ON_THE_CPU and request.onnx
        for threads in ([request.threads] if request.threads else thread_counts())
    ]
    if request.compiled is None or len(candidates) < 2:
        return as_asked, ''
    file, key = request.compiled / FILE, _key(request, candidates)
    speeds = _remembered(file, key)
    if not speeds:
        say('measuring once which runtime and how many threads are fastest on this machine')
        try:
            speeds, waited = _measure_in_another_process(request, candidates)
        except (OSError, ValueError, TypeError, LookupError, subprocess.SubprocessError) as error:
            say(f'could not measure: {error}')
            return as_asked, ''
        if waited > BUSY:
            say('the machine is busy with something else: the next start measures again')
        else:
            _remember(file, key, speeds)
    best = best_first(speeds)
    settings = [(each.backend, each.threads) for each in best]
    measured = {each.backend for each in best}
    settings += [each for each in as_asked if each[0] not in measured]
    figures = ', '.join(f'{each.backend} {each.ms:.1f} ms' for each in best)
    return settings, f'measured here: {figures}' if best else ''


def thread_counts() -> list[int]:
    """Return the numbers of threads worth trying: powers of two, and all cores."""
    cores = usable_cores()
    return sorted({2**i for i in range(cores.bit_length())} | {cores})


def best_first(speeds: Sequence[Speed]) -> list[Speed]:
    """Return the best setting of each backend, the fastest backend first."""
    best: list[Speed] = []
    for backend in dict.fromkeys(each.backend for each in speeds):
        own = [each for each in speeds if each.backend == backend]
        limit = AS_GOOD * min(each.ms for each in own)
        best.append(min((each for each in own if each.ms <= limit), key=lambda each: each.threads))
    return sorted(best, key=lambda each: each.ms)


def measure(request: BackendRequest, candidates: Sequence[Setting]) -> list[Speed]:
    """
    Measure all candidates in turn; one that does not work is left out.

    :param candidates: backends with their numbers of threads.
    """
    inputs = request.spec.zeros()
    times_s: dict[Setting, list[float]] = {}
    backends: dict[Setting, Runtime] = {}
    for name, threads in candidates:
        try:
            # compiled models of the others would lie about on the disk for nothing
            one = replace(request, name=name, threads=threads, compiled=None)
            backend = load_backend(one)
            for _ in range(WARM_UP_RUNS):
                backend.run(inputs)
        except MoveNetError:
            continue
        backends[name, threads] = backend
    for _ in range(RUNS):
        for setting, backend in backends.items():
            time.sleep(PAUSE_S)
            begun = time.perf_counter()
            backend.run(inputs)
            times_s.setdefault(setting, []).append(time.perf_counter() - begun)
    return [Speed(*setting, round(1e3 * min(each), 2)) for setting, each in times_s.items()]


def waiting_share() -> float:
    """
    Tell how busy the machine is with something else, as this process feels it.

    :return: of the time that its threads wanted to run, the share that they waited for a core.
    """
    ran_ns = waited_ns = 0
    for path in Path('/proc/self/task').glob('*/schedstat'):  # see proc(5)
        try:
            ran, waited, _ = (int(each) for each in path.read_text().split())
        except (OSError, ValueError):  # a thread that has just ended
            continue
        ran_ns, waited_ns = ran_ns + ran, waited_ns + waited
    return waited_ns / max(1, ran_ns + waited_ns)


def _measure_in_another_process(
    request: BackendRequest, candidates: Sequence[Setting]
) -> tuple[list[Speed], float]:
    """
    Run this module as a program.

    :return: the figures, and the share of the time that it waited for a core.
    :raises SubprocessError: if it fails or hangs.
    :raises ValueError: if it does not answer as expected.
    """
    task = json.dumps({**asdict(request), 'device': 'cpu', 'candidates': candidates}, default=str)
    command = [sys.executable, '-m', 'movenet_ros.backends.tuning', task]
    done = subprocess.run(
        command, capture_output=True, text=True, errors='replace', check=True, timeout=TIMEOUT_S
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return [Speed(**each) for each in answer['speeds']], float(answer['waited'])


def _key(request: BackendRequest, candidates: Sequence[Setting]) -> str:
    """Name all that the figures depend on."""
    runtimes = sorted({name for name, _ in candidates})
    return ' '.join(
        [
            machine_key(),
            *(f'{name}-{_version(name)}' for name in runtimes),
            f'threads {",".join(str(each) for each in sorted({n for _, n in candidates}))}',
            f'input {request.input_size}',
            f'precision {request.precision}',
        ]
    )


def _version(backend: str) -> str:
    """Return a runtime's version without importing it."""
    for package in (backend, f'{backend}-gpu'):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return 'unknown'


def _remembered(file: Path, key: str) -> list[Speed]:
    try:
        return [Speed(**each) for each in json.loads(file.read_text())[key]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _remember(file: Path, key: str, speeds: Sequence[Speed]) -> None:
    try:
        known = dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        known = {}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {**known, key: [asdict(each) for each in speeds]})
    except OSError:  # the next start measures again
        return


def main() -> None:
    """Measure what the command line says and print the figures."""
    task = json.loads(sys.argv[1])
    candidates = [(name, threads) for name, threads in task.pop('candidates')]
    for name in ('saved_model', 'onnx', 'compiled'):
        task[name] = Path(task[name]) if task[name] else None
    task['spec'] = ModelSpec.from_dict(task['spec'])
    speeds = [asdict(each) for each in measure(BackendRequest(**task), candidates)]
    print(json.dumps({'speeds': speeds, 'waited': waiting_share()}))


if __name__ == '__main__':
    main()
