/* llama_precision.c: see llama_precision.h.
 *
 * A quantised file can be scored as it is ("native"), but then activations are
 * rounded to 8 bits, and a token's score varies by some hundredths of a nat
 * with the layout alone. A copy with widened weights (fetch/ makes it) needs
 * disk space, but has the same quality and low noise. */
#include "engine/llama/llama_precision.h"

#include <math.h>
#include <sys/stat.h>

#include "base/error.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_machine.h"
#include "engine/llama/llama_memory.h"
#include "fetch/fetch.h"

/* ---- policy ----------------------------------------------------------------- */

const pmpo_llama_rates *pmpo_llama_rates_of(pmpo_llama_opening *w)
{
    if (!w->measured) {
        w->rates = pmpo_llama_measure(pmpo_usable_threads(w->o->threads));
        w->measured = true;
    }
    return &w->rates;
}

bool pmpo_llama_by_blas(pmpo_llama_opening *w)
{
    const pmpo_model_options *o = w->o;
    return o->gpu_layers == 0 && *pmpo_blas_name() &&
           (o->products == PMPO_PRODUCTS_BLAS ||
            (o->products == PMPO_PRODUCTS_AUTO && pmpo_llama_rates_of(w)->blas));
}

/* Quantised weights mean 8-bit activations, which jitter: they are widened
 * where that fits, to what this machine multiplies fastest. A GPU has no use
 * for f32 weights. */
static pmpo_precision choose_auto(pmpo_llama_opening *w, uint64_t room)
{
    const pmpo_model_options *o = w->o;
    const pmpo_llama_file *f = &w->facts;
    if (o->for_generation || f->all_f32) {
        return PMPO_PRECISION_NATIVE;
    }
    bool f32 = o->gpu_layers == 0 &&
               (!room || pmpo_llama_needed_bytes(f, PMPO_PRECISION_F32,
                                         false) <= room / 2) &&
               pmpo_llama_rates_of(w)->f32;
    if (f32) { /* by BLAS, exact attention costs no time */
        return pmpo_llama_by_blas(w) ? PMPO_PRECISION_F32
                                     : PMPO_PRECISION_F32_FAST;
    }
    bool f16 = !room || pmpo_llama_needed_bytes(f, PMPO_PRECISION_F16, false)
                            <= room;
    return f16 && !f->all_16 ? PMPO_PRECISION_F16 : PMPO_PRECISION_NATIVE;
}

int pmpo_llama_choose(pmpo_llama_opening *w, pmpo_error *err)
{
    const pmpo_model_options *o = w->o;
    const pmpo_llama_file *f = &w->facts;
    uint64_t room = o->memory_bytes ? o->memory_bytes : pmpo_available_bytes();
    pmpo_precision p = o->precision;
    if (p == PMPO_PRECISION_AUTO) {
        p = choose_auto(w, room);
    }
    /* A limit that is set is kept to by smaller windows. */
    uint64_t needed = pmpo_llama_needed_bytes(f, p, o->memory_bytes > 0);
    w->precision = p;
    if (!room || needed <= room) {
        return 0;
    }
    return pmpo_fail(err, PMPO_EMODEL,
                     "%s: %.2f GB are needed at precision %s (%.2f GB of "
                     "weights, the rest working memory), there are %.2f GB: "
                     "try %sa smaller model",
                     w->name, (double)needed / 1e9, pmpo_precision_name(p),
                     (double)pmpo_llama_weight_bytes(f, p) / 1e9,
                     (double)room / 1e9,
                     p == PMPO_PRECISION_NATIVE ? "" : "--precision native or ");
}

/* ---- the file to load --------------------------------------------------------- */

typedef struct widening {
    enum llama_ftype ftype;
    int threads;
    const pmpo_llama_file *source;
} widening;

static int widen(void *ud, const char *from, const char *to, pmpo_error *err)
{
    const widening *w = ud;
    llama_model_quantize_params p = llama_model_quantize_default_params();
    p.nthread = w->threads;
    p.ftype = w->ftype;
    p.allow_requantize = true;
    p.pure = true;
    if (pmpo_guard_quantize(from, to, &p) < 0) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: cannot be widened: %s", from,
                         pmpo_llama_log());
    }
    return 0;
}

/* Whether `copy` is whole and has every weight of its source, widened. */
static bool fits(void *ud, const char *copy)
{
    const widening *w = ud;
    pmpo_llama_file f;
    struct stat st;
    return pmpo_llama_file_read(copy, &f) && stat(copy, &st) == 0 &&
           (uint64_t)st.st_size >= f.n_file &&
           f.n_tensors == w->source->n_tensors &&
           f.n_params == w->source->n_params &&
           (w->ftype == LLAMA_FTYPE_ALL_F32 ? f.all_f32 : f.all_16);
}

static void report(const pmpo_model_options *o, const char *stage)
{
    if (o->progress) {
        o->progress(o->progress_ud,
                    &(pmpo_progress){.stage = stage, .unit = "bytes",
                                     .loss = NAN, .best = NAN, .left_ms = -1});
    }
}

/* What the weights are to be; false: what they are in the file. */
static bool copy_as(const pmpo_llama_opening *w, enum llama_ftype *out)
{
    switch (w->precision) {
    case PMPO_PRECISION_NATIVE:
    case PMPO_PRECISION_AUTO: /* was chosen */
        return false;
    case PMPO_PRECISION_F16:
        *out = LLAMA_FTYPE_MOSTLY_F16;
        return true;
    case PMPO_PRECISION_BF16:
        *out = LLAMA_FTYPE_MOSTLY_BF16;
        return !w->facts.all_16 || !w->facts.any_bf16 || w->facts.any_f16;
    case PMPO_PRECISION_F32:
    case PMPO_PRECISION_F32_FAST:
        *out = LLAMA_FTYPE_ALL_F32;
        return !w->facts.all_f32;
    }
    return false;
}

int pmpo_llama_file_for(pmpo_llama_opening *w, pmpo_error *err)
{
    enum llama_ftype ftype = LLAMA_FTYPE_ALL_F32;
    bool copy = copy_as(w, &ftype);
    const char *name = ftype == LLAMA_FTYPE_ALL_F32      ? "f32"
                       : ftype == LLAMA_FTYPE_MOSTLY_F16 ? "f16"
                                                         : "bf16";
    widening wide = {ftype, pmpo_usable_threads(w->o->threads), &w->facts};
    const pmpo_widener maker = {widen, fits, &wide};
    if (copy && w->o->precision == PMPO_PRECISION_AUTO &&
        !pmpo_fetch_can_widen(w->source, w->hash, name, &maker)) {
        w->no_place = true;
        w->precision = PMPO_PRECISION_NATIVE;
        copy = false;
    }
    w->bytes = pmpo_llama_weight_bytes(&w->facts, w->precision);
    if (!copy) {
        pmpo_buf_puts(&w->file, w->source);
        return w->file.failed ? pmpo_fail_memory(err) : 0;
    }
    report(w->o, "widening");
    return pmpo_fetch_widened(w->source, w->hash, name, w->bytes, &maker,
                              &w->file, err);
}
