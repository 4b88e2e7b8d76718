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

"""What the doctor says of the runtimes and the model."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from movenet_ros.core.errors import ModelError
from movenet_ros.model.store import cache_directory
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import read_cached
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.software import pip

ROOM_MIB = 200  # on the disk: what a fetch takes, and what the runtimes compile
TITLES = {'onnxruntime': 'ONNX Runtime', 'openvino': 'OpenVINO', 'tensorflow': 'TensorFlow'}
CUDA = 'CUDAExecutionProvider'


def runtime_checks(
    probes: Mapping[str, Probe | None], gpu_in_sight: bool, versions: Mapping[str, str]
) -> list[Check]:
    """
    Judge the runtimes and whether one of them uses the GPU.

    :param probes: by name; None where one is installed and was not loaded.
    :param gpu_in_sight: whether some GPU's driver is loaded.
    :param versions: of those that were not loaded.
    """
    checks = [_runtime(name, probe, versions.get(name, '')) for name, probe in probes.items()]
    works = [name for name, probe in probes.items() if probe is None or probe.facts is not None]
    if not works:
        finding = 'no runtime works: nothing can run the model'
        checks.append(Check('runtime', 'fail', finding, pip('install', 'onnxruntime', 'openvino')))
    return [*checks, _gpu(probes, gpu_in_sight)] if works else checks


def _runtime(name: str, probe: Probe | None, version: str) -> Check:
    title = TITLES[name]
    if probe is None:
        finding = f'{version}, not loaded: the node takes it only on a GPU, and there is none'
        return Check(title, 'ok', finding)
    if probe.missing == name:
        return Check(title, 'ok', 'not installed')
    if probe.facts is None:
        cure = pip('install', '--force-reinstall', name)
        return Check(title, 'warn', f'does not load: {probe.reason}', cure)
    facts = probe.facts
    if name == 'onnxruntime':
        devices = ['GPU (CUDA)', 'CPU'] if CUDA in facts['providers'] else ['CPU']
    elif name == 'openvino':
        devices = ['CPU (bf16)' if facts['bf16'] else 'CPU']  # what our backend uses of them
    else:
        devices = [*(f'GPU ({each})' for each in facts['gpus']), 'CPU']
    return Check(title, 'ok', f'{facts["version"]}; {", ".join(devices)}')


def _gpu(probes: Mapping[str, Probe | None], in_sight: bool) -> Check:
    """Judge whether a runtime uses the GPU that is there."""
    if not in_sight:
        return Check('GPU', 'ok', 'none in sight: the model runs on the CPU')
    tensorflow, onnxruntime = probes.get('tensorflow'), probes.get('onnxruntime')
    if tensorflow and tensorflow.facts and tensorflow.facts['gpus']:
        return Check('GPU', 'ok', 'TensorFlow uses it')
    if onnxruntime and onnxruntime.facts and CUDA in onnxruntime.facts['providers']:
        return Check('GPU', 'ok', 'ONNX Runtime has CUDA for it')
    cure = (
        pip('uninstall', '-y', 'onnxruntime') + '\n' + pip('install', 'onnxruntime-gpu')
        + '\nor: ' + pip('install', "'tensorflow[and-cuda]'")
    )
    finding = "a GPU's driver is loaded, but no runtime uses it: the model runs on the CPU"
    return Check('GPU', 'warn', finding, cure)


def model_check(runtimes: Sequence[str]) -> Check:
    """
    Verify the files of the model in the cache.

    :param runtimes: names of those that work.
    """
    try:
        cached = read_cached(DEFAULT_VARIANT)
    except ModelError as error:
        return Check('model', 'fail', str(error), fetch_command())
    if cached is None:
        finding = f'none in {cache_directory()}; the node would fetch it at its start'
        return Check('model', 'fail', finding, fetch_command())
    manifest, files = cached
    if files.onnx is None and 'tensorflow' not in runtimes:
        finding = 'the cache has no ONNX file, and no other form has a runtime here'
        cure = pip('install', 'tensorflow', 'tf2onnx') + '\n' + fetch_command() + ' --force'
        return Check('model', 'fail', finding, cure)
    forms = ', '.join(
        f'{name} {manifest.files[name].sha256[:12]}'
        for name in ('model.onnx', 'saved_model/saved_model.pb') if name in manifest.files
    )
    return Check('model', 'ok', f'{manifest.variant} from {manifest.source}, whole: {forms}')


def cache_check(
    folder: Path, free_mib: Callable[[Path], float], may_write: Callable[[Path], bool]
) -> Check:
    """Judge whether a model, and what the runtimes make of it, can be kept."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), Path('/'))
    if not may_write(there):
        cure = f'sudo chown -R $USER {there}\nor: export XDG_CACHE_HOME=FOLDER'
        finding = f'{there} is not writable: every start measures and compiles anew'
        return Check('cache', 'warn', finding, cure)
    room = free_mib(there)
    if room < ROOM_MIB:
        cure = f'free space on the disk of {there}, or export XDG_CACHE_HOME=FOLDER'
        return Check('cache', 'warn', f'{there}: {room:.0f} MiB free', cure)
    return Check('cache', 'ok', f'{folder}: writable, {room / 1024:.1f} GiB free')
