// What all controls in a page share: how they come into it, knobs with names, pictures for two grounds.
// A control is a function of its settings and its players: it returns its elements.
"use strict";

(function (/** @type {any} */ audiogan) {
  /** Colours that stand out on white and on black: those of the book's figures. */
  const INK = { axis: "#7b7b7b", real: "#2f7fc1", fake: "#c2650f", other: "#2a8c5f" };

  /**
   * @param {string} tag
   * @param {object} properties
   * @param {...(Node | string)} children
   * @returns {any}
   */
  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  /** @type {(...children: Node[]) => HTMLElement} */
  const row = (...children) => element("div", { className: "audiogan-row" }, ...children);

  /** @type {(name: string, action: () => void) => HTMLButtonElement} */
  const button = (name, action) => element("button", { type: "button", onclick: action }, name);

  /**
   * A menu; its choices are pairs of a value and a name.
   * @param {string} name
   * @param {[any, string][]} choices
   * @param {any} value
   * @param {() => void} action
   */
  function menu(name, choices, value, action) {
    const options = choices.map((choice, i) => element("option", { value: i }, choice[1]));
    const box = element("select", { onchange: action }, ...options);
    box.selectedIndex = choices.findIndex((choice) => choice[0] === value);
    return {
      element: element("label", { className: "audiogan-knob" }, name, box),
      get value() { return choices[box.selectedIndex][0]; },
      set value(one) { box.selectedIndex = choices.findIndex((choice) => choice[0] === one); },
    };
  }

  /**
   * A slider that shows its value; `action` is called once a frame at most.
   * @param {string} name
   * @param {number} value
   * @param {[number, number, number]} range Lowest, highest, step.
   * @param {() => void} action
   */
  function slider(name, value, [min, max, step], action) {
    const shown = element("span", { ariaHidden: "true" });
    const limits = { min: Math.min(min, value), max: Math.max(max, value), step };
    const box = element("input", { type: "range", ...limits, value });
    const write = () => { shown.textContent = ` ${+box.value}`; };
    box.oninput = () => { write(); once(action); };
    write();
    return {
      element: element("label", { className: "audiogan-knob" }, element("small", {}, name, shown), box),
      get value() { return +box.value; },
      set value(one) { box.value = `${one}`; write(); },
    };
  }

  /** @type {Set<() => void>} */
  const waiting = new Set();

  /** Do something in the next frame, however often it is asked for. @param {() => void} action */
  function once(action) {
    if (!waiting.size)
      requestAnimationFrame(() => {
        const actions = [...waiting];
        waiting.clear();
        for (const one of actions) one();
      });
    waiting.add(action);
  }

  /** A line that screen readers speak, once it rests for half a second or has waited for two. */
  function status() {
    const line = element("p", { role: "status" });
    let [timer, latest] = [0, 0];
    return {
      element: line,
      /** @param {string} text */
      say(text) {
        clearTimeout(timer);
        latest ||= Date.now() + 2000;
        timer = setTimeout(() => {
          latest = 0;
          if (line.textContent !== text) line.textContent = text;
        }, Math.min(500, latest - Date.now()));
      },
    };
  }

  /**
   * A canvas that is drawn anew when its size or the page's colours change.
   * @param {number} height In CSS pixels.
   * @param {(brush: CanvasRenderingContext2D, width: number, height: number) => string} draw
   *   Draws, and returns what is to be seen, in words.
   */
  function picture(height, draw) {
    const canvas = element("canvas", { role: "img" });
    Object.assign(canvas.style, { height: `${height}px`, width: "100%" });
    const redraw = () => {
      const [scale, width] = [devicePixelRatio, canvas.clientWidth];
      if (!width) return;
      canvas.width = width * scale;
      canvas.height = height * scale;
      const brush = canvas.getContext("2d");
      brush.scale(scale, scale);
      brush.fillStyle = brush.strokeStyle = INK.axis;
      brush.font = "12px sans-serif";
      canvas.ariaLabel = draw(brush, width, height);
    };
    new ResizeObserver(() => once(redraw)).observe(canvas);
    return { element: canvas, redraw: () => once(redraw) };
  }

  /** Whether the reader asked for stillness. */
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** Call something each frame until it answers false. @param {() => boolean} action */
  function animate(action) {
    requestAnimationFrame(() => { if (action()) animate(action); });
  }

  /**
   * Numbers in [0, 1) that are the same everywhere (Park and Miller 1988, their second multiplier).
   * @param {number} seed A whole number.
   */
  function draws(seed) {
    let state = 1 + (seed % 2147483646);
    return () => {
      state = (48271 * state) % 2147483647;
      return state / 2147483647;
    };
  }

  /** Standard normal numbers (Box and Muller 1958). @type {(count: number, draw?: () => number) => Float32Array} */
  const normals = (count, draw = Math.random) => Float32Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()));

  /** The rendered sounds of a face: their names, and their files. @param {Element} face */
  function players(face) {
    return [...face.querySelectorAll("audio")].map((player) => ({
      name: player.ariaLabel,
      /** @returns {ArrayBuffer} */
      file() {
        const text = atob(player.src.split(",")[1]);
        return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
      },
    }));
  }

  /** Put a control where its rendered face is, and fold that. @param {HTMLElement} place */
  function mount(place) {
    const { control = "", settings = "{}" } = place.dataset;
    const parts = audiogan.controls[control]?.(JSON.parse(settings), players(place));
    if (!parts) return; // some other script knows it, or none
    const face = element("details", {}, element("summary", {}, "As rendered"), ...place.childNodes);
    addEventListener("beforeprint", () => { face.open = true; });
    const names = { className: "audiogan-panel", role: "group", ariaLabel: control.replaceAll("-", " ") };
    place.append(element("div", names, ...parts), face);
  }

  audiogan.controls ??= {};
  audiogan.kit = { INK, animate, button, draws, element, menu, normals, once, picture, row, slider, status, still };
  if (typeof document !== "undefined") {
    document.addEventListener("DOMContentLoaded", () => {
      for (const place of document.querySelectorAll("[data-control]")) mount(/** @type {any} */ (place));
    });
  }
})((globalThis.audiogan ??= {}));
