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

"""Options of commands: numbers, parameters of the node, packages that only some commands need."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.arguments import positive
from movenet_ros.core.errors import StartError
from movenet_ros.settings import rows
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
import pytest


@pytest.mark.parametrize('text', ['0.1', '30'])
def test_a_positive_number_is_read(text: str) -> None:
    assert positive(text) == float(text)


@pytest.mark.parametrize('text', ['', '0', '-1', 'nan', 'inf', 'long'])
def test_a_number_that_is_not_positive_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match='above 0'):
        positive(text)


def settings_of(*words: str) -> Settings:
    """Return the settings that a command line means."""
    parser = ArgumentParser()
    add_parameter_arguments(parser, rows(Settings))
    return table_of(Settings, parameter_values(parser.parse_args(words), rows(Settings)))


def test_without_options_the_settings_are_the_nodes_defaults() -> None:
    assert settings_of() == Settings()


def test_each_parameter_has_an_option() -> None:
    settings = settings_of(
        '--backend', 'openvino', '--runtime-threads', '3', '--smoothing-enabled', 'False',
        '--person-threshold', '1', '--model-path', '/m odel',
    )
    assert (settings.backend, settings.runtime.threads) == ('openvino', 3)
    assert settings.smoothing.enabled is False
    assert (settings.person_threshold, settings.model_path) == (1.0, '/m odel')


@pytest.mark.parametrize(
    'words', [('--runtime-threads', '-1'), ('--input-size', '250'), ('--backend', 'tflite')]
)
def test_a_wrong_value_is_refused_in_the_nodes_words(words: tuple[str, str]) -> None:
    name = words[0][2:].replace('-', '.', 1) if 'runtime' in words[0] else words[0][2:]
    with pytest.raises(StartError, match=f'parameter {name.replace("-", "_")} '):
        settings_of(*words)


@pytest.mark.parametrize(
    ('old', 'new'), [('--threads', '--runtime-threads'), ('--tracking', '--tracking-association')]
)
def test_an_old_option_is_answered_with_the_new_one(
    old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        settings_of(old, '2')
    assert f'{new} now' in capsys.readouterr().err


def test_the_options_of_a_model_are_parameters() -> None:
    assert {'backend', 'device', 'model_path', 'input_size', 'runtime.precision'} < {*MODEL}
    assert MODEL.items() <= rows(Settings).items()
