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

"""Fetch the models that the cache lacks from the first source that works, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import ExitStack
import os
from pathlib import Path
import shlex

from movenet_ros.core.errors import ModelError
from movenet_ros.model import onnx_file
from movenet_ros.model import saved_model
from movenet_ros.model import tfjs
from movenet_ros.model.cache import cache_directory
from movenet_ros.model.cache import cache_root
from movenet_ros.model.cache import Manifest
from movenet_ros.model.cache import writing
from movenet_ros.model.conversion import Conversion
from movenet_ros.model.conversion import Load
from movenet_ros.model.conversion import OWN
from movenet_ros.model.conversion import SPECS
from movenet_ros.model.conversion import workspace
from movenet_ros.model.graph import Graph
from movenet_ros.model.progress import Log
from movenet_ros.model.sources import from_archive
from movenet_ros.model.sources import from_hub
from movenet_ros.model.sources import from_npm
from movenet_ros.model.sources import from_path
from movenet_ros.model.store import fetch_command
from movenet_ros.model.store import read_cached
from movenet_ros.model.variants import NPM_PACKAGE
from movenet_ros.model.variants import NPM_SIZE_MB
from movenet_ros.model.variants import variant_named
from movenet_ros.model.variants import VARIANTS

ORDER = ('npm', 'hub')  # npm's files are pinned by SHA-256, and need no TensorFlow


def fetch(
    names: Sequence[str], source: str | None, force: bool, load: Load, log: Log
) -> list[Manifest]:
    """
    Fetch those models into the cache that it does not have.

    :param names: of the variants; none: all of them, or the one that a path holds.
    :param source: ``npm``, ``hub`` or a path; None: any model in the cache, else npm, else hub.
    :param force: fetch them even if the cache has them.
    :param load: for the check of their answers.
    :return: their manifests.
    :raises ModelError: if one cannot be fetched; the others are in the cache all the same.
    """
    own = None
    if source is not None and source not in ORDER:
        path = from_path(Path(os.path.abspath(os.path.expanduser(source))))
        source = str(path)
        if path.suffix != '.tgz':
            own = saved_model.read(path) if path.is_dir() else tfjs.read(path)
            names = [_variant_of(own, source, names)]
    names = sorted(variant_named(name).name for name in names or VARIANTS)
    fetching = _Fetching(source, own, load, log)
    try:
        missing = fetching.missing(names, force, log)
        with ExitStack() as locks:
            for name in missing:
                locks.enter_context(writing(name, log))
            # Again, because another process may have finished meanwhile.
            if missing := fetching.missing(missing, force, lambda _: None):
                fetching.fetch(missing)
    except OSError as error:
        raise ModelError(f'the model cannot be put into the cache: {error}') from error
    cached = [read_cached(name) for name in names]
    return [each[0] for each in cached if each is not None]


def _variant_of(graph: Graph, source: str, wanted: Sequence[str]) -> str:
    """
    Return which network a graph is.

    :param wanted: what it has to be; none: any.
    :raises ModelError: if it is another one.
    """
    heads = graph.heads.keys()
    found = next((name for name, spec in SPECS.items() if heads == spec.outputs.keys()), '')
    if not found:
        known = ' nor '.join(spec.title for spec in SPECS.values())
        raise ModelError(f'{source} is neither {known}: its heads are {[*heads]}')
    if wanted and found not in wanted:
        fix = f'{fetch_command()} --variant {found} --from {shlex.quote(source)}'
        titles = (SPECS[name].title for name in (found, wanted[0]))
        raise ModelError(f'{source} is {", not ".join(titles)}: run "{fix}"')
    return found


class _Fetching:
    """
    Brings models from one source, or from the first that works.

    :param own: the graph that a path of the user's holds.
    """

    def __init__(self, source: str | None, own: Graph | None, load: Load, log: Log) -> None:
        self._sources = ORDER if source is None else (source,)
        self._own = own
        self._conversion = Conversion(load, log)
        self._log = log

    def missing(self, names: Iterable[str], force: bool, log: Log) -> dict[str, bool]:
        """Return the models that the cache lacks, and whether it lacks no more than a form."""
        missing: dict[str, bool] = {}
        for name in names:
            try:
                cached = read_cached(name)
            except ModelError as error:
                log(f'{error}: fetching it again')
                cached = None
            if force or cached is None or not self._would_bring(cached[0]):
                missing[name] = False
            elif cached[1].saved_model is None and saved_model.has_tensorflow():
                missing[name] = True
            else:
                log(f'{name} is in the cache already')
        return missing

    def _would_bring(self, cached: Manifest) -> bool:
        """Return whether fetching would bring the same; a path's content may have changed."""
        source = self._sources[0]
        is_pinned = source in ORDER and cached.source == _label(source, cached.variant)
        return is_pinned or self._sources is ORDER

    def fetch(self, missing: dict[str, bool]) -> None:
        """
        Put models into the cache, whose folders are locked.

        :raises ModelError: if one cannot be had from any source.
        """
        onnx_file.require_onnx()  # before a long download
        for name in missing:
            if missing[name]:
                self._conversion.complete(name)
        left = [name for name in missing if not missing[name]]
        reasons: list[str] = []
        for source in self._sources:
            if left:
                with workspace(left[0]) as folder:
                    left = self._fetch_from(source, left, folder, reasons)
        if left and self._sources is not ORDER:
            raise ModelError('; '.join(reasons))
        if left:
            place = cache_directory(left[0]) if len(left) == 1 else cache_root()
            raise ModelError(
                f'no model in {place} and none could be fetched ({"; ".join(reasons)}):'
                f' run "{fetch_command()}" with a network, or use a model of your own'
                ' (--from PATH, or model_path of the node)'
            )

    def _fetch_from(
        self, source: str, names: list[str], folder: Path, reasons: list[str]
    ) -> list[str]:
        """
        Fetch models from one source, all of them by one download where it has them all.

        :param reasons: gets the errors.
        :return: the models that could not be had.
        """

        def fail(error: ModelError) -> None:
            reason = f'{source}: {error}'
            if reason not in reasons:
                reasons.append(reason)
                if self._sources is ORDER:
                    self._log(f'      {source} did not work: {error}')

        failed = []
        try:
            graph_of = self._opened(source, folder)
        except ModelError as error:
            fail(error)
            return names
        for name in names:
            try:
                graph = graph_of(name)
                _variant_of(graph, source, [name])
                self._conversion.convert(name, graph, _label(source, name))
            except ModelError as error:
                fail(error)
                failed.append(name)
        return failed

    def _opened(self, source: str, folder: Path) -> Callable[[str], Graph]:
        """Return what reads the graph of a variant from a source."""
        own = self._own
        if own is not None:
            return lambda name: own
        if source == 'hub':
            return lambda name: saved_model.read(from_hub(variant_named(name), folder, self._log))
        archive = Path(source)
        if source == 'npm':
            self._log(f'npm: {NPM_PACKAGE}, {NPM_SIZE_MB} MB')
            archive = from_npm(folder, self._log)
        return lambda name: tfjs.read(from_archive(variant_named(name), archive, folder))


def _label(source: str, name: str) -> str:
    """Return what a manifest has of a source; npm's package is the same from wherever it came."""
    if source == 'npm' or source.endswith('.tgz'):
        return f'npm {NPM_PACKAGE}'
    return f'hub {variant_named(name).hub_handle}' if source == 'hub' else f'{OWN}{source}'
