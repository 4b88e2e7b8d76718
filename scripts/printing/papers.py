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

"""Which part of which paper is printed by what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re

from printing import files
from printing.figures import figures
from printing.figures import sizes
from printing.pages import commands
from printing.pages import library
from printing.tables import arguments
from printing.tables import parameters
from printing.topics import topics

ROOT = Path(__file__).resolve().parents[2]
PRINTED = re.compile(r'(<!-- printed: (\w+) ?(.*?) -->)(\n?)(.*?)(<!-- end -->)', re.DOTALL)
PARTS: dict[str, Callable[..., str]] = {  # a mark's first word, and what takes the others
    each.__name__: each
    for each in (arguments, commands, figures, library, parameters, sizes, topics)
}
FILES: dict[str, Callable[[str], str]] = {
    'config/pose.yaml': lambda _: files.pose_yaml(),
    'config/pose_3d.yaml': lambda _: files.pose_3d_yaml(),
    'config/kinematics.yaml': lambda _: files.kinematics_yaml(),
    'config/humans.yaml': lambda _: files.humans_yaml(),
    'launch/pose.launch.py': files.launch,
    'launch/replay.launch.py': files.launch,
    'scripts/demo': files.demo,
}


def papers() -> dict[str, Callable[[str], str]]:
    """Return each file that has something printed, and how its text is printed anew."""
    pages = sorted([*ROOT.glob('*.md'), *ROOT.glob('doc/**/*.md'), *ROOT.glob('examples/*.md')])
    return {**FILES, **{str(page.relative_to(ROOT)): printed_anew for page in pages}}


def printed_anew(text: str) -> str:
    """
    Return a paper with each part between marks printed anew.

    :raises ValueError: if a mark names nothing that is printed.
    """
    return PRINTED.sub(_printed, text)


def _printed(match: re.Match[str]) -> str:
    begin, name, words, new_line, _, end = match.groups()
    if name not in PARTS:
        raise ValueError(f'{begin}: there is {", ".join(PARTS)} to print')
    return begin + new_line + PARTS[name](*words.split()) + end
