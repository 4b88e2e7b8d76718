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
const BOTH = ['left', 'right'];
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
    $('repetitions-note').textContent = 'No movement is repeated that is larger than the error of the angles'
      + ' and takes more than a twentieth of the time.';
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
