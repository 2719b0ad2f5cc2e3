// The two networks of a small WaveGAN, forward and backward: three loops, and nothing below them.
// `audiogan_lib.widgets.wave_networks` has the same in NumPy.
"use strict";

(function (/** @type {any} */ audiogan) {
  /**
   * A worker is given the text of this function; so it asks for nothing but the size of a batch.
   * @param {number} BATCH
   */
  audiogan.waveNetworks = function (BATCH) {
    const LATENT = 8;
    const SLOPE = 0.2; // of the rectifiers below zero
    // From the waveform inward: places, step and taps in outer places, outer and inner channels.
    const SHAPES = [[128, 8, 32, 1, 8], [32, 4, 8, 8, 16], [8, 4, 8, 16, 32]];

    /** @typedef {{data: Float64Array, stride: number, at: number, count: number}} Signal */

    /** By Box and Muller's formula. @type {(draw: () => number) => number} */
    const normal = (draw) => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());

    /**
     * Room for a batch of signals, place after place, each between two margins.
     * @type {(count: number, margin?: number) => Signal}
     */
    function signal(count, margin = 0) {
      const stride = count + 2 * margin;
      return { data: new Float64Array(BATCH * stride), stride, at: margin, count };
    }

    /**
     * Weights between an outer signal, long and of few channels, and an inner one, short and of many.
     * Inward they are a convolution with a stride, outward the transposed one.
     */
    class Joint {
      /** @param {number[]} shape @param {() => number} draw @param {boolean} outward */
      constructor([places, step, taps, outer, inner], draw, outward) {
        this.places = places;
        this.inner = inner;
        this.outer = outer;
        this.step = step * outer;
        this.taps = taps * outer;
        this.margin = (this.taps - this.step) / 2;
        this.bias = inner * this.taps; // where the biases begin
        const reach = Math.sqrt(2 / (outward ? (inner * taps) / step : this.taps));
        this.w = new Float64Array(this.bias + (outward ? outer : inner));
        for (let i = 0; i < this.bias; i++) this.w[i] = reach * normal(draw);
        this.sums = new Float64Array(this.w.length);
        this.mean = new Float64Array(this.w.length);
        this.square = new Float64Array(this.w.length);
      }

      /** A place inside is a sum over its window outside. @type {(from: Signal, to: Signal, biased?: boolean) => void} */
      gather(from, to, biased = false) {
        const { places, step, taps, inner, w, bias } = this;
        const x = from.data, y = to.data;
        for (let b = 0; b < BATCH; b++) {
          for (let t = 0; t < places; t++) {
            const p = b * from.stride + t * step, q = b * to.stride + to.at + t * inner;
            let o = 0;
            for (; o + 3 < inner; o += 4) { // four sums at once: each sample is read once for all
              let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
              const k = o * taps, l = k + taps, m = l + taps, n = m + taps;
              for (let j = 0; j < taps; j++) {
                const v = x[p + j];
                s0 += v * w[k + j]; s1 += v * w[l + j]; s2 += v * w[m + j]; s3 += v * w[n + j];
              }
              y[q + o] = s0; y[q + o + 1] = s1; y[q + o + 2] = s2; y[q + o + 3] = s3;
            }
            for (; o < inner; o++) {
              let sum = 0;
              for (let j = 0, k = o * taps; j < taps; j++) sum += x[p + j] * w[k + j];
              y[q + o] = sum;
            }
            if (biased) for (o = 0; o < inner; o++) y[q + o] += w[bias + o];
          }
        }
      }

      /** A place inside is sent to its window outside, where windows add up. @type {(from: Signal, to: Signal, biased?: boolean) => void} */
      scatter(from, to, biased = false) {
        const { places, step, taps, inner, outer, w, bias } = this;
        const x = to.data, y = from.data;
        x.fill(0);
        for (let b = 0; b < BATCH; b++) {
          for (let t = 0; t < places; t++) {
            const p = b * to.stride + t * step, q = b * from.stride + from.at + t * inner;
            let o = 0;
            for (; o + 3 < inner; o += 4) {
              const y0 = y[q + o], y1 = y[q + o + 1], y2 = y[q + o + 2], y3 = y[q + o + 3];
              const k = o * taps, l = k + taps, m = l + taps, n = m + taps;
              for (let j = 0; j < taps; j++) {
                x[p + j] += y0 * w[k + j] + y1 * w[l + j] + y2 * w[m + j] + y3 * w[n + j];
              }
            }
            for (; o < inner; o++) {
              for (let j = 0, k = o * taps; j < taps; j++) x[p + j] += y[q + o] * w[k + j];
            }
          }
          const first = b * to.stride, last = first + to.stride;
          x.fill(0, first, first + to.at); // what fell over the edges
          x.fill(0, last - to.at, last);
          if (!biased) continue;
          for (let i = first + to.at; i < last - to.at; i += outer) {
            for (let c = 0; c < outer; c++) x[i + c] += w[bias + c];
          }
        }
      }

      /** Add the derivatives by the weights: products of what is outside and inside. @type {(outside: Signal, inside: Signal) => void} */
      multiply(outside, inside) {
        const { places, step, taps, inner, sums } = this;
        const x = outside.data, y = inside.data;
        for (let b = 0; b < BATCH; b++) {
          for (let o = 0; o < inner; o++) {
            const k = o * taps, from = b * inside.stride + inside.at + o;
            let t = 0;
            for (; t + 3 < places; t += 4) {
              const at = from + t * inner;
              const y0 = y[at], y1 = y[at + inner], y2 = y[at + 2 * inner], y3 = y[at + 3 * inner];
              const p = b * outside.stride + t * step, q = p + step, r = q + step, s = r + step;
              for (let j = 0; j < taps; j++) {
                sums[k + j] += y0 * x[p + j] + y1 * x[q + j] + y2 * x[r + j] + y3 * x[s + j];
              }
            }
            for (; t < places; t++) {
              const v = y[from + t * inner], p = b * outside.stride + t * step;
              for (let j = 0; j < taps; j++) sums[k + j] += v * x[p + j];
            }
          }
        }
      }

      /** Add the derivatives by the biases, each clip with its weight. @type {(to: Signal, weight?: (clip: number) => number) => void} */
      lift({ data, stride, at, count }, weight = () => 1) {
        const channels = this.w.length - this.bias;
        for (let b = 0; b < BATCH; b++) {
          const [from, share] = [b * stride + at, weight(b)];
          for (let i = 0; i < count; i++) this.sums[this.bias + (i % channels)] += share * data[from + i];
        }
      }

      /** Take one step of Adam along the sums, and forget them. @type {(rate: number, steps: number) => void} */
      learn(rate, steps) {
        const { w, sums, mean, square } = this;
        const [first, second] = [1 - 0.5 ** steps, 1 - 0.99 ** steps];
        for (let i = 0; i < w.length; i++) {
          mean[i] += 0.5 * (sums[i] - mean[i]);
          square[i] += (1 - 0.99) * (sums[i] ** 2 - square[i]);
          w[i] -= (rate * mean[i]) / first / (Math.sqrt(square[i] / second) + 1e-8);
        }
        sums.fill(0);
      }
    }

    /** Bend a signal, or what passes the bend of another. @type {(passing: Signal, by?: Signal) => void} */
    function bend(passing, by = passing) {
      for (let b = 0; b < BATCH; b++) {
        const p = b * passing.stride + passing.at, q = b * by.stride + by.at;
        for (let i = 0; i < passing.count; i++) if (by.data[q + i] < 0) passing.data[p + i] *= SLOPE;
      }
    }

    const [places, , , , channels] = SHAPES[SHAPES.length - 1];

    /** All joints, from the waveform inward. @type {(inner: number, draw: () => number, outward: boolean) => Joint[]} */
    const joints = (inner, draw, outward) =>
      [...SHAPES, [1, places, places, channels, inner]].map((shape) => new Joint(shape, draw, outward));

    /** A signal outside of each joint, and the innermost. @param {Joint[]} all */
    const rooms = (all) =>
      [...all.map((joint) => signal(joint.places * joint.step, joint.margin)), signal(all[all.length - 1].inner)];

    class Generator {
      /** @param {() => number} draw */
      constructor(draw) {
        this.joints = joints(LATENT, draw, true);
        this.kept = rooms(this.joints);
        this.back = rooms(this.joints);
      }

      /** Make waveforms of latents, one number after the other. @param {() => number} next */
      make(next) {
        const { joints: all, kept } = this;
        const { data } = kept[0], latents = kept[all.length].data;
        for (let i = 0; i < latents.length; i++) latents[i] = next();
        for (let i = all.length - 1; i >= 0; i--) {
          all[i].scatter(kept[i + 1], kept[i], true);
          if (i) bend(kept[i]);
        }
        for (let i = 0; i < data.length; i++) data[i] = Math.tanh(data[i]);
        return kept[0];
      }

      /** Add the derivatives by all weights, given those by the samples in `back[0]`. */
      teach() {
        const { joints: all, kept, back } = this;
        for (let i = 0; i < kept[0].data.length; i++) back[0].data[i] *= 1 - kept[0].data[i] ** 2;
        all.forEach((joint, i) => {
          joint.multiply(back[i], kept[i + 1]);
          joint.lift(back[i]);
          if (i === all.length - 1) return;
          joint.gather(back[i], back[i + 1]);
          bend(back[i + 1], kept[i + 1]);
        });
      }
    }

    class Discriminator {
      /** @param {() => number} draw */
      constructor(draw) {
        this.joints = joints(1, draw, false);
        this.kept = rooms(this.joints);
        this.back = rooms(this.joints);
        this.along = rooms(this.joints);
      }

      /** Scores of the waveforms in `kept[0]`; in `back[0]` their slopes, by each sample. */
      answer() {
        const { joints: all, kept, back } = this;
        all.forEach((joint, i) => {
          joint.gather(kept[i], kept[i + 1], true);
          if (i < all.length - 1) bend(kept[i + 1]);
        });
        back[all.length].data.fill(1);
        for (let i = all.length - 1; i >= 0; i--) {
          all[i].scatter(back[i + 1], back[i]);
          if (i) bend(back[i], kept[i]);
        }
        return kept[all.length].data;
      }

      /**
       * Add the derivatives by all weights of weighted scores and, with R1, of half the squared slopes.
       * While its rectifiers bend where they bend, the slope is a product of the weights of all layers. So
       * the derivative of half its square by one layer is that of the score along the slope: the slope is
       * sent inward like a sound, past the same bends, without biases. This is exact, and needs no second
       * derivative.
       * @type {(weight: (clip: number) => number, r1?: number) => void}
       */
      teach(weight, r1 = 0) {
        const { joints: all, kept, back, along } = this;
        along[0].data.set(back[0].data);
        all.forEach((joint, i) => {
          const { data, stride } = along[i];
          if (r1 && i < all.length - 1) {
            joint.gather(along[i], along[i + 1]);
            bend(along[i + 1], kept[i + 1]);
          }
          for (let b = 0, p = 0; b < BATCH; b++) {
            const share = weight(b);
            for (const end = p + stride; p < end; p++) {
              data[p] = share * kept[i].data[p] + r1 * data[p];
            }
          }
          joint.multiply(along[i], back[i + 1]);
          joint.lift(back[i + 1], weight);
        });
      }
    }

    return { Discriminator, Generator, LATENT, SAMPLES: 1024, normal };
  };
})((globalThis.audiogan ??= {}));
