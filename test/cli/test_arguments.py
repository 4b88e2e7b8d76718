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
from pathlib import Path
import sys

from movenet_ros.cli.arguments import add_backend_arguments
from movenet_ros.cli.arguments import input_size
from movenet_ros.cli.arguments import needs
from movenet_ros.cli.arguments import positive
from movenet_ros.cli.arguments import probability
from movenet_ros.core.errors import StartError
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


def test_the_backend_arguments_have_the_defaults_of_the_node() -> None:
    parser = ArgumentParser()
    add_backend_arguments(parser)
    args = parser.parse_args([])
    assert (args.backend, args.device, args.model_path) == ('auto', 'auto', None)


def test_the_backend_arguments_are_read() -> None:
    parser = ArgumentParser()
    add_backend_arguments(parser)
    args = parser.parse_args(
        ['--backend', 'tensorflow', '--device', 'gpu', '--model-path', '/m odel']
    )
    assert (args.backend, args.device, args.model_path) == ('tensorflow', 'gpu', Path('/m odel'))


def test_a_module_that_is_there_is_imported() -> None:
    assert needs('json.decoder').JSONDecoder


def test_a_module_that_is_not_there_is_an_error_that_names_the_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, 'pycocotools.coco', None)
    with pytest.raises(StartError, match='pycocotools is not installed.*pip install pycocotools'):
        needs('pycocotools.coco')
