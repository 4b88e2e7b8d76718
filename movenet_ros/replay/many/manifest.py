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
What an output was made of, in a file beside it: whoever finds the same again need not replay.

The file lies in the folder of the bag, which gets its name when it is whole: so a bag with a
manifest is a finished one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from movenet_ros.replay.unfinished import MANIFEST


@dataclass(frozen=True)
class Manifest:
    """
    What an output depends on, each as a hash.

    :param version: of this package; it is no hash.
    :param parameters: of all nodes whose work is done, and what the bag is to have.
    :param model: files of the networks; empty where they are still to be fetched.
    :param recording: names, sizes and times of its files, and the content of metadata.yaml.
    """

    version: str
    parameters: str
    model: str
    recording: str

    def differs_in(self, other: Manifest) -> str:
        """Return what is another one, in a few words; empty for the same output."""
        others = asdict(other)
        return ', '.join(name for name, each in asdict(self).items() if each != others[name])


def write_manifest(folder: Path, manifest: Manifest, found: Mapping[str, Any]) -> None:
    """
    Put a manifest into the folder of an output that is not complete yet.

    :param found: what the output holds, for whoever finds it finished.
    """
    content = {**asdict(manifest), 'found': found}
    (folder / MANIFEST).write_text(json.dumps(content, indent=2) + '\n')


def read_manifest(folder: Path) -> tuple[Manifest, dict[str, Any]] | None:
    """Return the manifest of an output, and what was found; None where there is none."""
    try:
        content = json.loads((folder / MANIFEST).read_text())
        found = dict(content.pop('found'))
        return Manifest(**content), found
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
