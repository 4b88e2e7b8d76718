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
How long a network takes in the runtime that was chosen, measured once and remembered.

It is measured the way a camera uses it, with pauses, and kept with all that it depends on beside
what was compiled of the network. Other programs that take the cores meanwhile stretch the time of
a run, but hardly the processor's time in it, which counts then. What is left is good enough to
start with: a later start that finds the machine quiet measures again.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import json
from pathlib import Path
import time
from typing import Any

from movenet_ros.backends.compiled import machine_key
from movenet_ros.backends.compiled import usable_cores
from movenet_ros.backends.kept_trials import is_busy
from movenet_ros.backends.trial import PAUSE_S
from movenet_ros.backends.trial import RUNS
from movenet_ros.backends.trial import WARM_UP_RUNS
from movenet_ros.core.files import write_json
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.core.runtime import Shapes

FILE = 'costs.json'
FEW = (3, 0.0)  # runs, and seconds between them
UNEVEN = 1.15  # time of a run / processor's time of each thread in it, on a quiet machine


def times_ms(
    runtime: Runtime,
    spec: ModelSpec,
    shapes: Sequence[Shapes],
    folder: Path | None,
    log: Callable[[str], Any],
    is_running: bool = False,
) -> list[float]:
    """
    Return the least time of one run for each of some shapes of input, in milliseconds.

    :param folder: of what was compiled and measured of the network; None keeps nothing.
    :param log: accepts a line before something that takes time.
    :param is_running: whether images wait for it: a few runs have to do, until the next start.
    :raises InferenceError: if the runtime fails.
    """
    file = folder / FILE if folder else None
    names = [f'{machine_key()} {runtime.info} {each}' for each in shapes]
    known = _read(file)
    kept = [known.get(name) for name in names]
    is_final = all(each and not each['provisional'] for each in kept)
    busy = is_running or not is_final and is_busy()
    if is_final or busy and all(kept):
        return [each['ms'] for each in kept if each]
    log(f'measuring once how long {spec.title} takes here')
    for name, each in zip(names, shapes):
        runs, pause_s = FEW if is_running else (RUNS, PAUSE_S)
        # a network for any shape runs right behind another run, when the processor is warm
        ms = _measured_ms(runtime, spec, each, runs, 0.0 if spec.any_shape else pause_s)
        known[name] = {'ms': round(ms, 2), 'provisional': False}
    busy = busy or is_busy()
    for name in names:
        known[name]['provisional'] = busy
    if file:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, known)
        except OSError:  # the next start measures again
            pass
    return [known[name]['ms'] for name in names]


def _measured_ms(
    runtime: Runtime, spec: ModelSpec, shapes: Shapes, runs: int, pause_s: float
) -> float:
    inputs = spec.zeros(shapes)
    for _ in range(WARM_UP_RUNS):
        runtime.run(inputs)
    threads = runtime.info.threads or usable_cores()
    took_s, worked_s = [], []
    for _ in range(runs):
        time.sleep(pause_s)
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        runtime.run(inputs)
        took_s.append(time.perf_counter() - begun_s)
        worked_s.append((time.process_time() - begun_cpu_s) / threads)
    return 1e3 * min(min(took_s), UNEVEN * min(worked_s))


def _read(file: Path | None) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(file.read_text()) if file else {}
        return {
            str(name): {'ms': float(each['ms']), 'provisional': bool(each['provisional'])}
            for name, each in content.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
