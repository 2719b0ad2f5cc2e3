// The loops in which a page that makes sound spends its time, compiled to WebAssembly (make kernel).
// plain_kernel.js has the same loops for browsers without it, under the same names. Memory belongs
// to the caller: every array is handed in, nothing is allocated, and there are no globals.

// Four numbers at once; they may lie at any number's place.
typedef float quad __attribute__((vector_size(16), aligned(4)));

// Four complex numbers at once.
typedef struct {
    quad re, im;
} wave;

#define EXPORT(name) __attribute__((export_name(#name)))

static inline quad load(const float *from) { return *(const quad *)from; }
static inline void store(float *to, quad numbers) { *(quad *)to = numbers; }
static inline quad all(float number) { return (quad){number, number, number, number}; }

static void store_first(float *to, quad low, quad high, int count) {
    for (int i = 0; i < count && i < 4; i++) to[i] = low[i];
    for (int i = 4; i < count && i < 8; i++) to[i] = high[i - 4];
}

// output[row][column] = sum over i of input[row * step + i] * weights[i][column].
//
// Rows may overlap (step < depth): then this is a convolution. The weights
// come in panels of eight columns, panel[i][8] one after the other, the last
// one filled up with zeros.
EXPORT(multiply)
void multiply(int rows, int step, int depth, int columns,
              const float *input, const float *panels, float *output) {
    for (int first = 0; first < columns; first += 8) {
        const float *panel = panels + first * depth;
        int count = columns - first;
        int row = 0;
        for (; row + 4 <= rows; row += 4) {
            const float *a = input + row * step;
            const float *b = a + step, *c = b + step, *d = c + step;
            quad a0 = all(0), a1 = a0, b0 = a0, b1 = a0;
            quad c0 = a0, c1 = a0, d0 = a0, d1 = a0;
            for (int i = 0; i < depth; i++) {
                quad low = load(panel + 8 * i);
                quad high = load(panel + 8 * i + 4);
                a0 += all(a[i]) * low, a1 += all(a[i]) * high;
                b0 += all(b[i]) * low, b1 += all(b[i]) * high;
                c0 += all(c[i]) * low, c1 += all(c[i]) * high;
                d0 += all(d[i]) * low, d1 += all(d[i]) * high;
            }
            float *to = output + row * columns + first;
            store_first(to, a0, a1, count);
            store_first(to + columns, b0, b1, count);
            store_first(to + 2 * columns, c0, c1, count);
            store_first(to + 3 * columns, d0, d1, count);
        }
        for (; row < rows; row++) {
            quad low = all(0), high = low;
            for (int i = 0; i < depth; i++) {
                quad number = all(input[row * step + i]);
                low += number * load(panel + 8 * i), high += number * load(panel + 8 * i + 4);
            }
            store_first(output + row * columns + first, low, high, count);
        }
    }
}

// The second half of a transposed convolution: each place of a small map has
// sent kernel_height x kernel_width products of some channels; add them up
// where they arrive in the larger map.
EXPORT(spread)
void spread(int height, int width, int kernel_height, int kernel_width,
            int stride_y, int stride_x, int top, int left, int out_height,
            int out_width, int channels, const float *restrict products,
            float *restrict output) {
    int count = out_height * out_width * channels;
    for (int i = 0; i < count; i++) output[i] = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int ky = 0; ky < kernel_height; ky++)
                for (int kx = 0; kx < kernel_width;
                     kx++, products += channels) {
                    int to_y = y * stride_y + ky - top;
                    int to_x = x * stride_x + kx - left;
                    if (to_y < 0 || to_y >= out_height ||
                        to_x < 0 || to_x >= out_width) continue;
                    int to_place = to_y * out_width + to_x;
                    float *to = output + to_place * channels;
                    for (int i = 0; i < channels; i++) to[i] += products[i];
                }
}

// Scale and shift each channel, then make what is negative smaller by the factor slope.
EXPORT(rectify)
void rectify(int places, int channels, float slope, float *restrict values,
             const float *restrict scale, const float *restrict offset) {
    for (int place = 0; place < places; place++, values += channels)
        for (int i = 0; i < channels; i++) {
            float value = values[i] * scale[i] + offset[i];
            values[i] = value > 0 ? value : value * slope;
        }
}

static inline wave sum(wave a, wave b) { return (wave){a.re + b.re, a.im + b.im}; }
static inline wave difference(wave a, wave b) { return (wave){a.re - b.re, a.im - b.im}; }
static inline wave quarter_turn(wave a) { return (wave){a.im, -a.re}; }

static inline wave times(wave a, float b_re, float b_im) {
    quad re = all(b_re), im = all(b_im);
    return (wave){a.re * re - a.im * im, a.re * im + a.im * re};
}

// Fast Fourier transform of a power of two of points, by Stockham: no order to restore, since each
// stage writes to the other array. A stage makes four of each of its transforms, the last one two
// where that is what is left. Returns the array that holds the result. circle: cosine and sine of
// the first half of size steps round the circle.
static wave *fourier(int size, wave *from, wave *to, const float *circle) {
    int points = size, step = 1;
    for (; points >= 4; points /= 4, step *= 4) {
        int apart = step * points / 4;
        for (int p = 0; p < points / 4; p++) {
            const float *one = circle + 2 * step * p, *two = circle + 4 * step * p;
            float re = one[0] * two[0] - one[1] * two[1], im = one[0] * two[1] + one[1] * two[0];
            const wave *in = from + step * p;
            wave *out = to + 4 * step * p;
            for (int q = 0; q < step; q++) {
                wave a = in[q], b = in[q + apart], c = in[q + 2 * apart], d = in[q + 3 * apart];
                wave even = sum(a, c), odd = sum(b, d);
                wave rest = difference(a, c), turned = quarter_turn(difference(b, d));
                out[q] = sum(even, odd);
                out[q + step] = times(sum(rest, turned), one[0], -one[1]);
                out[q + 2 * step] = times(difference(even, odd), two[0], -two[1]);
                out[q + 3 * step] = times(difference(rest, turned), re, -im);
            }
        }
        wave *other = from;
        from = to, to = other;
    }
    if (points == 1) return from;
    for (int q = 0; q < step; q++) {
        to[q] = sum(from[q], from[q + step]);
        to[q + step] = difference(from[q], from[q + step]);
    }
    return to;
}

// Fourier transform of any length. Where that is not size, a power of two, it is a convolution with
// a chirp (Bluestein 1970), which two transforms of size points compute.
static wave *transform(int length, int size, wave *from, wave *to, const float *circle,
                       const float *chirp, const float *answer) {
    if (length == size) return fourier(size, from, to, circle);
    for (int i = 0; i < length; i++) from[i] = times(from[i], chirp[2 * i], chirp[2 * i + 1]);
    for (int i = length; i < size; i++) from[i] = (wave){all(0), all(0)};
    wave *spectrum = fourier(size, from, to, circle);
    // Exchanging real and imaginary parts before and after turns a transform into its inverse.
    for (int i = 0; i < size; i++) {
        wave product = times(spectrum[i], answer[2 * i], answer[2 * i + 1]);
        spectrum[i] = (wave){product.im, product.re};
    }
    wave *back = fourier(size, spectrum, spectrum == from ? to : from, circle);
    for (int i = 0; i < length; i++)
        back[i] = times((wave){back[i].im, back[i].re}, chirp[2 * i], chirp[2 * i + 1]);
    return back;
}

// Frames to sound and back. Eight frames, a multiple of which there must be, make four complex
// transforms: the first four frames are their real parts, the other four the imaginary ones.
//
// Spectra are [bins][frames]: re, im, and, behind them in the array angles, re and im of the round
// before. The sound is [hop][columns]: sample s lies in row s % hop and column s / hop, so that
// neighbouring frames lie side by side. tables: circle [size], window [length], chirp [length][2],
// answer [size][2].

// sound = gain * overlap-add of window * inverse transform of magnitudes * angles.
EXPORT(synthesise)
void synthesise(int frames, int length, int size, int hop, int columns, const float *magnitudes,
                const float *angles, const float *gain, float *sound, const float *tables,
                wave *work) {
    const float *circle = tables, *window = circle + size, *chirp = window + length;
    const float *answer = chirp + 2 * length;
    int bins = length / 2 + 1;
    float share = 1.0f / length;
    for (int i = 0; i < hop * columns; i++) sound[i] = 0;
    for (int first = 0; first < frames; first += 8) {
        for (int bin = 0; bin < bins; bin++) {
            int at = bin * frames + first;
            const float *re = angles + at, *im = re + bins * frames;
            quad size_a = load(magnitudes + at);
            quad size_b = load(magnitudes + at + 4);
            // The lowest and the highest bin of a real signal are real.
            quad real = all(bin == 0 || 2 * bin == length ? 0 : 1);
            quad a_re = size_a * load(re);
            quad a_im = real * size_a * load(im);
            quad b_re = size_b * load(re + 4);
            quad b_im = real * size_b * load(im + 4);
            // Real and imaginary parts exchanged, for the inverse.
            work[bin] = (wave){a_im + b_re, a_re - b_im};
            if (bin) work[length - bin] = (wave){b_re - a_im, a_re + b_im};
        }
        const wave *samples = transform(length, size, work, work + size,
                                        circle, chirp, answer);
        for (int i = 0, row = 0, shift = first; i < length; i++, row++) {
            if (row == hop) row = 0, shift++;
            float *to = sound + row * columns + shift;
            quad weight = all(window[i] * share);
            store(to, load(to) + weight * samples[i].im);
            store(to + 4, load(to + 4) + weight * samples[i].re);
        }
    }
    for (int i = 0; i < hop * columns; i++) sound[i] *= gain[i];
}

// angles = direction of rebuilt + momentum * (rebuilt - rebuilt in the round before).
EXPORT(analyse)
void analyse(int frames, int length, int size, int hop, int columns, float momentum,
             const float *sound, float *angles, const float *tables, wave *work) {
    const float *circle = tables, *window = circle + size, *chirp = window + length;
    const float *answer = chirp + 2 * length;
    int bins = length / 2 + 1, block = bins * frames;
    for (int first = 0; first < frames; first += 8) {
        for (int i = 0, row = 0, shift = first; i < length; i++, row++) {
            if (row == hop) row = 0, shift++;
            const float *from = sound + row * columns + shift;
            work[i] = (wave){all(window[i]) * load(from), all(window[i]) * load(from + 4)};
        }
        const wave *spectrum = transform(length, size, work, work + size, circle, chirp, answer);
        for (int bin = 0; bin < bins; bin++) {
            wave here = spectrum[bin], there = spectrum[bin ? length - bin : 0];
            quad half = all(0.5f);
            wave parts[2] = {
                {(here.re + there.re) * half, (here.im - there.im) * half},
                {(here.im + there.im) * half, (there.re - here.re) * half},
            };
            for (int part = 0; part < 2; part++) {
                float *to = angles + bin * frames + first + 4 * part;
                quad re = parts[part].re, im = parts[part].im;
                quad last_re = load(to + 2 * block);
                quad last_im = load(to + 3 * block);
                quad ahead_re = re + all(momentum) * (re - last_re);
                quad ahead_im = im + all(momentum) * (im - last_im);
                quad squares = ahead_re * ahead_re + ahead_im * ahead_im;
                quad distance = (quad)__builtin_wasm_sqrt_f32x4(squares);
                distance += all(1e-12f);
                store(to, ahead_re / distance);
                store(to + block, ahead_im / distance);
                store(to + 2 * block, re), store(to + 3 * block, im);
            }
        }
    }
}
