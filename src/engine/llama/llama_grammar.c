/* llama_grammar.c: a reply's next token under a grammar.
 *
 * Checking every token of a large vocabulary against a grammar takes about as
 * long as decoding a row. So a token is first drawn freely and kept if the
 * grammar allows it, which is the usual case; only otherwise is it drawn again,
 * from the allowed ones. Together, both ways give each allowed token its
 * conditional probability: p + (1 - allowed) * p / allowed = p / allowed. With a
 * top_p below 1 that is only near: the first way draws from the likeliest of all
 * tokens, the second from the likeliest of those allowed. */
#include <math.h>

#include "base/error.h"
#include "engine/llama/llama_engine.h"

struct llama_sampler *pmpo_llama_grammar(const pmpo_llama *l, pmpo_str gbnf,
                                         pmpo_error *err)
{
    pmpo_buf text = {0}; /* ends with a zero byte */
    pmpo_buf_put(&text, gbnf);
    struct llama_sampler *g =
        text.failed ? NULL : pmpo_guard_grammar(l->vocab, text.ptr, "root");
    if (text.failed) {
        pmpo_fail_memory(err);
    } else if (!g) {
        pmpo_fail(err, PMPO_EUSAGE, "llama.cpp can't read the grammar");
    }
    pmpo_buf_release(&text);
    return g;
}

static bool allows(struct llama_sampler *grammar, llama_token t)
{
    llama_token_data one = {t, 0, 0};
    llama_token_data_array all = {&one, 1, -1, false};
    return pmpo_guard_apply(grammar, &all) == 0 && !isinf(one.logit);
}

static llama_token draw_allowed(const pmpo_llama *l,
                                struct llama_sampler *chain,
                                struct llama_sampler *grammar, int32_t row,
                                llama_token_data *room)
{
    const float *logits = llama_get_logits_ith(l->streams, row);
    for (size_t i = 0; i < l->n_vocab; i++) {
        room[i] = (llama_token_data){(llama_token)i, logits[i], 0};
    }
    llama_token_data_array all = {room, l->n_vocab, -1, false};
    bool ok = pmpo_guard_apply(grammar, &all) == 0;
    bool some = false;
    for (size_t i = 0; ok && i < all.size; i++) {
        some = some || !isinf(all.data[i].logit);
    }
    ok = ok && some && pmpo_guard_apply(chain, &all) == 0 && all.selected >= 0;
    return ok ? all.data[all.selected].id : LLAMA_TOKEN_NULL;
}

llama_token pmpo_llama_draw(const pmpo_llama *l, struct llama_sampler *chain,
                            struct llama_sampler *grammar, int32_t row,
                            llama_token_data *room)
{
    llama_token t = pmpo_guard_sample(chain, l->streams, row);
    if (!grammar || t == LLAMA_TOKEN_NULL) {
        return t;
    }
    if (!allows(grammar, t)) {
        t = draw_allowed(l, chain, grammar, row, room);
    }
    bool ok = t != LLAMA_TOKEN_NULL && pmpo_guard_accept(grammar, t) == 0;
    return ok ? t : LLAMA_TOKEN_NULL;
}
