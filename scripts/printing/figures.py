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

"""Tables of what scripts/figures has measured, from doc/figures.json."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from functools import lru_cache
import json
from pathlib import Path
from typing import Any

from printing.columns import clip_of
from printing.columns import columns
from printing.columns import figure
from printing.columns import number
from printing.columns import raw
from printing.columns import Run
from printing.columns import Spell
from printing.columns import spelt
from printing.columns import two
from printing.tables import table

FILE = Path(__file__).resolve().parents[2] / 'doc' / 'figures.json'
ANGLES = '`angle_error_deg_median`, `_p90`, of joint angles'
DEVIATIONS = '`angles_within_1sd`, `_2sd`, of the deviation stated'
SIZES = {
    'onnxruntime': '`.[vision,onnxruntime,fetch]`: OpenCV, SciPy, ONNX Runtime, `fetch_model`',
    'openvino': '`.[vision,openvino,fetch]`: the same with OpenVINO',
    'setup': '`scripts/setup`: ROS, three runtimes with TensorFlow, what the tests take',
}


@lru_cache(maxsize=None)
def measured() -> dict[str, Any]:
    """Return the file."""
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content


def figures(part: str) -> str:
    """
    Return the tables of a part, and below them when and where they were measured.

    :raises ValueError: if there is no such part, or it has not been measured.
    """
    tables = {
        'summary': summary, 'accuracy': accuracy, 'tracks': tracks, 'depth': depth,
        'speed': speed,
    }
    if part not in tables:
        raise ValueError(f'there is no part {part} of figures: {", ".join(tables)}')
    measures = 'accuracy' if part == 'summary' else part
    if measures not in measured():
        raise ValueError(f'{FILE.name} has no {measures}: run scripts/figures {measures}')
    lines = tables[part]()
    return lines if part == 'summary' else f'{lines}\n{circumstances(part)}'


def sizes() -> str:
    """Return the table of what an installation takes on disk; nothing before it was measured."""
    if 'sizes' not in measured():
        return ''
    body = ((SIZES[run['what']], f'{run["mb"]:.0f} MB') for run in _runs('sizes'))
    about = measured()['sizes']['about']
    return (
        table(('what', 'on disk'), body)
        + f'\nMeasured on {about["date"]}, Python {about["versions"]["python"]}.\n'
    )


def circumstances(part: str) -> str:
    """Return one line: when, on what, and what of."""
    about, first = measured()[part]['about'], measured()[part]['runs'][0]
    machine, versions = about['machine'], about['versions']
    backend = first['backend']
    if 'versions' in first:  # the benchmark names its runtimes by short names
        backend = first['versions'][backend]
    commit = about['commit'] + (' and changes to it' if about['changed'] else '')
    return (
        f'Measured on {about["date"]} by `scripts/figures {part}`, commit {commit}:'
        f' {machine["cores"]} cores of {machine["cpu"]}, {backend}, Python {versions["python"]}.\n'
    )


def _runs(part: str, **wanted: Any) -> list[Run]:
    """Return the runs of a part that were made so."""
    runs: list[Run] = measured()[part]['runs']
    return [run for run in runs if all(run[name] == value for name, value in wanted.items())]


def summary() -> str:
    """Return AP and time of the three modes at the usual size."""
    body = []
    for mode in ('fast', 'balanced', 'accurate'):
        own, last = _runs('accuracy', mode=mode, input_size=256)
        times = f'{last["model_ms_mean"]:.1f}', f'{last["cpu_ms"]:.0f}'
        body.append((f'`{mode}`', number(own['AP']), number(last['AP']), *times))
    head = (
        '`mode`', 'AP, an image on its own', 'AP, the last image of a stream',
        'networks, ms of an image', 'processor time, ms',
    )
    return table(head, body)


def accuracy() -> str:
    """Return COCO's figures of each mode and size of input, and what they take."""
    own, last = _runs('accuracy', stream=0), _runs('accuracy', stream=8)
    more = 'AP of medium, of large people; AR'
    return columns('`mode`', [f'`{run["mode"]}`' for run in own], (
        ('`input_size`', own, spelt('{input_size}')),
        ('AP, an image on its own', own, figure('AP')),
        (more, own, _coco),
        ('AP, the last image of a stream', last, figure('AP')),
        (more, last, _coco),
        ("networks, ms of a stream's image, mean (p95)", last,
         spelt('{model_ms_mean:.1f} ({model_ms_p95:.1f})')),
        ("processor time, ms of a stream's image", last, spelt('{cpu_ms:.1f}')),
        ("people looked at closely in a stream's image, mean", last, figure('crops', 2)),
    ))


def _coco(run: Run) -> str:
    medium, large, recall = (number(run[name]) for name in ('AP_medium', 'AP_large', 'AR'))
    return f'{medium}, {large}; {recall}'


def tracks() -> str:
    """Return how people are followed through each clip, in the modes that were measured."""
    runs = _runs('tracks')
    heads = [f'{clip_of(run, "--tracks")}, `{run["mode"]}`' for run in runs]
    return columns('', heads, [
        (label, runs, value) for label, value in (
            ('`IDSW`, changes of an id', figure('IDSW', 0)),
            ('`IDF1`', figure('IDF1')),
            ('`IDF1_max`, of ids that are always right', figure('IDF1_max')),
            ("`wrong_id`, share of people with somebody else's", figure('wrong_id')),
            ('`returns`, right/wrong/new, after more than 1 s',
             spelt('{returns_right:.0f}/{returns_wrong:.0f}/{returns_new:.0f}')),
            ('`MOTA`', figure('MOTA')),
            ('`jitter_px` of people who stand still, smoothed (raw)', raw('jitter_px', 2)),
            ('`lag_ms` of people who move, smoothed (raw)', raw('lag_ms', 1)),
            ('`AP`, smoothed (raw)', raw('AP', 3)),
            (ANGLES, two('angle_error_deg_median', 'angle_error_deg_p90', 1)),
            (DEVIATIONS, two('angles_within_1sd', 'angles_within_2sd', 2)),
        )
    ])


def depth() -> str:
    """Return how people are placed in metres in each clip."""
    runs = _runs('depth')
    lines = [
        ('`answered`, share of the joints in sight', 'answered', 3),
        ('`MPJPE`, mean distance from the surface of the body, m', 'MPJPE', 3),
        ('`within_0.10`, of the answered', 'within_0.10', 3),
        ('`gross_0.5`, of the answered', 'gross_0.5', 4),
        ('`covered_wrong_0.25`, of the covered', 'covered_wrong_0.25', 3),
        ('`monocular`, median error of the distance, without depth', 'monocular', 2),
    ]
    names = [clip_of(run, '--depth').replace('_', ' ') for run in runs]
    return columns('', names, [
        (f'{label}, `{joints}`', runs, spell)
        for joints in ('2d=truth', '2d=detected')
        for label, spell in (
            *((label, figure(name, digits, joints)) for label, name, digits in lines),
            (ANGLES, two('angle_error_deg_median', 'angle_error_deg_p90', 1, joints)),
            (DEVIATIONS, two('angles_within_1sd', 'angles_within_2sd', 2, joints)),
        )
    ])


def speed() -> str:
    """Return what the benchmark found for each size of image."""
    (report,) = _runs('speed')
    sizes = [{**of_size, 'size': size} for size, of_size in report['sizes'].items()]
    lines = [
        *_in_one_process(list(sizes[0]['backends'])),
        *_in_the_graph(),
        *((f'`{name}`', lambda size, of=by_size: number(of[size['size']], 2))
          for name, by_size in report['ratios'].items() if None not in by_size.values()),
    ]
    heads = [size['size'] for size in sizes]
    return columns('', heads, [(label, sizes, spell) for label, spell in lines])


def _in_one_process(runtimes: Sequence[str]) -> Iterator[tuple[str, Spell]]:
    for part, what in (('pipeline', 'pipeline of mode `fast`'), ('bare', 'the bare model')):
        for name in runtimes:
            median = figure('median_ms', 1, 'backends', name, part)
            yield f'{what} in {name}, median, ms', median
    for part, what in (('model', 'networks'), ('wall', 'an image as a whole')):
        for people in ('2', '6'):
            for mode in ('fast', 'balanced'):
                mean = figure('mean_ms', 1, 'modes', people, mode, part)
                yield f'{what}, {people} people, `{mode}`, mean, ms', mean
    for people in ('2', '6'):
        label = f"the camera's motion; looks; tracks and smoothing, {people} people, mean, ms"
        stages = '{camera[mean_ms]:.1f}; {looks[mean_ms]:.1f}; {track[mean_ms]:.1f}'
        yield label, spelt(stages, 'modes', people, 'balanced')


def _in_the_graph() -> Iterator[tuple[str, Spell]]:
    for label, template, *path in (
        ('graph at 30 Hz: image published to poses received, median (p95), ms',
         '{median_ms:.1f} ({p95_ms:.1f})', 'latency'),
        ('images at 30 Hz: sent, processed, late by more than a period',
         '{sent}, {processed}, {late}'),
        ("processor time of the node's process for an image (bare networks), ms",
         '{cpu_ms_per_image:.1f} ({bare_cpu_ms_per_image:.1f})'),
        ('flat out, images a second', '{flat_out_hz:.0f}'),
        ('the bare networks of its mode for an image, median, ms', '{median_ms:.1f}', 'bare'),
        ("from the start of the node's process to its first pose, s", '{start_up_s:.1f}'),
        ('memory of the node, at most, MiB', '{peak_memory_mib:.0f}'),
    ):
        yield label, spelt(template, 'graph', *path)
