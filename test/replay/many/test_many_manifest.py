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

"""Which outputs are as a run would make them again, by their manifests."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
import os
from pathlib import Path
from shutil import copytree
from shutil import rmtree

from movenet_ros.core.source_kind import METADATA
from movenet_ros.replay.command import _parser
from movenet_ros.replay.many.circumstances import Circumstances
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.manifest import read_manifest
from movenet_ros.replay.many.manifest import write_manifest
from movenet_ros.replay.many.tasks import tasks_of
from movenet_ros.replay.unfinished import MANIFEST
import pytest

Change = Callable[[Path], object]


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Give what looks like a bag."""
    path = tmp_path / 'bag'
    path.mkdir()
    (path / METADATA).write_text('rosbag2_bagfile_information: {}\n')
    (path / 'bag_0.mcap').write_text('messages')
    return path


def manifest_of(bag: Path, *options: str) -> Manifest:
    """Return the manifest that its output would have."""
    args: Namespace = _parser().parse_args([str(bag), '--out', 'out', *options])
    (task,) = tasks_of(args.input)
    return Circumstances.of(args).manifest(task)


def test_a_recording_that_is_gone_is_listed_and_the_others_are_replayed(bag: Path) -> None:
    copytree(bag, bag.parent / 'gone')
    args = _parser().parse_args([str(bag), str(bag.parent / 'gone'), '--out', 'out'])
    tasks = tasks_of(args.input)
    rmtree(bag.parent / 'gone')
    works, (lost,) = Circumstances.of(args).works(tasks)
    assert [task.name for task, _ in works] == ['bag']
    assert (lost.row.bag, lost.row.state) == ('gone', FAILED) and 'gone' in lost.row.line


@pytest.mark.parametrize('options', [['--jobs', '4'], ['--overwrite'], ['--input-size', '256']])
def test_what_changes_no_output_changes_no_manifest(options: list[str], bag: Path) -> None:
    assert manifest_of(bag, *options) == manifest_of(bag)


@pytest.mark.parametrize(
    'options', [['--input-size', '128'], ['--kinematics'], ['--storage', 'sqlite3']]
)
def test_another_option_is_another_output(options: list[str], bag: Path) -> None:
    assert manifest_of(bag, *options).differs_in(manifest_of(bag)) == 'parameters'


@pytest.mark.parametrize('node', ['movenet', 'movenet_3d', 'movenet_kinematics'])
def test_the_values_in_a_params_file_count_and_its_name_does_not(node: str, bag: Path) -> None:
    found = []
    names = {
        'movenet': 'max_people', 'movenet_3d': 'max_wait_s',
        'movenet_kinematics': 'keypoint_threshold',
    }
    for file, value in (('a', 1), ('b', 1), ('c', 0)):
        path = bag.parent / file
        value = value if node != 'movenet' else 1 + value
        path.write_text(f'{node}: {{ros__parameters: {{{names[node]}: {value}}}}}')
        found.append(manifest_of(bag, '--params-file', str(path)))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    'change',
    [
        lambda bag: os.utime(bag / 'bag_0.mcap', (1, 1)),
        lambda bag: (bag / 'bag_0.mcap').write_text('more messages'),
        lambda bag: (bag / 'bag_1.mcap').touch(),
        lambda bag: (bag / METADATA).write_text('rosbag2_bagfile_information: {x: 1}\n'),
    ],
)
def test_another_recording_is_another_output(change: Change, bag: Path) -> None:
    before = manifest_of(bag)
    change(bag)
    assert manifest_of(bag).differs_in(before) == 'recording'


def test_other_weights_are_another_output(bag: Path, tmp_path: Path) -> None:
    model = tmp_path / 'model.onnx'
    found = []
    for content in ('weights', 'others'):
        model.write_text(content)
        found.append(manifest_of(bag, '--model-path', str(model)))
    assert found[0].differs_in(found[1]) == 'model'


def test_a_manifest_is_read_as_it_was_written(bag: Path) -> None:
    manifest = manifest_of(bag)
    write_manifest(bag, manifest, {'images': 3})
    assert read_manifest(bag) == (manifest, {'images': 3})


@pytest.mark.parametrize('content', ['', 'null', '[]', '{"found": {}}', '{"found": 1}', '\xff'])
def test_what_is_no_manifest_is_none(content: str, bag: Path) -> None:
    (bag / MANIFEST).write_text(content, encoding='latin-1')
    assert read_manifest(bag) is None


def test_names_of_differences_are_those_of_the_fields() -> None:
    one = Manifest('1', '2', '3', '4')
    assert one.differs_in(Manifest('', '', '', '')) == ', '.join(asdict(one))
