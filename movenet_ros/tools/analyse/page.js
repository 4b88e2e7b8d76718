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

'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const COLORS = {  // of postures and gestures: told apart by colour-blind eyes too
  standing: '#56b4e9', sitting: '#009e73', crouching: '#e69f00', laying: '#cc79a7',
};
const GESTURE = '#8c8fd6';
const BOTH = ['left', 'right'];
const ROWS = [['shoulder', 'Shoulder'], ['elbow', 'Elbow'], ['hip', 'Hip'], ['knee', 'Knee'],
  ['trunk_lean', 'Trunk lean'], ['head_tilt', 'Head tilt']];
const CONFIG = {displaylogo: false, responsive: true,
  modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d']};

const IS_TOUCH = matchMedia('(pointer: coarse)').matches;

const spoken = (name) => name.replaceAll('_', ' ');
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const deg = (value) => value === null ? '\u2013' : `${Math.round(value)}\u00b0`;
const signed = (value) => {
  const whole = Math.round(value);
  return `${whole > 0 ? '+' : whole < 0 ? '\u2212' : ''}${Math.abs(whole)}\u00b0`;
};
const sec = (value) => `${value.toFixed(1)} s`;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const faint = (hex, alpha) => {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function table(node, head, rows) {
  const numeric = (i) => i ? {class: 'number'} : {};
  node.replaceChildren(
    element('thead', {}, element('tr', {}, ...head.map((each, i) => element('th', numeric(i), each)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell, i) =>
      cell instanceof Node ? cell : element('td', numeric(i), cell))))));
}

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

function header() {
  document.title = `Movement report: ${data.name}`;
  $('name').textContent = data.name;
  $('zero').textContent = data.zero_at;
  for (const [name, value] of data.facts) {
    $('facts').append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  }
  $('zooming').textContent = IS_TOUCH ? ' The buttons zoom.' : ' Drag to zoom, double-click to go back.';
  $('empty').hidden = data.people.length + data.stills.length > 0;
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

function picture(shown, caption) {
  const [width, height] = shown.wh;
  const scale = Math.max(width, height) / 260;
  const children = [svg('image', {href: shown.src, width, height})];
  for (const [x1, y1, x2, y2] of shown.limbs) {
    children.push(svg('line', {x1, y1, x2, y2, stroke: '#fff', 'stroke-opacity': .75,
      'stroke-width': 1.6 * scale, 'stroke-linecap': 'round'}));
  }
  for (const arc of shown.arcs) {
    const side = BOTH.find((each) => arc.angle.startsWith(each)) || 'middle';
    const stroke = {left: '#3db2ff', right: '#ff9a3d', middle: '#4fe0b0'}[side];
    const [cx, cy] = arc.center;
    const at = (angle, radius) => [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
    const [x1, y1] = at(arc.begin, arc.radius);
    const [x2, y2] = at(arc.begin + arc.sweep, arc.radius);
    const line = {x1: cx, y1: cy, stroke, 'stroke-width': 2.4 * scale, 'stroke-linecap': 'round'};
    children.push(
      svg('path', {d: `M${cx} ${cy}L${x1} ${y1}A${arc.radius} ${arc.radius} 0 0 ${arc.sweep > 0 ? 1 : 0} ${x2} ${y2}Z`,
        fill: stroke, 'fill-opacity': .35, stroke, 'stroke-width': 1.4 * scale}),
      svg('line', {...line, x2: arc.zero[0], y2: arc.zero[1], 'stroke-dasharray': `${4 * scale} ${4 * scale}`}),
      svg('line', {...line, x2: arc.end[0], y2: arc.end[1]}),
      label(arc, stroke, scale, at, width, height));
  }
  const angles = shown.arcs.map((it) => `${spoken(it.angle)} ${deg(it.value)}`).join(', ');
  const {comparison} = shown;
  const marks = comparison && comparison.score !== null ? [element('br'),
    element('b', {}, `${comparison.score} of 100. `), comparison.sentence] : [];
  return element('figure', {}, svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img',
    'aria-label': caption}, ...children),
  element('figcaption', {}, caption, element('br'), element('span', {}, angles), ...marks));
}

function label(arc, fill, scale, at, width, height) {
  const [x, y] = at(arc.begin + arc.sweep / 2, arc.radius + 14 * scale);
  const text = svg('text', {
    x: Math.min(Math.max(x, 16 * scale), width - 16 * scale), y: Math.min(Math.max(y, 12 * scale), height - 8 * scale),
    fill, stroke: '#000', 'stroke-width': 3.2 * scale, 'paint-order': 'stroke', 'stroke-linejoin': 'round',
    'font-size': 15 * scale, 'font-weight': 700, 'text-anchor': 'middle', 'dominant-baseline': 'middle',
    'font-family': 'system-ui, sans-serif'});
  text.textContent = deg(arc.value);
  return text;
}

function stills() {
  $('stills-card').hidden = !data.stills.length;
  $('stills-note').textContent = data.stills_left_out ? `${data.stills_left_out} more people are in the tables.` : '';
  $('stills').replaceChildren(...data.stills.map((each) =>
    picture(each, `${each.caption}: ${each.names.map(spoken).join(', ') || 'posture not told'}`)));
}

function pictures(person) {
  $('pictures-card').hidden = !person.pictures.length;
  $('pictures-note').textContent = person.angle
    ? `Where the ${spoken(person.angle)} is at its ends, and where something is seen for the first time.` : '';
  $('pictures').replaceChildren(...person.pictures.map((each) =>
    picture(each, `${sec(each.at)}: ${spoken(each.caption)}`)));
}

function comparison(person) {
  const shown = person.comparison;
  $('comparison-card').hidden = !shown;
  if (!shown) return;
  const [b, sentence] = [element('b'), element('strong', {}, shown.sentence)];
  b.textContent = shown.score === null ? '\u2013' : shown.score;
  const part = shown.begin === shown.end ? `The pose is nearest at ${sec(shown.begin)}.`
    : `The part from ${sec(shown.begin)} to ${sec(shown.end)} is most like the reference.`;
  $('score').replaceChildren(
    element('div', {}, b, element('span', {class: 'soft'}, ' of 100')),
    element('div', {style: 'flex:1 1 240px'}, sentence, element('br'),
      element('span', {class: 'soft'}, shown.score === null ? '' : part)));
  table($('comparison'), ['angle', 'difference', 'allowed', 'at', ''], shown.rows.map((row) => [
    capital(spoken(row.angle)),
    row.difference === null ? 'not seen' : signed(row.difference),
    row.difference === null ? '' : `\u00b1${deg(row.allowed)}`,
    row.difference === null ? '' : sec(row.at),
    element('td', {class: row.error > 0 ? 'bad' : 'good', style: 'padding-left:16px'},
      row.difference === null ? '' : capital(row.correction) || 'good'),
  ]));
}

function repetitions(person) {
  const {angle, each} = person.repetitions;
  $('repetitions-card').hidden = false;
  $('repetitions-title').textContent = each.length ? `${each.length} repetitions` : 'No repetitions';
  if (!each.length) {
    $('repetitions-note').textContent = 'No movement is repeated that is larger than the error of the angles.';
    $('repetitions').replaceChildren();
    return;
  }
  const cut = each.some((it) => !it.whole);
  $('repetitions-note').textContent = `Counted by the ${spoken(angle)}, which moves most.`
    + (cut ? ' An asterisk marks one that the recording shows in part.' : '');
  table($('repetitions'), ['', 'begins', 'there', 'back', 'from', 'to', 'range', 'left', 'right', 'symmetry'],
    each.map((it, i) => [
      `${i + 1}${it.whole ? '' : '*'}`, sec(it.begin), sec(it.turn - it.begin), sec(it.end - it.turn),
      deg(it.least), deg(it.most), deg(it.most - it.least), deg(it.left), deg(it.right),
      it.symmetry === null ? '\u2013' : `${Math.round(100 * it.symmetry)} %`]));
}

function ranges(person) {
  $('ranges-card').hidden = !person.ranges.length;
  const bar = (side, name, top) => {
    const made = element('i');
    const from = Math.max(0, side.least);
    made.style.cssText = `background:var(--${name});top:${top}px;left:${from / 1.8}%;`
      + `width:${Math.max(0, Math.min(180, side.most) - from) / 1.8}%`;
    return made;
  };
  const extent = (side) => side ? `${deg(side.least)} \u2013 ${deg(side.most)}` : '\u2013';
  table($('ranges'), ['joint', '', 'left', 'right', 'asymmetry'], person.ranges.map((row) => {
    const isPair = row.sides.length === 2;
    const names = isPair ? BOTH : ['middle'];
    const bars = row.sides.flatMap((side, i) => side ? [bar(side, names[i], isPair ? 2 + 9 * i : 6)] : []);
    const asymmetry = row.asymmetry === undefined || row.asymmetry === null ? ''
      : `${Math.round(100 * Math.abs(row.asymmetry))} %${row.is_sure ? '' : ', may be error'}`;
    const tone = !row.is_sure ? 'soft' : data.in_space ? 'bad' : '';  // in an image, it may be the view
    const cells = isPair ? row.sides.map(extent) : [extent(row.sides[0]), ''];
    return [
      element('td', {}, capital(spoken(row.joint))),
      element('td', {class: 'wide'}, element('div', {class: 'range'}, ...bars)), ...cells,
      element('td', {class: `number ${tone}`}, asymmetry)];
  }));
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

function show() {
  const person = data.people[$('person').selectedIndex];
  timeline();
  if (!person) return;
  const total = person.views.reduce((sum, [begin, end]) => sum + end - begin, 0);
  $('about').textContent = `in view for ${sec(total)}, in ${person.images} images`;
  for (const draw of [comparison, pictures, repetitions, ranges, curves]) draw(person);
}

header();
stills();
$('chooser').hidden = !data.people.length;
$('person').append(...data.people.map((each) => element('option', {}, String(each.id))));
$('person').addEventListener('change', show);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
show();
