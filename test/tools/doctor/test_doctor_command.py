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

"""The doctor, from the command line to its exit code."""

from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from movenet_ros.core.errors import StartError
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import install
from movenet_ros.model.cache import writing
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.tools.doctor import checks
from movenet_ros.tools.doctor import probe
from movenet_ros.tools.doctor.command import main
import pytest

pytestmark = pytest.mark.tool

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 120.0

Rows = dict[str, dict[str, str]]
Examine = Callable[..., tuple[int, Rows]]
PutModule = Callable[[str, str], None]


@pytest.fixture
def put_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutModule:
    """Return a function that puts a module of a few words in place of an installed one."""
    folder = tmp_path / 'modules'
    folder.mkdir()
    monkeypatch.setenv('PYTHONPATH', f'{folder}{os.pathsep}{ROOT}')

    def put(name: str, code: str) -> None:
        (folder / f'{name}.py').write_text(code)

    return put


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Return a function that runs the doctor; gives its exit code and its rows."""

    def run(*args: str) -> tuple[int, Rows]:
        code = main(['--json', '--seconds', '0', *args])
        report = json.loads(capsys.readouterr().out)
        assert report['exit_code'] == code
        return code, {each['name']: each for each in report['checks']}

    return run


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the model's cache a folder of its own, which is not there yet."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def test_this_machine_is_good_enough(real_model: ModelFiles) -> None:
    """Its own process needs no NumPy and no OpenCV, which may be broken."""
    code = "import sys; sys.modules['cv2'] = sys.modules['numpy'] = None; "
    code += f'from {main.__module__} import main; main(["--seconds", "0.1"])'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert lines[-1].endswith(' 0 fail: exit code 0'), done
    for name in ('libraries', 'ROS', 'model', 'runtime', '/dev/shm', 'graph', 'input'):
        assert any(line[6:].startswith(name + ' ') for line in lines), name
    assert done.stderr.startswith('movenet_ros: loading ') and 'Traceback' not in done.stderr


def test_a_broken_library_leaves_the_other_rows(
    examine: Examine, put_module: PutModule, real_model: ModelFiles
) -> None:
    put_module('rclpy', 'raise ImportError')
    code, rows = examine()
    assert code == 1
    assert [name for name, each in rows.items() if each['status'] == 'fail'] == ['ROS']
    assert rows['model']['status'] == 'ok' and 'graph' not in rows


def test_a_damaged_model_fails_and_stays(
    examine: Examine, put_module: PutModule, cache: Path
) -> None:
    put_module('rclpy', 'raise ImportError')
    with writing(DEFAULT_VARIANT, print) as directory:
        (directory / 'built').mkdir()
        (directory / 'built' / 'model.onnx').write_bytes(b'a graph')
        install(DEFAULT_VARIANT, directory / 'built', 'hub x')
    (model,) = cache_directory().glob('*/model.onnx')
    model.write_bytes(b'a grape')
    code, rows = examine()
    assert (code, rows['model']['status']) == (1, 'fail')
    assert 'model.onnx is damaged' in rows['model']['finding']
    assert model.read_bytes() == b'a grape'  # nothing was fetched in its place
    assert 'runtime' not in rows


def test_no_model_fails_and_nothing_is_written(
    examine: Examine, put_module: PutModule, cache: Path
) -> None:
    put_module('rclpy', 'raise ImportError')
    code, rows = examine()
    assert (code, rows['model']['status'], rows['Thunder']['status']) == (1, 'fail', 'warn')
    assert rows['model']['fix'].endswith('fetch_model')
    assert not cache.exists()


@pytest.mark.parametrize(
    ('variable', 'value', 'row'),
    [('RMW_IMPLEMENTATION', 'rmw_nope_cpp', 'ROS'), ('ROS_DOMAIN_ID', '300', 'graph')],
)
def test_what_keeps_ros_from_starting_is_named(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, cache: Path,
    variable: str, value: str, row: str,
) -> None:
    monkeypatch.setenv(variable, value)
    code, rows = examine()
    assert code == 1
    assert [name for name, each in rows.items() if each['status'] == 'fail'] == [
        *(['ROS'] if row == 'ROS' else []), 'model', *(['graph'] if row == 'graph' else []),
    ]
    assert variable in rows[row]['finding'] + rows[row]['fix']


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['--help'])
    assert 'exit code is 1 if any row is fail; 0 otherwise' in capsys.readouterr().out


@pytest.mark.parametrize('seconds', ['-1', 'nan', '1e9', 'soon'])
def test_impossible_seconds_are_refused(
    capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['--seconds', seconds])
    assert caught.value.code == 2
    assert f'--seconds: {seconds} is not from 0 to 600' in capsys.readouterr().err


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_it_started(
    number: signal.Signals, put_module: PutModule, tmp_path: Path
) -> None:
    begun = tmp_path / 'begun'
    put_module('numpy', f'open({str(begun)!r}, "w"); import time; time.sleep(1000)')
    command = [sys.executable, '-m', 'movenet_ros', 'doctor']
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as doctor:
        while not begun.exists():
            assert doctor.poll() is None
            time.sleep(0.01)
        children = _children(doctor.pid)
        doctor.send_signal(number)
        assert doctor.wait(WAIT_S) == 130
        assert doctor.stderr is not None
        assert doctor.stderr.read() == 'movenet_ros: loading the packages\n'
    assert children and not any(Path(f'/proc/{pid}').exists() for pid in children)


def _children(pid: int) -> list[int]:
    tasks = Path(f'/proc/{pid}/task').glob('*/children')
    return [int(each) for path in tasks for each in path.read_text().split()]


def test_the_fix_of_a_refusal_is_its_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(**arguments: object) -> None:
        raise StartError('ROS cannot write its log: set HOME')

    monkeypatch.setattr(checks, 'ros', refuse)
    probe.main(['ROS', '{}'])
    assert '"fix": "set HOME"' in capfd.readouterr().out
