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
Try inputs that no program should send: images, bags, parameter files, model files.

Every input is either accepted or rejected by one of our own errors, in one short line. Anything
else is a find: another error, a crash of a library, too much memory, time or output, a file left
open. Finds are saved, and the exit code is 1.

The inputs are good ones that were spoiled. They follow from the seed, the target and the number
of the case alone, so that a find is repeated with --seed S --target T --only N.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from dataclasses import dataclass
from dataclasses import field
import faulthandler
import gc
import mmap
import os
from pathlib import Path
from pprint import pformat
from random import Random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from typing import Any

from movenet_ros.__main__ import OPENCV
from movenet_ros.core.errors import MoveNetError

TEXT_LIMIT = 400  # characters of a line for people
OUTPUT_LIMIT = 2000  # bytes that libraries write to the screen for one input
MEMORY_LIMIT_MB = 400  # that a child may grow by
ADDRESS_LIMIT_BYTES = 16 << 30  # of one child: it must not take the machine with it
TIME_LIMIT_S = 60.0  # of one case; a busy machine is not a find
MOST_FINDS = 10  # of a target, then the next one is tried
FILES_EVERY = 500  # cases between two looks at the open files

STATE = struct.Struct('<qqqdq')  # case, accepted, rejected, slowest seconds, slowest case


@dataclass
class Result:
    """What came of a target."""

    cases: int = 0
    accepted: int = 0
    rejected: int = 0
    slowest_s: float = 0.0
    slowest: int = -1
    finds: list[str] = field(default_factory=list)


def main() -> int:
    """Run the targets one after the other."""
    args = _arguments()
    os.environ.update(OPENCV)  # as in a program of ours
    import file_targets  # they take a second
    import image_targets

    kinds = {
        each.name: each
        for each in (
            image_targets.SerializedImages,
            image_targets.CompressedImages,
            file_targets.Bags,
            file_targets.ParamsFiles,
            file_targets.ModelFiles,
            file_targets.TfjsWeights,
        )
    }
    names = args.target or list(kinds)
    if unknown := set(names) - kinds.keys():
        print(f'no target {", ".join(unknown)}; there are {", ".join(kinds)}', file=sys.stderr)
        return 2
    finds_folder = args.finds.resolve()
    shares = sum(kinds[name].share for name in names)
    cases, finds = 0, 0
    print(f'seed {args.seed}', flush=True)
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            end = round(args.cases * kinds[name].share / shares)
            which = range(end) if args.only is None else range(args.only, args.only + 1)
            result = run(kinds[name](), args.seed, which, finds_folder)
            os.chdir('/')
        cases, finds = cases + result.cases, finds + len(result.finds)
        print(
            f'{name:<18} {result.cases:>7} cases {time.monotonic() - began:>6.0f} s,'
            f' {result.accepted} accepted, {result.rejected} rejected, slowest'
            f' {1e3 * result.slowest_s:.0f} ms (case {result.slowest}), {len(result.finds)} finds',
            flush=True,
        )
    print(f'{cases} cases, {finds} finds', flush=True)
    return 1 if finds else 0


def _arguments() -> Namespace:
    parser = ArgumentParser(
        'scripts/fuzz', description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--cases', type=int, default=1_000_000, help='in total (default %(default)s)'
    )
    parser.add_argument('--seed', type=int, default=1, help='default %(default)s')
    parser.add_argument('--target', action='append', help='only this one; may be repeated')
    parser.add_argument('--only', type=int, metavar='N', help='only the case of this number')
    parser.add_argument(
        '--finds', type=Path, default=Path(tempfile.gettempdir(), 'movenet_ros_finds'),
        help='folder for what was found (default %(default)s)',
    )
    return parser.parse_args()


def run(target: Any, seed: int, cases: range, finds_folder: Path) -> Result:
    """Run cases in a child; behind a find, go on in another one."""
    result = Result()
    while cases and len(result.finds) < MOST_FINDS:
        with mmap.mmap(-1, mmap.PAGESIZE) as shared, tempfile.TemporaryFile() as output:
            gc.collect()  # garbage that a child frees would hide as much that it takes
            child = os.fork()
            if not child:
                _child(target, seed, cases, shared, output.fileno())
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            at, accepted, rejected, slowest_s, slowest = STATE.unpack(shared[:STATE.size])
            result.cases += at + 1 - cases.start
            result.accepted += accepted
            result.rejected += rejected
            if slowest_s > result.slowest_s:
                result.slowest_s, result.slowest = slowest_s, slowest
            cases = range(at + 1, cases.stop)
            if status:
                output.seek(max(0, output.seek(0, os.SEEK_END) - 10_000))
                log = output.read().decode(errors='replace')
                reason = f'killed by {signal.Signals(-status).name}' if status < 0 else ''
                result.finds.append(_save(target, seed, at, f'{log}\n{reason}', finds_folder))
    return result


def _child(target: Any, seed: int, cases: range, shared: mmap.mmap, output_fd: int) -> None:
    """Run cases, each noted before it begins; ends the process."""
    code = 1
    try:
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        faulthandler.enable(output_fd)  # says where a crash was
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_LIMIT_BYTES, ADDRESS_LIMIT_BYTES))
        _run_cases(target, seed, cases, shared, output_fd)
        code = 0
    except BaseException:  # noqa: B902 (this process ends here)
        os.write(output_fd, traceback.format_exc().encode(errors='replace'))
    os._exit(code)


def _run_cases(target: Any, seed: int, cases: range, shared: mmap.mmap, output_fd: int) -> None:
    accepted, rejected, slowest_s, slowest, written = 0, 0, 0.0, -1, 0
    memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    open_files = len(os.listdir('/proc/self/fd'))
    for case in cases:
        shared[:STATE.size] = STATE.pack(case, accepted, rejected, slowest_s, slowest)
        faulthandler.dump_traceback_later(TIME_LIMIT_S, exit=True, file=output_fd)
        random = _random(target, seed, case)
        tried = target.make(random)
        began = time.perf_counter()
        try:
            target.run(tried, random)
            accepted += 1
        except MoveNetError as error:
            rejected += 1
            _check_text(str(error))
        seconds = time.perf_counter() - began
        if seconds > slowest_s:
            slowest_s, slowest = seconds, case
        used_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kb) >> 10
        assert used_mb < MEMORY_LIMIT_MB, f'{used_mb} MB of memory'
        before, written = written, os.fstat(output_fd).st_size
        assert written - before < OUTPUT_LIMIT, f'{written - before} bytes on the screen'
        if not case % FILES_EVERY:
            gc.collect()  # a rejection may hold a file until then
            assert len(os.listdir('/proc/self/fd')) <= open_files + 3, 'files left open'
    shared[:STATE.size] = STATE.pack(cases[-1], accepted, rejected, slowest_s, slowest)


def _random(target: Any, seed: int, case: int) -> Random:
    return Random(f'{seed} {target.name} {case}')


def _check_text(text: str) -> None:
    """Check that a rejection is one line for people."""
    assert text, 'rejected without a word'
    assert text.isprintable(), f'control characters in {text[:1000]!r}'
    assert len(text) <= TEXT_LIMIT, f'{len(text)} characters in {text[:1000]!r}'


def _save(target: Any, seed: int, case: int, reason: str, folder: Path) -> str:
    """Write a find into files; return their common name."""
    tried = target.make(_random(target, seed, case))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{target.name}_{seed}_{case}'
    parts = tried if isinstance(tried, dict) else {'input': tried}
    for name, content in parts.items():
        if isinstance(content, bytes):
            Path(f'{path}_{name.replace("/", "_")}').write_bytes(content)
    text = '' if isinstance(tried, bytes) else pformat(tried)[:100_000]
    command = f'scripts/fuzz --seed {seed} --target {target.name} --only {case}'
    Path(f'{path}.txt').write_text(f'{command}\n\n{reason}\n\n{text}\n', errors='replace')
    print(f'FIND {path}.txt: {reason.strip().splitlines()[-1][:300]}', flush=True)
    return str(path)


if __name__ == '__main__':
    sys.exit(main())
