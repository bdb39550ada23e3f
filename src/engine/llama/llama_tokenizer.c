/* llama_tokenizer.c: a GGUF's tokens and chat template, without its weights. */
#include "base/error.h"
#include "engine/llama/llama.h"
#include "engine/llama/llama_engine.h"
#include "fetch/fetch.h"

typedef struct words {
    pmpo_tokenizer pub; /* first, so that the two are one pointer */
    pmpo_llama l;       /* of it: weights (none loaded), vocab, n_vocab */
    struct pmpo_model m; /* of it: vocab, mem */
} words;

static void words_close(pmpo_tokenizer *t)
{
    words *w = (words *)t;
    if (w) {
        llama_model_free(w->l.weights);
        pmpo_arena_release(&w->m.mem);
        pmpo_free(w);
    }
}

static int words_load(words *w, const char *path, pmpo_error *err)
{
    struct llama_model_params p = llama_model_default_params();
    p.vocab_only = true;
    w->l.weights = pmpo_guard_load(path, p);
    if (!w->l.weights) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: no tokens can be read from it: "
                         "%s", path, pmpo_llama_log());
    }
    w->l.vocab = llama_model_get_vocab(w->l.weights);
    w->l.n_vocab = (size_t)llama_vocab_n_tokens(w->l.vocab);
    if (w->l.n_vocab == 0) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: there are no tokens in it",
                         path);
    }
    int rc = pmpo_llama_vocab(&w->l, &w->m, err);
    w->pub.vocab = w->m.vocab;
    return rc;
}

int pmpo_llama_tokenizer(const char *model, pmpo_tokenizer **out,
                         pmpo_error *err)
{
    pmpo_buf path = {0}, name = {0};
    words *w = NULL;
    pmpo_llama_start();
    int rc = pmpo_fetch_resolve(model, &path, &name, err);
    if (rc == 0) {
        w = pmpo_calloc(1, sizeof(*w));
        rc = w ? words_load(w, path.ptr, err) : pmpo_fail_memory(err);
    }
    pmpo_buf_release(&path);
    pmpo_buf_release(&name);
    if (rc < 0) {
        words_close(w ? &w->pub : NULL);
        return rc;
    }
    w->pub.close = words_close;
    *out = &w->pub;
    return 0;
}
