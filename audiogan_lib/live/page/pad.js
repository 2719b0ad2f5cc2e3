// A pad to drag: two knobs of a player at once. By keys they are turned one by one, as knobs.

globalThis.audiogan ??= {}; // what the page's scripts share

{
  const make = (audiogan.make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  });

  /**
   * @param {string[]} names of the knobs, two at least
   * @param {HTMLInputElement[]} knobs
   * @param {[number, number]} range of all of them
   * @param {() => void} changed called when the pad has turned knobs
   */
  audiogan.pad = (names, knobs, [low, high], changed) => {
    const spot = make("span");
    const square = make("div", { className: "audiogan-pad", ariaHidden: "true" }, spot);
    const axes = ["across", "up"].map((name, first) => {
      const options = names.map((each, i) => new Option(each, `${i}`, false, i === first));
      return make("select", { ariaLabel: `pad ${name}`, onchange: () => draw() }, ...options);
    });
    const knob = (axis) => knobs[axes[axis].selectedIndex];

    /** Show where the knobs stand. */
    const draw = () => {
      const shares = [0, 1].map((axis) => (100 * (Number(knob(axis).value) - low)) / (high - low));
      Object.assign(spot.style, { left: `${shares[0]}%`, bottom: `${shares[1]}%` });
    };

    /** @param {PointerEvent} event */
    const move = (event) => {
      if (!event.buttons) return;
      const { left, bottom, width, height } = square.getBoundingClientRect();
      const shares = [(event.clientX - left) / width, (bottom - event.clientY) / height];
      shares.forEach((share, axis) => {
        knob(axis).value = `${low + Math.max(0, Math.min(1, share)) * (high - low)}`;
      });
      changed();
    };
    square.onpointermove = move;
    square.onpointerdown = (event) => {
      square.setPointerCapture(event.pointerId);
      move(event);
    };
    draw();
    const choices = axes.map((menu, i) => make("label", {}, ["across ", "up "][i], menu));
    return { element: make("div", { className: "audiogan-row" }, square, ...choices), draw };
  };
}
