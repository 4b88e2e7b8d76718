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

"""What all outputs of a run depend on, and so their manifests."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
import hashlib
from importlib import metadata
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.files import sha256_of
from movenet_ros.core.source_kind import METADATA
from movenet_ros.model.fingerprint import fingerprint
from movenet_ros.params_file import read_params_file
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.manifest import Manifest
from movenet_ros.replay.many.order import Outcome
from movenet_ros.replay.many.tasks import files_of
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.parameters import NODE_KINEMATICS
from movenet_ros.replay.parameters import OPTIONS
from movenet_ros.replay.parameters import pose_values
from movenet_ros.replay.parameters import settings_3d_of
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of
from movenet_ros.settings import values_of

NO_MATTER = {'input', 'out', 'jobs', 'ray', 'gpus_per_task', 'overwrite', 'params_file'}
"""Options that change nothing in an output; what params_file holds is taken along as values."""
PACKAGE = 'movenet_ros'


@dataclass(frozen=True)
class Circumstances:
    """What all outputs of a run depend on; as in :class:`Manifest`."""

    version: str
    parameters: str
    model: str

    @classmethod
    def of(cls, args: Namespace) -> Circumstances:
        """
        Read them from the command line and from the files that it names.

        :raises StartError: if a parameter is wrong, or a file cannot be read.
        """
        pose = table_of(PoseParameters, pose_values(args, _quiet))
        kinematics = args.params_file and read_params_file(args.params_file, NODE_KINEMATICS)
        own = {
            name: value
            for name, value in vars(args).items()
            if name not in NO_MATTER and name not in OPTIONS
        }
        parameters = [own, values_of(pose), values_of(settings_3d_of(args, _quiet)), kinematics]
        model = fingerprint(pose.model_path, pose.refine.model_path)
        return cls(version(), _hash(parameters), model)

    def manifest(self, task: Task) -> Manifest:
        """
        Return the manifest of a recording's output.

        :raises StartError: if the recording cannot be read.
        """
        about = [task.about] if task.about else _about_files(task.path)
        recording = _hash([task.path.name, *about])
        return Manifest(self.version, self.parameters, self.model, recording)

    def works(self, tasks: Sequence[Task]) -> tuple[list[tuple[Task, Manifest]], list[Outcome]]:
        """Return the work, the largest first, so that all end together; and what has gone."""
        works, gone = [], []
        for task in sorted(tasks, key=lambda task: -task.size):
            try:
                works.append((task, self.manifest(task)))
            except StartError as error:
                gone.append(Outcome(task.row(FAILED, str(error))))
        return works, gone


def _about_files(path: Path) -> list[Any]:
    """Return what tells the content of a recording's files."""
    files = files_of(path)
    about = [(each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in files]
    return [about, [sha256_of(each) for each in files if each.name == METADATA]]


def version() -> str:
    """Return the version of this package; empty in a checkout."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:  # a checkout
        return ''


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _quiet(line: str) -> None:
    """Drop a warning: whoever reads the parameters for the run gives it."""
