// The blind test of `audiogan_lib.widgets`: which is generated, or what X is, with a score to take home.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { button, element, menu, row, status } = audiogan.kit;

  /** Probability of so many right answers or more. @type {(right: number, trials: number, p: number) => number} */
  function tail(right, trials, p) {
    let sum = 0;
    let ways = 1;
    for (let k = 0; k <= trials; k++) {
      if (k >= right) sum += ways * p ** k * (1 - p) ** (trials - k);
      ways *= (trials - k) / (k + 1);
    }
    return sum;
  }

  /**
   * The exact 95 % interval of the share of right answers, by Clopper and Pearson (1934).
   * @type {(right: number, trials: number) => [number, number]}
   */
  function interval(right, trials) {
    return [lowest(right, trials), 1 - lowest(trials - right, trials)];
  }

  /** The share with which so many right answers or more come once in forty. @type {(right: number, trials: number) => number} */
  function lowest(right, trials) {
    if (!right) return 0;
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (tail(right, trials, middle) < 0.025) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Put a score into words. @type {(right: number, trials: number) => string} */
  function score(right, trials) {
    const [low, high] = interval(right, trials).map((share) => (100 * share).toFixed(0));
    return `${right} of ${trials} right (95 % interval ${low} to ${high} %); ` +
      `guessing does as well with probability ${tail(right, trials, 0.5).toFixed(3)}.`;
  }

  /** The numbers below a limit in random order. @param {number} count */
  function shuffled(count) {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  audiogan.blind = { tail, interval, score };

  /**
   * @param {{task: string, kinds: [string, string], sample_rate: number, trials: number,
   *   pairs: [number, number][]}} options `pairs`: which players are of the first and second kind.
   * @param {{file: () => ArrayBuffer}[]} players
   * @returns {Node[]}
   */
  audiogan.controls["blind-test"] = function (options, players) {
    const { kinds, pairs, sample_rate: rate } = options;
    const tasks = [["which", `Which is ${kinds[1]}?`], ["abx", "ABX: what is X?"]];
    /** @type {{pair: number, solution: string}[]} */
    let trials = [];
    /** @type {string[]} */
    let answers = [];
    const task = menu("question", tasks, options.task, begin);
    const counts = [...new Set([8, 16, 24, options.trials])].sort((a, b) => a - b);
    const count = menu("trials", counts.map((value) => [value, `${value}`]), options.trials, begin);
    const asked = element("p");
    const line = status();
    const plays = [..."ABX"].map((letter) => button(`Play ${letter}`, () => audiogan.play(soundOf(letter), rate)));
    const says = [..."AB"].map((letter) => button("", () => answer(letter)));
    const who = element("input", { autocomplete: "off", oninput: report });
    const result = element("textarea", { readOnly: true, rows: 3, ariaLabel: "result" });
    result.style.width = "100%";
    const copy = button("Copy the result", () => {
      result.select();
      navigator.clipboard?.writeText(result.value).then(
        () => line.say("Copied."),
        () => line.say("The result is selected; copy it with your keys."),
      );
    });
    const taken = element("div", { hidden: true },
      row(element("label", { className: "audiogan-knob" }, "your name or number", who), copy, button("Again", begin)), result);

    function begin() {
      answers = [];
      trials = [];
      while (trials.length < count.value) {
        const round = shuffled(pairs.length).map((pair) => ({ pair, solution: Math.random() < 0.5 ? "A" : "B" }));
        trials.push(...round.slice(0, count.value - trials.length));
      }
      next("");
    }

    const right = () => answers.filter((letter, i) => letter === trials[i].solution).length;

    /** @param {string} verdict */
    function next(verdict) {
      const over = answers.length === trials.length;
      const abx = task.value === "abx";
      const question = abx ? `A is ${kinds[0]}, B is ${kinds[1]}. Which of them is X?` : tasks[0][1];
      asked.textContent = over ? "The test is over." : `Trial ${answers.length + 1} of ${trials.length}. ${question}`;
      plays[2].hidden = !abx;
      says.forEach((button, i) => {
        button.textContent = abx ? `X is ${"AB"[i]}` : `${"AB"[i]} is ${kinds[1]}`;
        button.disabled = over;
      });
      line.say(answers.length ? `${verdict}${score(right(), answers.length)}` : "Both sounds of a pair have the same level.");
      taken.hidden = !over;
      if (over) report();
    }

    /** Which kind a letter of this trial is: 0 or 1. @type {(letter: string, trial: {solution: string}) => number} */
    function kindOf(letter, { solution }) {
      if (task.value === "abx") return "AB".indexOf(letter === "X" ? solution : letter);
      return letter === solution ? 1 : 0;
    }

    /** The sound of a letter, as loud as the louder one of its pair lets both be. @param {string} letter */
    async function soundOf(letter) {
      const trial = trials[Math.min(answers.length, trials.length - 1)];
      const which = kindOf(letter, trial);
      const pair = pairs[trial.pair].map((place) => audiogan.read(players[place].file(), rate));
      const sounds = await Promise.all(pair);
      const gain = audiogan.headroom(...sounds);
      return sounds[which].map((sample) => gain * sample);
    }

    /** @param {string} letter */
    function answer(letter) {
      const { solution } = trials[answers.length];
      answers.push(letter);
      audiogan.stop();
      next(letter === solution ? "Right. " : `Wrong, it was ${solution}. `);
    }

    function report() {
      const [low, high] = interval(right(), trials.length).map((share) => share.toFixed(3));
      const chance = tail(right(), trials.length, 0.5).toFixed(4);
      const name = `"${who.value.replaceAll('"', '""')}"`;
      // Which pair was heard, as the rendered players count them, and whether the answer was right.
      const marks = trials.map(({ pair, solution }, i) => `${pair + 1}${answers[i] === solution ? "+" : "-"}`);
      result.value = `${score(right(), trials.length)}\nname,task,trials,right,low,high,guessing,answers\n` +
        `${[name, task.value, trials.length, right(), low, high, chance, marks.join(" ")].join(",")}`;
    }

    begin();
    return [row(task.element, count.element), asked, row(...plays, ...says), taken, line.element];
  };
})((globalThis.audiogan ??= {}));
