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

"""
Generate the packages of messages beside this file, and install them into the venv that runs it.

The wheels bring ROS's generators and CMake files, in which two folders of the machine that built
them are left: its Python's headers and its site-packages. They are replaced with ours first.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig
from xml.etree import ElementTree

HERE = Path(__file__).parent
PREFIX = Path(sys.prefix)

FOREIGN = re.compile(r'/opt/python/[^/;"]+/(include/python3\.\d+|lib/python3\.\d+/site-packages)')


def repair_cmake_files() -> None:
    """Replace the two folders in what the wheels installed."""
    ours = {'include': sysconfig.get_path('include'), 'lib': sysconfig.get_path('platlib')}
    for path in PREFIX.glob('share/*/cmake/*.cmake'):
        text = path.read_text()
        repaired = FOREIGN.sub(lambda match: ours[match[1].split('/')[0]], text)
        if repaired != text:
            path.write_text(repaired)


def build(recipe: Path) -> None:
    """
    Configure, build and install with plain CMake, whose output is shown where it fails.

    :param recipe: a folder with package.xml and msg/; all have the same CMakeLists.txt.
    """
    source, made = (PREFIX / 'build' / folder / recipe.name for folder in ('messages', ''))
    shutil.rmtree(source, ignore_errors=True)  # gone messages, builds of earlier versions
    shutil.copytree(recipe, source)
    shutil.copy(HERE / 'messages.cmake', source / 'CMakeLists.txt')
    dependencies = ElementTree.parse(recipe / 'package.xml').iterfind('depend')
    configure = [
        f'-DPACKAGE={recipe.name}',
        f'-DDEPENDENCIES={";".join(str(each.text) for each in dependencies)}',
        f'-DCMAKE_PREFIX_PATH={PREFIX}',
        f'-DCMAKE_INSTALL_PREFIX={PREFIX}',
        f'-DPython3_EXECUTABLE={sys.executable}',
        '-DCMAKE_BUILD_TYPE=Release',
        '-DBUILD_TESTING=OFF',
    ]
    parallel = str(len(os.sched_getaffinity(0)))
    for arguments in (
        ['-S', str(source), '-B', str(made), *configure],
        ['--build', str(made), '--parallel', parallel],
        ['--install', str(made)],
    ):
        run = subprocess.run(
            ['cmake', *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if run.returncode:
            sys.exit(run.stdout)


if __name__ == '__main__':
    repair_cmake_files()
    packages = [manifest.parent for manifest in sorted(HERE.glob('*/package.xml'))]
    with ThreadPoolExecutor() as pool:  # one is configured by a single core while others compile
        list(pool.map(build, packages))
