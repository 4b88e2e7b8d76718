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

"""The pose node in a process of its own: what is said when it ends."""

from __future__ import annotations

import os
from pathlib import Path
import time

from movenet_ros.core.errors import StartError
from movenet_ros.tools.harness import pose_node_process
import pytest

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0


@pytest.mark.parametrize(
    ('code', 'words'),
    [
        ('import sys; print("first"); sys.exit("movenet_ros: no model")', 'code 1: no model'),
        ('raise SystemExit(3)', 'code 3: no word'),
        ('import sys; print("[INFO] good bye", *sys.argv[1:])', (
            'code 0: [INFO] good bye --ros-args -r __ns:=/a -p rate:=2'
        )),
    ],
)
def test_a_node_that_ended_is_told_with_its_last_line(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}{os.pathsep}{ROOT}')
    (tmp_path / 'stand_in.py').write_text(f'def main(args): {code}\n')
    with pose_node_process('/a', {'rate': 2}, tmp_path / 'log', ('stand_in',)) as node:
        with pytest.raises(StartError) as caught:
            while True:
                node.check()
                time.sleep(0.01)
    assert str(caught.value) == f'the pose node ended with exit {words}'
