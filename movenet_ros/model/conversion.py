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

"""Make a model's forms of an export's graph, check them, and put them into the cache."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory

from movenet_ros.core.errors import InferenceError
from movenet_ros.core.errors import ModelError
from movenet_ros.core.runtime import ModelSpec
from movenet_ros.core.runtime import Runtime
from movenet_ros.model import movenet
from movenet_ros.model import onnx_file
from movenet_ros.model import saved_model
from movenet_ros.model import thunder
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import install
from movenet_ros.model.cache import ONNX
from movenet_ros.model.cache import SAVED_MODEL
from movenet_ros.model.graph import Graph
from movenet_ros.model.known_answer import check_answer
from movenet_ros.model.known_answer import drawn_person
from movenet_ros.model.progress import heartbeat
from movenet_ros.model.progress import Log
from movenet_ros.model.store import read_cached

OWN = 'path '  # begins the source of a user's own model
SPECS = {spec.variant: spec for spec in (movenet.SPEC, thunder.SPEC)}

Load = Callable[[ModelSpec, Path], Iterable[Runtime]]
"""Loads the model in a folder: yields a runtime for each of its forms that runs here."""


class Conversion:
    """
    Converts models whose folders in the cache are locked.

    :param load: for the check of their answers.
    """

    def __init__(self, load: Load, log: Log) -> None:
        self._load = load
        self._log = log

    def convert(self, name: str, graph: Graph, source: str) -> None:
        """
        Put a model into the cache.

        :param name: of the variant.
        :param source: for its manifest.
        :raises ModelError: if the graph is not made as MoveNet is, or gives a wrong answer.
        """
        with workspace(name) as folder:
            self._log(f'{name}: converting to ONNX')
            onnx_file.write(graph, SPECS[name], folder / ONNX)
            self._add_saved_model(name, folder)
            self._check(name, folder, source)
            install(name, folder, source)

    def complete(self, name: str) -> None:
        """Add a SavedModel to a model in the cache, from its ONNX file."""
        cached = read_cached(name)
        assert cached is not None
        manifest, files = cached
        assert files.onnx is not None
        with workspace(name) as folder:
            shutil.copy(files.onnx, folder / ONNX)
            if self._add_saved_model(name, folder):
                self._check(name, folder, manifest.source)
                install(name, folder, manifest.source)

    def _add_saved_model(self, name: str, folder: Path) -> bool:
        """Write the SavedModel beside the ONNX file; return whether that was possible."""
        if not saved_model.has_tensorflow():
            return False
        self._log(f'{name}: converting to a SavedModel, for TensorFlow')
        try:
            with heartbeat(self._log, 'converting'):
                saved_model.write(folder / ONNX, SPECS[name], folder / SAVED_MODEL)
        except ModelError as error:
            self._log(f'      no SavedModel: {error}')
            return False
        return True

    def _check(self, name: str, folder: Path, source: str) -> None:
        """
        Check each form's answer to the drawn person.

        :raises ModelError: if it is wrong, and the model not the user's own.
        """
        self._log(f'{name}: checking its answer to a known picture')
        reasons: dict[str, None] = {}
        checked = 0
        for runtime in self._load(SPECS[name], folder):
            checked += 1
            try:
                check_answer(name, runtime.run({'input': drawn_person()}))
            except InferenceError as error:
                raise ModelError(f'{runtime.info.name} does not run it: {error}') from error
            except ModelError as error:
                if not source.startswith(OWN):
                    raise
                reasons[str(error)] = None
        for reason in reasons:
            self._log(f'      accepted, since it is your own; but {reason}')
        if not checked:
            self._log('      not checked, since no runtime is installed')


@contextmanager
def workspace(name: str) -> Iterator[Path]:
    """Make a folder on the file system of the cache, and remove it with what is left in it."""
    with TemporaryDirectory(prefix='work-', dir=cache_directory(name)) as folder:
        path = Path(folder, 'files')
        path.mkdir()
        yield path
