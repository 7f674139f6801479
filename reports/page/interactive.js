"use strict";
// What a page needs beside the generated constants (THEORY, RULES, SURFACES, FILM, colours) and cycles
// (worst_case.js): drawing and controls. No formula of a rule or of its theory is written here.

/* Roots of z² − Tz + D, or of z − T, as [re, im] pairs. */
function eigenvalues(theory, h, beta) {
  const half = theory.trace(h, beta) / 2;
  if (theory.order === 1) return [[2 * half, 0]];
  const inner = theory.discriminant(h, beta), root = Math.sqrt(Math.abs(inner)) / 2;
  return inner < 0 ? [[half, -root], [half, root]] : [[half - root, 0], [half + root, 0]];
}

function spectralRadius(theory, h, beta) {
  return Math.max(...eigenvalues(theory, h, beta).map(([a, b]) => Math.hypot(a, b)));
}

/* Iterates of one coordinate from θ = 1 with the state at 0, by the iteration matrix. */
function iterate(theory, eta, lambda, beta, steps) {
  const R = theory.matrix(eta, lambda, beta), n = R.length;
  let v = R.map((_, i) => (i === n - 1 ? 1 : 0));
  const path = [1];
  for (let t = 0; t < steps; t++) {
    v = R.map(row => row.reduce((sum, r, j) => sum + r * v[j], 0));
    path.push(v[n - 1]);
  }
  return path;
}

/* A rule's run on a surface: an array of points. It ends where it leaves the numbers. */
function runRule(rule, surface, eta, steps, kappa, angle) {
  let x = surface.start.slice(), s = rule.start(x, eta);
  const path = [x];
  for (let t = 1; t <= steps; t++) {
    const y = rule.point(x, s, t, eta);
    [x, s] = rule.step(x, surface.gradient(y[0], y[1], kappa, angle), s, t, eta);
    if (!x.every(v => Number.isFinite(v) && Math.abs(v) < 1e6)) break;
    path.push(x);
  }
  return path;
}

function line(context, points, colour, width = 1.5) {
  context.beginPath();
  points.forEach(([a, b], k) => (k ? context.lineTo(a, b) : context.moveTo(a, b)));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function dot(context, [a, b], colour, radius = 4) {
  context.beginPath();
  context.arc(a, b, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

if (typeof document !== "undefined") {
  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes)) {
      if (k.startsWith("on")) node.addEventListener(k.slice(2), v); else node.setAttribute(k, v);
    }
    node.append(...children);
    return node;
  };
  const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const format = v => !Number.isFinite(v) ? "∞" : Math.abs(v) >= 1e5 || (v !== 0 && Math.abs(v) < 1e-3)
    ? v.toExponential(2) : Number(v.toPrecision(4)).toString();

  /* A canvas sharp on any screen; `draw(context, width, height)` in CSS pixels. */
  function canvas(label, ratio, draw, extra = {}) {
    const node = make("canvas", {role: "img", "aria-label": label, ...extra});
    const paint = () => {
      const width = Math.max(120, node.clientWidth), height = width * ratio, scale = window.devicePixelRatio || 1;
      node.width = Math.round(width * scale);
      node.height = Math.round(height * scale);
      node.style.height = `${height}px`;
      const context = node.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.font = "12px sans-serif";
      draw(context, width, height);
    };
    return {node, paint};
  }

  /* `shown` is what the position of the slider stands for. */
  function slider(label, low, high, step, value, changed, shown = v => v) {
    const output = make("output", {}), input = make("input", {type: "range", min: low, max: high, step, value, "aria-label": label,
      oninput: () => { say(); changed(shown(+input.value)); }});
    const say = () => {
      output.textContent = format(shown(+input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    const name = make("span", {}, label), set = v => { input.value = v; say(); };
    const call = text => { name.textContent = text; input.setAttribute("aria-label", text); };
    say();
    return {node: make("label", {class: "slider"}, name, input, output), set, input, call};
  }

  function choice(label, options, value, changed) {
    const select = make("select", {"aria-label": label, onchange: () => changed(select.value)},
      ...options.map(o => make("option", o === value ? {value: o, selected: ""} : {value: o}, o)));
    return make("label", {class: "choice"}, make("span", {}, label), select);
  }

  /* The static figure that was there, to be opened. */
  const keep = place => make("details", {}, make("summary", {}, "as a still figure"), ...place.childNodes);

  // The convergence-region explorer.

  function explorer(place) {
    // `all`: over every function of the class, no longer over one quadratic.
    const state = {rule: "heavy ball", h: 0.5, beta: 0.9, kappa: 10, all: false};
    const LEFT = 40, BOTTOM = 32, STEPS = 200;
    const theory = () => THEORY[state.rule], wide = () => theory().wide;
    const quantity = () => state.all ? theory().quantity.replace("λ", "L") : theory().quantity;
    const rateAt = (h, beta) => Math.max(spectralRadius(theory(), h, beta), spectralRadius(theory(), h / state.kappa, beta));
    let cached = {key: "", image: null, names: []}, kick = 0, trap = null, trapped = [];

    const mapImage = () => {
      const key = state.all ? `${state.rule} ${state.kappa}` : state.rule;
      if (cached.key === key) return cached;
      const columns = 168, rows = 120, image = document.createElement("canvas"), found = [];
      image.width = columns;
      image.height = rows;
      const context = image.getContext("2d"), data = context.createImageData(columns, rows);
      for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
        const h = wide() * (c + 0.5) / columns, beta = 1 - (r + 0.5) / rows;
        const K = state.all ? cycleOf(theory(), h, beta, state.kappa)?.K : 0;
        const radius = K ? 0 : state.all ? rateAt(h, beta) : spectralRadius(theory(), h, beta);
        const colour = K ? CYCLE_MAP[K - 2] : MAP[Math.min(63, Math.floor(64 * Math.min(radius, 1.5) / 1.5))];
        data.data.set([...colour, 255], 4 * (r * columns + c));
        found.push(K || 0);
      }
      context.putImageData(data, 0, 0);
      cached = {key, image, names: cycleNames(found, columns, 6).map(([K, c, r]) => [K, (c + 0.5) / columns, (r + 0.5) / rows])};
      return cached;
    };

    const map = canvas("Map of the spectral radius over ηλ and β", 0.72, (c, w, height) => {
      const W = w - LEFT - 8, H = height - BOTTOM - 6, x = h => LEFT + W * h / wide(), y = b => 6 + H * (1 - b);
      c.clearRect(0, 0, w, height);
      c.imageSmoothingEnabled = !state.all;
      c.drawImage(mapImage().image, LEFT, 6, W, H);
      const edge = [];
      for (let k = 0; k <= 100; k++) edge.push([x(Math.min(theory().limit(Math.min(k / 100, 0.999)), wide())), y(k / 100)]);
      c.save();
      c.setLineDash([6, 4]);
      line(c, edge, "#fff", 2);
      c.restore();
      c.fillStyle = ink("--ink");
      c.textAlign = "center";
      const tick = wide() > 20 ? 10 : wide() > 8 ? 5 : 1;
      for (let k = 0; k <= wide(); k += tick) c.fillText(String(k), x(k), height - 16);
      c.fillText(quantity(), LEFT + W / 2, height - 3);
      c.textAlign = "right";
      for (const b of [0, 0.5, 1]) c.fillText(String(b), LEFT - 6, y(b) + 4);
      c.fillText("β", 14, 6 + H / 2);
      c.textAlign = "center";
      c.fillStyle = "#fff";
      c.strokeStyle = "#000";
      c.lineWidth = 3;
      for (const [K, a, b] of mapImage().names) for (const write of ["strokeText", "fillText"]) c[write](String(K), LEFT + W * a, 10 + H * b);
      dot(c, [x(state.h), y(state.beta)], "#fff", 8);
      dot(c, [x(state.h), y(state.beta)], "#d1495b", 5.5);
    }, {tabindex: "0", class: "drag", role: "application",
        "aria-label": "Map of the spectral radius; arrow keys move the point over ηλ and β"});

    const plane = canvas("Eigenvalues in the complex plane", 1, (c, w, h) => {
      const size = 0.40 * w, at = ([a, b]) => [w / 2 + size * a, h / 2 - size * b];
      c.clearRect(0, 0, w, h);
      line(c, [[0, h / 2], [w, h / 2]], ink("--line"), 1);
      line(c, [[w / 2, 0], [w / 2, h]], ink("--line"), 1);
      const circle = Array.from({length: 121}, (_, k) => at([Math.cos(k * Math.PI / 60), Math.sin(k * Math.PI / 60)]));
      line(c, circle, ink("--soft"), 1.2);
      c.fillStyle = ink("--soft");
      c.textAlign = "left";
      c.fillText("Re z", w - 30, h / 2 - 6);
      c.fillText("Im z", w / 2 + 6, 12);
      // Over the class: those of all curvatures from μ to L.
      for (let k = 1; state.all && k <= 80; k++) for (const z of eigenvalues(theory(), state.h * state.kappa ** (-k / 80), state.beta)) {
        dot(c, at(z), Math.hypot(...z) < 1 ? theory().colour : "#c1121f", 1.6);
      }
      for (const z of eigenvalues(theory(), state.h, state.beta)) {
        dot(c, at(z), Math.hypot(...z) < 1 ? theory().colour : "#c1121f", 6);
      }
    });

    const paths = canvas("Trajectory on a quadratic", 0.62, (c, w, height) => {
      if (trap) { drawTrap(c, w, height, trap, trapped, around.state.step, theory().colour, ink); return; }
      // ½(x²/κ + y²), curvatures 1/κ and 1 in units of L: ηL = ηλ of the map.
      const steps = 60, kappa = state.kappa;
      const xs = iterate(theory(), state.h, 1 / kappa, state.beta, steps);
      const ys = iterate(theory(), state.h, 1, state.beta, steps);
      const at = ([a, b]) => [w / 2 + a * w / 2.9, height / 2 - b * height / 2.9];
      c.clearRect(0, 0, w, height);
      for (const level of [0.03, 0.12, 0.3, 0.55, 0.9]) {
        const contour = Array.from({length: 121}, (_, k) => at([Math.sqrt(2 * level * Math.min(kappa, 30)) * Math.cos(k * Math.PI / 60),
          Math.sqrt(2 * level) * Math.sin(k * Math.PI / 60)]));
        line(c, contour, ink("--line"), 1);
      }
      const points = xs.map((a, k) => at([a, ys[k]]));
      line(c, points, theory().colour, 1.4);
      points.forEach(p => dot(c, p, theory().colour, 2.4));
      dot(c, at([0, 0]), ink("--ink"), 2.5);
    });

    const around = player(STEPS, 24, () => paths.paint(), 120);
    const kicked = slider("kick off the orbit", 0, 0.5, 0.01, 0, v => { kick = v; update(); });
    const note = make("p", {class: "note", "aria-live": "polite"});
    const overAll = (t, rate) => {
      const cycle = cycleOf(t, state.h, state.beta, state.kappa);
      trap = cycle && trapOf(t, state.h, state.beta, state.kappa, cycle);
      trapped = trap ? runTrapped(t, state.h, state.beta, trap, STEPS, [0.8 * kick, 0.6 * kick]) : [];
      note.textContent = trap
        ? `From the dashed orbit the rule goes round ${cycle.K} points for ever on the convex function drawn${cycle.m > 1 ? `, in steps of ${cycle.m}` : ""}.`
          + (spectralRadius(t, state.h, state.beta) < 1 ? "" : " This orbit repels: rounding can drive the rule off.")
          + (kick ? " Kicked off it, it may come back or leave." : "")
          + " The inner polygon is what the function grows away from. Numbers on the map: the cycle's length."
        : `No cycle of up to ${LONGEST_CYCLE} steps that visits a regular polygon; see the worst-case figure for what is proved. `
          + "Drawn: one quadratic with curvatures μ and L.";
      return [
        [quantity(), format(state.h)], ["β", t.usesBeta ? format(state.beta) : "unused"], ["κ = L/μ", format(state.kappa)],
        ["cycle", cycle ? `${cycle.K} steps` : "none found"],
        ["rate on quadratics over [μ, L]", format(rate)],
      ];
    };
    const said = make("dl", {class: "readout", "aria-live": "polite"});
    const update = () => {
      const t = theory(), radius = spectralRadius(t, state.h, state.beta), stable = radius < 1;
      const rate = rateAt(state.h, state.beta), limit = t.limit(state.beta);
      trap = null;
      const rows = state.all ? overAll(t, rate) : [
        [t.quantity, format(state.h)], ["β", t.usesBeta ? format(state.beta) : "unused"],
        ["spectral radius ρ", format(radius)],
        ["largest stable", format(limit)],
        ["verdict", stable ? "converges" : "diverges"],
        ["rate over [L/κ, L]", format(rate)],
        ["steps per factor 10", rate < 1 ? format(-Math.LN10 / Math.log(rate)) : "∞"],
        ["noise floor (λ = 1)", stable && state.h > 0 ? format(t.noise(state.h, state.beta)) : "none"],
      ];
      said.replaceChildren(...rows.flatMap(([k, v]) => [make("dt", {}, k), make("dd", {}, v)]));
      place.dataset.state = JSON.stringify({...state, radius, cycle: trap && [trap.K, trap.m], last: trap && trapped[trapped.length - 1]});
      note.hidden = !state.all;
      around.node.hidden = kicked.node.hidden = !trap;
      hs.call(quantity());
      hs.set(state.h);
      bs.set(state.beta);
      map.node.setAttribute("aria-label", `Map of ${state.all ? "cycles on convex functions" : "the spectral radius"}; `
        + `arrow keys move the point over ${quantity()} and β`);
      paths.node.setAttribute("aria-label", trap ? `Trajectory on the function that traps the rule: ${trap.K} points in turn` : "Trajectory on a quadratic");
      [map, plane, paths].forEach(p => p.paint());
    };
    const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
    const move = (h, beta) => {
      state.h = clamp(h, 0, wide());
      state.beta = clamp(beta, 0, 0.999);
      update();
    };
    const hs = slider("ηλ", 0, wide(), 0.01, state.h, v => move(v, state.beta));
    const bs = slider("β", 0, 0.999, 0.001, state.beta, v => move(state.h, v));
    const ks = slider("κ", 0, 1, 0.005, 0.26, v => { state.kappa = v; update(); }, v => Number((2 * 500 ** v).toPrecision(2)));
    const chosen = make("fieldset", {class: "toggles over"}, make("legend", {}, "over"), ...[false, true].map(all => {
      const radio = make("input", {type: "radio", name: "explorer-over", ...(all ? {} : {checked: ""}), onchange: () => { state.all = all; update(); }});
      return make("label", {class: "toggle"}, radio, all ? "every smooth convex function" : "quadratics");
    }));
    const point = event => {
      const box = map.node.getBoundingClientRect(), W = box.width - LEFT - 8, H = box.height - BOTTOM - 6;
      move(wide() * (event.clientX - box.left - LEFT) / W, 1 - (event.clientY - box.top - 6) / H);
    };
    map.node.addEventListener("pointerdown", e => { map.node.setPointerCapture(e.pointerId); point(e); });
    map.node.addEventListener("pointermove", e => { if (e.buttons) point(e); });
    map.node.addEventListener("keydown", e => {
      const step = e.shiftKey ? 0.1 : 0.01, along = step * (wide() > 8 ? 10 : 1);
      const by = {ArrowLeft: [-along, 0], ArrowRight: [along, 0], ArrowUp: [0, step], ArrowDown: [0, -step]}[e.key];
      if (!by) return;
      e.preventDefault();
      move(state.h + by[0], state.beta + by[1]);
    });
    const still = keep(place);
    place.replaceChildren(
      make("div", {class: "controls"}, choice("rule", Object.keys(THEORY), state.rule, v => { state.rule = v; hs.input.max = wide(); move(state.h, state.beta); }),
        hs.node, bs.node, ks.node, chosen),
      make("div", {class: "panes"}, make("div", {class: "pane wide-pane"}, map.node), make("div", {class: "pane"}, plane.node),
        make("div", {class: "pane wide-pane"}, paths.node, around.node, kicked.node), make("div", {class: "pane"}, said, note)),
      still,
    );
    window.addEventListener("resize", update);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
    update();
  }

  /* A surface's heights as bands of colour. */
  function heights(surface, kappa, angle) {
    const [left, right, bottom, top] = surface.window, columns = 120, rows = 80;
    const image = document.createElement("canvas");
    image.width = columns;
    image.height = rows;
    const values = [];
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
      values.push(surface.value(left + (right - left) * (c + 0.5) / columns, top - (top - bottom) * (r + 0.5) / rows, kappa, angle));
    }
    const least = Math.min(...values), logs = values.map(v => Math.log1p(v - least)), most = Math.max(...logs);
    const context = image.getContext("2d"), data = context.createImageData(columns, rows);
    logs.forEach((v, k) => {
      const band = Math.floor(14 * v / most) / 14;
      data.data.set([...MAP[Math.min(63, Math.floor(63 * band))], 110], 4 * k);
    });
    context.putImageData(data, 0, 0);
    return image;
  }

  /* From a point on a surface to one on a canvas. */
  function place2d(surface, w, h) {
    const [left, right, bottom, top] = surface.window;
    return ([a, b]) => [w * (a - left) / (right - left), h * (top - b) / (top - bottom)];
  }

  /* A button and a slider that run through steps, one in `rest` milliseconds or a frame; `draw(step)` shows one. */
  function player(steps, first, draw, rest = 0) {
    const state = {step: first, playing: false};
    const show = () => { scrub.set(state.step); draw(state); };
    const pause = () => { state.playing = false; button.textContent = "Play"; };
    const play = () => {
      if (state.step >= steps) state.step = 0;
      state.playing = true;
      button.textContent = "Pause";
      let last = -Infinity;
      const frame = now => {
        if (!state.playing) return;
        if (now - last < rest) { requestAnimationFrame(frame); return; }
        last = now;
        state.step = Math.min(steps, state.step + 1);
        if (state.step >= steps) pause();
        show();
        if (state.playing) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    };
    const scrub = slider("step", 0, steps, 1, first, v => { pause(); state.step = v; draw(state); });
    const button = make("button", {type: "button", onclick: () => { if (state.playing) { pause(); draw(state); } else play(); }}, "Play");
    const to = step => { state.step = step; show(); };
    return {node: make("div", {class: "controls"}, button, scrub.node), state, show, to};
  }

  const swatch = name => {
    const node = make("span", {class: "swatch"});
    node.style.background = RULE_COLOURS[name];
    return node;
  };

  // The animations: all optimizers on one surface, each with its last steps.

  function film(place, name) {
    const surface = SURFACES[name], steps = FILM[name], kappa = 10, angle = 0.5, paths = {};
    for (const [rule, code] of Object.entries(RULES)) paths[rule] = runRule(code, surface, surface.rates[rule], steps, kappa, angle);
    const background = heights(surface, kappa, angle);
    const board = canvas(`Optimizers on the surface ${name}`, 0.62, (c, w, h) => {
      const at = place2d(surface, w, h), step = run.state.step;
      c.clearRect(0, 0, w, h);
      c.drawImage(background, 0, 0, w, h);
      for (const [rule, path] of Object.entries(paths)) {
        const part = path.slice(Math.max(0, step - TAIL), step + 1).map(at);
        if (part.length === 0) continue;
        line(c, part, RULE_COLOURS[rule], 1.6);
        if (path.length > step) dot(c, part[part.length - 1], RULE_COLOURS[rule], 4.5);
      }
    });
    const run = player(steps, Math.round(steps / 4), state => {
      board.paint();
      place.dataset.state = JSON.stringify(state);
    });
    const still = keep(place);
    place.replaceChildren(run.node, board.node,
      make("p", {class: "legend"}, ...Object.keys(RULES).map(rule => make("span", {class: "toggle"}, swatch(rule), rule.replaceAll("_", " ")))), still);
    window.addEventListener("resize", run.show);
    run.show();
  }

  // The race.

  function race(place) {
    const STEPS = 400;
    const shown = new Set(SHOWN);
    const state = {surface: "quadratic", kappa: 10, angle: 0.5, scale: 1};
    let paths = {};
    const surface = () => SURFACES[state.surface];
    const compute = () => {
      paths = {};
      for (const [name, rule] of Object.entries(RULES)) {
        paths[name] = runRule(rule, surface(), surface().rates[name] * state.scale, STEPS, state.kappa, state.angle);
      }
      background = null;
      draw();
    };
    let background = null;
    const board = canvas("Paths of the optimizers on the surface", 0.62, (c, w, h) => {
      background = background || heights(surface(), state.kappa, state.angle);
      const at = place2d(surface(), w, h);
      c.clearRect(0, 0, w, h);
      c.drawImage(background, 0, 0, w, h);
      for (const name of shown) {
        const part = paths[name].slice(0, run.state.step + 1).map(at);
        line(c, part, RULE_COLOURS[name], 1.6);
        dot(c, part[part.length - 1], RULE_COLOURS[name], 4.5);
      }
      dot(c, at(surface().start), ink("--ink"), 3);
    });
    const table = make("tbody");
    const rank = () => {
      const value = name => {
        const path = paths[name], ended = run.state.step >= path.length;
        const [a, b] = path[Math.min(run.state.step, path.length - 1)];
        return ended ? Infinity : surface().value(a, b, state.kappa, state.angle);
      };
      const rows = [...shown].map(n => [n, value(n)]).sort((a, b) => a[1] - b[1]);
      table.replaceChildren(...rows.map(([n, v]) => make("tr", {},
        make("td", {}, swatch(n), n.replaceAll("_", " ")), make("td", {}, Number.isFinite(v) ? format(v) : "diverged"))));
      place.dataset.state = JSON.stringify({surface: state.surface, ...run.state,
        values: Object.fromEntries(rows.map(([n, v]) => [n, Number.isFinite(v) ? v : null]))});
    };
    const draw = () => { board.paint(); rank(); };
    const run = player(STEPS, 60, draw);
    const boxes = Object.keys(RULES).map(name => {
      const box = make("input", {type: "checkbox", ...(shown.has(name) ? {checked: ""} : {}),
        onchange: () => { if (box.checked) shown.add(name); else shown.delete(name); draw(); }});
      return make("label", {class: "toggle"}, box, swatch(name), name.replaceAll("_", " "));
    });
    const kappa = slider("κ", 1, 50, 1, state.kappa, v => { state.kappa = v; compute(); });
    const angle = slider("rotation", 0, 1.57, 0.01, state.angle, v => { state.angle = v; compute(); });
    const scale = slider("learning rates ×", 0.1, 4, 0.1, 1, v => { state.scale = v; compute(); });
    const still = keep(place);
    place.replaceChildren(
      make("div", {class: "controls"},
        choice("surface", Object.keys(SURFACES), state.surface, v => { state.surface = v; compute(); run.to(0); }),
        kappa.node, angle.node, scale.node),
      run.node,
      make("div", {class: "panes"}, make("div", {class: "pane wide-pane"}, board.node),
        make("div", {class: "pane"}, make("table", {class: "ranking"}, make("caption", {}, "f at this step, least first"), table))),
      make("fieldset", {class: "toggles"}, make("legend", {}, "optimizers"), ...boxes),
      still,
    );
    window.addEventListener("resize", () => { background = null; draw(); });
    compute();
  }

  // The ledger's filters.

  function filters(place) {
    const table = place.querySelector("table"), rows = [...table.querySelectorAll("tbody tr")];
    let verdict = "all", text = "";
    const count = make("output", {"aria-live": "polite"});
    const apply = () => {
      let n = 0;
      for (const row of rows) {
        const own = row.querySelector(".proved, .refuted, .open")?.textContent || "";
        const show = (verdict === "all" || own === verdict) && row.textContent.toLowerCase().includes(text);
        row.hidden = !show;
        n += show;
      }
      count.textContent = `${n} of ${rows.length}`;
    };
    const search = make("input", {type: "search", placeholder: "id, source, words …", "aria-label": "search the claims",
      oninput: () => { text = search.value.trim().toLowerCase(); apply(); }});
    place.prepend(make("div", {class: "controls"},
      choice("verdict", ["all", "PROVED", "REFUTED"], "all", v => { verdict = v; apply(); }), search, count));
    apply();
  }

  /* What is wider than its place can be reached, and so scrolled, by keyboard. */
  const reachable = () => {
    for (const node of document.querySelectorAll("table, figure, math[display='block'], pre")) {
      if (node.scrollWidth > node.clientWidth + 1) node.tabIndex = 0; else node.removeAttribute("tabindex");
    }
  };

  const start = () => {
    reachable();
    window.addEventListener("resize", reachable);
    const parts = [["explorer", explorer], ["race", race], ["ledger", filters],
      ["film_contours", p => film(p, "Beale")], ["film_saddle", p => film(p, "saddle")]];
    for (const [id, build] of parts) {
      const place = document.getElementById(id);
      if (place) build(place);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
}

if (typeof module !== "undefined") module.exports = {eigenvalues, spectralRadius, iterate, runRule};
