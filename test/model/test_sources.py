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

"""Each source brings the right files, or gives the reason in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import hashlib
import io
import os
from pathlib import Path
import socket
import stat
import tarfile

from movenet_ros.core.errors import ModelError
from movenet_ros.model import sources
from movenet_ros.model.sources import from_archive
from movenet_ros.model.sources import from_hub
from movenet_ros.model.sources import from_npm
from movenet_ros.model.sources import from_path
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.model.variants import NPM_PACKAGE
from movenet_ros.model.variants import PackedFile
from movenet_ros.model.variants import Variant
from movenet_ros.model.variants import VARIANTS
import pytest

pytestmark = [
    pytest.mark.filterwarnings('ignore:pkg_resources is deprecated'), pytest.mark.process,
]

CONTENTS = {'package/models/a.json': b'{"a topology": 1}', 'package/models/a.bin': b'weights'}


def packed(path: str) -> PackedFile:
    return PackedFile(path, hashlib.sha256(CONTENTS[path]).hexdigest())


SMALL = replace(
    VARIANTS[DEFAULT_VARIANT],
    npm_topology=packed('package/models/a.json'),
    npm_weights=packed('package/models/a.bin'),
)


def write_package(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, 'w:gz') as package:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / 'workspace'
    path.mkdir()
    return path


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes ``npm`` a shell script."""

    def make(script: str) -> None:
        path = tmp_path / 'bin' / 'npm'
        path.parent.mkdir()
        path.write_text(f'#!/bin/sh\n{script}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv('PATH', f'{path.parent}{os.pathsep}{os.environ["PATH"]}')

    return make


def test_a_package_gives_its_two_files_and_no_others(tmp_path: Path, workspace: Path) -> None:
    contents = {'package/models/b.bin': b'another', **CONTENTS}
    archive = write_package(tmp_path / 'small.tgz', contents)
    topology = from_archive(SMALL, archive, workspace)
    assert topology == workspace / 'a.json'
    assert {path.name: path.read_bytes() for path in workspace.iterdir()} == {
        'a.json': CONTENTS['package/models/a.json'],
        'a.bin': CONTENTS['package/models/a.bin'],
    }


@pytest.mark.parametrize('name', CONTENTS)
def test_a_packed_file_with_other_content_is_refused(
    tmp_path: Path, workspace: Path, name: str
) -> None:
    archive = write_package(tmp_path / 'small.tgz', {**CONTENTS, name: b'tampered'})
    with pytest.raises(ModelError, match=f'{name} has the wrong SHA-256'):
        from_archive(SMALL, archive, workspace)


@pytest.mark.parametrize('name', CONTENTS)
def test_a_packed_file_that_is_missing_is_named(
    tmp_path: Path, workspace: Path, name: str
) -> None:
    contents = {other: content for other, content in CONTENTS.items() if other != name}
    archive = write_package(tmp_path / 'small.tgz', contents)
    with pytest.raises(ModelError, match=f'lacks {name}'):
        from_archive(SMALL, archive, workspace)


@pytest.mark.parametrize('kept', [0.0, 0.5, 0.99])
def test_a_broken_package_is_refused_in_one_line(
    tmp_path: Path, workspace: Path, kept: float
) -> None:
    contents = {'package/first.bin': os.urandom(100_000), **CONTENTS}
    archive = write_package(tmp_path / 'small.tgz', contents)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ModelError, match=r'^small.tgz[^\n]*$'):
        from_archive(SMALL, archive, workspace)


def test_npm_is_asked_for_the_pinned_version(
    tmp_path: Path, workspace: Path, fake_npm: Callable[[str], None]
) -> None:
    package = write_package(tmp_path / 'small.tgz', CONTENTS)
    fake_npm(f'[ "$1 $2" = "pack {NPM_PACKAGE}" ] && cp {package} small-1.0.tgz')
    archive = from_npm(workspace, print)
    assert archive.read_bytes() == package.read_bytes()


@pytest.mark.parametrize('prefix', ['npm error', 'npm ERR!'])
def test_the_error_has_the_reason_of_npm(
    workspace: Path, fake_npm: Callable[[str], None], prefix: str
) -> None:
    lines = ('code ECONNREFUSED', 'errno ECONNREFUSED', f'request to x failed, {"reason " * 8}')
    fake_npm('\n'.join(f'echo "{prefix} {line}" >&2' for line in lines) + '\nexit 1')
    with pytest.raises(ModelError, match=r'^npm pack [^ ]+: ECONNREFUSED, request to x'):
        from_npm(workspace, print)


def test_npm_that_packs_nothing_is_an_error(
    workspace: Path, fake_npm: Callable[[str], None]
) -> None:
    fake_npm('exit 0')
    with pytest.raises(ModelError, match='gives no reason'):
        from_npm(workspace, print)


def test_npm_that_hangs_is_given_up(
    workspace: Path, fake_npm: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, 'STALL_S', 0.5)
    fake_npm('exec sleep 60')
    with pytest.raises(ModelError, match='no data'):
        from_npm(workspace, print)


def test_npm_that_is_slow_is_not_given_up(
    tmp_path: Path,
    workspace: Path,
    fake_npm: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, 'STALL_S', 2.0)
    package = write_package(tmp_path / 'small.tgz', CONTENTS)
    fake_npm(f'for i in 1 2 3 4 5 6; do echo $i >> part; sleep 0.4; done; cp {package} s.tgz')
    assert from_npm(workspace, print).exists()


def test_a_missing_npm_is_named(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', str(workspace))
    with pytest.raises(ModelError, match='npm cannot be started .*: install npm'):
        from_npm(workspace, print)


@pytest.fixture
def unreachable() -> Variant:
    """Point the hub at a closed port."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
    return replace(SMALL, hub_handle=f'http://127.0.0.1:{port}/model')


def test_a_hub_that_cannot_be_reached_is_refused_in_one_line(
    unreachable: Variant, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('tensorflow')
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with pytest.raises(ModelError, match=r'^http://127\.0\.0\.1:[^\n]*refused[^\n]*$'):
        from_hub(unreachable, workspace, print)


def test_the_hubs_settings_are_put_back(
    unreachable: Variant, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('TFHUB_CACHE_DIR', '/the/users/own')
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    with pytest.raises(ModelError):
        from_hub(unreachable, workspace, print)
    assert os.environ['TFHUB_CACHE_DIR'] == '/the/users/own'
    assert socket.getdefaulttimeout() is None


def test_the_hub_downloads_into_the_workspace(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensorflow_hub = pytest.importorskip('tensorflow_hub')

    def resolve(handle: str) -> str:
        assert handle == SMALL.hub_handle
        path = Path(os.environ['TFHUB_CACHE_DIR']) / 'resolved'
        path.mkdir()
        return str(path)

    monkeypatch.setattr(tensorflow_hub, 'resolve', resolve)
    assert from_hub(SMALL, workspace, print) == workspace / 'resolved'


@pytest.mark.parametrize('name', ['.', 'model.json', 'package.tgz'])
def test_a_path_to_a_model_is_accepted(tmp_path: Path, name: str) -> None:
    for each in ('saved_model.pb', 'model.json', 'package.tgz'):
        (tmp_path / each).touch()
    assert from_path(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize('name', ['.', 'nowhere', 'notes.txt'])
def test_a_path_to_anything_else_is_refused_with_what_it_may_be(tmp_path: Path, name: str) -> None:
    (tmp_path / 'notes.txt').touch()
    with pytest.raises(ModelError, match='give hub, npm, a SavedModel directory'):
        from_path(tmp_path / name)
