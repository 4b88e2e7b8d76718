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

"""The benchmark, from the command line to its table and its file."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
import json
import math
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.tools.benchmark import command as benchmark
from movenet_ros.tools.benchmark.command import main
from movenet_ros.tools.benchmark.modes import CROWDS
from movenet_ros.tools.benchmark.modes import STAGES
from movenet_ros.tools.benchmark.report import DEFINITIONS
from movenet_ros.tools.benchmark.turns import BLOCK_RUNS
from movenet_ros.tools.benchmark.turns import MIN_ROUNDS
from networks import write_bright_saved_model
import pytest

pytestmark = pytest.mark.tool

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 600.0  # beside busy processes, too
SIZE = '160x120'
SHORT = (
    '--size', SIZE, '--seconds', '0.5', '--input-size', '128', '--backends', 'onnxruntime',
    '--refine-input-size', '128', '--refine-max-people', '2',
)
PARTS = {'bare', 'pipeline', 'letterbox', 'infer', 'decode', 'track', 'track_six', 'draw'}


class Benchmark:
    """A benchmark in a process of its own."""

    def __init__(self, folder: Path, *args: str, **env: str) -> None:
        self.out, self.err = folder / 'out', folder / 'err'
        variables = {
            **os.environ,
            'PYTHONPATH': str(ROOT),
            **env,
        }
        with self.out.open('wb') as out, self.err.open('wb') as err:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'movenet_ros', 'benchmark', *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=variables,
            )

    def until_it_says(self, words: str) -> None:
        """Wait for a line of its progress."""
        end = time.monotonic() + WAIT_S
        while words not in self.err.read_text():
            assert self.process.poll() is None and time.monotonic() < end, self.err.read_text()
            time.sleep(0.02)

    def processes(self) -> list[str]:
        """Find what it started: pose nodes by their namespace, bare models by their parent."""
        pid, found = self.process.pid, []
        for path in Path('/proc').glob('[0-9]*'):
            try:
                command = (path / 'cmdline').read_text()
                parent = int((path / 'stat').read_text().rpartition(')')[2].split()[1])
            except (OSError, ValueError):
                continue  # gone meanwhile
            if f'__ns:=/movenet_benchmark_{pid}/' in command or parent == pid:
                found.append(command)
        return found

    def end(self) -> None:
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(WAIT_S)


@pytest.fixture(scope='module')
def finished(
    tensorflow: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Benchmark]:
    """Give a short benchmark that has run to its end."""
    folder = tmp_path_factory.mktemp('benchmark')
    hub = write_bright_saved_model(tensorflow, tmp_path_factory.mktemp('hub'))
    files = ('--json', str(folder / 'report.json'), '--tutorial', str(hub))
    running = Benchmark(folder, *SHORT, *files)
    running.process.wait(WAIT_S)
    yield running
    running.end()


@pytest.fixture(scope='module')
def report(finished: Benchmark) -> dict[str, Any]:
    """Give what it wrote."""
    content: dict[str, Any] = json.loads((finished.out.parent / 'report.json').read_text())
    return content


def test_it_ends_well(finished: Benchmark) -> None:
    assert finished.process.returncode == 0, finished.err.read_text()


def test_nothing_is_left_running(finished: Benchmark) -> None:
    assert finished.processes() == []


def test_its_progress_is_a_line_for_each_phase(finished: Benchmark) -> None:
    lines = [line for line in finished.err.read_text().splitlines() if line.startswith(SIZE)]
    assert [line.split()[1] for line in lines] == ['tutorial,', 'modes', 'graph']


def test_the_table_goes_to_stdout(finished: Benchmark) -> None:
    lines = finished.out.read_text().splitlines()
    assert any(line.startswith(f'{SIZE}, in the graph, onnxruntime, rmw_') for line in lines)
    assert sum(line.startswith('  onnxruntime') for line in lines) == len(PARTS)
    assert sum(line.startswith('  tutorial') for line in lines) == 2
    ratios = {line.split()[0] for line in lines if line.split()[1:2] == ['onnxruntime']}
    assert ratios == {*DEFINITIONS}


def test_the_report_has_every_part(report: dict[str, Any]) -> None:
    assert report.keys() == {
        'date', 'arguments', 'machine', 'versions', 'model', 'backend', 'why', 'sizes',
        'definitions', 'modes_lacking', 'ratios', 'ratios_by_backend',
    }
    assert (report['backend'], list(report['sizes'])) == ('onnxruntime', [SIZE])


def test_the_report_names_machine_and_versions(report: dict[str, Any]) -> None:
    machine, versions = report['machine'], report['versions']
    assert machine.keys() == {
        'cpu', 'cores', 'memory_mib', 'load_average_before', 'load_average_after'
    }
    assert versions.keys() == {
        'movenet_ros', 'python', 'numpy', 'opencv', 'rmw', 'tutorial', 'onnxruntime'
    }
    assert versions['rmw'].startswith('rmw_')
    assert versions['onnxruntime'].startswith('onnxruntime ')


def test_every_ratio_is_there_for_every_size(report: dict[str, Any]) -> None:
    assert report['ratios'].keys() == DEFINITIONS.keys() == report['definitions'].keys()
    for by_size in report['ratios'].values():
        assert by_size.keys() == {SIZE}
        assert math.isfinite(by_size[SIZE]) and by_size[SIZE] > 0


def test_the_first_backends_ratios_are_those_of_the_report(report: dict[str, Any]) -> None:
    (own,) = report['ratios_by_backend'].values()
    assert own.items() <= report['ratios'].items()
    assert own.keys() == {
        'pipeline_vs_bare', 'tutorial_vs_pipeline', 'tutorial_same_shape_vs_pipeline'
    }


def test_every_part_was_timed(report: dict[str, Any]) -> None:
    size = report['sizes'][SIZE]
    assert size['input_wh'] == [128, 96]
    assert size['tutorial'].keys() == {'as_written', 'same_shape'}
    assert size['backends']['onnxruntime'].keys() == PARTS
    for times in [*size['tutorial'].values(), *size['backends']['onnxruntime'].values()]:
        assert 0 < times['median_ms'] <= times['p95_ms'] <= times['max_ms'] < math.inf
        assert times['runs'] >= MIN_ROUNDS * BLOCK_RUNS


def test_each_mode_was_measured_with_few_people_and_with_many(report: dict[str, Any]) -> None:
    by_people = report['sizes'][SIZE]['modes']
    assert [*by_people] == [str(people) for people in CROWDS]
    for modes in by_people.values():
        assert {*modes} | {*report['modes_lacking']} == {'fast', 'balanced', 'accurate'}
        for parts in modes.values():
            assert parts.keys() == {'model', 'cpu', 'wall', 'crops_per_image', *STAGES}
            assert 0 < parts['model']['mean_ms'] < parts['wall']['mean_ms']
    assert by_people['6']['accurate']['crops_per_image'] > 1


def test_stages_are_parts_of_the_whole(report: dict[str, Any]) -> None:
    parts = report['sizes'][SIZE]['modes']['2']['accurate']
    assert all(parts[stage]['mean_ms'] > 0 for stage in STAGES)
    in_all_ms = sum(parts[stage]['mean_ms'] for stage in STAGES if stage != 'draw')
    assert 0.5 * parts['wall']['mean_ms'] < in_all_ms <= parts['wall']['mean_ms']


def test_every_image_is_accounted_for(report: dict[str, Any]) -> None:
    graph = report['sizes'][SIZE]['graph']
    assert graph['sent'] == 15
    assert graph['processed'] + graph['dropped'] == graph['sent']
    assert 0 <= graph['late'] <= graph['processed'] == graph['latency']['runs']


@pytest.mark.parametrize(
    'name',
    ['start_up_s', 'peak_memory_mib', 'cpu_ms_per_image', 'bare_cpu_ms_per_image', 'flat_out_hz'],
)
def test_the_graph_was_measured(report: dict[str, Any], name: str) -> None:
    value = report['sizes'][SIZE]['graph'][name]
    assert math.isfinite(value) and value > 0


def test_the_node_ran_what_the_bare_model_did(report: dict[str, Any]) -> None:
    said = report['sizes'][SIZE]['graph']['backend']
    alike = report['versions']['onnxruntime'].partition(',')[0]  # of threads, each measures
    assert said.startswith(alike)


def test_ctrl_c_ends_all_of_it_without_a_word(tmp_path: Path, real_model: Any) -> None:
    running = Benchmark(tmp_path, *SHORT, '--model-path', str(real_model.onnx))
    try:
        running.until_it_says('graph and bare model')
        while len(running.processes()) < 2:  # the node and the bare model
            assert running.process.poll() is None
            time.sleep(0.02)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(WAIT_S) == 130
        assert 'Traceback' not in running.err.read_text()
        assert running.processes() == []
    finally:
        running.end()


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [
        (['--size', '640'], "'640' is no size like 640x480"),
        (['--size', '640x480,'], "'' is no size"),
        (['--size', '0x480'], "'0x480' is no size"),
        (['--size', '640x99999'], "'640x99999' is no size"),
        (['--backends', 'onnxruntime,tensorrt'], "unknown backend 'tensorrt', choose from auto"),
        (['--seconds', '0'], '0 is not a number above 0'),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(
    wrong: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(wrong)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.fixture
def nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where the long run would begin."""

    def begin(*_: Any) -> None:
        raise AssertionError('the long run began')

    monkeypatch.setattr(benchmark, '_open_runtimes', begin)


def test_a_picture_that_cannot_be_read_is_refused_at_once(
    nothing_begins: None, tmp_path: Path
) -> None:
    (tmp_path / 'x.jpg').write_bytes(b'no picture')
    for path in (tmp_path / 'x.jpg', tmp_path / 'gone.jpg'):
        with pytest.raises(StartError, match='give --image a JPEG or PNG'):
            main(['--image', str(path)])


@pytest.mark.parametrize('path', ['/dev/null/report.json', '/nowhere/report.json', '/proc'])
def test_a_report_that_cannot_be_written_is_refused_at_once(
    nothing_begins: None, path: str
) -> None:
    with pytest.raises(StartError, match=f'cannot write {path}: .*give --json a file'):
        main(['--json', path])


def test_an_interrupted_run_leaves_no_empty_report(
    nothing_begins: None, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match='the long run began'):
        main(['--json', str(tmp_path / 'report.json')])
    assert list(tmp_path.iterdir()) == []


def test_a_backend_asked_for_that_cannot_be_had_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, real_model: Any
) -> None:
    (tmp_path / 'model.onnx').symlink_to(real_model.onnx)
    with pytest.raises(StartError, match='tensorflow needs a SavedModel'):
        main(['--model-path', str(tmp_path), '--backends', 'tensorflow'])


@pytest.mark.parametrize('saved_model', [None, Path('/nowhere')])
def test_without_its_saved_model_the_tutorial_is_left_out(
    saved_model: Path | None, capsys: pytest.CaptureFixture[str]
) -> None:
    args = Namespace(device='cpu', tutorial=saved_model)
    assert benchmark._open_tutorial(args) is None
    assert 'tutorial is not measured' in capsys.readouterr().out


def test_help_defines_the_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['--help'])
    out = capsys.readouterr().out
    assert all(name in out and meaning in out for name, meaning in DEFINITIONS.items())
