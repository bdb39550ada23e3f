/* fake_open.c: the command line over the fake engine: the program pmpo_fake.
 *
 * Linked with the command line's own files and --wrap: a model is opened here
 * instead of from a GGUF, and time goes on by one millisecond a look, so that
 * the same arguments print the same text. A model's name is its weights; how
 * it was opened stands in its remark. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "fake_engine.h"

int __wrap_pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                           pmpo_error *err);
int __wrap_pmpo_model_find(const char *model, pmpo_error *err);
double __wrap_pmpo_now_ms(void);

double __wrap_pmpo_now_ms(void)
{
    static double now;
    return now += 1;
}

static const char *or(const char *s)
{
    return s ? s : "";
}

/* "/some/NAME.gguf" and "NAME" are one model, as a run file has the former. */
static void name_of(const char *model, char out[64])
{
    const char *slash = strrchr(model, '/');
    snprintf(out, 64, "%s", slash ? slash + 1 : model);
    char *dot = strstr(out, ".gguf");
    if (dot) {
        *dot = '\0';
    }
}

int __wrap_pmpo_model_find(const char *model, pmpo_error *err)
{
    return strcmp(model, "missing") == 0
               ? pmpo_fail(err, PMPO_EMODEL, "%s: there is none", model)
               : 0;
}

/* Some names are of models with a fate of their own. */
static int may_open(const char *name, uint64_t memory_bytes, pmpo_error *err)
{
    if (memory_bytes > 0 && memory_bytes < 1000) {
        return pmpo_fail(err, PMPO_EMODEL, "%s does not fit into %d bytes",
                         name, (int)memory_bytes);
    }
    if (!strcmp(name, "interrupted")) { /* ^C comes while it is opened */
        raise(SIGINT);
    }
    if (!strcmp(name, "unsound")) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: can't be opened", name);
    }
    return 0;
}

int __wrap_pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                           pmpo_error *err)
{
    static const char *const precisions[] = {"f32",  "native", "f16",
                                             "bf16", "f32",    "f32-fast"};
    char name[64], path[300], note[400];
    const char *model = o->model ? o->model : "fake";
    bool url = strstr(model, "://") != NULL;
    name_of(url && o->model_name ? o->model_name : model, name);
    int rc = may_open(name, o->memory_bytes, err);
    if (rc < 0) {
        return rc;
    }
    if (o->progress) { /* drawn on a terminal, unless it is to be quiet */
        o->progress(o->progress_ud, &(pmpo_progress){.stage = "loading",
                                                     .unit = "bytes"});
    }
    uint64_t salt = pmpo_hash64(name, strlen(name), 0);
    pmpo_model *m = fake_new(&(fake_options){.salt = salt % 1000,
                                             .jitter = 0.01});
    snprintf(path, sizeof(path), url ? "%s" : "/%s.gguf", url ? model : name);
    int n = snprintf(note, sizeof(note), "opened: precision %d, %d threads, %d "
                     "layers on a GPU", (int)o->precision, o->threads,
                     o->gpu_layers);
    if (url) { /* a key is told by its length */
        snprintf(note + n, sizeof(note) - (size_t)n,
                 ", %s of %s, dialect %s, "
                 "tokens %s, key of %zu (%s), %s, %d at once, %d s, trusts %s, "
                 "price %g, %g",
                 name, model, or(o->dialect), or(o->tokenizer),
                 strlen(or(o->api_key)), or(o->key_hint),
                 o->insecure ? "insecure" : "secure", o->concurrency,
                 o->timeout_s, or(o->ca_file), o->price_in, o->price_out);
        fprintf(stderr, "%s\n", note); /* a resumed run shows no remark */
        m->info.dialect = "vllm";
        m->info.tokenizer = "server";
        m->info.description = "a server";
    }
    m->info.name = pmpo_arena_cstr(&m->mem, name);
    m->info.path = m->info.source_path = pmpo_arena_cstr(&m->mem, path);
    m->info.note = pmpo_arena_cstr(&m->mem, note);
    m->info.precision = precisions[o->precision];
    m->info.threads = o->threads ? o->threads : 1;
    m->info.gpu_layers = o->gpu_layers;
    *out = m;
    return 0;
}
