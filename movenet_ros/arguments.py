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

"""Command line arguments that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from collections.abc import Callable
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.backends.request import BackendRequest
from movenet_ros.backends.request import DEVICES
from movenet_ros.backends.request import MODEL_KINDS
from movenet_ros.backends.request import PRECISIONS
from movenet_ros.core.errors import StartError
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import model_at
from movenet_ros.settings import Row

READ: dict[str, Callable[[str], Any]] = {
    'bool': lambda text: {'true': True, 'false': False}[text.lower()],
    'int': int,
    'float': float,
    'str': str,
}
INPUT_SIZES = range(128, 1024 + 1, 32)
THREADS = range(256 + 1)


def input_size(text: str) -> int:
    """Read a size of the model's input."""
    if not text.isdecimal() or int(text) not in INPUT_SIZES:
        raise ArgumentTypeError(f'{text} is not from 128 to 1024 in steps of 32')
    return int(text)


def probability(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise ArgumentTypeError(f'{text} is not from 0 to 1')
    return value


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float('inf'):
        raise ArgumentTypeError(f'{text} is not a number above 0')
    return value


def not_negative(text: str) -> float:
    """Read a number from 0 on."""
    return 0.0 if text in ('0', '0.0') else positive(text)


def threads(text: str) -> int:
    """Read a number of threads."""
    if not text.isdecimal() or int(text) not in THREADS:
        raise ArgumentTypeError(f'{text} is not from 0 to 256')
    return int(text)


def add_input_size_argument(parser: ArgumentParser) -> None:
    """Add --input-size; it means what the node's parameter means."""
    parser.add_argument(
        '--input-size', type=input_size, default=256, metavar='N',
        help="longer side of the model's input, 128 to 1024 in steps of 32 (default %(default)s)",
    )


def add_parameter_arguments(parser: Any, parameters: Mapping[str, Row]) -> None:
    """
    Add an option for each parameter: --smoothing-beta for smoothing.beta.

    :param parser: an ArgumentParser or a group of one.
    """
    for name, row in parameters.items():
        allowed = 'true or false' if row.kind == 'bool' else row.limits
        shown = f'default {str(row.default).lower() or "empty"}{allowed and "; "}{allowed}'
        parser.add_argument(
            f'--{name.replace("_", "-").replace(".", "-")}', metavar='X', dest=name,
            help=f'{row.meaning} ({shown})'.replace('%', '%%'),
        )


def parameter_values(args: Namespace, parameters: Mapping[str, Row]) -> dict[str, Any]:
    """Return the values of those options of add_parameter_arguments that were given, by name."""
    texts = {name: getattr(args, name) for name in parameters}
    return {
        name: _value(text, parameters[name].kind)
        for name, text in texts.items()
        if text is not None
    }


def _value(text: str, kind: str) -> Any:
    """Read a value of an option; text that is none of its kind stays text, to be refused."""
    try:
        return READ[kind](text)
    except (KeyError, ValueError):
        return text


def add_backend_arguments(parser: ArgumentParser) -> None:
    """Add --backend and what belongs to it; they mean what the node's parameters mean."""
    parser.add_argument(
        '--backend', choices=BACKEND_CHOICES, default='auto',
        help='inference runtime (default %(default)s)',
    )
    parser.add_argument(
        '--device', choices=DEVICES, default='auto', help='where to run (default %(default)s)'
    )
    parser.add_argument(
        '--threads', type=threads, default=0, metavar='N',
        help='of the runtime on a CPU (default: as many as are measured to be fastest)',
    )
    parser.add_argument(
        '--precision', choices=PRECISIONS, default='auto',
        help='of the arithmetic (default %(default)s)',
    )
    parser.add_argument(
        '--model-path', type=Path, metavar='PATH',
        help='SavedModel directory or .onnx file (default: the model in the cache)',
    )


def backend_request(args: Namespace) -> BackendRequest:
    """
    Find the model and say how to run it.

    :param args: of add_backend_arguments and add_input_size_argument.
    :raises ModelError: if there is no model and none can be fetched.
    """
    if args.model_path:
        files = model_at(args.model_path)
    else:
        files = ensure_model(log=print, only=MODEL_KINDS.get(args.backend))
    return BackendRequest(
        SPEC,
        name=args.backend,
        device=args.device,
        saved_model=files.saved_model,
        onnx=files.onnx,
        threads=args.threads,
        precision=args.precision,
        input_size=args.input_size,
        compiled=files.compiled,
    )


def needs(module: str) -> Any:
    """
    Import what only some commands need.

    :raises StartError: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = {'skimage': 'scikit-image'}.get(name := module.split('.')[0], name)
        raise StartError(f'{package} is not installed ({error}): pip install {package}') from error


def refuse_unwritable(path: Path, option: str = '--json') -> None:
    """Find out before the long run rather than after it."""
    is_new = not path.exists()
    try:
        path.open('a').close()
    except OSError as error:
        raise StartError(
            f'cannot write {path}: {error.strerror}: give {option} a file in a folder of yours'
        ) from error
    if is_new:
        path.unlink()
