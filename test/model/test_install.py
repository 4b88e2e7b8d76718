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

"""Writing to the cache: one process at a time, and all or nothing."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path

from movenet_ros.model.install import writing
from movenet_ros.model.store import find_model
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT

Install = Callable[..., ModelFiles]


def test_a_second_model_takes_the_place_of_the_first(install_fake: Install) -> None:
    install_fake(mark=b'1')
    found = install_fake(mark=b'2')
    assert found.onnx is not None
    assert found.onnx.read_bytes() == b'another graph2'


def test_the_replaced_model_stays_readable_for_who_is_loading_it(install_fake: Install) -> None:
    first = install_fake(mark=b'1')
    install_fake(mark=b'2')
    assert first.onnx is not None
    assert first.onnx.read_bytes() == b'another graph1'


def test_the_replaced_model_goes_with_the_next_fetch(install_fake: Install) -> None:
    first = install_fake(mark=b'1')
    install_fake(mark=b'2')
    with writing(DEFAULT_VARIANT, print):
        assert first.onnx is not None
        assert not first.onnx.exists()


def test_leftovers_go_and_the_model_stays(install_fake: Install, cache: Path) -> None:
    found = install_fake()
    (cache / 'work-dead').mkdir()
    (cache / 'work-dead' / 'half').touch()
    (cache / 'manifest.json.new').touch()
    with writing(DEFAULT_VARIANT, print) as directory:
        names = {path.name for path in directory.iterdir()}
    assert names == {'lock', 'manifest.json', found.onnx.parent.name if found.onnx else ''}
    assert find_model() == found


def test_a_manifest_records_the_source_and_every_file(install_fake: Install, cache: Path) -> None:
    install_fake(source='npm something@1.0')
    manifest = json.loads((cache / 'manifest.json').read_text())
    assert manifest['source'] == 'npm something@1.0'
    assert set(manifest['files']) == {
        'model.onnx',
        'saved_model/saved_model.pb',
        'saved_model/variables/variables.index',
    }


def test_work_that_fails_leaves_the_model_as_it_was(install_fake: Install, cache: Path) -> None:
    found = install_fake()
    try:
        with writing(DEFAULT_VARIANT, print) as directory:
            (directory / 'work').mkdir()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert find_model() == found
