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
The report as one HTML file: a page, Plotly and the data in it, nothing from a network.

Whatever comes from files is in the data alone, as JSON, which the page shows as text.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.needs import needs

PAGE, STYLE, PLOTS, CODE = (
    Path(__file__).with_name(f'page.{each}') for each in ('html', 'css', 'plots.js', 'js')
)


def write_report(path: Path, data: Mapping[str, Any]) -> None:
    """
    Write the page.

    :param data: of ``report_data``.
    """
    plotly = needs('plotly.offline').get_plotlyjs()
    text = json.dumps(data, allow_nan=False, separators=(',', ':')).replace('<', '\\u003c')
    page, style, plots, code = (
        each.read_text(encoding='utf-8') for each in (PAGE, STYLE, PLOTS, CODE)
    )
    parts = {'style': style, 'Plotly': plotly, 'plots': plots, 'code': code, 'data': text}
    for name, content in parts.items():  # data is last: it may be any text
        before, after = page.split(f'/* {name} */', 1)
        page = f'{before}{content}{after}'
    path.write_text(page, encoding='utf-8')
