/* llama_vocab.c: llama.cpp's vocabulary and chat template as a pmpo_vocab. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/llama/llama_engine.h"

/* ---- tokens ---------------------------------------------------------------- */

static int tokenize(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err)
{
    const pmpo_llama *l = self;
    if (text.len > INT32_MAX / 2) {
        return pmpo_fail(err, PMPO_ETOOLONG, "a text of %zu bytes", text.len);
    }
    size_t room = text.len / 2 + 16;
    for (;;) {
        if (PMPO_GROW(out->ids, out->cap, out->n + room) < 0) {
            return pmpo_fail_memory(err);
        }
        int n = pmpo_guard_tokenize(l->vocab, text.len ? text.ptr : "",
                                    (int32_t)text.len, out->ids + out->n,
                                    (int32_t)room, special, special);
        if (n >= 0) {
            out->n += (size_t)n;
            return 0;
        }
        if (n == INT32_MIN || (size_t)-n <= room) {
            return pmpo_fail(err, PMPO_EBACKEND, "the tokeniser failed");
        }
        room = (size_t)-n;
    }
}

static int piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    const pmpo_llama *l = self;
    char small[256];
    if (id < 0 || (size_t)id >= (size_t)l->n_vocab) { /* it would abort */
        return pmpo_fail(err, PMPO_EUSAGE, "no token %d", (int)id);
    }
    int n = llama_token_to_piece(l->vocab, id, small, sizeof(small), 0, true);
    if (n >= 0) {
        pmpo_buf_put(out, (pmpo_str){small, (size_t)n});
    } else {
        char *big = pmpo_calloc((size_t)-n, 1);
        if (!big) {
            return pmpo_fail_memory(err);
        }
        n = llama_token_to_piece(l->vocab, id, big, -n, 0, true);
        pmpo_buf_put(out, (pmpo_str){big, n > 0 ? (size_t)n : 0});
        pmpo_free(big);
    }
    return out->failed ? pmpo_fail_memory(err) : 0;
}

/* ---- chat template ---------------------------------------------------------- */

static int chat(void *self, const pmpo_message *messages, size_t n,
                bool assistant, pmpo_buf *out, pmpo_error *err)
{
    const pmpo_llama *l = self;
    const char *tmpl = llama_model_chat_template(l->weights, NULL);
    if (!tmpl) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "the model has no chat template: use --template raw "
                         "or --template @file");
    }
    pmpo_arena mem = {0};
    struct llama_chat_message *m = pmpo_arena_alloc(&mem, n, sizeof(*m));
    size_t bytes = 256;
    bool ok = m != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        m[i].role = pmpo_arena_str(&mem, messages[i].role).ptr;
        m[i].content = pmpo_arena_str(&mem, messages[i].content).ptr;
        ok = m[i].role && m[i].content;
        bytes += 64 + messages[i].role.len + 2 * messages[i].content.len;
    }
    int rc = ok ? 0 : pmpo_fail_memory(err);
    while (rc == 0) {
        char *buf = pmpo_arena_alloc(&mem, bytes, 1);
        if (!buf) {
            rc = pmpo_fail_memory(err);
            break;
        }
        int len = pmpo_guard_chat(tmpl, m, n, assistant, buf, (int32_t)bytes);
        if (len < 0) {
            rc = pmpo_fail(err, PMPO_EMODEL,
                           "the model's chat template is not a recognised "
                           "one: use --template raw or --template @file");
        } else if ((size_t)len <= bytes) {
            pmpo_buf_put(out, (pmpo_str){buf, (size_t)len});
            rc = out->failed ? pmpo_fail_memory(err) : 0;
            break;
        } else {
            bytes = (size_t)len + 1;
        }
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- special tokens ----------------------------------------------------------- */

static int by_length(const void *a, const void *b)
{
    const pmpo_special *x = a, *y = b;
    if (x->text.len != y->text.len) {
        return x->text.len < y->text.len ? 1 : -1;
    }
    return (x->id > y->id) - (x->id < y->id);
}

static bool is_special(const struct llama_vocab *v, int32_t id)
{
    enum llama_token_attr a = llama_vocab_get_attr(v, id);
    return (a & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) != 0 &&
           llama_vocab_get_text(v, id)[0] != '\0';
}

static int find_specials(pmpo_llama *l, struct pmpo_model *m)
{
    size_t n = 0;
    for (size_t id = 0; id < l->n_vocab; id++) {
        n += is_special(l->vocab, (int32_t)id);
    }
    pmpo_special *s = pmpo_arena_alloc(&m->mem, n, sizeof(*s));
    if (!s) {
        return PMPO_ENOMEM;
    }
    size_t k = 0;
    for (size_t i = 0; i < l->n_vocab; i++) {
        int32_t id = (int32_t)i;
        if (is_special(l->vocab, id)) {
            enum llama_token_attr a = llama_vocab_get_attr(l->vocab, id);
            s[k++] = (pmpo_special){
                .id = id,
                .text = pmpo_str_of(llama_vocab_get_text(l->vocab, id)),
                .lstrip = (a & LLAMA_TOKEN_ATTR_LSTRIP) != 0,
                .rstrip = (a & LLAMA_TOKEN_ATTR_RSTRIP) != 0,
            };
        }
    }
    qsort(s, n, sizeof(*s), by_length);
    m->vocab.specials = s;
    m->vocab.n_specials = n;
    return 0;
}

/* Does the tokeniser put a space before every text? */
static int find_leading_space(struct pmpo_model *m, pmpo_error *err)
{
    pmpo_tokens t = {0};
    pmpo_buf b = {0};
    int rc = tokenize(m->vocab.self, PMPO_STR("a"), false, &t, err);
    for (size_t i = 0; rc == 0 && i < t.n; i++) {
        rc = piece(m->vocab.self, t.ids[i], &b, err);
    }
    m->vocab.leading_space = b.len > 0 && b.ptr[0] == ' ';
    pmpo_tokens_release(&t);
    pmpo_buf_release(&b);
    return rc;
}

int pmpo_llama_vocab(pmpo_llama *l, struct pmpo_model *m, pmpo_error *err)
{
    const struct llama_vocab *v = l->vocab;
    m->vocab = (pmpo_vocab){
        .self = l,
        .tokenize = tokenize,
        .piece = piece,
        .chat = chat,
        .add_bos = llama_vocab_get_add_bos(v),
        .bos = llama_vocab_bos(v),
        .eos = llama_vocab_eos(v),
        .eot = llama_vocab_eot(v),
        .n_tokens = l->n_vocab,
    };
    if (find_specials(l, m) < 0) {
        return pmpo_fail_memory(err);
    }
    return find_leading_space(m, err);
}
