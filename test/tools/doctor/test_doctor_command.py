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
from importlib import import_module
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from movenet_ros.model.install import install
from movenet_ros.model.install import writing
from movenet_ros.model.store import cache_directory
from movenet_ros.model.store import ModelFiles
from movenet_ros.model.variants import DEFAULT_VARIANT
from movenet_ros.tools.doctor.command import main
import pytest

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 120.0
DOMAIN = str(1 + os.getpid() % 100)
NO_RCLPY = "raise ModuleNotFoundError(\"No module named 'rclpy'\", name='rclpy')"

Rows = dict[str, dict[str, str]]
Examine = Callable[..., tuple[int, Rows]]


@pytest.fixture(autouse=True)
def own_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a domain where nobody else is."""
    monkeypatch.setenv('ROS_DOMAIN_ID', DOMAIN)
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that puts a module of a few words in place of one that is installed."""
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
        said = json.loads(capsys.readouterr().out)
        assert said['exit_code'] == code
        return code, {each['name']: each for each in said['checks']}

    return run


@pytest.fixture
def fake_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a model of a few bytes into a cache of the test's own; give its ONNX file."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    with writing(DEFAULT_VARIANT, print) as directory:
        (directory / 'built').mkdir()
        (directory / 'built' / 'model.onnx').write_bytes(b'a graph')
        install(DEFAULT_VARIANT, directory / 'built', 'hub x')
    (path,) = cache_directory().glob('*/model.onnx')
    return path


def test_this_machine_is_well_enough(
    real_model: ModelFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[-1].endswith(' 0 fail: exit code 0')
    assert max(len(line) for line in lines if '-> ' not in line) <= 100
    for name in ('Python', 'NumPy', 'ROS', 'ONNX Runtime', 'GPU', 'model', 'cache', 'domain',
                 'discovery', 'profile', '/dev/shm', 'sockets', 'graph', 'default input'):
        assert any(line[6:].startswith(name + ' ') for line in lines), name
    assert said.err.startswith('movenet_ros: loading ')


def test_an_empty_graph_is_a_warning(examine: Examine, real_model: ModelFiles) -> None:
    code, rows = examine()
    assert (code, rows['graph']['status']) == (0, 'warn')


def test_without_rclpy_the_rest_goes_on(
    examine: Examine, stand_in: Any, real_model: ModelFiles
) -> None:
    stand_in('rclpy', NO_RCLPY)
    code, rows = examine()
    assert code == 1
    assert [name for name, each in rows.items() if each['status'] == 'fail'] == ['ROS']
    assert rows['ROS']['cure'].startswith('source /opt/ros/')
    assert rows['model']['status'] == rows['domain']['status'] == 'ok'


def test_without_numpy_there_is_still_a_table(stand_in: Any) -> None:
    stand_in('numpy', NO_RCLPY.replace('rclpy', 'numpy'))
    command = [sys.executable, '-m', 'movenet_ros', 'doctor']
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 1
    assert 'fail  NumPy ' in done.stdout
    assert 'Traceback' not in done.stdout + done.stderr


def test_a_damaged_model_fails(examine: Examine, stand_in: Any, fake_model: Path) -> None:
    stand_in('rclpy', 'raise ImportError')
    fake_model.write_bytes(b'a grape')
    code, rows = examine()
    assert (code, rows['model']['status']) == (1, 'fail')
    assert 'model.onnx is damaged' in rows['model']['finding']
    assert fake_model.read_bytes() == b'a grape'  # and nothing was fetched in its place


def test_no_model_fails_and_nothing_is_written(
    examine: Examine, tmp_path: Path, stand_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in('rclpy', 'raise ImportError')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    code, rows = examine()
    assert (code, rows['model']['status']) == (1, 'fail')
    assert rows['model']['cure'].endswith('fetch_model')
    assert not (tmp_path / 'cache').exists()


def test_runtimes_that_crash_are_rows(
    examine: Examine, stand_in: Any, fake_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module('movenet_ros.tools.doctor.command'), 'TENSORFLOW_S', 1.0)
    stand_in('rclpy', 'raise ImportError')
    stand_in('onnxruntime', 'import os; os.abort()')
    stand_in('openvino', 'raise AttributeError("_ARRAY_API not found")')
    stand_in('tensorflow', 'import time; time.sleep(1000)')
    code, rows = examine()
    assert code == 1
    assert 'SIGABRT' in rows['ONNX Runtime']['finding']
    assert '_ARRAY_API not found' in rows['OpenVINO']['finding']
    assert 'does not end within 1 s' in rows['TensorFlow']['finding']
    assert rows['runtime']['status'] == 'fail'


def test_tensorflow_is_not_loaded_where_it_would_not_run(
    examine: Examine, stand_in: Any, fake_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('movenet_ros.core.machine.gpu_in_sight', lambda: False)
    stand_in('rclpy', 'raise ImportError')
    stand_in('tensorflow', 'import os; os.abort()')
    assert examine()[1]['TensorFlow']['status'] == 'ok'


@pytest.mark.parametrize(
    ('variable', 'value', 'row'),
    [('RMW_IMPLEMENTATION', 'rmw_nope_cpp', 'ROS'), ('ROS_DOMAIN_ID', '300', 'domain')],
)
def test_what_keeps_ros_from_starting_is_named(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, fake_model: Path,
    variable: str, value: str, row: str,
) -> None:
    monkeypatch.setenv(variable, value)
    code, rows = examine()
    assert code == 1
    assert [name for name, each in rows.items() if each['status'] == 'fail'] == [row]
    assert f'{variable} is {value}' in rows[row]['finding']


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['--help'])
    assert 'exit code is 1 if any row is fail; 0 otherwise, also with warnings' in (
        ' '.join(capsys.readouterr().out.split())
    )


@pytest.mark.parametrize('seconds', ['-1', 'nan', '1e9', 'soon'])
def test_seconds_that_are_none_are_refused(
    capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['--seconds', seconds])
    assert caught.value.code == 2
    assert f'--seconds: {seconds} is not from 0 to 600' in capsys.readouterr().err


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_it_started(number: signal.Signals, fake_model: Path) -> None:
    command = [sys.executable, '-m', 'movenet_ros', 'doctor', '--seconds', '500']
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as doctor:
        assert doctor.stderr is not None
        while 'looking at the ROS graph' not in doctor.stderr.readline():
            assert doctor.poll() is None
        children = until_children(doctor.pid)
        doctor.send_signal(number)
        assert doctor.wait(WAIT_S) == 130
        assert doctor.stderr.read() == ''
    assert not any(Path(f'/proc/{pid}').exists() for pid in children)


def until_children(pid: int) -> list[int]:
    """Wait until a process has children and return their numbers."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        stats = (path.read_text() for path in Path('/proc').glob('[0-9]*/stat'))
        try:
            fields = [(text.split()[0], text.rpartition(')')[2].split()[1]) for text in stats]
        except OSError:  # one is gone
            continue
        children = [int(child) for child, parent in fields if int(parent) == pid]
        if children:
            return children
    raise AssertionError('it has started nothing')


def test_the_doctor_itself_needs_no_opencv() -> None:
    """What it says of a machine without one is in the row of a process of its own."""
    program = "import sys; sys.modules['cv2'] = None; "
    program += 'from movenet_ros.tools.doctor.command import main; '
    done = subprocess.run(
        [sys.executable, '-c', program + "main(['--seconds', '0.1'])"],
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0 and 'Traceback' not in done.stderr
    assert 'exit code' in done.stdout
