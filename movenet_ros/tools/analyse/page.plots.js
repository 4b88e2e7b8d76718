/*
 * Copyright 2026 movenet_ros contributors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

'use strict';  // what Plotly draws; page.js comes behind it
const COLORS = {  // of postures and gestures: told apart by colour-blind eyes too
  standing: '#56b4e9', sitting: '#009e73', crouching: '#e69f00', laying: '#cc79a7',
};
const GESTURE = '#8c8fd6';
const ROWS = [['shoulder', 'Shoulder'], ['elbow', 'Elbow'], ['hip', 'Hip'], ['knee', 'Knee'],
  ['trunk_lean', 'Trunk lean'], ['head_tilt', 'Head tilt']];
const CONFIG = {displaylogo: false, responsive: true,
  modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d']};
const faint = (hex, alpha) => {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
};

function layout(more) {
  const axis = {gridcolor: color('line'), zerolinecolor: color('line'), linecolor: color('line')};
  const made = {
    modebar: {bgcolor: 'rgba(0,0,0,0)', color: color('soft'), activecolor: color('text'), orientation: 'h'},
    dragmode: IS_TOUCH ? false : 'zoom',  // else a finger could not scroll the page
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', hovermode: 'closest',
    font: {color: color('text'), family: 'system-ui, sans-serif', size: 13}, ...more,
  };
  for (const key of Object.keys(made)) {
    if (/^[xy]axis/.test(key)) made[key] = {...axis, ...made[key]};
  }
  return made;
}

function timeline() {
  const people = data.people;
  if (!people.length) return;
  $('timeline-card').hidden = false;
  $('timeline-note').textContent = 'Grey: in view. Above: the posture; below: gestures.'
    + (data.people_left_out ? ` ${data.people_left_out} more people, seen for less time, are in the tables.` : '');
  const bars = new Map();
  const add = (key, row, begin, end, fill, offset, width, text, shown) => {
    if (!bars.has(key)) {
      bars.set(key, {
        type: 'bar', orientation: 'h', name: spoken(key), base: [], x: [], y: [], text: [],
        customdata: [], width, offset, marker: {color: fill}, textposition: 'inside',
        insidetextanchor: 'start', textangle: 0, showlegend: shown, textfont: {color: '#16191d'},
        constraintext: 'inside',
        hovertemplate: `${spoken(key)}, person %{y}<br>%{customdata}<extra></extra>`,
      });
    }
    const bar = bars.get(key);
    bar.base.push(begin);
    bar.x.push(Math.max(end - begin, data.step, data.duration / 400));
    bar.y.push(row);
    bar.text.push(text);
    bar.customdata.push(`${sec(begin)} to ${sec(end)}`);
  };
  const falls = {type: 'scatter', mode: 'markers', name: 'fall', x: [], y: [],
    marker: {symbol: 'x', size: 14, color: color('bad')}, hovertemplate: 'fall at %{x:.1f} s<extra></extra>'};
  people.forEach((person) => {
    const row = String(person.id);
    for (const [begin, end] of person.views) add('in view', row, begin, end, color('track'), -0.42, 0.84, '', false);
    const lanes = [...new Set(person.spans.filter((it) => it.kind === 'gesture').map((it) => it.name))];
    for (const span of person.spans) {
      const {kind, name, begin, end} = span;
      if (kind === 'posture') add(name, row, begin, end, COLORS[name] || GESTURE, 0.02, 0.36, spoken(name), true);
      if (kind === 'gesture') {
        const height = 0.36 / Math.max(1, lanes.length);
        const key = lanes.length > 1 ? `${name} ` + '\u200b'.repeat(lanes.indexOf(name)) : name;
        add(key, row, begin, end, GESTURE, -0.38 + height * lanes.indexOf(name), height * 0.9, spoken(name), false);
      }
      if (kind === 'fall') { falls.x.push(begin); falls.y.push(row); }
    }
  });
  const traces = [...bars.values(), ...(falls.x.length ? [falls] : [])];
  const height = 130 + 84 * people.length;
  Plotly.react('timeline', traces, layout({
    height, barmode: 'overlay', margin: {l: 44, r: 12, t: 30, b: 44},
    xaxis: {title: {text: 'seconds'}, range: [0, data.duration + data.step || 1]},
    yaxis: {type: 'category', categoryorder: 'array', categoryarray: people.map((it) => String(it.id)).reverse(),
      fixedrange: true, title: {text: 'person'}},
    legend: {orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0},
    showlegend: people.some((it) => it.spans.some((span) => span.kind === 'posture')),
  }), CONFIG);
}

function band(curve, t, fill, axes) {
  const runs = [];  // an area has no holes: one for each stretch that is known
  let run = null;
  curve.v.forEach((value, i) => {
    if (value === null) { run = null; return; }
    if (!run) runs.push(run = []);
    run.push(i);
  });
  const xs = [], ys = [];
  for (const each of runs) {
    const back = [...each].reverse();
    xs.push(...each.map((i) => t[i]), ...back.map((i) => t[i]), null);
    ys.push(...each.map((i) => curve.v[i] + curve.d[i]), ...back.map((i) => curve.v[i] - curve.d[i]), null);
  }
  return {x: xs, y: ys, fill: 'toself', fillcolor: fill, line: {width: 0}, mode: 'lines',
    hoverinfo: 'skip', showlegend: false, ...axes};
}

function curves(person) {
  const {t, angles} = person.curves;
  const rows = ROWS.filter(([joint]) => joint in angles || BOTH.some((side) => `${side}_${joint}` in angles));
  $('curves-card').hidden = !rows.length;
  if (!rows.length) return;
  const aligned = person.comparison && person.comparison.aligned;
  $('curves-note').textContent = (aligned ? '; dotted: the reference, stretched to fit' : '')
    + (person.repetitions.each.length ? '; shaded: repetitions' : '');
  const traces = [], shapes = [], notes = [];
  const more = {};
  const gap = 0.035, size = (1 + gap) / rows.length;
  rows.forEach(([joint, title], row) => {
    const n = row ? row + 1 : '';
    const top = 1 - row * size;
    const axes = {xaxis: 'x', yaxis: `y${n}`};
    more[`yaxis${n}`] = {domain: [Math.max(0, top - size + gap), top], ticksuffix: '\u00b0', nticks: 5, fixedrange: true};
    notes.push({text: `<b>${title}</b>`, x: 0, y: top, xref: 'paper', yref: 'paper', xanchor: 'left',
      yanchor: 'top', xshift: 6, yshift: -1, showarrow: false, font: {size: 12}});
    for (const side of [...BOTH, '']) {
      const name = side ? `${side}_${joint}` : joint;
      const paint = color(side || 'middle');
      if (name in angles) {
        traces.push(band(angles[name], t, faint(paint, .16), axes));
        traces.push({x: t, y: angles[name].v, mode: 'lines', name: spoken(name), line: {color: paint, width: 2},
          hovertemplate: `${spoken(name)} %{y:.0f}\u00b0 at %{x:.1f} s<extra></extra>`, showlegend: false, ...axes});
      }
      if (aligned && name in aligned.angles) {
        traces.push({x: aligned.t, y: aligned.angles[name].v, mode: 'lines', line: {color: paint, width: 1.5, dash: 'dot'},
          hovertemplate: `reference: ${spoken(name)} %{y:.0f}\u00b0<extra></extra>`, showlegend: false, ...axes});
      }
    }
    if (person.repetitions.angle.endsWith(joint)) {
      for (const each of person.repetitions.each) {
        shapes.push({type: 'rect', x0: each.begin, x1: each.end, yref: `y${n} domain`, y0: 0, y1: 1,
          fillcolor: faint(color('middle'), .13), line: {width: 0}, layer: 'below'});
      }
    }
  });
  Plotly.react('curves', traces, layout({
    height: 80 + 150 * rows.length, margin: {l: 48, r: 10, t: 30, b: 44}, shapes,
    annotations: notes, ...more,
    xaxis: {title: {text: 'seconds'}, anchor: `y${rows.length > 1 ? rows.length : ''}`, domain: [0, 1]},
  }), CONFIG);
}
