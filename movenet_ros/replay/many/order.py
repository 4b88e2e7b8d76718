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

"""What goes between a driver and its workers: what is to be done, and what came of it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from movenet_ros.core.errors import StartError
from movenet_ros.replay.many.away import shown
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.parameters import pose_values

if TYPE_CHECKING:
    from movenet_ros.core.costs import Costs
    from movenet_ros.replay.outputs import Targets

MEMORY = 'memory://'
MODELS = 'model_path', 'refine.model_path'


@dataclass(frozen=True)
class Order:
    """
    What is to be done with all recordings.

    :param args: of the command line; ``input`` and ``out`` do not matter.
    :param targets: what is written of each; ``bag`` does not matter.
    :param folder: of all outputs.
    :param costs: of the networks; None measures them, once on a machine.
    """

    args: Namespace
    targets: Targets
    folder: Path
    costs: Costs | None = None

    def out_of(self, task: Task) -> Path:
        """Return where the output of a recording is, or will be."""
        return self.folder / task.name

    def check_shared(self) -> None:
        """
        Look whether what another process writes is there for this one.

        :raises StartError: if it would be lost with that process.
        """
        if (url := url_of(self.folder)).startswith(MEMORY):
            raise StartError(f'{shown(url)} is in the memory of one process, and others write:'
                             ' give --out a folder, or the URL of a store')

    def anywhere(self) -> Order:
        """
        Return the same without relative paths, for processes that run in other folders.

        :raises StartError: if the file of parameters cannot be read.
        """
        args = self.args
        models = pose_values(args, lambda line: None)
        paths = {name: str(absolute(Path(models[name]))) for name in MODELS if models.get(name)}
        file = args.params_file and absolute(args.params_file)
        args = Namespace(**{**vars(args), **paths, 'params_file': file})
        return replace(self, args=args, folder=absolute(self.folder))

    def pinned(self, opened: Opened, threads: int) -> Order:
        """Return the same, with what one worker has chosen for all."""
        choice = {
            'backend': opened.backend, 'device': opened.device, 'mode': opened.mode,
            'runtime.threads': str(threads),
        }
        args = Namespace(**{**vars(self.args), **choice})
        return replace(self, args=args, costs=opened.costs)


@dataclass(frozen=True)
class Opened:
    """
    What a worker has chosen; names as the parameters spell them.

    :param threads: of the runtime; 0 where that is left to it.
    :param costs: of the networks; None where nothing was measured.
    :param words: for people.
    :param notes: what a user needs to know, in sentences.
    """

    backend: str
    device: str
    mode: str
    threads: int
    costs: Costs | None
    words: str
    notes: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """
    What came of a recording.

    :param notes: what a user needs to know of it, in sentences.
    :param is_last: whether the runtime has failed for good: the next one takes another worker.
    """

    row: Row
    notes: tuple[str, ...] = ()
    is_last: bool = False


def absolute(path: Path) -> Path:
    """Return a path that means the same in every folder, as a URL does already."""
    return path if url_of(path) else path.absolute()
