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

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from pathlib import Path
import sys
from typing import Any

from movenet_ros import arguments
from movenet_ros.arguments import add_backend_arguments
from movenet_ros.arguments import add_input_size_argument
from movenet_ros.arguments import backend_request
from movenet_ros.arguments import input_size
from movenet_ros.arguments import needs
from movenet_ros.arguments import positive
from movenet_ros.arguments import probability
from movenet_ros.arguments import threads
from movenet_ros.backends.request import BackendRequest
from movenet_ros.core.errors import StartError
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ModelFiles
from movenet_ros.settings import PoseParameters
import pytest


@pytest.mark.parametrize('text', ['128', '256', '1024'])
def test_an_input_size_is_read(text: str) -> None:
    assert input_size(text) == int(text)


@pytest.mark.parametrize('text', ['', '96', '250', '1056', '-256', '256.0', 'large', '²'])
def test_another_input_size_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match='128 to 1024 in steps of 32'):
        input_size(text)


@pytest.mark.parametrize('text', ['0', '0.25', '1', '1e-3'])
def test_a_probability_is_read(text: str) -> None:
    assert probability(text) == float(text)


@pytest.mark.parametrize('text', ['', '-0.1', '1.01', 'nan', 'inf', 'half'])
def test_another_probability_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match='from 0 to 1'):
        probability(text)


@pytest.mark.parametrize('text', ['0.1', '30'])
def test_a_positive_number_is_read(text: str) -> None:
    assert positive(text) == float(text)


@pytest.mark.parametrize('text', ['', '0', '-1', 'nan', 'inf', 'long'])
def test_a_number_that_is_not_positive_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match='above 0'):
        positive(text)


@pytest.mark.parametrize('text', ['0', '1', '256'])
def test_a_number_of_threads_is_read(text: str) -> None:
    assert threads(text) == int(text)


@pytest.mark.parametrize('text', ['', '-1', '257', '2.0', 'all', '²'])
def test_another_number_of_threads_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match='from 0 to 256'):
        threads(text)


def parsed(*words: str) -> Namespace:
    """Parse a command line."""
    parser = ArgumentParser()
    add_backend_arguments(parser)
    add_input_size_argument(parser)
    return parser.parse_args(words)


def test_the_backend_arguments_have_the_defaults_of_the_node() -> None:
    args, node = parsed(), PoseParameters()
    assert args.model_path is None
    assert (args.backend, args.device) == (node.backend, node.device)
    assert (args.threads, args.precision) == (node.runtime.threads, node.runtime.precision)
    assert args.input_size == node.input_size


def test_the_backend_arguments_are_read() -> None:
    args = parsed(
        '--backend', 'tensorflow', '--device', 'gpu', '--model-path', '/m odel',
        '--threads', '3', '--precision', 'f32',
    )
    assert (args.backend, args.device, args.model_path) == ('tensorflow', 'gpu', Path('/m odel'))
    assert (args.threads, args.precision) == (3, 'f32')


@pytest.mark.parametrize(
    'words', [('--threads', '-1'), ('--precision', 'fp16'), ('--backend', 'tflite')], ids=str
)
def test_what_there_is_not_is_refused(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(*words)
    assert f'argument {words[0]}: ' in capsys.readouterr().err


FOUND = ModelFiles('mine', Path('/m/saved_model'), Path('/m/model.onnx'), Path('/m/compiled'))


def test_an_own_model_is_asked_for_with_all_that_was_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = {Path('/m'): FOUND}
    monkeypatch.setattr(arguments, 'model_at', models.__getitem__)
    args = parsed(
        '--backend', 'openvino', '--device', 'cpu', '--threads', '3', '--precision', 'bf16',
        '--input-size', '320', '--model-path', '/m',
    )
    assert backend_request(args) == BackendRequest(SPEC,
        'openvino', 'cpu', 0, FOUND.saved_model, FOUND.onnx, 3, 'bf16', 320, FOUND.compiled
    )


@pytest.mark.parametrize(
    ('backend', 'only'),
    [('auto', None), ('tensorflow', 'saved_model'), ('onnxruntime', 'onnx'), ('openvino', 'onnx')],
)
def test_of_the_cached_model_only_the_kind_that_the_backend_takes_is_read(
    monkeypatch: pytest.MonkeyPatch, backend: str, only: str | None
) -> None:
    asked: list[str | None] = []

    def ensure_model(log: Any, only: str | None) -> ModelFiles:
        asked.append(only)
        return FOUND

    monkeypatch.setattr(arguments, 'ensure_model', ensure_model)
    request = backend_request(parsed('--backend', backend))
    assert (asked, request.compiled) == ([only], FOUND.compiled)


def test_a_module_that_is_there_is_imported() -> None:
    assert needs('json.decoder').JSONDecoder


def test_a_module_that_is_not_there_is_an_error_that_names_the_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, 'pycocotools.coco', None)
    with pytest.raises(StartError, match='pycocotools is not installed.*pip install pycocotools'):
        needs('pycocotools.coco')
