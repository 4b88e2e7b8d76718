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
from hashlib import sha256
from pathlib import Path

from movenet_ros.model.install import install
from movenet_ros.model.install import writing
from movenet_ros.model.store import cache_directory
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.runtimes import cache_check
from movenet_ros.tools.doctor.runtimes import model_check
from movenet_ros.tools.doctor.runtimes import runtime_checks
import pytest

ORT_CPU = Probe({'version': '1.20', 'providers': ['CPUExecutionProvider']})
ORT_CUDA = Probe({'version': '1.20', 'providers': ['CUDAExecutionProvider']})
OPENVINO = Probe({'version': '2025.1', 'devices': ['CPU'], 'bf16': True})
TF_GPU = Probe({'version': '2.20', 'built_with_cuda': True, 'gpus': ['A100']})
TF_CPU = Probe({'version': '2.20', 'built_with_cuda': True, 'gpus': []})
CRASHED = Probe(reason='crashes (SIGSEGV)')


def missing(name: str) -> Probe:
    """Make the probe of what is not installed."""
    return Probe(reason=f"No module named '{name}'", missing=name)


def runtimes(gpu: bool = False, **probes: Probe | None) -> dict[str, Check]:
    """Judge runtimes; one that is not given is not installed."""
    everything = {name: missing(name) for name in ('onnxruntime', 'openvino', 'tensorflow')}
    checks = runtime_checks({**everything, **probes}, gpu, {'tensorflow': '2.20'})
    return {each.name: each for each in checks}


def test_no_runtime_fails() -> None:
    checks = runtimes()
    assert checks['runtime'].status == 'fail'
    assert checks['runtime'].cure.endswith('pip install onnxruntime openvino')


def test_one_runtime_will_do() -> None:
    checks = runtimes(openvino=OPENVINO)
    assert {each.status for each in checks.values()} == {'ok'}
    assert checks['OpenVINO'].finding == '2025.1; CPU (bf16)'


def test_a_runtime_that_crashes_is_a_row() -> None:
    check = runtimes(onnxruntime=CRASHED, openvino=OPENVINO)['ONNX Runtime']
    assert check.status == 'warn'
    assert check.cure.endswith('--force-reinstall onnxruntime')


def test_runtimes_that_all_crash_fail() -> None:
    assert runtimes(onnxruntime=CRASHED)['runtime'].status == 'fail'


def test_a_runtime_that_is_not_loaded_shows_its_version() -> None:
    assert runtimes(openvino=OPENVINO, tensorflow=None)['TensorFlow'].finding.startswith('2.20, ')


@pytest.mark.parametrize(
    ('probes', 'status'),
    [
        ({'onnxruntime': ORT_CPU}, 'warn'),
        ({'onnxruntime': ORT_CPU, 'tensorflow': TF_CPU}, 'warn'),
        ({'openvino': OPENVINO, 'tensorflow': CRASHED}, 'warn'),
        ({'onnxruntime': ORT_CUDA}, 'ok'),
        ({'onnxruntime': ORT_CPU, 'tensorflow': TF_GPU}, 'ok'),
    ],
)
def test_a_gpu_that_nothing_uses_is_warned_of(probes: dict[str, Probe], status: str) -> None:
    check = runtimes(gpu=True, **probes)['GPU']
    assert check.status == status
    assert ('onnxruntime-gpu' in check.cure) == (status == 'warn')


def test_a_machine_without_a_gpu_is_well() -> None:
    assert runtimes(onnxruntime=ORT_CPU)['GPU'].status == 'ok'


@pytest.fixture
def install_fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that installs files into a cache of the test's own."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))

    def install_it(*names: str) -> Path:
        with writing(DEFAULT_VARIANT, print) as directory:
            for name in names:
                path = directory / 'built' / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b'a graph')
            install(DEFAULT_VARIANT, directory / 'built', 'hub x')
        (payload,) = cache_directory().glob('files-*')
        return payload

    return install_it


BOTH = ('model.onnx', 'saved_model/saved_model.pb')


def test_a_whole_model_is_shown_with_its_hashes(install_fake: Callable[..., Path]) -> None:
    install_fake(*BOTH)
    check = model_check(['onnxruntime'])
    assert check.status == 'ok'
    assert check.finding.count(sha256(b'a graph').hexdigest()[:12]) == 2
    assert 'hub x' in check.finding


@pytest.mark.parametrize('name', BOTH)
def test_a_damaged_model_fails(install_fake: Callable[..., Path], name: str) -> None:
    (install_fake(*BOTH) / name).write_bytes(b'a grape')
    check = model_check(['onnxruntime'])
    assert (check.status, f'{Path(name).name} is damaged' in check.finding) == ('fail', True)
    assert check.cure.endswith('-m movenet_ros fetch_model')


def test_no_model_fails(install_fake: Callable[..., Path]) -> None:
    check = model_check(['onnxruntime'])
    assert check.status == 'fail'
    assert check.cure.endswith('-m movenet_ros fetch_model')
    assert not cache_directory().exists()  # and nothing was fetched


@pytest.mark.parametrize(
    ('runtimes', 'status'), [(['onnxruntime', 'openvino'], 'fail'), (['tensorflow'], 'ok')]
)
def test_a_model_that_no_runtime_takes_fails(
    install_fake: Callable[..., Path], runtimes: list[str], status: str
) -> None:
    install_fake('saved_model/saved_model.pb')
    assert model_check(runtimes).status == status


@pytest.mark.parametrize(
    ('free_mib', 'writable', 'status'),
    [(1e4, True, 'ok'), (10, True, 'warn'), (1e4, False, 'warn')],
)
def test_cache(tmp_path: Path, free_mib: float, writable: bool, status: str) -> None:
    check = cache_check(tmp_path / 'not' / 'there', lambda _: free_mib, lambda _: writable)
    assert check.status == status


def test_the_cache_is_written_below_the_folder_that_exists(tmp_path: Path) -> None:
    asked: list[Path] = []
    cache_check(tmp_path / 'not' / 'there', lambda _: 1e4, lambda path: not asked.append(path))
    assert asked == [tmp_path]
