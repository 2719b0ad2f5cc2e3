// NumPy's random numbers, as far as sound needs them: the first phases of Griffin-Lim, which decide
// what the last ones are.

{
  const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
  const INCREMENT = 0x418ddadb3af71a82588133bc447873a9n;
  const SEEDED = 0x1aa1b5345996452d09585eb7a69561e3n;

  /**
   * What `numpy.random.default_rng(0).random(count)` returns: the generator PCG64 (O'Neill 2014),
   * begun in the state to which NumPy seeds it with 0.
   * @param {number} count
   * @returns {Float64Array} in [0, 1)
   */
  audiogan.uniform = (count) => {
    const numbers = new Float64Array(count);
    let state = SEEDED;
    for (let i = 0; i < count; i++) {
      state = BigInt.asUintN(128, state * MULTIPLIER + INCREMENT);
      const high = state >> 64n;
      const mixed = BigInt.asUintN(64, high ^ state);
      const turned = high >> 58n;
      const both = (mixed >> turned) | (mixed << (64n - turned));
      const random = BigInt.asUintN(64, both);
      numbers[i] = Number(random >> 11n) * 2 ** -53;
    }
    return numbers;
  };
}
