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
The choice of a runtime, a device and a number of threads: the fastest that works here.

All that may serve is tried when a model is opened for the first time, and the result is kept:
later starts are quick, take the same runtime, and import no other one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from importlib.util import find_spec
from itertools import groupby
from typing import Any

from movenet_ros.backends import file_for
from movenet_ros.backends import load_backend
from movenet_ros.backends.compiled import usable_cores
from movenet_ros.backends.kept_trials import trials_of
from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import BACKENDS
from movenet_ros.backends.request import BF16
from movenet_ros.backends.request import DEVICES
from movenet_ros.backends.request import INSTALL_FOR_GPU
from movenet_ros.backends.request import ON_A_GPU
from movenet_ros.backends.request import ON_THE_CPU
from movenet_ros.backends.request import PRECISIONS
from movenet_ros.backends.request import TITLES
from movenet_ros.backends.trial import Trial
from movenet_ros.core import machine
from movenet_ros.core.errors import BackendError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.errors import StartError
from movenet_ros.core.runtime import Runtime

AS_GOOD = 1.25  # fewer threads that take at most this much longer: they leave cores to others

Log = Callable[[str], Any]


@dataclass(frozen=True)
class Choice:
    """
    What to load.

    :param candidates: the best one first, the others in case that it does not load.
    :param why: the first one is the best, in a few words.
    :param warning: why a GPU is not used, and the fix, in one sentence; empty if none is wasted.
    """

    candidates: tuple[BackendRequest, ...]
    why: str
    warning: str = ''


def open_backend(
    request: BackendRequest, log: Log = lambda line: None
) -> tuple[Runtime, Choice]:
    """
    Load a network into the runtime that is best for it on this machine.

    :param log: accepts a line before something that takes time.
    :return: the runtime, and why it is this one.
    :raises BackendError: if none works, or not the runtime or the device asked for.
    :raises ModelError: if the model's file is damaged or holds another network.
    """
    choice = choose(request, log)
    best = choice.candidates[0]
    first_error: StartError | None = None
    for each in choice.candidates:
        try:
            runtime = load_backend(each)
        except StartError as error:
            if isinstance(error, ModelError) and each.device != 'gpu':
                raise  # of a damaged model; on a GPU, that may look like one
            first_error = first_error or error
            continue
        if first_error is not None:
            reason = f'{TITLES[best.name]}: {first_error}'
            unused = _warning(reason) if best.device == 'gpu' != each.device else ''
            choice = Choice((each,), reason, unused or choice.warning)
        return runtime, choice
    assert first_error is not None
    raise _no_gpu(str(first_error)) if request.device == 'gpu' else first_error


def choose(request: BackendRequest, log: Log = lambda line: None) -> Choice:
    """
    Choose what a request leaves open.

    :param log: accepts a line before something that takes time.
    :raises BackendError: if nothing works.
    :raises ModelError: if nothing works with the model's file.
    """
    candidates = _candidates(request, _usable(request))
    to_try = [each for each in candidates if each.device == 'gpu' or each.name in ON_THE_CPU]
    last = candidates[len(to_try):]
    # a runtime on a GPU may crash or hang: not in this process
    if len(to_try) < 2 and not any(each.device == 'gpu' for each in to_try):
        warning = _unused_gpu(request, candidates[0], ())
        return Choice(tuple(candidates), _why_these(request), warning)
    try:
        trials = trials_of(request, to_try, log)
    except OSError as error:
        log(f'cannot measure: {error}')
        untried = tuple(replace(each, threads=request.threads) for each in candidates)
        return Choice(untried, _why_these(request))
    best = best_first(trials)
    if not best and (not last or any(each.is_of_model for each in trials)):
        raise _nothing_works(request, trials)
    chosen = [
        replace(request, name=each.name, device=each.device, threads=each.threads)
        for each in best
    ]
    chosen += last
    why = '; '.join(filter(None, (_why_these(request), _figures(best) or _errors(trials))))
    return Choice(tuple(chosen), why, _unused_gpu(request, chosen[0], trials))


def best_first(trials: Iterable[Trial]) -> list[Trial]:
    """Return the best of each runtime on each device, the fastest first."""
    best = []
    works = sorted((each for each in trials if not each.error), key=_runtime_of)
    for _, group in groupby(works, _runtime_of):
        own = list(group)
        limit_ms = AS_GOOD * min(each.ms for each in own)
        best.append(min((t for t in own if t.ms <= limit_ms), key=lambda t: t.threads))
    # a GPU leaves all cores to others
    return sorted(best, key=lambda t: t.ms / (AS_GOOD if t.device == 'gpu' else 1.0))


def _runtime_of(trial: Trial) -> tuple[str, str]:
    return trial.name, trial.device


def thread_counts() -> list[int]:
    """Return the numbers of threads worth trying: powers of two, and all cores."""
    cores = usable_cores()
    return sorted({2**i for i in range(cores.bit_length())} | {cores})


def _usable(request: BackendRequest) -> list[str]:
    """
    Return the runtimes that are installed and able to do what is asked for.

    :raises BackendError: if there is none.
    """
    for value, name, choices in (
        (request.name, 'backend', BACKEND_CHOICES),
        (request.device, 'device', DEVICES),
        (request.precision, 'precision', PRECISIONS),
    ):
        if value not in choices:
            raise BackendError(f"unknown {name} '{value}', choose from {', '.join(choices)}")
    if request.name != 'auto':
        file_for(request)
        return [request.name]
    able = BF16 if request.precision == 'bf16' else BACKENDS
    fitting = [name for name in able if request.model_for(name)]
    usable = [name for name in fitting if find_spec(name)]
    if not usable:
        packages = ' or '.join(fitting or able)
        raise BackendError(f'no runtime for the model is installed: pip install {packages}')
    return usable


def _candidates(request: BackendRequest, names: Sequence[str]) -> list[BackendRequest]:
    """
    Return all that may serve, TensorFlow on the CPU last: it is loaded only if nothing else works.

    :raises BackendError: if a GPU is asked for that cannot be used.
    """
    on_gpu = [replace(request, name=name, device='gpu') for name in ON_A_GPU if name in names]
    if request.device == 'gpu':
        if not on_gpu:
            raise _no_gpu(f'{TITLES[names[0]]} runs on the CPU: {INSTALL_FOR_GPU}')
        if not machine.gpu_in_sight():
            raise _no_gpu('no driver of a GPU is loaded: check nvidia-smi')
        return on_gpu
    counts = [request.threads] if request.threads else thread_counts()
    on_cpu = [
        replace(request, name=name, device='cpu', threads=threads)
        for name in ON_THE_CPU
        if name in names
        for threads in counts
    ]
    last = [replace(request, name=name, device='cpu') for name in names if name not in ON_THE_CPU]
    if request.device == 'cpu' or not machine.gpu_in_sight():
        on_gpu = []
    return [*on_gpu, *on_cpu, *last]


def _no_gpu(reason: str) -> BackendError:
    return BackendError(f'device gpu, but {reason}; or set device to auto')


def _nothing_works(request: BackendRequest, trials: Sequence[Trial]) -> StartError:
    for each in trials:
        if each.is_of_model:
            return ModelError(each.error)
    return (_no_gpu if request.device == 'gpu' else BackendError)(_errors(trials))


def _errors(trials: Sequence[Trial]) -> str:
    """Return why those that do not work do not, in one line."""
    return '; '.join(dict.fromkeys(f'{TITLES[t.name]}: {t.error}' for t in trials if t.error))


def _why_these(request: BackendRequest) -> str:
    """Return in a few words why other runtimes or devices are not tried."""
    if request.name != 'auto':
        return 'asked for'
    if request.device != 'auto':
        return f'device {request.device}'
    return '' if machine.gpu_in_sight() else 'no GPU found'


def _figures(best: Sequence[Trial]) -> str:
    """Return what was measured, in a few words."""
    figures = ', '.join(
        f'{each.name}{" on a GPU" * (each.device == "gpu")} {each.ms:.1f} ms' for each in best
    )
    busy = ' on a busy machine, to be repeated' if any(t.provisional for t in best) else ''
    return figures and f'measured here{busy}: {figures}'


def _unused_gpu(
    request: BackendRequest, chosen: BackendRequest, trials: Sequence[Trial]
) -> str:
    """Return the warning where a GPU could be used and is not."""
    may_be_used = request.device == 'auto' and request.precision != 'bf16'
    may_be_used = may_be_used and request.name in ('auto', *ON_A_GPU)
    if not may_be_used or chosen.device == 'gpu' or not machine.gpu_in_sight(machine.NVIDIA):
        return ''
    on_gpu = [each for each in trials if each.device == 'gpu']
    slower = [f'{TITLES[t.name]} takes {t.ms:.1f} ms there' for t in on_gpu if not t.error]
    reasons = '; '.join(filter(None, (*slower, _errors(on_gpu))))
    return _warning(reasons or f'no runtime for it is installed: {INSTALL_FOR_GPU}')


def _warning(reason: str) -> str:
    return f'there is a GPU, but the model runs on the CPU ({reason}); or set device to cpu'
