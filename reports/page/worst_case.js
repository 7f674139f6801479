"use strict";
// Rules over all functions of a class, in units of L = 1, μ = 1/κ: cycles that visit a regular polygon, and the
// functions that trap a rule on them. What is of a rule is generated (numerator, denominator, states, gain, point).

const LONGEST_CYCLE = 25;

/* z = exp(2πim/K) for every polygon, visited in steps of m, the least K first. */
const POLYGONS = (() => {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a), all = [];
  for (let K = 2; K <= LONGEST_CYCLE; K++) for (let m = 1; 2 * m <= K; m++) {
    const angle = 2 * Math.PI * m / K;
    if (divisor(K, m) === 1) all.push({K, m, re: Math.cos(angle), im: Math.sin(angle), cot: 1 / Math.tan(Math.PI / K)});
  }
  return all;
})();

const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
const over = ([a, b], [c, d]) => [(a * c + b * d) / (c * c + d * d), (b * c - a * d) / (c * c + d * d)];

/* A polynomial at z, the highest power first. */
function polynomialAt(coefficients, z) {
  return coefficients.reduce(([re, im], c) => [re * z[0] - im * z[1] + c, re * z[1] + im * z[0]], [0, 0]);
}

/* The least polygon that the rule goes round on some function of the class, or null. With w = D/N − μ that is
   where Re w − |Im w| cot(π/K) ≥ |w|²/(1 − μ). */
function cycleOf(theory, h, beta, kappa) {
  const N = theory.numerator(h, beta), D = theory.denominator(h, beta), mu = 1 / kappa;
  for (const polygon of POLYGONS) {
    const {re, im, cot} = polygon;
    let nr = 0, ni = 0, dr = 0, di = 0;
    for (let k = 0; k < D.length; k++) {
      [nr, ni] = [nr * re - ni * im + N[k], nr * im + ni * re];
      [dr, di] = [dr * re - di * im + D[k], dr * im + di * re];
    }
    const size = nr * nr + ni * ni, a = (dr * nr + di * ni) / size - mu, b = (di * nr - dr * ni) / size;
    if (a - Math.abs(b) * cot >= (a * a + b * b) / (1 - mu)) return polygon;
  }
  return null;
}

/* The function μ/2 |x|² + (1 − μ)/2 dist(x, P)² that traps the rule: P is a regular polygon. Its gradient at
   y_t = z^t is D/N · y_t, with which the rule comes to y_{t+1}. */
function trapOf(theory, h, beta, kappa, {K, m, re, im}) {
  const z = [re, im], mu = 1 / kappa, N = polynomialAt(theory.numerator(h, beta), z);
  const [a, b] = over(polynomialAt(theory.denominator(h, beta), z), N);
  const first = [1 - (a - mu) / (1 - mu), -b / (1 - mu)], radius = Math.hypot(...first), turn = Math.atan2(first[1], first[0]);
  const inner = radius * Math.cos(Math.PI / K), half = radius * Math.sin(Math.PI / K), sector = 2 * Math.PI / K;
  /* x minus the nearest point of P, seen from the middle of the side that faces x. */
  const beyond = (x, y) => {
    const middle = turn + (Math.floor((Math.atan2(y, x) - turn) / sector) + 0.5) * sector;
    const c = Math.cos(middle), s = Math.sin(middle), out = c * x + s * y, along = c * y - s * x;
    const p = Math.max(0, out - inner), q = along - Math.min(half, Math.max(-half, along));
    return [c * p - s * q, s * p + c * q];
  };
  const ring = (size, start, step) => Array.from({length: K + 1}, (_, k) =>
    [size * Math.cos(start + k * step), size * Math.sin(start + k * step)]);
  return {
    K, m, corners: ring(radius, turn, sector), orbit: ring(1, 0, m * sector),
    value: (x, y) => { const [p, q] = beyond(x, y); return (mu * (x * x + y * y) + (1 - mu) * (p * p + q * q)) / 2; },
    gradient: (x, y) => { const [p, q] = beyond(x, y); return [mu * x + (1 - mu) * p, mu * y + (1 - mu) * q]; },
    // (zI − A)⁻¹B g₀, where g₀ = D/N: of every number of the state, both coordinates.
    start: theory.states(h, beta).map(row => over(polynomialAt(row, z), N)),
  };
}

/* The points at which the rule takes gradients, from the orbit, with its parameter moved by `kick`. */
function runTrapped(theory, h, beta, trap, steps, kick = [0, 0]) {
  const A = theory.matrix(h, 0, beta), B = theory.gain(h, beta), C = theory.point(h, beta), axes = [0, 1];
  const sum = (row, state, axis) => row.reduce((s, r, j) => s + r * state[j][axis], 0);
  let state = trap.start.map((v, i) => (i === trap.start.length - 1 ? [v[0] + kick[0], v[1] + kick[1]] : v));
  const path = [];
  for (let t = 0; t <= steps; t++) {
    const y = axes.map(axis => sum(C, state, axis)), g = trap.gradient(...y), now = state;
    if (!y.every(v => Math.abs(v) < 1e6)) break;
    path.push(y);
    state = A.map((row, i) => axes.map(axis => sum(row, now, axis) + B[i] * g[axis]));
  }
  return path;
}

/* Pieces of a function's level lines in a window, by triangles. */
function levelLines(value, [left, right, bottom, top], levels, columns = 72, rows = 54) {
  const pieces = [], grid = [];
  for (let r = 0; r <= rows; r++) for (let c = 0; c <= columns; c++) {
    const x = left + (right - left) * c / columns, y = bottom + (top - bottom) * r / rows;
    grid.push([x, y, value(x, y)]);
  }
  const cut = (corners, level) => {
    const ends = [];
    corners.forEach((p, k) => {
      const q = corners[(k + 1) % 3];
      if (p[2] < level === q[2] < level) return;
      const part = (level - p[2]) / (q[2] - p[2]);
      ends.push([p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]);
    });
    if (ends.length === 2) pieces.push(ends);
  };
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
    const k = r * (columns + 1) + c, [p, q, s, t] = [grid[k], grid[k + 1], grid[k + columns + 1], grid[k + columns + 2]];
    for (const level of levels) { cut([p, q, t], level); cut([p, t, s], level); }
  }
  return pieces;
}

/* Where on a map of cycles' lengths each is best named: the middle of its largest square, [K, column, row]. */
function cycleNames(found, columns, least) {
  const side = [], best = new Map();
  found.forEach((K, k) => {
    const same = k % columns && [1, columns, columns + 1].every(back => found[k - back] === K);
    side[k] = same ? 1 + Math.min(side[k - 1], side[k - columns], side[k - columns - 1]) : 1;
    if (K && side[k] >= least && side[k] > (best.get(K)?.[0] || 0)) best.set(K, [side[k], k % columns, Math.floor(k / columns)]);
  });
  return [...best].map(([K, [size, c, r]]) => [K, c - size / 2 + 0.5, r - size / 2 + 0.5]);
}

/* A trap on a canvas: level lines, its polygon, the orbit, and the path so far. */
function drawTrap(c, w, height, trap, path, step, colour, ink) {
  const reach = 1.5 * Math.max(1, Math.hypot(...trap.corners[0]) / 1.2), scale = height / 2 / reach;
  const at = ([a, b]) => [w / 2 + a * scale, height / 2 - b * scale], wide = w / 2 / scale;
  const most = trap.value(1.6 * reach, 0), levels = Array.from({length: 14}, (_, k) => most / 1.7 ** k);
  c.clearRect(0, 0, w, height);
  c.beginPath();
  for (const [p, q] of levelLines(trap.value, [-wide, wide, -reach, reach], levels)) {
    c.moveTo(...at(p));
    c.lineTo(...at(q));
  }
  c.strokeStyle = ink("--soft");
  c.globalAlpha = 0.4;
  c.lineWidth = 1;
  c.stroke();
  c.globalAlpha = 1;
  line(c, trap.corners.map(at), ink("--soft"), 1.4);
  const part = path.slice(0, step + 1).map(at);
  line(c, part, colour, 1.6);
  part.forEach(p => dot(c, p, colour, 2.4));
  c.save();
  c.setLineDash([4, 6]);
  line(c, trap.orbit.map(at), ink("--ink"), 1.6);
  c.restore();
  trap.orbit.forEach(p => dot(c, at(p), ink("--ink"), 3));
  dot(c, at([0, 0]), ink("--ink"), 2.5);
  if (part.length) dot(c, part[part.length - 1], "#d1495b", 5.5);
}
