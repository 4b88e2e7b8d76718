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

"""Every example runs as it is, among real messages; the one in C++ is built."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil
import subprocess
import sys

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from example_messages import activities_of
from example_messages import DOING
from example_messages import EXAMPLES
from example_messages import IN_SPACE
from example_messages import LABELS
from example_messages import output
from example_messages import ROWS
from example_messages import SEEN
from example_messages import send_until
from example_messages import Sent
import pytest
from ros_graph import World

IN_CPP = EXAMPLES / 'poses_cpp'
STAND_IN = Path(__file__).parent / 'stand_in'
LINKS_ANYWAY = '-DCMAKE_EXE_LINKER_FLAGS=-Wl,--unresolved-symbols=ignore-all'


def problem() -> Sent:
    """Make what a node says that has no images."""
    status = DiagnosticStatus(
        name='robot1/movenet: images', level=DiagnosticStatus.WARN, message='none'
    )
    return Sent(DiagnosticArray, '/diagnostics', DiagnosticArray(status=[status]))


def annotations() -> Sent:
    """Make what Foxglove draws."""
    pytest.importorskip('foxglove_msgs')  # without it there is no such output
    return output('annotations', SEEN)


def bodies() -> Sent:
    """Make the ids of REP-155."""
    ids = pytest.importorskip('hri_msgs.msg').IdsList
    return Sent(ids, '/humans/bodies/tracked', ids(ids=['p0002']))


SAID: dict[str, tuple[Callable[[], Sent], str]] = {
    'poses': (lambda: output('poses', SEEN), 'person 2: right wrist at [0. 0.]'),
    'detections': (lambda: output('detections', SEEN), '2 people, 0 went left, 0 right'),
    'label_info': (lambda: output('label_info', LABELS), 'results[10] is right_wrist'),
    'markers': (lambda: output('markers', IN_SPACE), '#2 at 1.00, '),
    'joint_angles': (lambda: output('joint_angles', DOING), 'person 2 bends the left knee by 0'),
    'activities': (lambda: activities_of([(1,), (2, 'waving')]), 'hello, person 2'),
    'tf': (lambda: output('tf', IN_SPACE), 'person_2 at 1.00, 0.00, 3.00'),
    'diagnostics': (problem, 'robot1/movenet: images: none'),
    'annotations': (annotations, '#2 0.80 at 0, '),
    'humans': (bodies, '/humans/bodies/p0002/roi'),
}
ELSEWHERE = {  # tested in files of their own
    'blur_faces', 'person', 'poses_3d', 'raise_hand', 'webcam',
}


@pytest.mark.parametrize('name', SAID)
def test_an_example_says_what_is_in_a_message(
    name: str, run: Callable[[str], None], module_world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, says = SAID[name]
    sent, said = make(), []
    run(name)
    send_until(
        module_world, sent,
        lambda: said.append(capsys.readouterr().out) or says in ''.join(said),
    )


def test_the_example_of_images_saves_one(
    run: Callable[[str], None], module_world: World, tmp_path: Path
) -> None:
    run('image_annotated')
    sent = output('image_annotated', SEEN)
    send_until(module_world, sent, lambda: cv2.haveImageReader(str(tmp_path / 'annotated.jpg')))
    assert cv2.imread(str(tmp_path / 'annotated.jpg')).shape == SEEN.annotated_bgr.shape


def test_every_output_has_an_example() -> None:
    examples = {path.stem for path in EXAMPLES.glob('*.py')}
    assert examples == {*SAID, 'image_annotated', *ELSEWHERE}
    assert {*ROWS} <= examples


@pytest.mark.process
def test_the_example_in_cpp_is_built(tmp_path: Path) -> None:
    """Without rclcpp, by the calls of it that the example makes, which do nothing then."""
    named = os.environ.get('AMENT_PREFIX_PATH', '').split(':')
    prefixes = [each for each in (*named, sys.prefix) if each]

    def has(package: str) -> bool:
        return any(Path(each, 'share', package).is_dir() for each in prefixes)

    if not (has('ament_cmake') and shutil.which('cmake') and shutil.which('g++')):
        pytest.skip('there is no ament_cmake, or no compiler')
    configure = ['cmake', '-S', str(IN_CPP), '-B', str(tmp_path)]
    configure.append(f'-DPython3_EXECUTABLE={sys.executable}')
    if not has('rclcpp'):
        configure += [f'-Drclcpp_DIR={STAND_IN}', '-DCMAKE_CXX_FLAGS=-Werror', LINKS_ANYWAY]
    found_in = dict.fromkeys(('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH'), ':'.join(prefixes))
    env = {**os.environ, **found_in}
    for command in (configure, ['cmake', '--build', str(tmp_path)]):
        done = subprocess.run(command, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / 'poses').is_file()
