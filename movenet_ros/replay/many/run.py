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

"""A replay of many recordings: what is finished is passed over, the others go to workers."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path
import time

from movenet_ros.core.errors import StartError
from movenet_ros.core.files import locked
from movenet_ros.core.needs import needs
from movenet_ros.core.source_kind import ADDRESS
from movenet_ros.core.wording import one_line
from movenet_ros.replay.inputs import LOG
from movenet_ros.replay.many.away import outbox
from movenet_ros.replay.many.away import shown
from movenet_ros.replay.many.away import url_of
from movenet_ros.replay.many.circumstances import Circumstances
from movenet_ros.replay.many.found import DAMAGED
from movenet_ros.replay.many.found import DONE
from movenet_ros.replay.many.found import FAILED
from movenet_ros.replay.many.found import Row
from movenet_ros.replay.many.found import STOPPED
from movenet_ros.replay.many.manifest import read_manifest
from movenet_ros.replay.many.order import Order
from movenet_ros.replay.many.pool import Pool
from movenet_ros.replay.many.ray_pool import RayPool
from movenet_ros.replay.many.summary import PARQUET
from movenet_ros.replay.many.summary import write_summary
from movenet_ros.replay.many.table import Table
from movenet_ros.replay.many.tasks import Task
from movenet_ros.replay.many.tasks import tasks_of
from movenet_ros.replay.many.worker import Worker
from movenet_ros.replay.outputs import Targets
from movenet_ros.replay.parameters import pose_values
from movenet_ros.replay.run import interruptions
from movenet_ros.replay.unfinished import check_apart
from movenet_ros.replay.unfinished import remove_unfinished
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of

LOCK = '.lock'


def replay_many(args: Namespace, targets: Targets) -> tuple[list[Row], bool]:
    """
    Replay all that the command line names, and print a summary.

    :param targets: what is written of each; ``bag`` does not matter.
    :return: a row for each recording, in their order; whether a signal came.
    :raises StartError: if there is nothing to do, or the model does not allow a start.
    """
    needs('tqdm')
    _check(args)
    tasks, before = tasks_of(args.input), Circumstances.of(args)
    with _outputs(args.out, tasks) as folder:
        rows = dict(_finished(folder, tasks, before, args.overwrite))
        left = [each for each in tasks if each.name not in rows]
        print(f'{len(tasks)} recordings, {len(rows)} of them done before', flush=True)
        is_interrupted = False
        if left:
            order = Order(args, replace(targets, overwrite=True), args.out)
            found, is_interrupted = _replayed(left, args, order)
            rows.update(found)
        in_order = [rows[each.name] for each in tasks]
        written = write_summary(folder, in_order)
        if PARQUET not in [each.name for each in written]:
            LOG.info(f'{PARQUET} is left out: it takes PyArrow (fix: pip install pyarrow)')
    out = shown(url_of(args.out)) or str(args.out)
    names = [out, *(f'{out}/{each.name}' for each in written)]
    print('\n'.join(_summary(in_order, names)), flush=True)
    return in_order, is_interrupted


def _check(args: Namespace) -> None:
    """
    Look whether the command line makes sense.

    :raises StartError: if it does not.
    """
    if args.out is None:
        raise StartError('--jobs, --ray, several recordings and a URL take --out DIR: a folder'
                         ' for all outputs')
    if ADDRESS.match(str(args.out)) and not (url_of(args.out) or args.out.exists()):
        raise StartError(f'--out {one_line(args.out)}: not a URL of a store, such as s3://; give a'
                         ' path')
    for name, value in vars(args).items():
        if isinstance(value, Path) and name not in ('out', 'params_file'):
            raise StartError(f'--{name} names one file: give one recording, without --jobs')
    if args.gpus_per_task and not args.ray:
        raise StartError('--gpus-per-task is for --ray')
    for each in args.input:
        check_apart(each, [args.out])


@contextmanager
def _outputs(out: Path, tasks: Sequence[Task]) -> Iterator[Path]:
    """
    Give a folder with what an earlier run has finished, without what it has not.

    :raises StartError: if nothing can be written there.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(outbox(out, [each.name for each in tasks]))
        stack.enter_context(_alone(_made(folder)))
        for each in tasks:
            remove_unfinished(folder / each.name)
        yield folder


def _made(folder: Path) -> Path:
    """
    Make a folder where there is none.

    :raises StartError: if that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f'cannot write {folder}: {error.strerror}') from error
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """
    Wait until no other replay writes into a folder.

    :raises StartError: if nothing can be written there.
    """
    path = folder / LOCK
    try:
        path.open('a').close()
    except OSError as error:
        raise StartError(f'cannot write {path}: {error.strerror}') from error
    with locked(path, lambda: LOG.info(f'another replay writes into {folder}: waiting for it')):
        yield


def _finished(
    folder: Path, tasks: Sequence[Task], circumstances: Circumstances, may_replace: bool
) -> Iterator[tuple[str, Row]]:
    """
    Yield the rows of those that an earlier run has finished, by name.

    :raises StartError: if another output is in the way.
    """
    for task in tasks:
        out = folder / task.name
        known = read_manifest(out)
        difference = known[0].differs_in(circumstances.manifest(task)) if known else ''
        if known and not difference:
            yield task.name, Row(**{**known[1], 'recording': task.place})
        elif out.exists() and not may_replace:
            why = f'was made with another {difference}' if known else 'is of no earlier run'
            raise StartError(f'{out} {why} (--overwrite replaces it; or give another --out)')


def _replayed(
    tasks: Sequence[Task], args: Namespace, order: Order
) -> tuple[dict[str, Row], bool]:
    """
    Give recordings to workers.

    :return: their rows by name; whether a signal came.
    """
    if not url_of(order.folder):
        for each in tasks:
            _made(order.out_of(each).parent)
    rows: dict[str, Row] = {}
    said: set[str] = set()  # of the params file, which each worker reads for each recording
    settings = table_of(PoseParameters, pose_values(args, lambda line: None))  # it tells later
    with _pool(args, order, len(tasks), settings.runtime.threads) as pool:
        threads = f', {_counted(pool.threads, "thread")}' if pool.threads else ''
        print(f'{_counted(pool.jobs, "job")}, each with {pool.opened.words}{threads}', flush=True)
        for note in pool.opened.notes:
            LOG.warning(note)
        circumstances = Circumstances.of(args)  # again: the model may have been fetched
        works, gone = circumstances.works(tasks)
        with interruptions() as signals, Table(tasks, pool.jobs) as table:
            begun_s = time.monotonic()
            for outcome in chain(gone, pool.outcomes(works, table.watch, signals)):
                rows[outcome.row.bag] = outcome.row
                for note in outcome.notes:
                    if note not in said:
                        LOG.warning(f'{outcome.row.bag}: {note}')
                    said.update([note] * (str(args.params_file) in note))
                table.end(outcome.row)
        rate = sum(each.images for each in rows.values()) / (time.monotonic() - begun_s)
        print(f'speed      {rate:.1f} images processed per second, all jobs together', flush=True)
        return rows, bool(signals)


def _pool(args: Namespace, order: Order, tasks: int, threads: int) -> Pool | RayPool:
    """
    Return workers, on this machine or on a cluster.

    :raises StartError: if there are none, or the model does not allow a start.
    """
    if args.ray:
        most = min(args.jobs or tasks, tasks)
        return RayPool(order, args.ray, most, args.gpus_per_task, threads, Worker, LOG.warning)
    return Pool(order, min(args.jobs or 1, tasks), threads, Worker, LOG.warning)


def _counted(count: int, what: str) -> str:
    return f'{count} {what}{"s" * (count != 1)}'


def _summary(rows: Sequence[Row], written: Sequence[str]) -> list[str]:
    """Return the lines of the summary, those of the failed last."""
    states = Counter(each.state for each in rows)
    wrong = [each for each in rows if each.line]
    counts = ', '.join(f'{states[each]} {each}' for each in (DONE, DAMAGED, FAILED, STOPPED)
                       if states[each])
    code = ', which makes the exit code 1' if wrong else ''
    images = sum(each.images for each in rows)
    skipped = sum(each.skipped for each in rows)
    return [
        f'recordings {counts}{code}',
        f'images     {images} processed, {skipped} skipped',
        f'tracks     {sum(each.tracks for each in rows)}',
        f'written    {", ".join(map(one_line, written))}',
        *(f'{each.state:<10} {one_line(each.bag)}: {each.line}' for each in wrong),
    ]
