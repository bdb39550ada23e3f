/* ends.c: the byte offsets at which the tokens of an answer end.
 *
 * The tokens of a target begin with those of the prompt's tail where a token
 * crosses the seam (model/render.h), or with a space of the vocabulary's own;
 * so the bytes are counted from the text's end. */
#include "score/score.h"

static bool put_piece(const pmpo_vocab *v, int32_t id, pmpo_buf *b)
{
    return v->piece(v->self, id, b, NULL) == 0 && !b->failed;
}

int pmpo_fill_ends(const pmpo_vocab *v, bool end, pmpo_arena *mem,
                   pmpo_target_score *t)
{
    if (!v->piece || !t->token_ids) {
        return 0;
    }
    uint32_t *ends = pmpo_arena_alloc(mem, t->n_tokens, sizeof(*ends));
    if (!ends) {
        return PMPO_ENOMEM;
    }
    pmpo_buf bytes = {0};
    size_t n = end && t->n_tokens > 0 ? t->n_tokens - 1 : t->n_tokens;
    bool known = true;
    for (size_t i = 0; known && i < n; i++) {
        known = put_piece(v, t->token_ids[i], &bytes);
        ends[i] = (uint32_t)bytes.len;
    }
    size_t tail = bytes.len > t->text.len ? bytes.len - t->text.len : 0;
    for (size_t i = 0; known && i < t->n_tokens; i++) {
        size_t at = i < n && ends[i] > tail ? ends[i] - tail : 0;
        ends[i] = (uint32_t)(i == n || at > t->text.len ? t->text.len : at);
    }
    bool failed = bytes.failed;
    pmpo_buf_release(&bytes);
    t->token_ends = known ? ends : NULL;
    return failed ? PMPO_ENOMEM : 0;
}
