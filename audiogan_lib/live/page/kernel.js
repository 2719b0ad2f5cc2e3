// What computes: kernel.c as WebAssembly or, where a browser refuses that, plain_kernel.js.

/**
 * The functions that kernel.c explains. Arrays lie in memory that the kernel gave.
 * @typedef {Object} Kernel
 * @property {string} name "WebAssembly" or "JavaScript"
 * @property {(count: number) => Float32Array} floats zeros, from the memory that is left
 * @property {Function} multiply
 * @property {Function} spread
 * @property {Function} rectify
 * @property {Function} synthesise
 * @property {Function} analyse
 */

/** Everything that the page's scripts share; some may have come before. */
globalThis.audiogan = Object.assign(globalThis.audiogan ?? {}, {
  /** Generators by name, which scripts of their own bring. */
  generators: {},

  /** @param {string} text @returns {Uint8Array} */
  fromBase64(text) {
    // @ts-expect-error: not yet in every browser, and six times as fast where it is
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  },

  /**
   * Open a kernel with memory for so many floats, all of it at once: memory that grows would take
   * away the arrays that lie in it.
   * @param {number} count
   * @returns {Promise<Kernel>}
   */
  async openKernel(count) {
    try {
      return await openWebAssembly(count);
    } catch {
      // No WebAssembly here, or the page's policy forbids it: the name of the kernel says so.
      if (!audiogan.fourier) await audiogan.bring("fourier.js");
      if (!audiogan.openPlainKernel) await audiogan.bring("plain_kernel.js");
      return audiogan.openPlainKernel(count);
    }
  },

  /** Load a file that lies beside this script; from disk, only a script may be. */
  bring: ((from) => (file) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(file, from).href;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${file} is not there`));
    document.head.append(script);
  }))(/** @type {any} */ (globalThis.document?.currentScript)?.src),

  /** Hand out pieces of memory, one behind the other. */
  handOut(buffer, start) {
    let at = start;
    return (count) => {
      const piece = new Float32Array(buffer, at, count);
      at += 4 * count;
      return piece;
    };
  },
});

/** @param {number} count @returns {Promise<any>} */
async function openWebAssembly(count) {
  const PAGE = 65536; // bytes; the first page is the stack's
  const initial = 1 + Math.ceil((4 * count) / PAGE);
  const memory = new WebAssembly.Memory({ initial });
  const bytes = audiogan.fromBase64(audiogan.kernelBinary);
  const given = { env: { memory } };
  const { instance } = await WebAssembly.instantiate(bytes, given);
  const floats = audiogan.handOut(memory.buffer, PAGE);
  const kernel = { name: "WebAssembly", floats };
  const place = (value) => value.byteOffset ?? value;
  for (const [name, loop] of Object.entries(instance.exports))
    kernel[name] = (...values) =>
      /** @type {Function} */ (loop)(...values.map(place));
  return kernel;
}
