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
Trials of runtimes, kept with all that they depend on beside what was compiled of the model.

Figures of a busy machine are kept too, as provisional ones: they are good enough to start with,
and a later start that finds the machine quiet measures again. So it does after a failure on a GPU
that may pass, such as a driver's. Of several processes, one measures, and the others wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from contextlib import suppress
from dataclasses import asdict
from dataclasses import replace
from importlib import metadata
import json
import os
from pathlib import Path
import site
import sysconfig
from typing import Any

from movenet_ros.backends.compiled import machine_key
from movenet_ros.backends.failures import lacks_memory
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.trial import Trial
from movenet_ros.backends.trial import try_all
from movenet_ros.core import machine
from movenet_ros.core.files import locked
from movenet_ros.core.files import write_json

Candidate = tuple[str, str, int]  # runtime, device, threads

FILE, LOCK = 'speed.json', 'speed.lock'
MOST_KEPT = 20  # circumstances, in a file
BUSY = 0.3  # share of the cores' time in use, from which on figures are provisional
BUSY_S = 0.2  # for which the cores are watched
PACKAGES = ('onnxruntime', 'onnxruntime-gpu', 'openvino', 'tensorflow')
LIBRARIES = (
    '/etc/ld.so.cache', sysconfig.get_path('purelib'), *site.getsitepackages(),
    site.getusersitepackages(),
)
"""What changes when libraries are installed, by the system or by pip."""
VARIABLES = ('LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES')
LASTING = ('no CUDA provider', 'built without CUDA', 'cannot be imported')
"""Words of failures on a GPU that last until another package or library is installed."""


def trials_of(
    request: BackendRequest, candidates: Sequence[BackendRequest], log: Callable[[str], Any]
) -> list[Trial]:
    """
    Return what came of trying candidates on this machine; try them where that is not known.

    :param request: that the candidates were made of.
    :param log: accepts a line before something that takes time.
    :raises OSError: if no process can be started.
    """
    file = request.compiled / FILE if request.compiled else None
    circumstances = _circumstances(request)
    wanted = [(each.name, each.device, each.threads) for each in candidates]
    if kept := _kept(wanted, _read(file, circumstances)):
        return kept
    with _alone(file, log):
        known = _read(file, circumstances)  # again: another process may have measured meanwhile
        if kept := _kept(wanted, known):
            return kept
        busy = is_busy()
        log('measuring once which runtime, device and number of threads are fastest here')
        trials = try_all(candidates)
        busy = busy or is_busy() or any(lacks_memory(each.error) for each in trials)
        trials = [
            replace(each, provisional=each.provisional or busy or _may_pass(each))
            for each in trials
        ]
        if file and not all(each.error for each in trials):
            known.update({each.candidate: each for each in trials})
            _write(file, circumstances, known.values())
    return trials


def _kept(wanted: Sequence[Candidate], known: Mapping[Candidate, Trial]) -> list[Trial]:
    """Return the trials of all that is wanted; none where they are to be made (again)."""
    trials = [known[each] for each in wanted if each in known]
    is_complete = len(trials) == len(wanted)
    is_final = not any(each.provisional for each in trials)
    return trials if is_complete and (is_final or is_busy()) else []


def is_busy() -> bool:
    """Return whether other programs take so much of the cores that figures are provisional."""
    return machine.busy_share(BUSY_S) > BUSY


def _may_pass(trial: Trial) -> bool:
    """Return whether a failure on a GPU may be over at the next start."""
    fails_there = trial.device == 'gpu' and bool(trial.error) and not trial.is_of_model
    return fails_there and not any(words in trial.error for words in LASTING)


@contextmanager
def _alone(file: Path | None, log: Callable[[str], Any]) -> Iterator[None]:
    """Wait until this is the only process that measures this model."""
    waiting = 'another process is measuring the runtimes: waiting for it'
    with ExitStack() as stack:
        with suppress(OSError):  # nothing can be kept there
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(file.with_name(LOCK), lambda: log(waiting)))
        yield


def _circumstances(request: BackendRequest) -> str:
    """Return all that trials depend on, apart from the model, which the folder belongs to."""
    parts = [machine_key(), request.precision, *map(_version, PACKAGES)]
    parts += [f'{name}{shape}' for name, shape in request.spec.usual.items()]
    if machine.gpu_in_sight():  # whether it works depends on many libraries
        parts += [str(request.gpu_memory_limit_mb)]
        parts += [os.environ.get(each, '') for each in VARIABLES]
        paths = [Path(each) for each in dict.fromkeys(LIBRARIES)]
        parts += [str(path.stat().st_mtime_ns) for path in paths if path.exists()]
    return ' '.join(parts)


def _version(package: str) -> str:
    try:
        return f'{package}-{metadata.version(package)}'
    except metadata.PackageNotFoundError:
        return ''


def _read(file: Path | None, circumstances: str) -> dict[Candidate, Trial]:
    try:
        trials = [Trial(**each) for each in _content(file)[circumstances]]
    except (KeyError, TypeError):
        return {}
    return {each.candidate: each for each in trials}


def _content(file: Path | None) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text())) if file else {}
    except (OSError, ValueError, TypeError):
        return {}


def _write(file: Path, circumstances: str, trials: Iterable[Trial]) -> None:
    content = _content(file)
    content.pop(circumstances, None)
    content[circumstances] = [asdict(each) for each in trials]
    try:
        write_json(file, dict([*content.items()][-MOST_KEPT:]))
    except OSError:  # the next start tries again
        return
